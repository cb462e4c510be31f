# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An image is looked up where its name says: a registry is what its host says."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayErrors
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.cache import TaskDefinitionCache
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.lookup import (
    image_config,
    image_tags,
    resolve_image,
)
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.observe import observe
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.plan import Plan, PlanOptions, plan
from ansible_collections.slipway.deploy.plugins.module_utils.image.reference import ecr_account, parse_image

from ..image.registry import DIGEST, REPOSITORY, Registry
from .aws_double import ARN, REGISTRY, AwsDouble, Refusal
from .builders import NEW, OLD, desired, image

TAG = "staging-20261121"
FAMILY = "sdt-dev-user-service"


@pytest.fixture
def registry() -> Iterator[Registry]:
    """A registry on this machine."""
    with Registry() as running:
        yield running


class Emulated:
    """The clients of an emulator: on this machine, as its registry is."""

    def __init__(self, double: AwsDouble) -> None:
        self.double = double

    def __call__(self, service: str) -> Any:
        """A client whose address is this machine's."""
        client = self.double(service)
        meta = SimpleNamespace(endpoint_url="http://127.0.0.1:1", region_name="eu-west-1")
        return SimpleNamespace(meta=meta) if service == "ecs" else client


@pytest.mark.parametrize(
    ("host", "known"),
    [
        ("962496666337.dkr.ecr.eu-west-1.amazonaws.com", ("962496666337", "eu-west-1")),
        ("962496666337.dkr.ecr.cn-north-1.amazonaws.com.cn", ("962496666337", "cn-north-1")),
        ("962496666337.dkr.ecr.us-gov-west-1.amazonaws.com", ("962496666337", "us-gov-west-1")),
        ("962496666337.dkr.ecr-fips.us-gov-east-1.amazonaws.com", ("962496666337", "us-gov-east-1")),
        ("962496666337.dkr-ecr.us-west-2.on.aws", ("962496666337", "us-west-2")),
        ("962496666337.dkr-ecr-fips.us-west-2.on.aws", ("962496666337", "us-west-2")),
        ("962496666337.dkr-ecr.cn-north-1.on.amazonwebservices.com.cn", ("962496666337", "cn-north-1")),
        ("962496666337.dkr.ecr.eusc-de-east-1.amazonaws.eu", ("962496666337", "eusc-de-east-1")),
        ("962496666337.dkr.ecr.eu-west-1.example.com", None),
        ("962496666337.dkr.ecr.eu-west-1.amazonaws.com.example.com", None),
        ("public.ecr.aws", None),
        ("ghcr.io", None),
        ("", None),
    ],
)
def test_what_is_ecr(host: str, known: tuple[str, str] | None) -> None:
    assert ecr_account(host) == known


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("nginx:1.25", "docker.io/library/nginx"),
        ("docker.io/nginx", "docker.io/library/nginx"),
        ("docker.io/library/nginx", "docker.io/library/nginx"),
        ("index.docker.io/acme/x", "docker.io/acme/x"),
        ("acme/x", "docker.io/acme/x"),
        ("ghcr.io/acme/x", "ghcr.io/acme/x"),
        ("registry.example.com:5000/acme/x", "registry.example.com:5000/acme/x"),
        (f"{REGISTRY}/x", "962496666337.ecr.eu-west-1/x"),
        ("962496666337.dkr-ecr.eu-west-1.on.aws/x", "962496666337.ecr.eu-west-1/x"),
    ],
)
def test_names_of_one_repository_are_one_place(text: str, place: str) -> None:
    assert parse_image(text).place == place


