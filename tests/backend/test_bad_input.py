# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whatever goes wrong, the release before serves on, one line says what and what to do, and the next deploy works.

Each row finds what the rows before it left; the last test is the deploy that works after all of them.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.backend.bad_input import NO_MIGRATIONS, REDIS, ROWS, SERVES
from tests.backend.place import Place, make_place
from tests.support.deploys import wait_for
from tests.support.host_place import BadInput
from tests.support.prepared import backend_image

PORT_TAKER = "systemd-run --quiet --unit=squatter python3 -m http.server 8080"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A host that 0.2.0 runs on, after a first attempt at which something else had the port."""
    published = ("0.2.0", "0.4.0", "0.5.0", "0.6.0")
    with make_place(tmp_path_factory.mktemp("bad"), *published, image=backend_image()) as made:
        made.host.run(PORT_TAKER)
        wait_for("the port is taken", lambda: ":8080" in made.host.run("ss -Hltn"))
        refused = made.deploy(SERVES, **NO_MIGRATIONS)
        made.host.run("systemctl stop squatter")
        made.check_refusal(
            refused, "umigo-backend.service: the port 8080 is taken by ", "Stop it, or set jvm_service_port"
        )
        assert made.records() == []

        ran = made.deploy(SERVES)
        assert ran.code == 0, ran.text
        yield made


def test_the_port_was_free_in_the_end(place: Place) -> None:
    assert place.version(place.host) == SERVES
    assert place.record()["outcome"] == "succeeded"


@pytest.mark.parametrize("row", [pytest.param(row, id=row.name) for row in ROWS])
def test_the_old_release_serves_on_and_the_cause_is_said(place: Place, row: BadInput) -> None:
    row.check(place, SERVES)


def test_two_at_once_are_one_after_the_other(place: Place) -> None:
    place.parameter(REDIS, "redis-2.dev.internal")
    pid = place.answers(place.host, "/api/version")["pid"]
    with place.started("deploy.yml", backend_release=f"backend-v{SERVES}") as first:
        wait_for("the first one has the lock", place.locked)
        second = place.deploy(SERVES)
        assert first.poll() is None, "the first one was to be still at it"
        text = first.communicate()[0]
    assert first.returncode == 0, text
    assert second.code != 0
    assert "dev is locked by " in second.text
    assert "Traceback" not in second.text

    restarted = place.answers(place.host, "/api/version")["pid"]
    assert restarted != pid, "a changed value restarts the service"
    assert place.deploy(SERVES).code == 0
    assert place.answers(place.host, "/api/version")["pid"] == restarted, "an unchanged one does not"
