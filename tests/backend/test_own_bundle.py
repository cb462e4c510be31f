# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Hosts that run their own bundle, with nothing stood in for: CodeDeploy's events on a bare host, then a first boot.

The tests are the chapters of one story, in this order. Only the agent is a driver, and the instance's metadata ours.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.lock.lease import acquire
from ansible_collections.slipway.deploy.plugins.module_utils.state.store import open_store
from tests.backend.place import ROOT, STATE_BUCKET, Place, make_place
from tests.codedeploy.agent import Agent
from tests.codedeploy.imds import INSTANCE, serve_imds
from tests.support.hosts import Host, podman
from tests.support.pace import scaled
from tests.support.prepared import backend_image
from tests.support.umigo import tag_of

CACHE = ROOT / ".run" / "bundle" / "cache"
USER_DATA = ROOT / "pipelines" / "cloud-init" / "user-data.py"
BOOT_SECONDS = scaled(1500)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A bare host, one with the packages already, and a project that bundles can be built of."""
    image = {"umigo-dev-backend-2": backend_image()}
    with make_place(tmp_path_factory.mktemp("own"), "0.1.0", "0.2.0", "0.3.0", count=2, image=image) as made:
        copy_what_a_bundle_is_made_of(made.directory)
        # Nobody reaches these hosts but themselves, and no load balancer's events follow.
        made.set_variables(backend_connection="none", codedeploy_load_balancer=False)
        yield made


@pytest.fixture(scope="module")
def agent(place: Place) -> Agent:
    """CodeDeploy's agent of the first host."""
    return Agent(place.members[0])


@pytest.fixture
def newcomer(place: Place) -> Host:
    """The host that boots by itself."""
    return place.members[1]


def copy_what_a_bundle_is_made_of(directory: Path) -> None:
    """The files that git knows, in the place of links to their directories."""
    for name in ("collections", "roles"):
        (directory / name).unlink()
    wanted = ("collections", "roles", "pipelines", "requirements.lock", "COPYING")
    listed = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard", *wanted],
        check=True,
        capture_output=True,
        text=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, path)
    # What was downloaded is kept between test runs.
    CACHE.mkdir(parents=True, exist_ok=True)
    bundles = directory.parent / "bundles"
    bundles.mkdir()
    (bundles / "cache").symlink_to(CACHE)


def bundle(place: Place, version: str, **variables: object) -> Path:
    """Build and upload the bundle of a release as an operator does."""
    directory = place.directory.parent / "bundles"
    ran = place.run(
        "playbooks/bundle.yml",
        backend_release=tag_of(version),
        bundle_pythons=["3.11"],
        bundle_directory=str(directory),
        **variables,
    )
    assert ran.code == 0, ran.text
    (made,) = directory.glob(f"{tag_of(version)}-*.tar.gz")
    return made


def state(place: Place) -> dict[str, str]:
    """The ETag of every object of the state store."""
    listed = place.aws.client("s3").list_objects_v2(Bucket=STATE_BUCKET).get("Contents", [])
    return {item["Key"]: item["ETag"] for item in listed}


def document(place: Place, key: str) -> dict[str, object]:
    """A document of the state store."""
    body = place.aws.client("s3").get_object(Bucket=STATE_BUCKET, Key=key)["Body"].read()
    found: dict[str, object] = json.loads(body)
    return found


def outcome(place: Place, host: Host, deployment: str) -> object:
    """How the host's record of a deployment ended; what it wrote is below its prefix, its claim given back."""
    prefix = f"slipway/dev/hosts/{host.name}/"
    keys = list(state(place))
    assert [key for key in keys if not key.startswith(prefix)] == []
    (claim,) = (key for key in keys if key.endswith("/claim.json"))
    assert document(place, claim)["state"] != "held"
    (record,) = (key for key in keys if key.endswith(f"Z-{deployment}.json"))
    return document(place, record)["outcome"]


def schema(place: Place) -> list[str]:
    """The versions that the database says were applied."""
    return [row[0] for row in place.database.query("SELECT version FROM flyway_schema_history ORDER BY installed_rank")]