@pytest.mark.parametrize("host", ["", "docker.io", "ghcr.io", "quay.io", "public.ecr.aws", "registry.invalid:5000"])
def test_what_is_not_ecr_is_never_asked_of_ecr(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Our own ECR has an image of that name. Without a network, the registry says nothing."""
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
    aws = AwsDouble()
    aws.add_image("sdt/dev/user-service", "new", NEW)
    found = resolve_image(aws, host, "sdt/dev/user-service", "new")
    assert (found.digest, found.problem) == ("", "")
    assert "cannot be reached" in found.unverifiable
    assert aws.counts["BatchGetImage"] == 0
    assert image_tags(aws, host, "sdt/dev/user-service", NEW) == []


def test_another_region_is_not_asked_here(monkeypatch: pytest.MonkeyPatch) -> None:
    aws = AwsDouble()
    aws.add_image("sdt/dev/user-service", "new", NEW)
    other = REGISTRY.replace("eu-west-1", "us-east-1")
    found = resolve_image(aws, other, "sdt/dev/user-service", "new")
    assert found.unverifiable == "its region cannot be queried"
    assert aws.counts["BatchGetImage"] == 0
    asked: list[tuple[str, str]] = []

    def in_region(service: str, region: str) -> Any:
        asked.append((service, region))
        return aws(service)

    monkeypatch.setattr(aws, "in_region", in_region, raising=False)
    assert resolve_image(aws, other, "sdt/dev/user-service", "new").digest == NEW
    assert asked == [("ecr", "us-east-1")]


def test_another_account_is_named_to_ecr_and_what_it_hides_is_not_verifiable() -> None:
    aws = AwsDouble()
    aws.add_image("shared/app", "new", NEW)
    other = REGISTRY.replace("962496666337", "111111111111")
    assert resolve_image(aws, other, "shared/app", "new").digest == NEW
    assert aws.calls[-1][1]["registryId"] == "111111111111"
    aws.refuse["BatchGetImage"] = Refusal("AccessDeniedException", "not authorized")
    found = resolve_image(aws, other, "shared/app", "new")
    assert (found.digest, found.problem) == ("", "")
    assert "of account 111111111111 in eu-west-1 denies access to it" in found.unverifiable
    aws.refuse["BatchGetImage"] = Refusal("RepositoryNotFoundException")
    problem = resolve_image(aws, other, "shared/app", "new").problem
    assert problem == "repository shared/app does not exist in ECR of account 111111111111 in eu-west-1"


@pytest.mark.parametrize(("prefix", "covered"), [("docker-hub", True), ("ROOT", True), ("quay", False)])
def test_a_pull_through_cache_may_bring_what_is_not_there_yet(
    prefix: str, covered: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws = AwsDouble()
    rules = {"pullThroughCacheRules": [{"ecrRepositoryPrefix": prefix, "upstreamRegistryUrl": "registry-1.docker.io"}]}
    monkeypatch.setattr(aws, "_DescribePullThroughCacheRules", lambda _params: rules, raising=False)
    found = resolve_image(aws, REGISTRY, "docker-hub/library/nginx", "1.25")
    assert bool(found.unverifiable) is covered
    assert bool(found.problem) is not covered


def test_the_registry_is_asked_by_its_own_api(registry: Registry) -> None:
    emulated = Emulated(AwsDouble())
    assert resolve_image(emulated, registry.address, REPOSITORY, TAG).digest == DIGEST
    missing = resolve_image(emulated, registry.address, REPOSITORY, "gone")
    assert (missing.problem, missing.unverifiable) == (f"{registry.address} has no such image", "")


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
def test_what_a_registry_does_not_say_is_not_verifiable(registry: Registry, status: int) -> None:
    registry.status = status
    found = resolve_image(Emulated(AwsDouble()), registry.address, REPOSITORY, TAG)
    assert (found.digest, found.problem) == ("", "")
    assert f"HTTP {status}" in found.unverifiable


def test_a_registry_that_wants_a_login_is_not_verifiable(registry: Registry) -> None:
    registry.wants = ("Bearer", "secret")
    found = resolve_image(Emulated(AwsDouble()), registry.address, REPOSITORY, TAG)
    assert found.unverifiable
    assert not found.problem


def test_a_registry_of_the_container_instance_is_not_this_machine_s(registry: Registry) -> None:
    found = resolve_image(AwsDouble(), registry.address, REPOSITORY, TAG)
    assert "container instance" in found.unverifiable
    assert registry.asked == []


def test_an_index_and_a_config_of_another_registry(registry: Registry) -> None:
    index = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json"}
    index["manifests"] = [{"digest": OLD, "platform": {"os": "linux", "architecture": "arm64"}}]
    registry.body = json.dumps(index).encode()
    registry.says_digest = False
    found = resolve_image(Emulated(AwsDouble()), registry.address, REPOSITORY, TAG)
    assert found.platforms == {OLD: "linux/arm64"}
    config = f"sha256:{hashlib.sha256(registry.body).hexdigest()}"
    registry.blobs.add(config)
    assert image_config(Emulated(AwsDouble()), registry.address, REPOSITORY, config) == registry.body


def fleet(app: str, **container: Any) -> AwsDouble:
    """A service that runs an image of another registry."""
    aws = AwsDouble()
    aws.add_definition(f"{FAMILY}:1", container={"image": app, **container})
    aws.add_service(FAMILY, f"{FAMILY}:1")
    aws.add_image("acme/user-service", "new", NEW)
    return aws


def planned(aws: Any, registry: str, tag: str = "new") -> Plan:
    wanted = [desired(registry=registry, repository="acme/user-service", tag=tag)]
    return plan(wanted, observe(wanted, aws, TaskDefinitionCache(None)), PlanOptions())


def test_an_image_that_is_not_verifiable_is_deployed_by_its_tag_and_the_plan_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
    aws = fleet("ghcr.io/acme/user-service:old")
    (change,) = planned(aws, "ghcr.io").changes
    assert change.after.image == "ghcr.io/acme/user-service:new"
    assert change.after.digest == ""
    assert any("not verifiable" in note and "by its tag" in note for note in change.notes)
    again = planned(aws, "ghcr.io", "old")
    assert again.changes == ()
    assert "not verifiable" in again.unchanged[0].why
    assert any("not verifiable" in warning for warning in again.warnings)


def test_an_image_that_the_registry_does_not_have_is_said_to_be_missing_there(registry: Registry) -> None:
    address = registry.address
    aws = fleet(f"{address}/acme/user-service:old")
    seen = [desired(registry=address, repository="acme/user-service", tag="gone")]
    missing = resolve_image(Emulated(aws), address, "acme/user-service", "gone")
    observed = observe(seen, aws, TaskDefinitionCache(None), resolve_images=False)
    with_image = type(observed)(observed.facts, {missing.reference: missing})
    with pytest.raises(SlipwayErrors, match=f"{address} has no such image"):
        plan(seen, with_image, PlanOptions())
    # Behind a login it may be there all the same.
    private = fleet(
        f"{address}/acme/user-service:old",
        repositoryCredentials={"credentialsParameter": f"{ARN}x".replace("ecs", "secretsmanager")},
    )
    observed = observe(seen, private, TaskDefinitionCache(None), resolve_images=False)
    (change,) = plan(seen, type(observed)(observed.facts, {missing.reference: missing}), PlanOptions()).changes
    assert any("not verifiable" in note for note in change.notes)


def test_our_own_ecr_is_asked_as_before() -> None:
    aws = AwsDouble()
    aws.add_image("sdt/dev/user-service", "new", NEW)
    assert resolve_image(aws, REGISTRY, "sdt/dev/user-service", "new").digest == NEW
    assert parse_image(image()).registry == REGISTRY
