# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Begins a deploy: settings, lock, and what an earlier run left unfinished. See modules/deploy_open.py."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from importlib import import_module
from typing import Any

from ..module_utils.common.command import command, resume_commands
from ..module_utils.common.errors import SlipwayError
from ..module_utils.hosts import progress
from ..module_utils.lock.lease import acquire, look
from ..module_utils.lock.model import LockHeld
from ..module_utils.lock.plan import describe
from ..module_utils.record.journal import Journal, newest
from ..module_utils.record.model import Record, closed, is_open, is_touched
from ..module_utils.render.resume import resume as resume_card
from ..module_utils.rollout.document import rollout_of, with_rollout
from ..module_utils.rollout.engine import groups
from ..module_utils.rollout.resume import require_covered, require_same_place, resume_rollout
from ..module_utils.state.store import Store, clock_skew
from ..plugin_utils.action import SlipwayAction, display
from ..plugin_utils.console import Console
from ..plugin_utils.context import Context, needs_approval
from ..plugin_utils.files import Held, machine
from ..plugin_utils.sandbox import ensure_sandbox
from ..plugin_utils.smoke import declared_jobs
from ..plugin_utils.task_files import hook_files
from ..plugin_utils.wanted_build import choose_build
from ..plugin_utils.work import fleet_of, release_lock, start_heartbeat, store_clock

# Ansible runs each action in a fork of this process: what is imported here need not be imported by the deploy's
# other actions. The action itself reports a missing library.
with suppress(ImportError):
    import_module("boto3.session")

#: The lock's holder is shown again after so many seconds of waiting; the last number is repeated.
_SAID_AGAIN = (5.0, 15.0, 30.0)

#: AWS refuses signatures that are five minutes off (SigV4); a clock is reported as wrong well before.
MOST_SKEW_SECONDS = 120.0


class ActionModule(SlipwayAction):
    """Takes the lock; in check mode it only reads it."""

    def act(self, context: Context) -> dict[str, Any]:
        """Check, lock and read the records; the result says how an unfinished deploy is resumed."""
        settings = context.settings
        # Checks that `local` cannot reach a real account, before the first call.
        endpoint = context.aws.endpoint_url if context.has_account else None
        context.desired()
        declared_jobs(context, None)
        hooks = hook_files(context)
        context.files.sweep()
        if endpoint and context.environment == "local":
            ensure_sandbox(endpoint, display.display)
        if settings.state_store.startswith("s3://") or settings.resume is not None:
            # A bucket of the wrong account answers "access denied", which says less. A new deploy is checked when it
            # is planned; a resumed one is not planned again.
            context.check_account()
        check_clock(context.store)
        chosen = choose_build(context)
        build = {"build": chosen.id if chosen else ""}
        if self._task.check_mode:
            return {"kind": self.arguments["kind"], **self._look_only(context), "hooks": hooks, **build}
        self._take(context, settings.reason or self.arguments["kind"])
        if context.selected_hosts:
            start_heartbeat(context)  # Reading hosts that do not answer may take longer than the lock lasts.
        found = self._unfinished(context)
        return {"changed": False, "kind": self.arguments["kind"], **found, "hooks": hooks, **build}

    def fail_safe(self, context: Context) -> None:
        """Release the lock."""
        release_lock(context)

    def _look_only(self, context: Context) -> dict[str, Any]:
        found = look(context.store, context.environment)
        held = found.lock is not None and found.lock.held(found.now)
        line = describe(found.lock, found.now) if held and found.lock else "lock free"
        if context.settings.resume is not None:
            return {**self._unfinished(context), "lock": line, "changed": False}
        journal = _newest(context)
        open_record = journal is not None and is_open(journal.record) and is_touched(journal.record)
        if open_record and journal is not None:
            go_on = resume_commands(context.environment)
            display.warning(f"the deploy {journal.record['id']} is unfinished. Resume it: {go_on}")
        return {"changed": False, "lock": line, "resumed": ""}

    def _take(self, context: Context, reason: str) -> None:
        settings = context.settings
        take = partial(
            acquire,
            context.store,
            context.environment,
            owner=context.owner,
            reason=reason,
            deploy="",
            ttl=settings.lock_ttl,
            pid=context.files.process.pid,
        )
        waiting = Waiting(settings.lock_wait, display.display)
        try:
            take(wait=0, token=self._hold(context, secrets.token_hex(16)))
        except LockHeld:
            dead = _token_of_dead_run(context)
            if dead is None:
                token = self._hold(context, secrets.token_hex(16))
                take(wait=settings.lock_wait, token=token, on_wait=waiting.show)
                return
            display.display(
                f"{context.environment}: taking over the lock of a run on this machine that no longer exists"
            )
            take(wait=0, token=self._hold(context, dead))
            context.files.sweep(dead)

    def _hold(self, context: Context, token: str) -> str:
        """Store a lock's token before the lock is taken, so that a run that ends in between can still release it."""
        context.files.save(Held(context.environment, token, machine()))
        return token

    def _unfinished(self, context: Context) -> dict[str, Any]:
        journal = _newest(context)
        choice = context.settings.resume
        if journal is None or not is_open(journal.record):
            if choice is not None:
                raise SlipwayError(
                    f"there is no unfinished deploy in {context.environment}",
                    f"-e resume={choice}",
                    f"Leave resume out: {command('deploy', context.environment)}",
                )
            return {"resumed": "", "lock": "lock free"}
        record, clock = journal.record, store_clock(context)
        if choice is not None:
            # A host that is no longer in the inventory cannot be selected either.
            gone = {item["name"] for item in progress.hosts_of(record)}.difference(context.hosts)
            require_covered(record, context.selected | context.selected_hosts | gone, choice)
            require_same_place(record, _place(context))
        if not is_touched(record) and (choice != "finish" or not record["targets"] or _unapproved(context, record)):
            self._abandon(context, journal, choice, clock())
            return {"resumed": "", "lock": "lock free"}
        if choice is None or self._task.check_mode:
            console = Console(clock)
            console.lines(resume_card(record, clock(), console.width))
        if choice is None:
            raise SlipwayError(
                f"the deploy {record['id']} is unfinished",
                context.environment,
                f"Resume it: {resume_commands(context.environment)}",
            )
        return self._resume(context, journal, choice, clock())

    def _abandon(self, context: Context, journal: Journal, choice: str | None, now: float) -> None:
        """Close a record whose plan was not started."""
        if not self._task.check_mode:
            journal.write(closed(journal.record, "abandoned", now))
        what = f"the run of {journal.record['id']} ended before it changed anything"
        if choice is not None:
            # A new deploy was not requested.
            raise SlipwayError(
                f"{what}: there is nothing to {choice}",
                f"-e resume={choice}",
                f"Leave resume out: {command('deploy', context.environment)}",
            )
        display.display(f"{context.environment}: {what}")

    def _resume(self, context: Context, journal: Journal, choice: Any, now: float) -> dict[str, Any]:
        record = journal.record
        rollout = resume_rollout(rollout_of(record), choice, _observe(context, record), now)
        if self._task.check_mode:
            display.display(f"check mode: -e resume={choice} would resume {record['id']}; nothing was changed")
            return {"resumed": choice, "lock": "lock free", "record": record["id"]}
        resumed = [*record.get("resumed", []), {"at": now, "choice": choice, "actor": context.actor}]
        record = progress.give_up(with_rollout(record, rollout), context.hosts, choice, now)
        journal.write({**record, "resumed": resumed})
        held = context.files.load()
        if held is not None:
            context.files.save(replace(held, record=record["id"], resumed=choice))
        start_heartbeat(context)
        verb = "finishing" if choice == "finish" else "undoing"
        display.display(f"{context.environment}: {verb} the unfinished deploy {record['id']}; nothing else is deployed")
        return {"resumed": choice, "lock": "lock free", "record": record["id"]}


