# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Decides how a service gets to its wanted state. Pure: observed + wanted → a decision.

A decision has the steps forward, and the steps back in case the new process does not become ready. The run may be
killed between any two of them: the ledger's ``pending`` and the invocation of the running process tell the next run
what happened, and it restarts in case of doubt.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from ..common.errors import SlipwayError
from ..releases.ledger import GOOD, UNPROVEN, Entry, Ledger, Release, Snapshot


@dataclass(frozen=True)
class Observed:
    """An observed host.

    :ivar active: whether the service's main process runs.
    :ivar invocation: systemd's id of its last start, or ``""``.
    :ivar disk: links and files on disk; missing ones are left out.
    :ivar touched: whether one of those links and files changed after the process was started, or systemd has not
        read it since.
    :ivar gone: targets of links in the ledger or the run that do not exist.
    :ivar served: the paths of the web server's links, which change without a restart of the service.
    :ivar unserved: whether the web server does not use these links as they are on disk.
    """

    active: bool
    invocation: str
    disk: Snapshot
    gone: frozenset[str] = frozenset()
    touched: bool = False
    served: frozenset[str] = frozenset()
    unserved: bool = False


@dataclass(frozen=True)
class Decision:
    """What to do.

    :ivar reason: why, in one line.
    :ivar restart: whether links are switched and the service is restarted; otherwise it is only waited for, if at all.
    :ivar serve: whether links are switched and the web server is reloaded, while the service's process stays.
    :ivar prove: whether the process must become ready.
    :ivar to: what should run.
    :ivar before: what ran, if known.
    :ivar back: what an undo restores; ``None`` if there is nothing, or nothing was switched.
    :ivar last_resort: what to restore if that (``back``, or ``to`` of an undo) does not become ready either:
        the release exactly as it ran, with its old secrets.
    :ivar leaves: what is noted as bad because it is undone.
    :ivar returning: whether an undo was requested: an unwritable ledger does not stop it.
    """

    reason: str
    restart: bool
    prove: bool
    to: Entry
    before: Entry | None = None
    back: Entry | None = None
    leaves: Entry | None = None
    returning: bool = False
    serve: bool = False
    last_resort: Entry | None = None

    @property
    def changes(self) -> bool:
        """Whether there is anything to do."""
        return self.restart or self.serve or self.prove


def tracked(ledger: Ledger) -> tuple[frozenset[str], frozenset[str]]:
    """The paths of the links and files that belong to what runs, from the ledger."""
    # The newest entries have them all; paths of old ones may be obsolete.
    known = [ledger.running.snapshot] if ledger.running else []
    known += [ledger.pending] if ledger.pending else []
    known += [item.snapshot for item in ledger.entries[:1]]
    links = frozenset(path for snapshot in known for path in snapshot.links)
    return links, frozenset(path for snapshot in known for path in snapshot.files)


def started_with(ledger: Ledger, observed: Observed) -> Snapshot | None:
    """What the running process was started with; ``None`` if that is unknown, or none runs.

    systemd may have restarted it by itself since the ledger was written. If no switch was pending, and the disk is
    as in the ledger, now and at that start, then it was started with the same.
    """
    if not observed.active or ledger.running is None:
        return None
    same_process = ledger.running.invocation == observed.invocation
    untouched = not observed.touched and ledger.pending is None and ledger.running.snapshot == observed.disk
    return ledger.running.snapshot if same_process or untouched else None


def decide(
    ledger: Ledger,
    observed: Observed,
    links: Mapping[str, str],
    release: Release | None,
    *,
    force: bool = False,
    returning: Mapping[str, str] | None = None,
) -> Decision:
    """Decide how to run the service with these links, and with the files on disk.

    :param links: the wanted ones; others stay as on disk.
    :param release: their release, or ``None`` for the running one.
    :param force: whether the service is restarted even if it is up to date.
    :param returning: links for an undo, in place of those with which its release was started.
    :raises SlipwayError: a target does not exist.
    """
    wanted = Snapshot({**observed.disk.links, **links}, observed.disk.files)
    _check_targets(wanted, observed)
    known = started_with(ledger, observed)
    before = ledger.entry(known) or ledger.current()
    found = ledger.entry(wanted)
    to = found or Entry(wanted)
    to = replace(to, release=release or to.release or (before.release if before else None))
    restart, serve = _steps(observed, known, wanted)
    as_wanted = not restart and not serve and not force
    tried = as_wanted and to.verdict == GOOD and to.reason is not None
    if as_wanted and to.verdict == GOOD and not tried:
        return Decision("it runs with what is wanted", restart=False, prove=False, to=to, before=before)
    reason = "it has not proven yet that it is ready" if as_wanted else _why(observed, known, wanted)
    back, last = _ways_back(ledger, observed, to, returning)
    restart = restart or force or tried
    return Decision(
        str(to.reason) if tried else reason,
        restart=restart,
        prove=True,
        to=to,
        before=before,
        back=back,
        serve=serve and not restart,
        last_resort=last,
    )


