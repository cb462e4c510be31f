# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A browser opens the page before, during and after a switch, and no request of it fails.

The tests are the chapters of one story, in this order.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.site.place import Place, Ran, make_place
from tests.support.browser import Browser, Tab
from tests.support.prepared import site_image
from tests.support.site import FIRST, SECOND

HEALTH = "/api/health"
ASSETS = "**/assets/**"
PAUSE_SECONDS = 0.5
#: Nobody can log in yet.
SMOKE = [{"name": "health", "path": HEALTH}, {"name": "page", "path": "/", "body": '<div id="root">'}]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A host that runs the first release."""
    with make_place(tmp_path_factory.mktemp("browser"), image=site_image(), site_smoke_checks=SMOKE) as made:
        ran = made.deploy(FIRST)
        assert ran.code == 0, ran.text
        yield made


@pytest.fixture(scope="module")
def browser(place: Place) -> Iterator[Browser]:
    """Chromium."""
    with Browser(f"http://{place.host.address}") as made:
        yield made


def shows(tab: Tab, release: str) -> None:
    """The page is whole: its release, what the server answered it, and nothing went wrong."""
    assert tab.text("#release") == release
    tab.becomes("#health", "data-state", "ok")
    assert tab.wrong == []


def goes_on(tab: Tab, release: str) -> None:
    """The page loads what it had not needed before: the chunk of its own release, and an answer of the server."""
    before = len(tab.asked)
    tab.click("#more")
    assert tab.text("#details") == f"The details of {release}"
    assert tab.fetch(HEALTH)["status"] == "ok"
    chunk, health = tab.asked[before:]
    assert chunk.startswith("/assets/Details-")
    assert health == HEALTH
    assert tab.wrong == []


def visit(browser: Browser) -> str:
    """Somebody comes for the first time, and looks at everything; the release that was seen."""
    with browser.tab() as tab:
        tab.open()
        release = tab.text("#release")
        shows(tab, release)
        goes_on(tab, release)
    return release


def visits_during(browser: Browser, tab: Tab, command: Callable[[], Ran]) -> list[str]:
    """The releases that visitors see one after another while a command runs; an open tab asks between them."""
    seen = []
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(command)
        while not running.done():
            seen.append(visit(browser))
            assert tab.fetch(HEALTH)["status"] == "ok"
            # The deploy needs the machine, too.
            tab.wait(PAUSE_SECONDS)
    ran = running.result()
    assert ran.code == 0, ran.text
    return [release for release, _visits in itertools.groupby(seen)]


def test_the_page_is_there(browser: Browser) -> None:
    assert visit(browser) == FIRST


def test_nothing_fails_before_during_and_after_a_switch(place: Place, browser: Browser) -> None:
    with browser.tab() as open_before, browser.tab() as halfway:
        open_before.open()
        shows(open_before, FIRST)
        # This one has the old page, and asks for all that it needs when the new one is live.
        halfway.open_halfway(ASSETS)
        assert visits_during(browser, open_before, lambda: place.deploy(SECOND)) == [FIRST, SECOND]

        goes_on(open_before, FIRST)
        assert open_before.fetch(HEALTH)["release"] == SECOND
        halfway.go_on()
        shows(halfway, FIRST)
        goes_on(halfway, FIRST)
        assert visit(browser) == SECOND
        open_before.open()
        shows(open_before, SECOND)
        goes_on(open_before, SECOND)


def test_nothing_fails_when_it_goes_back(place: Place, browser: Browser) -> None:
    with browser.tab() as open_before, browser.tab() as halfway:
        open_before.open()
        shows(open_before, SECOND)
        halfway.open_halfway(ASSETS)
        back = visits_during(browser, open_before, lambda: place.run("playbooks/rollback.yml"))
        assert back == [SECOND, FIRST]

        goes_on(open_before, SECOND)
        assert open_before.fetch(HEALTH)["release"] == FIRST
        halfway.go_on()
        shows(halfway, SECOND)
        goes_on(halfway, SECOND)
        assert visit(browser) == FIRST
        open_before.open()
        shows(open_before, FIRST)


def test_what_no_release_has_is_seen_to_fail(browser: Browser) -> None:
    with browser.tab() as tab:
        tab.open()
        tab.page.evaluate("import('/assets/Details-00000000.js').catch(() => null)")
        assert "404 /assets/Details-00000000.js" in tab.wrong
