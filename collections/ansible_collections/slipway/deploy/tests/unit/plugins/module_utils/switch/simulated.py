# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A host that exists in memory: links, files, systemd, a service. It can be killed before any of its steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.releases import ledger as ledgers
from ansible_collections.slipway.deploy.plugins.module_utils.releases.ledger import Ledger, Release, Snapshot
from ansible_collections.slipway.deploy.plugins.module_utils.switch.apply import Outcome, Proof, carry_out
from ansible_collections.slipway.deploy.plugins.module_utils.switch.decision import (
    Observed,
    decide,
    decide_back,
    tracked,
)

LINK, CONFIGURATION, UNIT = "/app/app.jar", "/etc/x/current", "/etc/systemd/system/x.service"
#: The web server's own link.
SITE = "/etc/nginx/conf.d/x.conf"


class Killed(BaseException):
    """The run was killed."""


@dataclass
class Host:
    """The edges of a simulated host. ``process`` is what the service's process was started with."""

    links: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=lambda: {UNIT: "u1"})
    copies: set[str] = field(default_factory=set)
    loaded: dict[str, str] = field(default_factory=dict)
    process: Snapshot | None = None
    starts: int = 0
    touched: bool = False
    book: bytes = ledgers.dump(Ledger(), "x")
    sick: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    web: str | None = None
    kill_in: int | None = None
    full: bool = False
    warnings: list[str] = field(default_factory=list)

    def step(self) -> None:
        if self.kill_in is not None:
            if self.kill_in == 0:
                self.kill_in = None
                raise Killed
            self.kill_in -= 1

    def observe(self, ledger: Ledger, wanted: dict[str, str]) -> Observed:
        links, files = tracked(ledger)
        disk = Snapshot(
            {path: target for path, target in self.links.items() if path in links | wanted.keys()},
            {path: digest for path, digest in self.files.items() if path in files | {UNIT}},
        )
        return Observed(
            self.process is not None,
            f"i{self.starts}",
            disk,
            frozenset(self.gone),
            self.touched or self.outdated(),
            frozenset({SITE}),
            SITE in disk.links and self.web != disk.links[SITE],
        )

    def outdated(self) -> bool:
        """What systemd says as ``NeedDaemonReload``."""
        return bool(self.loaded) and self.loaded != self.files

    def healthy(self) -> bool:
        if self.process is None:
            return False
        return not self.sick.intersection({*self.process.links.values(), *self.process.files.values()})

    def start(self) -> None:
        """systemd starts the service by itself: after a crash, with the units that it has loaded."""
        self.starts += 1
        self.touched = False
        self.process = Snapshot(dict(self.links), dict(self.loaded or self.files))

    def boot(self) -> None:
        self.loaded = dict(self.files)
        self.start()

    # The edges.

    def save(self, ledger: Ledger) -> None:
        self.step()
        if self.full:
            raise SlipwayError("cannot write it: the disk is full", "ledger.json")
        self.book = ledgers.dump(ledger, "x")

    def keep(self, path: str, digest: str) -> None:
        self.step()
        if self.files.get(path) == digest:
            self.copies.add(digest)

    def link(self, path: str, target: str) -> None:
        self.step()
        self.touched = self.touched or (path != SITE and self.links.get(path) != target)
        self.links[path] = target

    def restore(self, path: str, digest: str) -> None:
        self.step()
        if digest in self.copies:
            self.touched = self.touched or self.files[path] != digest
            self.files[path] = digest

    def serve(self, links: Mapping[str, str]) -> None:
        self.step()
        if links.get(SITE) in self.refused:
            raise SlipwayError(f"nginx refuses {links[SITE]}")
        self.web = links.get(SITE, self.web)

    def restart(self) -> str:
        self.step()
        self.loaded = dict(self.files)
        self.step()
        self.process = None
        self.step()
        self.start()
        return f"i{self.starts}"

    def invocation(self) -> str:
        return f"i{self.starts}"

    def prove(self, *, settled: bool) -> Proof:
        self.step()
        return Proof(self.healthy(), "" if self.healthy() else "it is sick")

    def now(self) -> str:
        return "2026-11-21T05:00:00Z"

    def warn(self, line: str) -> None:
        self.warnings.append(line)

    # What the module does.

    def ledger(self) -> Ledger:
        return ledgers.parse(self.book)

    def run(
        self,
        links: dict[str, str],
        release: str | None = None,
        unit: str | None = None,
        undo: bool = True,
        force: bool = False,
        returning: dict[str, str] | None = None,
    ) -> Outcome:
        if unit:
            self.touched = self.touched or self.files[UNIT] != unit
            self.files[UNIT] = unit
        ledger = self.ledger()
        wanted = Release(release) if release else None
        decision = decide(ledger, self.observe(ledger, links), links, wanted, force=force, returning=returning)
        return carry_out(decision, ledger, self, undo=undo)

    def back(
        self,
        links: dict[str, str] | None = None,
        release: str | None = None,
        leave: str | None = None,
        files: dict[str, str] | None = None,
        returning: dict[str, str] | None = None,
    ) -> Outcome:
        ledger = self.ledger()
        wanted, seen = Release(release) if release else None, self.observe(ledger, links or {})
        decision = decide_back(ledger, seen, links or {}, wanted, leave, files=files, returning=returning)
        return carry_out(decision, ledger, self)

    def disk(self) -> Snapshot:
        return Snapshot(dict(self.links), dict(self.files))


def deployed(*releases: str) -> Host:
    """A host on which these releases became current one after the other."""
    host = Host()
    for release in releases:
        assert host.run({LINK: release}, release).state == "switched"
    return host