def _steps(observed: Observed, known: Snapshot | None, wanted: Snapshot) -> tuple[bool, bool]:
    """Whether the service must be restarted, and whether the web server must be reloaded."""
    if known is None or _aside(known, observed) != _aside(wanted, observed):
        return True, True
    leads = _leads(observed, wanted)
    if not leads and not _leads(observed, _aside(wanted, observed)):
        return True, True
    return False, known != wanted or not leads or observed.unserved


def _aside(snapshot: Snapshot, observed: Observed) -> Snapshot:
    """The part of a snapshot for the service's own process."""
    links = {path: target for path, target in snapshot.links.items() if path not in observed.served}
    return Snapshot(links, snapshot.files)


def decide_back(
    ledger: Ledger,
    observed: Observed,
    links: Mapping[str, str],
    release: Release | None = None,
    leave: str | None = None,
    why: str = "undone",
    files: Mapping[str, str] | None = None,
    returning: Mapping[str, str] | None = None,
) -> Decision:
    """Decide how to run the service with an older good release.

    :param links: the exact targets, or nothing for the ledger's.
    :param release: the release to restore, found by its id, or ``None`` for the last good one. With links, their
        release, if the ledger does not have it.
    :param leave: the id of the release to undo; if another one runs, nothing is undone.
    :param why: why it is undone, in one line.
    :param files: with links, the digests of the files that ran with them, if known.
    :param returning: links to use in place of those with which the older release was started.
    :raises SlipwayError: the release does not exist, or a part of it is missing.
    """
    current = ledger.entry(ledger.pending) or ledger.entry(observed.disk) or ledger.current()
    left = current.release.id if current and current.release else None
    if leave is not None and left != leave and ledger.good():
        return _settled(ledger, observed, f"{left or 'an unknown release'} is current, not {leave}")
    if links:
        to = _linked(ledger, observed, links, release, files)
    else:
        to = _older(ledger, current, release.id if release else None)
    _check_targets(to.snapshot, observed)
    exact, to = to, _renewed(ledger, to, returning, observed)
    if current and current.snapshot == to.snapshot and not (current.release and current.release.renewed):
        to = exact  # Only the current values are left.
    known = started_with(ledger, observed)
    restart, serve = _steps(observed, known, to.snapshot)
    if not restart and not serve and to.verdict == GOOD and to.reason is None:
        return Decision("it runs with what is wanted", restart=False, prove=False, to=to, before=current)
    leaves = current if current and current.snapshot != to.snapshot else None
    return Decision(
        f"back from {left or 'an unknown release'} to {_name(to)}: {why}",
        restart=restart,
        prove=True,
        to=to,
        before=current,
        leaves=leaves,
        returning=True,
        serve=serve and not restart,
        last_resort=exact if exact.snapshot != to.snapshot else None,
    )


def _linked(
    ledger: Ledger,
    observed: Observed,
    links: Mapping[str, str],
    release: Release | None,
    files: Mapping[str, str] | None,
) -> Entry:
    """The entry of some links: the ledger's, else one of the given release."""
    wanted = {**observed.disk.links, **links}
    # The deploy that is undone may have written another unit: the release is restored with its own.
    to = Entry(Snapshot(wanted, {**observed.disk.files, **(files or {})}), release)
    ran = (item for item in ledger.entries if item.verdict == GOOD and item.snapshot.links == wanted)
    return ledger.entry(to.snapshot) or to if files else next(ran, None) or ledger.entry(to.snapshot) or to