def test_codedeploy_makes_a_bare_host_a_running_backend(place: Place, agent: Agent) -> None:
    host = agent.host
    assert not host.spec.exists("java")
    done = agent.deploy(bundle(place, "0.1.0"), "d-OWN000001")
    assert done.succeeded, agent.log("d-OWN000001")
    assert "backend-v0.1.0 serves" in done.last.verdict
    assert place.version(host) == "0.1.0"
    assert schema(place) == ["1"]
    assert host.spec.file("/app/app.jar").linked_to.startswith("/app/releases/backend-v0.1.0-")
    assert host.spec.service("umigo-backend").systemd_properties["User"] == "umigo-backend"
    settings = host.spec.file(host.spec.file("/etc/umigo-backend/current/env").linked_to)
    assert (settings.user, settings.mode) == ("root", 0o600)
    assert outcome(place, host, "d-OWN000001") == "succeeded"


def test_the_next_deployment_brings_its_migration(place: Place, agent: Agent) -> None:
    done = agent.deploy(bundle(place, "0.2.0"), "d-OWN000002")
    assert done.succeeded, agent.log("d-OWN000002")
    assert place.version(agent.host) == "0.2.0"
    assert schema(place) == ["1", "2"]
    assert place.answers(agent.host, "/api/customers")
    assert outcome(place, agent.host, "d-OWN000002") == "succeeded"


def test_a_release_that_is_never_ready_leaves_the_old_one_serving(place: Place, agent: Agent) -> None:
    place.set_variables(backend_ready_timeout=scaled(45))
    bad = bundle(place, "0.3.0")
    place.set_variables(backend_ready_timeout=scaled(120))
    done = agent.deploy(bad, "d-OWN000003")
    assert done.last.name == "ApplicationStart", agent.log("d-OWN000003")
    assert done.last.verdict.startswith("slipway: ApplicationStart failed: ")
    assert f"not ready within {scaled(45)} s: HTTP 503" in done.last.verdict
    assert "Traceback" not in done.last.output
    assert place.version(agent.host) == "0.2.0"
    assert agent.host.spec.file("/app/app.jar").linked_to.startswith("/app/releases/backend-v0.2.0-")
    assert outcome(place, agent.host, "d-OWN000003") == "undone"


def test_a_host_that_boots_meanwhile_runs_the_last_good_release(place: Place, newcomer: Host) -> None:
    (parameter,) = place.aws.client("ssm").get_parameters(Names=["/dev/slipway/bundle"])["Parameters"]
    assert json.loads(parameter["Value"])["release"] == "backend-v0.3.0"
    history = place.database.query("SELECT * FROM flyway_schema_history ORDER BY installed_rank")
    newcomer.write("/root/user-data", USER_DATA.read_text(encoding="utf-8").replace("@env@", "dev"), "0700")
    store = open_store(f"s3://{STATE_BUCKET}/slipway", place.aws.client)
    # Somebody is deploying: it has to do without the lock.
    lease = acquire(store, "dev", owner="maria@ci-412", reason="", deploy="", ttl=BOOT_SECONDS, wait=0)
    before = state(place)
    with serve_imds(place.hosts.gateway) as imds:
        said = podman(
            *("exec", newcomer.container, "env", "-i", "PATH=/usr/bin:/bin"),
            *(f"AWS_EC2_METADATA_SERVICE_ENDPOINT={imds}", f"AWS_ENDPOINT_URL={place.aws.endpoint}"),
            "/root/user-data",
            check=False,
            timeout=BOOT_SECONDS,
        )
    after = state(place)
    lease.release()
    log = newcomer.run("tail -n 60 /var/log/slipway/boot.log", check=False)
    assert said.splitlines()[-1] == "slipway: boot: this host serves", said + log
    assert place.version(newcomer) == "0.2.0"
    assert newcomer.spec.service("umigo-backend").is_enabled
    assert newcomer.spec.file("/var/log/slipway/boot.log").contains(f"ok: .{INSTANCE}.")
    assert after == before
    assert place.database.query("SELECT * FROM flyway_schema_history ORDER BY installed_rank") == history


def test_no_secret_is_in_what_the_hosts_kept_of_it(place: Place) -> None:
    places = "/var/log /run/slipway /var/lib/slipway /opt/slipway /opt/codedeploy-agent /tmp /app"
    for host in place.members:
        assert host.spec.run(f"grep -rslF -e '{place.database.password}' {places}").stdout == ""
        assert place.database.password not in host.spec.check_output("journalctl --no-pager")
