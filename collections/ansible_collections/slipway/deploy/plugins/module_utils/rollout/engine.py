# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Applies the rollout's state machine to AWS, the sandbox or a simulated fleet.

Order of every mutation: the guard checks the lock, the intent is recorded, the call is made, its
result is recorded. A run that is killed in between leaves a record that :mod:`.resume` can continue.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from ..aws.errors import is_about_credentials, is_no_answer
from ..common.errors import SlipwayError
from ..common.failure import Cause, Failure
from ..fleet.model import ObservedService
from . import judge, machine, poll
from .document import Record, rollout_of, with_rollout
from .model import Action, ActionFailed, Happening, Observed, Registered, Rollout, Stopped, StoppedTask, Target, Updated
from .resume import adopted


class Refused(SlipwayError):
    """AWS refused a call: it certainly had no effect. ``inactive``: because the task definition is INACTIVE."""

    def __init__(self, what: str, inactive: bool = False) -> None:
        super().__init__(what)
        self.inactive = inactive


class Undecided(SlipwayError):
    """AWS no longer answers, or no longer accepts the credentials: the state is unknown, so nothing is decided.

    The record stays open, for the run that resumes it.
    """


class Fleet(Protocol):
    """The engine's interface to ECS. Every call raises :class:`SlipwayError` if AWS refuses."""

    def register(self, target: Target) -> str:
        """Register the target's new task definition; return its ARN."""

    def register_undo(self, target: Target) -> str:
        """The ARN for an undo: a new clone of the recorded revision, unless that can be used itself."""

    def update(self, target: Target, task_definition: str, force: bool) -> ObservedService:
        """Update the service's task definition; return the resulting service."""

    def service_deployment(self, target: Target) -> str | None:
        """The ARN of the service deployment that carries the target's change, or ``None`` while it is not listed."""

    def stop(self, target: Target, service_deployment: str) -> None:
        """Stop a service deployment, which makes ECS roll it back."""

    def describe(self, targets: Sequence[Target]) -> Mapping[str, ObservedService]:
        """The services of at most ten targets, by target name; missing ones are left out."""

    def stopped_tasks(self, target: Target) -> tuple[StoppedTask, ...]:
        """The service's stopped tasks that ECS still lists."""

    def explain(self, target: Target, failure: Failure) -> Failure:
        """The failure with the last log lines of the culprit."""


class Writes(Protocol):
    """Where the engine records each transition."""

    record: Record

    def write(self, record: Record) -> None:
        """Write the next state."""


