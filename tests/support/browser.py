# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A real browser, Debian's Chromium without a window, and the errors in its tabs.

with Browser("http://192.0.2.1") as browser, browser.tab() as tab:
    tab.open()
    tab.text("#release")
    assert tab.wrong == []
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from playwright.sync_api import Error, Page, Request, Response, Route, expect, sync_playwright

from tests.support.pace import scaled

CHROMIUM = "chromium"
PATIENCE_MS = scaled(60) * 1000
#: As root there is no sandbox; /dev/shm of a container is too small.
ARGUMENTS = ("--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu")


@dataclass
class Tab:
    """A tab with a cache of its own. What happens in it is noted while one of its methods waits."""

    page: Page
    asked: list[str] = field(default_factory=list)
    """The paths that were answered, in order."""
    wrong: list[str] = field(default_factory=list)
    """Requests that failed or were answered with an error, errors on the console, exceptions that nobody caught."""
    _held: list[Route] = field(default_factory=list)
    _going_on: bool = False

    def __post_init__(self) -> None:
        self.page.set_default_timeout(PATIENCE_MS)
        self.page.on("response", self._answered)
        self.page.on("requestfailed", self._failed)
        self.page.on("console", lambda said: self.wrong.append(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda error: self.wrong.append(f"{error.name}: {error.message}"))

    def _answered(self, response: Response) -> None:
        self.asked.append(_path(response.url))
        if response.status >= 400:
            self.wrong.append(f"{response.status} {_path(response.url)}")

    def _failed(self, request: Request) -> None:
        self.wrong.append(f"{request.failure} {_path(request.url)}")

    def _hold(self, route: Route) -> None:
        if self._going_on:
            route.continue_()
        else:
            self._held.append(route)

    def open(self) -> None:
        """Open the page, or load it again, and wait until there is nothing more to load."""
        self.page.goto("/", wait_until="networkidle")

    def text(self, selector: str) -> str:
        """The text of an element, once it exists."""
        return self.page.locator(selector).inner_text()

    def click(self, selector: str) -> None:
        """Click an element."""
        self.page.click(selector)

    def becomes(self, selector: str, attribute: str, value: str) -> None:
        """Wait for an attribute's value. Raises AssertionError."""
        expect(self.page.locator(selector)).to_have_attribute(attribute, value, timeout=PATIENCE_MS)

    def wait(self, seconds: float) -> None:
        """Wait; events are noted meanwhile."""
        self.page.wait_for_timeout(seconds * 1000)

    def fetch(self, path: str) -> Any:
        """Fetch JSON from the page. Raises AssertionError."""
        script = "path => fetch(path, {cache: 'no-store'}).then(answer => answer.json())"
        try:
            return self.page.evaluate(script, path)
        except Error as error:
            raise AssertionError(f"{path}: {error.message}; {self.wrong}") from error

    def open_halfway(self, pattern: str) -> None:
        """Open the page; requests that fit the pattern are not sent before ``go_on``."""
        self.page.route(pattern, self._hold)
        with self.page.expect_request(pattern):
            self.page.goto("/", wait_until="commit")

    def go_on(self) -> None:
        """Send what was held back, and wait until there is nothing more to load."""
        self._going_on = True
        for route in self._held:
            route.continue_()
        self.page.wait_for_load_state("networkidle")


class Browser:
    """Chromium; a context manager."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        program = shutil.which(CHROMIUM)
        assert program, f"there is no {CHROMIUM}: scripts/hosts.sh installs it"
        with self._stack:
            started = self._stack.enter_context(sync_playwright())
            self._chromium = started.chromium.launch(executable_path=program, args=ARGUMENTS)
            self._stack.callback(self._chromium.close)
            self._stack = self._stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @contextmanager
    def tab(self) -> Iterator[Tab]:
        """A tab that has never seen the site."""
        context = self._chromium.new_context(base_url=self.address)
        try:
            yield Tab(context.new_page())
        finally:
            context.close()


def _path(url: str) -> str:
    return "/" + url.split("/", 3)[-1]
