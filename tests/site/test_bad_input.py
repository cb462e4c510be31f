# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whatever goes wrong, the release before serves on, one line says what and what to do, and the next deploy works.

Each row finds what the rows before it left; the last test is the deploy that works after all of them.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.site.bad_input import NO_PAGE, ROWS, SERVES
from tests.site.place import Place, make_place
from tests.support.host_place import BadInput
from tests.support.prepared import site_image
from tests.support.site import THIRD

WITHOUT_USERS = [{"name": "health", "path": "/api/health", "json": {"status": "ok"}}]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A host that the second release runs on."""
    with make_place(tmp_path_factory.mktemp("bad"), image=site_image(), site_stable_for=1) as made:
        ran = made.deploy(SERVES, site_smoke_checks=WITHOUT_USERS)
        assert ran.code == 0, ran.text
        made.fill()
        yield made


@pytest.mark.parametrize("row", [pytest.param(row, id=row.name) for row in ROWS])
def test_the_old_release_serves_on_and_the_cause_is_said(place: Place, row: BadInput) -> None:
    page = place.page()
    row.check(place, SERVES)
    assert place.health()["status"] == "ok"
    assert place.page() == page
    assert place.schema() == "0003"


def test_the_next_deploy_works(place: Place) -> None:
    ran = place.deploy(THIRD, **NO_PAGE)
    assert ran.code == 0, ran.text
    assert place.version(place.host) == THIRD
    assert place.record()["outcome"] == "succeeded"
