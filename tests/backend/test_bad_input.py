# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whatever goes wrong, the release before serves on, one line says what and what to do, and the next deploy works."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.backend.bad_input import NO_MIGRATIONS, ROWS, SERVES, Row
from tests.backend.place import Place, Ran, make_place
from tests.support.deploys import wait_for
from tests.support.prepared import backend_image

PORT_TAKER = "systemd-run --quiet --unit=squatter python3 -m http.server 8080"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A host that 0.2.0 runs on, after a first attempt at which something else had the port."""
    small = {"umigo-dev-backend-1": ("--tmpfs", "/app/releases:rw,size=120m,mode=0755")}
    directory = tmp_path_factory.mktemp("bad")
    published = ("0.2.0", "0.4.0", "0.5.0", "0.6.0")
    with make_place(directory, *published, arguments=small, image=backend_image()) as made:
        host = made.members[0]
        host.run(PORT_TAKER)
        wait_for("the port is taken", lambda: ":8080" in host.run("ss -Hltn"))
        refused = made.deploy(SERVES, **NO_MIGRATIONS)
        host.run("systemctl stop squatter")
        check_refusal(
            made, refused, "umigo-backend.service: the port 8080 is taken by ", "Stop it, or set jvm_service_port"
        )
        assert made.records() == []

        ran = made.deploy(SERVES)
        assert ran.code == 0, ran.text
        yield made


def check_refusal(place: Place, ran: Ran, *said: str) -> None:
    """It failed, said so plainly, and left no lock."""
    assert ran.code != 0, ran.text
    assert "Traceback" not in ran.text, ran.text
    names = {"<host>": place.inventory_name(place.members[0]), "<url>": place.repository}
    for text in said:
        for name, value in names.items():
            text = text.replace(name, value)  # noqa: PLW2901
        assert any(text in line for line in ran.text.splitlines()), f"{text!r} is not said by:\n{ran.text}"
    assert place.lock()["state"] != "held"


def test_the_port_was_free_in_the_end(place: Place) -> None:
    assert place.version(place.members[0]) == SERVES
    assert place.record()["outcome"] == "succeeded"


@pytest.mark.parametrize("row", [pytest.param(row, id=row.name) for row in ROWS])
def test_the_old_release_serves_on_and_the_cause_is_said(place: Place, row: Row) -> None:
    host, before = place.members[0], len(place.records())
    with row.arrange(place):
        ran = place.deploy(row.version, **row.variables)
        if row.name != "host that is gone":
            assert place.version(host) == SERVES, ran.text
    assert place.version(host) == SERVES
    check_refusal(place, ran, *row.said)
    outcomes = [record["outcome"] for record in place.records()[before:]]
    assert outcomes == ([row.outcome] if row.outcome else []), ran.text

    if row.outcome:
        # What ended before its record left nothing that the next row would not trip over.
        again = place.deploy(SERVES, **row.variables)
        assert again.code == 0, again.text
        assert place.version(host) == SERVES


def test_two_at_once_are_one_after_the_other(place: Place) -> None:
    host = place.members[0]
    place.parameter("/dev/backend/SPRING_REDIS_HOST", "redis-2.dev.internal")
    pid = place.answers(host, "/api/version")["pid"]
    with place.started("deploy.yml", backend_release=f"backend-v{SERVES}") as first:
        wait_for("the first one has the lock", lambda: place.lock()["state"] == "held")
        second = place.deploy(SERVES)
        assert first.poll() is None, "the first one was to be still at it"
        text = first.communicate()[0]
    assert first.returncode == 0, text
    assert second.code != 0
    assert "dev is locked by " in second.text
    assert "Traceback" not in second.text

    restarted = place.answers(host, "/api/version")["pid"]
    assert restarted != pid, "a changed value restarts the service"
    assert place.deploy(SERVES).code == 0
    assert place.answers(host, "/api/version")["pid"] == restarted, "an unchanged one does not"
