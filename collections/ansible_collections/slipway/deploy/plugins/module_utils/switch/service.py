# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Switches the releases of a service on a real host, for :mod:`.apply`."""

from __future__ import annotations

import fcntl
import ipaddress
import os
import signal
import stat
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import urlsplit

from ..common.errors import SlipwayError
from ..files.atomic import ensure_directory, file_digest, filing, link_atomic, read_link, write_atomic
from ..jvm.spring_files import readiness_url
from ..network import ports
from ..network.connections import Draining
from ..nginx import staged
from ..nginx.staged import GENERATIONS
from ..probes.readiness import Answer, Wanted, Watch, ask, judge
from ..releases import ledger as ledgers
from ..releases.ledger import Ledger, Snapshot
from ..secret_values import redaction
from ..systemd import sockets, systemctl
from .apply import Proof
from .crash_log import root_cause, telling
from .decision import Observed

#: Lines of the journal that are searched for why a process ended: a stack trace may have hundreds.
LOG_LINES = 1000
#: Maximum length of a cause within a line.
CAUSE = 300
#: Seconds between two attempts to take a service's lock.
LOCK_SECONDS = 0.5
#: Seconds for stopping, starting and undoing in addition to the waits for readiness.
MARGIN_SECONDS = 60.0


@dataclass
class Service:
    """The edges of one service. See :class:`.apply.Edges`.

    :ivar home: the directory of its ledger, its lock and its saved files.
    :ivar generations: the directory of the web server's configurations: links into it belong to the web server.
    """

    name: str
    home: Path
    wanted: Wanted
    warnings: list[str]
    interrupted: str = ""
    generations: str = GENERATIONS

    @property
    def ledger_path(self) -> Path:
        """The path of its ledger."""
        return self.home / "ledger.json"

    @property
    def switch_seconds(self) -> float:
        """The maximum duration of a switch in seconds: it waits for its release, and possibly for the restored one."""
        return 2 * (self.wanted.timeout + self.wanted.stable_for) + MARGIN_SECONDS

    def observe(
        self,
        ledger: Ledger,
        links: Mapping[str, str],
        tracked: tuple[Collection[str], Collection[str]],
        more: Collection[str] = (),
    ) -> Observed:
        """Observe the host.

        :param tracked: the paths of the links and files to read.
        :param more: targets that an undo may use.
        """
        unit = systemctl.show(self.name)
        on_disk = {path: target for path in tracked[0] for target in [read_link(path)] if target is not None}
        digests = {path: digest for path in tracked[1] for digest in [file_digest(path)] if digest is not None}
        targets = {*links.values(), *on_disk.values(), *more}
        targets.update(target for entry in ledger.entries for target in entry.snapshot.links.values())
        gone = frozenset(target for target in targets if not Path(target).exists())
        known = [links, on_disk, *(entry.snapshot.links for entry in ledger.entries)]
        served = frozenset(path for item in known for path in staged.served(item, self.generations))
        own = [path for path in (*on_disk, *digests) if path not in served]
        touched = unit.outdated or any(_changed_after(path, unit.started) for path in own)
        unserved = not self._serves(served & on_disk.keys())
        return Observed(unit.up, unit.invocation, Snapshot(on_disk, digests), gone, touched, served, unserved)

    def _serves(self, paths: Collection[str]) -> bool:
        """Whether the web server uses the configuration at these paths."""
        server = staged.noted_server(self.generations)
        return all(server.loaded(path) for path in paths)

    def serve(self, links: Mapping[str, str]) -> None:
        """Make the web server use its own links.

        :raises SlipwayError: it refuses them.
        """
        paths = staged.served(links, self.generations)
        if not self._serves(paths):
            server = staged.noted_server(self.generations)
            for line in server.test({}):
                self.warn(line)
            server.apply()

    def check_startable(self) -> None:
        """Refuse to switch a service that cannot start. Another process on its port would also answer in its place.

        :raises SlipwayError: the unit does not exist, or another process has the port, which is named.
        """
        unit = systemctl.show(self.name)
        if not unit.loaded:
            raise SlipwayError("systemd knows no such service", f"{self.name}.service", "Install its unit first")
        port = _own_port(self.wanted.url)
        for listener in ports.listeners(port) if port else ():
            if not sockets.is_own(self.name, listener, port or 0):
                remedy = f"Stop it, or give {self.name} another port"
                raise SlipwayError(f"the port {port} is taken by {listener}", f"{self.name}.service", remedy)

    def check_own(self, links: Mapping[str, str]) -> None:
        """Refuse links that another service of this host uses: it would be switched as well.

        :raises SlipwayError: naming the other service.
        """
        for path, other in ledgers.others_with(self.home, links).items():
            if systemctl.show(other).up:
                remedy = "Give each site of a host its own site_name, site_root, site_service and site_server_names"
                raise SlipwayError(f"this link belongs to {other}.service, which runs with it", path, remedy)

    def save(self, ledger: Ledger) -> None:
        """Write the ledger, and remove saved files that it does not name."""
        ledgers.save(self.ledger_path, ledger, self.name)
        named = {digest for entry in ledger.entries for digest in entry.snapshot.files.values()}
        for kept in self._kept.iterdir() if self._kept.is_dir() else ():
            if kept.name not in named:
                with suppress(OSError):
                    kept.unlink()

    @property
    def _kept(self) -> Path:
        return self.home / "files"

    def keep(self, path: str, digest: str) -> None:
        """Save a copy of a file with this digest."""
        copy = self._kept / digest
        if file_digest(copy) == digest or file_digest(path) != digest:
            return
        ensure_directory(self._kept, 0o700)
        with filing("read it", path):
            content = Path(path).read_bytes()
        write_atomic(copy, content)

    def link(self, path: str, target: str) -> None:
        """Point a link at its target."""
        link_atomic(path, target)

    def restore(self, path: str, digest: str) -> None:
        """Restore a file from the saved copy with this digest."""
        if file_digest(path) == digest:
            return
        copy = self._kept / digest
        if file_digest(copy) != digest:
            self.warn(f"{path}: its former content was not kept; it stays as it is")
            return
        with filing("read it", copy):
            content = copy.read_bytes()
        mode = stat.S_IMODE(Path(path).stat().st_mode) if Path(path).exists() else 0o644
        write_atomic(path, content, mode)

    def restart(self) -> str:
        """Reload systemd and restart the service; return the new invocation."""
        before = sockets.show(self.name)
        systemctl.reload()
        said = sockets.settle(self.name, before)
        if said:
            self.warn(f"{self.name}.socket: {said}")
        port = _own_port(self.wanted.url)
        listen = [*sockets.show(self.name).listen, *([str(port)] if port else [])]
        with Draining(systemctl.show(self.name).pid, listen) as draining:
            said = systemctl.restart(self.name)
        waited = draining.said(waits=before.active)
        if waited:
            self.warn(f"{self.name}.service: {waited}")
        if said:
            self.warn(f"{self.name}.service: {said}")
        return self.invocation()

    def invocation(self) -> str:
        """The invocation of the running process."""
        return systemctl.show(self.name).invocation

    def prove(self, *, settled: bool) -> Proof:
        """Wait until the service is ready and stays so."""
        wanted = self.wanted if not settled else Wanted(**{**self.wanted.__dict__, "stable_for": 0})
        began = time.monotonic()
        unit = systemctl.show(self.name)
        invocation = unit.invocation
        wanted = self._asked(wanted, unit)
        watch = Watch(began, unit)
        while True:
            watch = judge(watch, unit, self._answer(unit, wanted), time.monotonic(), wanted)
            if watch.verdict is None and self.interrupted and not settled:
                reason = f"the run was ended by {self.interrupted}"
                self.interrupted = ""  # A signal must not cut the wait for the old release short as well.
                return Proof(ready=False, reason=reason, log=self._log(unit, invocation))
            if watch.over:
                break
            time.sleep(wanted.interval)
            unit = systemctl.show(self.name)
        if watch.verdict:
            return Proof(ready=True, seconds=round((watch.first_ready or began) - began, 1))
        log = self._log(unit, invocation)
        # The last exception of a running process need not be the reason why it is not ready.
        cause = root_cause(log) if watch.reason.startswith("the process") else ""
        return Proof(ready=False, reason=f"{watch.reason}: {cause[:CAUSE]}" if cause else watch.reason, log=log)

    def _asked(self, wanted: Wanted, unit: systemctl.Unit) -> Wanted:
        """The readiness request for the started release: each may have its own port and path."""
        if wanted.url or wanted.application is None:
            return wanted
        return replace(wanted, url=readiness_url(wanted.application, unit))

    def _answer(self, unit: systemctl.Unit, wanted: Wanted) -> Answer | None:
        if not unit.up:
            return None
        return ask(wanted.url, wanted) if wanted.url else Answer(ready=True, said="its process runs")

    def _log(self, unit: systemctl.Unit, invocation: str) -> tuple[str, ...]:
        lines = systemctl.journal(invocation, LOG_LINES)
        values = redaction.known_values(unit.environment_files, systemctl.credential_files(unit))
        return tuple(telling(redaction.without_secrets(lines, values)))

    def now(self) -> str:
        """The time, ISO 8601, UTC."""
        return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")  # noqa: UP017 - datetime.UTC is Python 3.11's

    def warn(self, line: str) -> None:
        """Add a warning."""
        self.warnings.append(line)


