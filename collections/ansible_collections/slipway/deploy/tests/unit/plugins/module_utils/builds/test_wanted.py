# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a deploy of a build deploys, and why one is refused."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.builds.model import (
    INTERRUPTED,
    Build,
    BuiltArtifact,
    Promoted,
)
from ansible_collections.slipway.deploy.plugins.module_utils.builds.wanted import (
    artifact_place,
    check_deployable,
    desired_of,
    refuse_other_choices,
    refuse_other_drift,
    shown_reasons,
    to_record,
)
from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.model import DesiredService

from .helpers import BACKEND, BUILD, DIGEST, GATEWAY

REGISTRY = "123456789012.dkr.ecr.eu-central-1.amazonaws.com"
SERVICE = DesiredService("api-gateway", 3, "c", "api-gateway", "app", "umigo/api-gateway", "latest", registry=REGISTRY)
OTHER = replace(SERVICE, name="bff", service="bff", repository="umigo/bff")
FAILED = replace(GATEWAY, result="failed", digest=None)


def refusals(
    build: Build,
    services: Collection[DesiredService] = (SERVICE, OTHER),
    kinds: Any = ("backend",),
    limited: Any = False,
) -> str:
    with pytest.raises(SlipwayError) as raised:
        check_deployable(build, services, kinds, limited=limited)
    return str(raised.value)


def test_a_good_build_is_deployed_exactly() -> None:
    check_deployable(BUILD, (SERVICE, OTHER), ("backend",), limited=False)
    gateway, bff = desired_of(BUILD, (SERVICE, OTHER))
    assert (gateway.registry, gateway.repository, gateway.tag) == (REGISTRY, "umigo/api-gateway", DIGEST)
    assert gateway.selected
    assert not bff.selected


@pytest.mark.parametrize(
    ("build", "own", "said"),
    [
        (
            replace(BUILD, result="failed", error=INTERRUPTED),
            {},
            "-e build: build 20261130T191500Z-abcdef0 was interrupted",
        ),
        (replace(BUILD, result="running", finished=None), {}, "has not ended: it began at 2026-11-30T19:15:00Z"),
        (
            replace(BUILD, result="failed", services={"bff": FAILED}),
            {},
            "-e build: build 20261130T191500Z-abcdef0 failed: bff",
        ),
        (BUILD, {"services": (OTHER,)}, "service api-gateway is in build 20261130T191500Z-abcdef0 but not in the inv"),
        (
            BUILD,
            {"services": (replace(SERVICE, registry="eu.example.org"),)},
            "but the inventory says eu.example.org/umigo",
        ),
        (BUILD, {"kinds": ()}, "has a release of the backend, and no backend host is deployed to from here"),
        (
            replace(BUILD, artifacts={"site": BuiltArtifact("site", "", "built")}),
            {"kinds": ("site",)},
            "names neither digest nor commit of the site",
        ),
    ],
)
def test_a_build_that_cannot_be_deployed_is_refused(build: Build, own: dict[str, Any], said: str) -> None:
    refused = refusals(build, **own)
    assert said in refused
    assert "\n" not in refused


def test_what_the_limit_leaves_out_need_not_exist() -> None:
    check_deployable(BUILD, (OTHER,), (), limited=True)
    elsewhere = replace(SERVICE, registry="eu.example.org", selected=False)
    check_deployable(BUILD, (elsewhere, OTHER), (), limited=True)


@pytest.mark.parametrize("name", ["image_tag", "backend_release", "site_release", "site_archive_digest", "resume"])
def test_one_variable_says_what_is_deployed(name: str) -> None:
    with pytest.raises(SlipwayError, match=f"-e {name}: {name} and build both say what is deployed"):
        refuse_other_choices({"env", "build", name})
    refuse_other_choices({"env", "build", "reason", "ship_drift"})


@pytest.mark.parametrize(
    "location",
    [
        None,
        "",
        "s3://umigo-artifacts/app.jar",
        "s3://umigo-artifacts/v1/app.jar",
        "s3://other/develop/v1/app.jar",
        "s3://umigo-artifacts/develop/v1/app.war",
        "codeartifact:umigo/maven",
    ],
)
def test_an_artifact_elsewhere_is_refused(location: str | None) -> None:
    assert artifact_place(BACKEND, "umigo-artifacts", "app.jar", "here") == ("backend-v0.2.0", "develop")
    with pytest.raises(SlipwayError, match="here: the backend of the build is at"):
        artifact_place(replace(BACKEND, location=location), "umigo-artifacts", "app.jar", "here")


def test_drift_is_only_shipped_of_what_is_deployed() -> None:
    refuse_other_drift(BUILD, {"api-gateway"})
    with pytest.raises(SlipwayError, match="-e ship_drift: bff is not in build 20261130T191500Z-abcdef0"):
        refuse_other_drift(BUILD, {"api-gateway", "bff"})


def test_many_reasons_are_counted() -> None:
    assert shown_reasons(("a", "b")) == ("a", "b")
    assert shown_reasons(tuple("abcdef")) == ("a", "b", "c", "and 3 more reasons")


def test_the_record_names_the_build() -> None:
    said = to_record(replace(BUILD, promoted_from=Promoted("dev", "r1")))
    assert said["id"] == BUILD.id
    assert said["promoted_from"] == {"environment": "dev", "record": "r1"}
