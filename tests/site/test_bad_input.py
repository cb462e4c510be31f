# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whatever goes wrong, the release before serves on, one line says what and what to do, and the next deploy works."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.site.bad_input import NO_PAGE, ROWS, SERVES, Row
from tests.site.place import Place, Ran, make_place

WITHOUT_USERS = [{"name": "health", "path": "/api/health", "json": {"status": "ok"}}]
SMALL = ("--tmpfs", "/srv/salitemihret:rw,size=900m,mode=0755")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A host that the second release runs on; where releases are is a small file system."""
    with make_place(tmp_path_factory.mktemp("bad"), arguments=SMALL, site_stable_for=1) as made:
        ran = made.deploy(SERVES, site_smoke_checks=WITHOUT_USERS)
        assert ran.code == 0, ran.text
        made.fill()
        yield made


def check_refusal(place: Place, ran: Ran, *said: str) -> None:
    """It failed, said so plainly, and left no lock."""
    assert ran.code != 0, ran.text
    assert "Traceback" not in ran.text, ran.text
    for text in said:
        wanted = text.replace("<url>", place.repository)
        assert any(wanted in line for line in ran.text.splitlines()), f"{wanted!r} is not said by:\n{ran.text}"
    assert not place.locked()


@pytest.mark.parametrize("row", [pytest.param(row, id=row.name) for row in ROWS])
def test_the_old_release_serves_on_and_the_cause_is_said(place: Place, row: Row) -> None:
    page, before = place.page(), len(place.records())
    with row.arrange(place):
        ran = place.deploy(row.tag, **row.variables)
        assert place.health()["release"] == SERVES, ran.text
    check_refusal(place, ran, *row.said)
    assert (place.health()["release"], place.health()["status"]) == (SERVES, "ok")
    assert place.page() == page
    assert place.schema() == "0003"
    outcomes = [record["outcome"] for record in place.records()[before:]]
    assert outcomes == ([row.outcome] if row.outcome else []), ran.text

    if row.outcome:
        # What ended before its record left nothing that the next row would not trip over.
        again = place.deploy(SERVES, **NO_PAGE)
        assert again.code == 0, again.text
        assert place.health()["release"] == SERVES