def _own_port(url: str | None) -> int | None:
    """The port of a URL on this host."""
    parts = urlsplit(url or "")
    host = parts.hostname or ""
    try:
        own = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        own = False
    return (parts.port or (443 if parts.scheme == "https" else 80)) if own else None


def _changed_after(path: str, started: float) -> bool:
    """Whether a link or file was changed after a process was started.

    :param started: on the clock that ``time.monotonic`` reads.
    """
    age = time.time() - os.lstat(path).st_ctime
    return time.monotonic() - age > started


@contextmanager
def locked(home: Path, wait: float) -> Iterator[None]:
    """Exclude a second switch of the same service until this one ends, however it ends.

    :param wait: seconds to wait for a running one: the switch of a killed run continues on the host.
    :raises SlipwayError: it still runs then.
    """
    ensure_directory(home, 0o755)
    path = home / "lock"
    with filing("open it", path):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if not _taken(descriptor, fcntl.LOCK_EX, wait):
            holder = os.read(descriptor, 32).decode(errors="replace").strip() or "unknown"
            what = f"another switch of this service is still under way after {wait:.0f} s (pid {holder})"
            raise SlipwayError(what, str(path), "Wait for it to end, then run this again")
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(descriptor)


def await_switch(home: Path, wait: float) -> None:
    """Wait until no switch of the service runs, at most ``wait`` seconds."""
    try:
        descriptor = os.open(home / "lock", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return  # Nothing was ever switched here.
    try:
        _taken(descriptor, fcntl.LOCK_SH, wait)
    finally:
        os.close(descriptor)


def _taken(descriptor: int, kind: int, wait: float) -> bool:
    """Whether the lock could be taken within some seconds."""
    until = time.monotonic() + wait
    while True:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                return False
            time.sleep(LOCK_SECONDS)
        else:
            return True


@contextmanager
def undo_on_signal(service: Service) -> Iterator[None]:
    """Turn the signals that end a run into an undo: a switch must not stay incomplete."""

    def note(number: int, _frame: FrameType | None) -> None:
        service.interrupted = signal.Signals(number).name

    handlers: dict[int, Any] = {}
    for wanted in (signal.SIGTERM, signal.SIGINT):
        handlers[wanted] = signal.signal(wanted, note)
    handlers[signal.SIGHUP] = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def load_ledger(service: Service, *, returning: bool) -> Ledger:
    """The service's ledger.

    :param returning: whether an undo was requested: then a damaged ledger is moved aside and ignored.
    :raises SlipwayError: it is damaged otherwise.
    """
    try:
        return ledgers.load(service.ledger_path)
    except SlipwayError as error:
        if not returning:
            raise
        service.warn(str(error))
        with suppress(OSError):
            service.ledger_path.rename(service.ledger_path.with_name("ledger.json.damaged"))
        return Ledger()