def _renewed(ledger: Ledger, entry: Entry, returning: Mapping[str, str] | None, observed: Observed) -> Entry:
    """An entry with other links: the older release with the current secrets.

    Links that it never had, and those without a target, are left out.
    """
    links = {
        path: target
        for path, target in (returning or {}).items()
        if entry.snapshot.links.get(path, target) != target and target not in observed.gone
    }
    if not links:
        return entry
    release = entry.release
    if release is not None:
        path, target = next(iter(links.items()))
        old, new = (text.rpartition("/")[2] for text in (entry.snapshot.links[path], target))
        release = replace(release, configuration=new, renewed=old)
    snapshot = Snapshot({**entry.snapshot.links, **links}, entry.snapshot.files)
    known = ledger.entry(snapshot)
    return replace(known, release=release or known.release) if known else Entry(snapshot, release)


def _settled(ledger: Ledger, observed: Observed, reason: str) -> Decision:
    """Nothing is to be undone, but a killed run may have begun a switch: the last good release must run."""
    good = ledger.good()
    if good is None:
        raise AssertionError("the caller looked for a good release")
    restart, serve = _steps(observed, started_with(ledger, observed), good.snapshot)
    if not restart and not serve:
        return Decision(reason, restart=False, prove=False, to=good, before=good)
    _check_targets(good.snapshot, observed)
    reason = f"{reason}, and it does not run as it should"
    return Decision(reason, restart=restart, prove=True, to=good, before=good, serve=not restart)


def _older(ledger: Ledger, current: Entry | None, release: str | None) -> Entry:
    without = current.snapshot if current else None
    for item in ledger.entries:
        named = release is None or (item.release is not None and item.release.id == release)
        if named and item.verdict == GOOD and item.snapshot != without:
            return item
    what = f"the ledger has no good release {release}" if release else "the ledger has no older good release"
    raise SlipwayError(f"{what} to go back to", None, "Deploy the release that should run")


def _back(ledger: Ledger, observed: Observed, to: Entry) -> Entry | None:
    """What to restore if ``to`` does not become ready."""
    newest = ledger.good()
    if newest is not None and newest.snapshot == to.snapshot:
        return None  # Nothing is switched: the last good release itself does not start.
    back = newest
    if back is None and observed.active and observed.disk != to.snapshot and observed.disk.links:
        back = Entry(observed.disk, verdict=UNPROVEN)  # It ran before Slipway was introduced.
    if back is None or observed.gone.intersection(back.snapshot.links.values()):
        return None
    return back


def _ways_back(
    ledger: Ledger, observed: Observed, to: Entry, returning: Mapping[str, str] | None
) -> tuple[Entry | None, Entry | None]:
    """What to restore if ``to`` does not become ready, and what if that does not either.

    First the older release with the current secrets: the old ones may have been revoked. Then exactly as it ran.
    """
    exact = _back(ledger, observed, to)
    renewed = _renewed(ledger, exact, returning, observed) if exact else None
    if exact is None or renewed is None or renewed.snapshot in (exact.snapshot, to.snapshot):
        return exact, None
    return renewed, exact


def _check_targets(wanted: Snapshot, observed: Observed) -> None:
    for path, target in sorted(wanted.links.items()):
        if target in observed.gone:
            raise SlipwayError(f"{target} does not exist", path, "Fetch or deploy it again, then run this again")


def _leads(observed: Observed, wanted: Snapshot) -> bool:
    """Whether the next start would use it as well: a killed run may have switched links without a restart."""
    return wanted.links.items() <= observed.disk.links.items()


def _why(observed: Observed, known: Snapshot | None, wanted: Snapshot) -> str:
    if not observed.active:
        return "the service does not run"
    if known == wanted:
        cut = sorted(_changed(observed.disk.links, wanted.links))
        if cut:
            return f"a switch was interrupted: {', '.join(cut)}"
        return "the web server does not run with this configuration" if observed.unserved else "a restart was requested"
    if known is None:
        return "it is not known what the running process was started with"
    return f"what it was started with has changed: {', '.join(differences(known, wanted))}"


def differences(old: Snapshot, new: Snapshot) -> Iterable[str]:
    """The paths of the links and files in which two snapshots differ, sorted."""
    return sorted(_changed(old.links, new.links) | _changed(old.files, new.files))


def _changed(old: Mapping[str, str], new: Mapping[str, str]) -> set[str]:
    return {path for path in {*old, *new} if old.get(path) != new.get(path)}


def _name(entry: Entry) -> str:
    return entry.release.id if entry.release else "what ran before"