@dataclass
class Engine:
    """One run of a rollout.

    :param journal: the record; read at the start, written at every transition.
    :param guard: called before each mutation; raises if the lock is not certainly ours.
    :param clock: epoch seconds of the state store's clock.
    :param wait: sleeps for that many seconds, or until ``cancelled`` changes.
    :param cancelled: why the run must stop and undo (a signal), or ``None``.
    :param listener: called with each new record, for the screen.
    """

    fleet: Fleet
    journal: Writes
    guard: Callable[[], None]
    clock: Callable[[], float]
    wait: Callable[[float], None]
    cancelled: Callable[[], str | None]
    listener: Callable[[Record], None]
    randomness: Callable[[], float] = random.random
    _pace: poll.Pace = field(default_factory=poll.Pace)
    _inspected: dict[str, tuple[int, float]] = field(default_factory=dict)
    _explained: set[str] = field(default_factory=set)
    _silent_since: dict[str, float] = field(default_factory=dict)
    _unsure: set[str] = field(default_factory=set)

    def run(self) -> Rollout:
        """Roll out, or undo if the record has a cause, until nothing is left to do.

        :raises SlipwayError: the lock or the record is lost; then nothing more is changed.
        :raises Undecided: AWS has not answered for as long as a service may take, or refuses the
            credentials.
        """
        rollout = self._record(rollout_of(self.journal.record))
        while not machine.finished(rollout):
            rollout = self._heed_cancel(rollout)
            rollout = self._explain(self._act(rollout))
            if machine.watched(rollout) or not machine.finished(rollout):
                rollout = self._look(rollout)
        return self._record(self._explain(rollout))

    def _heed_cancel(self, rollout: Rollout) -> Rollout:
        why = self.cancelled()
        if why is None or rollout.cause:
            return rollout
        return self._record(rollout.turn_back(Cause(why)))

    def _act(self, rollout: Rollout) -> Rollout:
        while actions := machine.decide(rollout):
            action = actions[0]
            foreign = self._taken_over(rollout.target(action.target))
            if foreign:
                rollout = self._record(machine.left(rollout, action.target, foreign, self.clock()))
                continue
            found = self._adopted(rollout.target(action.target))
            if found is not None:
                rollout = self._record(rollout.with_target(found))
                continue
            self.guard()
            before, rollout = rollout, self._record(machine.intend(rollout, action, self.clock()))
            happening = self._performed(before, rollout, action)
            if happening is None:
                return machine.unanswered(rollout, action)  # Wait, then try again.
            rollout = self._record(machine.apply(rollout, happening, self.clock()))
            failed = isinstance(happening, ActionFailed) and not happening.inactive
            if failed and action.kind in ("undo", "register_undo"):
                break  # Wait before the next attempt.
            rollout = self._heed_cancel(rollout)
        return rollout

    def _taken_over(self, target: Target) -> str:
        """Check, before an undo, whether a foreign deployment has replaced a stable one, which is no longer watched."""
        if target.state != "stable":
            return ""
        try:
            service = self.fleet.describe([target]).get(target.name)
        except SlipwayError:
            return ""  # A target that cannot be observed is undone: a partial release must not stay.
        return judge.left_to(target, service) if service is not None else ""

    def _performed(self, before: Rollout, rollout: Rollout, action: Action) -> Happening | None:
        """The result of an action; ``None`` if AWS did not answer: then it is unknown whether it was carried out."""
        silence = f"{rollout.target(action.target).cluster} {action.kind}"
        try:
            happening = self._perform(rollout, action)
        except Undecided:
            with contextlib.suppress(SlipwayError):
                self._record(before)  # AWS refused the call: the intent was not carried out.
            raise
        except _NoAnswer as error:
            self._pace = self._pace.slower()
            self._unsure.add(action.target)
            self._no_answer(silence, rollout, error)
            return None
        self._unsure.discard(action.target)
        self._silent_since.pop(silence, None)
        return happening

    def _adopted(self, target: Target) -> Target | None:
        """A target whose UpdateService had no answer, in the state after ECS carried it out nevertheless."""
        if target.name not in self._unsure or target.state != "updating":
            return None
        try:
            service = self.fleet.describe([target]).get(target.name)
        except SlipwayError:
            return None
        found = adopted(target, service)
        return found if found is not target else None

    def _no_answer(self, what: str, rollout: Rollout, error: SlipwayError) -> None:
        """Handle a missing answer of AWS.

        :raises Undecided: this has lasted for as long as a service may take.
        """
        now = self.clock()
        silent = now - self._silent_since.setdefault(what, now)
        if silent > rollout.limits.stabilise_timeout:
            reason = f"AWS has not answered for {silent:.0f} s: {error.what}"
            raise Undecided(reason, error.where, error.remedy) from error

    def _perform(self, rollout: Rollout, action: Action) -> Happening:
        target = rollout.target(action.target)
        try:
            if action.kind == "register":
                return Registered(target.name, self.fleet.register(target))
            if action.kind == "register_undo":
                return Registered(target.name, self.fleet.register_undo(target))
            if action.kind == "stop":
                return self._stop(target)
            if action.kind == "update":
                wanted = target.task_definition or ""
                return Updated(target.name, self.fleet.update(target, wanted, target.force))
            return Updated(target.name, self.fleet.update(target, target.back_to, False))
        except Refused as error:
            return ActionFailed(target.name, action.kind, str(error), error.inactive, refused=True)
        except SlipwayError as error:
            _require_credentials(error)
            if action.kind != "stop" and is_no_answer(error):
                raise _NoAnswer(error.what, error.where, error.remedy) from error
            return ActionFailed(target.name, action.kind, str(error))

    def _stop(self, target: Target) -> Happening:
        arn = target.service_deployment or self.fleet.service_deployment(target)
        if arn is None:
            return ActionFailed(target.name, "stop", "ECS lists no service deployment of it")
        self.fleet.stop(target, arn)
        return Stopped(target.name, arn)

    def _look(self, rollout: Rollout) -> Rollout:
        watched = machine.watched(rollout)
        now = self.clock()
        ages = [now - (target.started_at or now) for target in watched if target.state == "in_flight"]
        self.wait(poll.interval(ages or [0.0] * len(watched), self._pace, self.randomness()))
        before = rollout
        for group in groups(watched):
            try:
                services = self.fleet.describe(group)
            except SlipwayError as error:
                _require_credentials(error)
                self._pace = self._pace.slower()
                # It says nothing about the services: they are judged by the next answer.
                self._no_answer(group[0].cluster, rollout, error)
                continue
            self._pace = self._pace.faster()
            self._silent_since.pop(group[0].cluster, None)
            for target in group:
                rollout = self._take_in(rollout, target, services.get(target.name))
        return self._record(rollout) if rollout is not before else rollout

    def _take_in(self, rollout: Rollout, target: Target, service: ObservedService | None) -> Rollout:
        now = self.clock()
        if service is None:
            return machine.unseen(rollout, target, now)
        stopped = self._inspect(target, service, now)
        return machine.apply(rollout, Observed(target.name, service, stopped), now)

    def _inspect(self, target: Target, service: ObservedService, now: float) -> tuple[StoppedTask, ...] | None:
        ours = service.deployment(target.deployment_id or "")
        if target.state != "in_flight" or ours is None:
            return None
        failed, at = self._inspected.get(target.name, (0, target.started_at or now))
        hint = ours.failed > failed or ours.rollout_state == "FAILED" or ours.status != "PRIMARY"
        if not hint and now - at < poll.INSPECT_SECONDS:
            return None
        self._inspected[target.name] = (max(ours.failed, 0), now)
        try:
            return self.fleet.stopped_tasks(target)
        except SlipwayError:
            return None  # Only an early warning: the deployment's own state decides.

    def _explain(self, rollout: Rollout) -> Rollout:
        for target in rollout.targets:
            if target.failure is None or target.name in self._explained:
                continue
            self._explained.add(target.name)
            failure = target.failure
            if not failure.log and target.deployment_id:
                failure = self.fleet.explain(target, failure)
            rollout = machine.explained(rollout, target.name, failure)
        return self._record(rollout)

    def _record(self, rollout: Rollout) -> Rollout:
        record: dict[str, Any] = with_rollout(self.journal.record, rollout)
        if rollout.cause and record.get("phase") != "undoing":
            record["phase"] = "undoing"
        self.journal.write(record)
        self.listener(record)
        return rollout


class _NoAnswer(SlipwayError):
    """A change had no answer after all retries: it may have been carried out."""


def _require_credentials(error: SlipwayError) -> None:
    if is_about_credentials(error, none=True):
        raise Undecided(error.what, error.where, error.remedy) from error


def groups(targets: Sequence[Target]) -> list[list[Target]]:
    """The targets in groups for one DescribeServices call each: of one cluster, at most ten."""
    by_cluster: dict[str, list[Target]] = {}
    for target in targets:
        by_cluster.setdefault(target.cluster, []).append(target)
    size = poll.SERVICES_PER_CALL
    return [members[start : start + size] for members in by_cluster.values() for start in range(0, len(members), size)]