class Waiting:
    """Shows who holds the lock and how long the run has waited for it: at once, and again from time to time.

    :param seconds: how long it waits at most.
    """

    def __init__(self, seconds: float, say: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._most = seconds
        self._say = say
        self._clock = clock
        self._began = clock()
        self._next = 0.0

    def show(self, line: str) -> None:
        """Receive the line about the holder."""
        waited = self._clock() - self._began
        if waited < self._next:
            return
        said = f"waited {waited:.0f} s of {self._most:.0f} s for the lock: " if self._next else ""
        self._say(f"{said}{line}")
        self._next = next((at for at in _SAID_AGAIN if at > waited), waited + _SAID_AGAIN[-1])


def check_clock(store: Store) -> None:
    """Compare this machine's clock with the store's.

    :raises SlipwayError: when they are too far apart.
    """
    skew = clock_skew(store)
    if abs(skew) > MOST_SKEW_SECONDS:
        direction = "ahead of" if skew > 0 else "behind"
        raise SlipwayError(
            f"this machine's clock is {abs(skew):.0f} s {direction} the state store's",
            store.url,
            "Set the clock (timedatectl set-ntp true); AWS refuses requests that are five minutes off",
        )


def _newest(context: Context) -> Journal | None:
    return newest(context.store, context.environment)


def _unapproved(context: Context, record: Record) -> bool:
    """Whether a deploy still lacks its approval: a run that resumes it would not ask again."""
    kinds = {item["group"] for item in progress.hosts_of(record)}
    if record.get("approval") or record.get("kind") == "rollback":
        return False
    return any(needs_approval(context, hosts[0]) for kind, hosts in context.hosts_by_kind.items() if kind in kinds)


def _token_of_dead_run(context: Context) -> str | None:
    """The token of the lock, if its holder is a dead run of this machine."""
    found = look(context.store, context.environment)
    if found.lock is None:
        return None
    dead = {held.token for held in context.files.dead_runs() if held.environment == context.environment}
    return found.lock.token if found.lock.token in dead else None


def _place(context: Context) -> dict[str, Any]:
    return {
        **context.account,
        "cluster": context.variables.get("ecs_cluster"),
    }


def _observe(context: Context, record: Record) -> dict[str, Any]:
    fleet = fleet_of(context, record, {}, resumed=True)
    seen: dict[str, Any] = {}
    for members in groups(rollout_of(record).targets):
        seen.update(fleet.describe(members))
    return seen
