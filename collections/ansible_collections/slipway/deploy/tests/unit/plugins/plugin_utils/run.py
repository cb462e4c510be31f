# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A run as its actions see it: Ansible's variables, a store in a directory, an open record in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ansible_collections.slipway.deploy.plugins.module_utils.record.journal import Journal
from ansible_collections.slipway.deploy.plugins.plugin_utils.context import Context
from ansible_collections.slipway.deploy.plugins.plugin_utils.files import Held
from ansible_collections.slipway.deploy.plugins.plugin_utils.work import Work

Doc = dict[str, Any]

VARIABLES: Doc = {
    "env": "dev",
    "account_id": "123456789012",
    "aws_region": "eu-west-1",
    "backend_service": "umigo-backend",
    "artifact_bucket": "umigo-artifacts",
}


def context(
    store: Path,
    hosts: Mapping[str, Doc],
    *,
    fleet: Mapping[str, Doc] | None = None,
    selected: list[str] | None = None,
    check: bool = False,
    kind: str = "backend",
    kinds: Mapping[str, Mapping[str, Doc]] | None = None,
    **variables: Any,
) -> Context:
    """A task's view of a run.

    :param hosts: the hosts of ``kind`` with their variables; those that begin with ``__`` are observations, by the
        names that follow it.
    :param kinds: the hosts of other kinds.
    :param fleet: the services.
    :param selected: what ``--limit`` leaves.
    """
    by_kind = {kind: hosts, **(kinds or {})}
    members = {**(fleet or {}), **{name: own for of in by_kind.values() for name, own in of.items()}}
    shared = {**VARIABLES, "state_store": str(store), **variables}
    chosen = selected if selected is not None else list(members)
    return Context(
        {
            "inventory_hostname": next(iter(chosen)),
            "env": "dev",
            "ansible_check_mode": check,
            "hostvars": {name: {**shared, **own} for name, own in members.items()},
            "groups": {"fleet": list(fleet or {}), **{name: list(of) for name, of in by_kind.items()}},
            "ansible_play_hosts_all": chosen,
            "ansible_play_batch": chosen,
        },
        {name: {key[2:]: value for key, value in own.items() if key[:2] == "__"} for name, own in members.items()},
    )


class Screen:
    """A terminal that nobody looks at."""

    width = None

    def __init__(self) -> None:
        self.said: list[str] = []

    def lines(self, lines: list[str]) -> None:
        self.said += lines


class OpenWork(Work):
    """An open record whose lock is this run's, unless the test says otherwise."""

    guarded = 0
    lost: Exception | None = None

    def guard(self) -> None:
        self.guarded += 1
        if self.lost is not None:
            raise self.lost


def work(of: Context, record: Doc, stopped: str | None = None) -> OpenWork:
    """The record in the hands of a task."""
    cancel: Any = SimpleNamespace(why=lambda: stopped)
    screen: Any = Screen()
    document = {"environment": "dev", "phase": "planned", "outcome": None, **record}
    return OpenWork(of, Held("dev", "token"), Journal.open(of.store, document), lambda: 100.0, cancel, screen)


def handing_out(item: Work) -> Callable[[Context], Any]:
    """A ``work_on`` that gives this one."""

    @contextmanager
    def work_on(_context: Context) -> Iterator[Work]:
        yield item

    return work_on
