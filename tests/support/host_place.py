# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What environments with systemd hosts share, for both kinds of host: backend and site."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from tests.support.git_server import GitServer
from tests.support.hosts import Host, Hosts
from tests.support.postgres import Postgres
from tests.support.project import Project, Ran


@dataclass(kw_only=True)
class HostPlace(Project):
    """An environment of a copy of the project, its hosts, and the services of every kind of host."""

    database: Postgres
    git: GitServer
    hosts: Hosts
    members: list[Host] = field(default_factory=list)

    @property
    def host(self) -> Host:
        """The first host."""
        return self.members[0]

    @property
    def service(self) -> str:
        """The unit, without ``.service``."""
        return str(self.variables()[f"{self.group}_service"])

    @property
    def repository(self) -> str:
        """The address of the application's repository."""
        raise NotImplementedError

    def deploy(self, release: str, *arguments: str, **variables: Any) -> Ran:
        """Deploy a release."""
        raise NotImplementedError

    def version(self, host: Host) -> str:
        """The release that answers on a host."""
        raise NotImplementedError

    def inventory_name(self, host: Host) -> str:
        """A host's name in the inventory."""
        return host.name

    def target(self, host: Host) -> dict[str, Any]:
        """A host's entry in the newest record."""
        return self.target_of(self.inventory_name(host))

    def locked(self) -> bool:
        """Whether the environment is locked."""
        raise NotImplementedError

    def ledger(self, host: Host | None = None) -> dict[str, Any]:
        """A host's ledger, as it is written there."""
        text = (host or self.host).run(f"cat /var/lib/slipway/{self.service}/ledger.json")
        document: dict[str, Any] = json.loads(text)
        return document

    def verdicts(self, host: Host | None = None) -> list[tuple[str, str]]:
        """Tag and verdict of each release in a host's ledger, the newest first."""
        return [(item["release"]["tag"], item["verdict"]) for item in self.ledger(host)["releases"]]

    def check_refusal(self, ran: Ran, *said: str) -> None:
        """Assert that a run failed, left no lock, and printed each text in one line.

        ``<host>`` stands for the first host's name, ``<url>`` for the repository's address.
        """
        check_failure(ran)
        names = {"<host>": self.inventory_name(self.host), "<url>": self.repository}
        for text in said:
            wanted = _replaced(text, names)
            assert any(wanted in line for line in ran.text.splitlines()), f"{wanted!r} is not said by:\n{ran.text}"
        assert not self.locked()


def _replaced(text: str, names: Mapping[str, str]) -> str:
    for name, value in names.items():
        text = text.replace(name, value)
    return text


def check_failure(ran: Ran) -> None:
    """Assert that a run failed without internal terms such as tracebacks."""
    assert ran.code != 0, ran.text
    assert "Traceback" not in ran.text, ran.text


def check_no_change(place: HostPlace, ran: Ran) -> None:
    """Assert that a run with ``-v`` found everything in place: no task changed anything."""
    assert ran.code == 0, ran.text
    recaps = [line for line in ran.text.splitlines() if " ok=" in line]
    assert recaps
    assert all("changed=0" in line and "failed=0" in line for line in recaps), recaps
    assert place.record()["outcome"] == "unchanged"


def undisturbed(_place: Any) -> AbstractContextManager[None]:
    """Arrange nothing: what is wrong is on the command line."""
    return nullcontext()


@dataclass(frozen=True)
class BadInput:
    """A case of bad input to a deploy.

    :ivar release: what is deployed.
    :ivar said: texts that lines contain; see :meth:`HostPlace.check_refusal`.
    :ivar arrange: a context manager that causes it.
    :ivar outcome: the record's; ``None`` when the run ends before there is one.
    :ivar variables: on the command line.
    """

    name: str
    release: str
    said: tuple[str, ...]
    arrange: Callable[[Any], AbstractContextManager[None]] = undisturbed
    outcome: str | None = None
    variables: dict[str, Any] = field(default_factory=dict)

    def check(self, place: HostPlace, serves: str) -> None:
        """Deploy it, and assert that the earlier release keeps serving, and that the cause is printed and recorded."""
        before = len(place.records())
        with self.arrange(place):
            ran = place.deploy(self.release, **self.variables)
            assert place.version(place.host) == serves, ran.text
        assert place.version(place.host) == serves
        place.check_refusal(ran, *self.said)
        outcomes = [record["outcome"] for record in place.records()[before:]]
        assert outcomes == ([self.outcome] if self.outcome else []), ran.text
