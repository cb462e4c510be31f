# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Work on an open record: under the lock, with handled signals, a watched parent and the store's clock."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..module_utils.aws.errors import (
    is_about_credentials,
    refused_credentials,
)
from ..module_utils.common.command import resume_commands
from ..module_utils.common.errors import SlipwayError
from ..module_utils.common.failure import Cause
from ..module_utils.common.text import clock as time_of_day
from ..module_utils.lock import heartbeat
from ..module_utils.lock.lease import acquire, attach, look
from ..module_utils.lock.model import LockCorrupt, LockLost
from ..module_utils.record.journal import Journal
from ..module_utils.record.model import Record, undo_was_asked
from ..module_utils.rollout.document import rollout_of, with_rollout
from ..module_utils.rollout.ecs import EcsFleet
from ..module_utils.rollout.engine import Engine, Fleet, Undecided
from ..module_utils.rollout.model import Rollout
from . import process
from .console import Console
from .context import Context
from .files import Held

#: How long the engine sleeps at a time, in seconds: the delay until it notices a cancellation.
_SLICE_SECONDS = 0.25


@dataclass
class Work:
    """An open record that one task works on."""

    context: Context
    held: Held
    journal: Journal
    clock: Callable[[], float]
    cancel: process.Cancel
    console: Console

    def guard(self) -> None:
        """Raise unless this run may make changes: its main process lives and it certainly holds the lock."""
        process.check_parent(self.context.files.process.pid)
        if self.held.heartbeat is None:
            raise LockLost("the lock has no heartbeat", None, "Run it again")
        heartbeat.Guard(Path(self.held.heartbeat), self.held.token).check()

    def engine(self) -> Engine:
        """The rollout engine over the record."""
        record = self.journal.record
        plans = {item["name"]: item for item in record["targets"] if item["kind"] == "ecs_service"}
        return Engine(
            fleet=fleet_of(self.context, record, plans, resumed=self.held.resumed is not None),
            journal=self.journal,
            guard=self.guard,
            clock=self.clock,
            wait=self._wait,
            cancelled=self.cancel.why,
            listener=self.console.update,
        )

    def write(self, **changes: Any) -> None:
        """Change fields of the record.

        :raises Undecided: it would be held because of missing credentials.
        """
        if "hold" in changes:
            self.require_credentials()
        self.journal.write({**self.journal.record, **changes})

    def require_credentials(self) -> None:
        """Raise if AWS rejected this task's credentials: its findings are not reliable.

        :raises Undecided: then.
        """
        error = refused_credentials()
        if error is not None:
            raise Undecided(error.what, error.where, error.remedy) from error

    def turn_back(self, cause: Cause) -> None:
        """Record why the changes must be undone."""
        record = self.journal.record
        self.journal.write(with_rollout(record, rollout_of(record).turn_back(cause)))

    def apply_cancel(self) -> None:
        """Start the undo of an open record if the run was cancelled, whatever its task was doing."""
        why, record = self.cancel.why(), self.journal.record
        if why is not None and record["outcome"] is None and not record.get("cause"):
            self.turn_back(Cause(why, phase=record["phase"]))

    def time_of_day(self) -> str:
        """The store's time now, in UTC, as ISO 8601 writes it."""
        return datetime.fromtimestamp(self.clock(), tz=UTC).isoformat(timespec="seconds")

    def undo(self) -> Rollout:
        """Undo the changes in the record, which has a cause."""
        self.console.start(self.journal.record)
        return self.engine().run()

    def _wait(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            asked = self.cancel.why()
            self.cancel.wait(min(left, _SLICE_SECONDS))
            self.console.update(self.journal.record)
            if asked is None and self.cancel.why() is not None:
                return


def fleet_of(context: Context, record: Record, plans: Mapping[str, Any], *, resumed: bool) -> Fleet:
    """What deploys the record's services: ECS itself.

    :param plans: the record's services by name. Each names its ``controller``, which is one of ``CONTROLLERS``
        (``module_utils/fleet/parse.py``).
    """
    return EcsFleet(context.clients, plans, record["id"], resumed, time_of_day)


def store_clock(context: Context) -> Callable[[], float]:
    """A clock that starts at the store's current time."""
    started = time.monotonic()
    now = context.store.now()
    return lambda: now + time.monotonic() - started


@contextmanager
def work_on(context: Context) -> Iterator[Work]:
    """Continue with the run's open record.

    :raises SlipwayError: the run has none, or its main process is gone.
    """
    held = context.files.load()
    if held is None or held.record is None:
        raise SlipwayError("this run has no open deploy", None, "The play begins with slipway.deploy.deploy_open")
    clock = store_clock(context)
    with process.cancellable(context.files.asked_to_stop) as cancel:
        journal = Journal.load(context.store, context.environment, held.record)
        work = Work(context, held, journal, clock, cancel, Console(clock))
        try:
            yield work
            work.apply_cancel()
        except SlipwayError as error:
            if not leaves_open(error):
                raise
            work.console.finish()
            raise _left_open(work, error) from error


def leaves_open(error: BaseException) -> bool:
    """Whether the record must stay open after an error, because the state is unknown."""
    return isinstance(error, Undecided) or is_about_credentials(error, none=True)


def _left_open(work: Work, error: SlipwayError) -> SlipwayError:
    """The error with the deploy's state, and the commands that resume it."""
    record = work.journal.record
    choices = ("undo",) if record.get("cause") else ("finish", "undo")
    remedy = f"{error.remedy.rstrip('.')}. " if error.remedy else ""
    then = f"{remedy}Then: {resume_commands(work.context.environment, *choices)}"
    what = f"{error.what}; nothing more was changed, the record {record['id']} stays open"
    return SlipwayError(what, error.where, then)


def keep_record(context: Context, record: Record) -> None:
    """Store the run's record id among its files."""
    held = context.files.load()
    if held is not None:
        context.files.save(replace(held, record=record["id"]))


def check_lock(context: Context) -> None:
    """Raise unless the run still holds its lock.

    :raises LockLost: then.
    """
    held = context.files.load()
    if held is None:
        raise LockLost("this run holds no lock", None, "Run it again")
    attach(context.store, held.environment, held.token)


def start_heartbeat(context: Context, deploy: str = "") -> None:
    """Start the heartbeat of the run's lock, unless it runs already.

    :param deploy: the record's id, which the lock shows to others.
    """
    held = context.files.load()
    if held is None or held.heartbeat is not None:
        return
    lock = look(context.store, context.environment).lock
    lease = acquire(
        context.store,
        context.environment,
        owner=context.owner,
        reason=lock.reason if lock else "deploy",
        deploy=deploy or held.record or "",
        ttl=context.settings.lock_ttl,
        wait=0,
        token=held.token,
    )
    settings = None if _is_directory(context) else context.aws
    path = heartbeat.start(lease, settings, parent=context.files.process, run_dir=context.files.directory)
    context.files.save(replace(held, heartbeat=str(path)))


def release_lock(context: Context) -> None:
    """Stop the heartbeat, release the lock and remove the run's files. Does nothing if the run holds nothing."""
    held = context.files.load()
    if held is None:
        return
    if held.heartbeat is not None:
        heartbeat.stop(Path(held.heartbeat))
    # It expired, was broken, or cannot be read: this run cannot release it.
    with suppress(LockLost, LockCorrupt):
        attach(context.store, held.environment, held.token).release()
    context.files.remove()


def _is_directory(context: Context) -> bool:
    return not context.settings.state_store.startswith("s3://")


def summary_of(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record's summary for a task's result: enough for later tasks, small enough for a callback."""
    return {
        "record": record["id"],
        "phase": record.get("phase"),
        "outcome": record.get("outcome"),
        "cause": (record.get("cause") or {}).get("what"),
        "undo_asked": undo_was_asked(record),
        "services": {item["name"]: item["state"] for item in record["targets"]},
    }
