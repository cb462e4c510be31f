# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The backend as a container image: a bare host's first release, the next one, a bad one, and the way back by tag.

The tests are the chapters of one story, in this order.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.site.place import CURRENT, USER, Place, make_place
from tests.support import site_images
from tests.support.host_place import check_failure, check_no_change
from tests.support.hosts import settings
from tests.support.pace import scaled
from tests.support.registry import Registry
from tests.support.site import FIRST, INCOMPATIBLE, NEVER_HEALTHY, SECOND

SERVICE = "salitemihret-dev-backend"
REPOSITORY = "salitemihret/backend"
HEALTH = "/api/health"
WITHOUT_USERS = [{"name": "health", "path": HEALTH, "json": {"status": "ok", "scheduler": "running"}}]
# Containers keep their images on a file system of their own. A host that is one itself has no cgroups to share out.
ARGUMENTS = ("--volume", "/var/lib/containers")
LIST = "podman images --noheading --format '{{.Repository}} {{.Digest}}'"
CONTAINERS = '[containers]\ncgroups = "disabled"\n'


@pytest.fixture(scope="module")
def registry() -> Iterator[Registry]:
    """A registry with the images of three releases."""
    with Registry(settings()["MOL_GATEWAY"]) as started:
        for tag in (FIRST, SECOND, NEVER_HEALTHY):
            site_images.push(tag, started, REPOSITORY)
        yield started


@pytest.fixture(scope="module")
def place(registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A bare host."""
    with make_place(
        tmp_path_factory.mktemp("image"),
        arguments=ARGUMENTS,
        site_image=f"{registry.name}/{REPOSITORY}",
        site_image_authfile=str(registry.authfile),
        site_image_ca_file=str(registry.ca),
        site_front_end="none",
        container_service_cgroups="disabled",
    ) as made:
        checks = [row for row in made.variables()["site_smoke_checks"] if row["name"] != "page"]
        made.set_variables(site_smoke_checks=checks)
        made.host.trust(registry.ca)
        made.host.write("/etc/containers/containers.conf", CONTAINERS)
        yield made


def fill(place: Place) -> None:
    """Somebody who can log in, and what there is to see; by the image that runs."""
    environment = f"set -a && . /etc/{SERVICE}/current/env && . {CURRENT}/image.env"
    run = "podman run -i --rm --pull=never --network=host --env='*' --entrypoint= --workdir=/app/server"
    command = f"{environment} && exec {run} $SLIPWAY_IMAGE python -m app.manage"
    place.host.run(f"{command} user {USER}", stdin=place.password)
    place.host.run(f"{command} members 25")


def images(place: Place) -> list[str]:
    """The images that the host keeps."""
    return [line.replace(" ", "@") for line in place.host.run(LIST).splitlines()]


def main_pid(place: Place) -> str:
    """The process that systemd looks after."""
    return str(place.host.spec.service(SERVICE).systemd_properties["MainPID"])


def runs(place: Place, tag: str) -> str:
    """Everybody agrees that the host runs this release's image, and nothing is left half-done; the image."""
    host = place.host
    health = place.health()
    assert (health["status"], health["release"], health["scheduler"]) == ("ok", tag, "running")
    assert health["directory"] == "/app"
    image = f"{place.variables()['site_image']}@{place.record()['releases']['site']['digest']}"
    assert host.run("podman ps --format '{{.Names}} {{.Image}}'").split() == [SERVICE, image]
    assert host.spec.file(f"{CURRENT}/image.env").content_string.strip() == f"SLIPWAY_IMAGE={image}"
    assert host.spec.file(CURRENT).linked_to.startswith(f"/srv/salitemihret/releases/{tag}-")
    assert host.run(f"stat -c %U /proc/$(podman inspect --format '{{{{.State.Pid}}}}' {SERVICE})") == "salitemihret"
    assert all(host.spec.service(unit).is_running for unit in (SERVICE, f"{SERVICE}.socket", "nginx"))
    assert place.ledger()["pending"] is None
    assert host.run(f"find /run /root /etc -name '*{SERVICE}-registry*' -o -name auth.json") == "", "the login stayed"
    assert not place.locked()
    return image


def test_a_bare_host_runs_the_image_of_the_tag(place: Place, registry: Registry) -> None:
    ran = place.run("playbooks/bootstrap_host.yml", site_release=FIRST, site_smoke_checks=WITHOUT_USERS)
    assert ran.code == 0, ran.text
    assert f"✔ site-1  nothing → {FIRST}" in ran.text
    runs(place, FIRST)
    assert place.schema() == "0002"
    assert place.verdicts() == [(FIRST, "good")]
    assert place.record()["releases"]["site"]["commit"] == place.site.commits[FIRST]
    assert registry.password not in ran.text
    fill(place)


def test_a_second_run_changes_nothing(place: Place) -> None:
    ran = place.run("playbooks/bootstrap_host.yml", "-v", site_release=FIRST)
    check_no_change(place, ran)


def test_the_next_image_comes_with_its_migration_and_no_request_is_lost(place: Place) -> None:
    with place.load(HEALTH) as answers:
        ran = place.deploy(SECOND)
    assert ran.code == 0, ran.text
    assert "smoke: 3 checks passed" in ran.text
    assert answers[HEALTH].failed == []
    assert set(answers[HEALTH].versions) == {FIRST, SECOND}
    runs(place, SECOND)
    assert place.schema() == "0003"
    assert place.verdicts()[:2] == [(SECOND, "good"), (FIRST, "good")]


def test_what_is_no_image_or_never_healthy_is_refused(place: Place, registry: Registry) -> None:
    pid = main_pid(place)
    ran = place.deploy(INCOMPATIBLE)
    assert ran.code != 0, ran.text
    name = f"{registry.name}/{REPOSITORY}:{INCOMPATIBLE}"
    assert f"{name}: there is no image of the tag {INCOMPATIBLE}. Build the tag's image and push it" in ran.text

    records = len(place.records())
    ran = place.deploy(NEVER_HEALTHY, site_ready_timeout=scaled(10))
    check_failure(ran)
    refused = f"the release does not become ready on the spare port 8001: not ready within {scaled(10)} s: HTTP 503"
    assert refused in ran.text
    assert "staging is as it was before this deploy" in ran.text
    assert len(place.records()) == records + 1
    assert place.record()["outcome"] == "undone"
    assert place.target(place.host)["failure"]["log"]
    assert place.health()["release"] == SECOND
    assert main_pid(place) == pid, "the service was restarted"
    assert len(images(place)) == 3


def test_a_rollback_by_tag_runs_the_image_of_then(place: Place) -> None:
    ran = place.run("playbooks/rollback.yml", to=FIRST, site_keep=1)
    assert ran.code == 0, ran.text
    image = runs(place, FIRST)
    assert place.schema() == "0003", "the schema stays"
    # The one that runs and the one to go back to.
    assert len(images(place)) == 2
    assert image in images(place)
