# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Writes down what becomes of a CodeDeploy deployment on this host. See modules/codedeploy_event.py."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from ..module_utils.codedeploy import record as pure
from ..module_utils.codedeploy.schema import applied_migrations, check
from ..module_utils.common.errors import SlipwayError
from ..module_utils.hosts import backup
from ..module_utils.lock.hosts import host_names
from ..module_utils.record.hosts import HostJournal, host_records
from ..module_utils.record.journal import history
from ..module_utils.record.model import Record, is_open
from ..plugin_utils.action import SlipwayAction
from ..plugin_utils.backup_hook import hook_file
from ..plugin_utils.context import Context

#: Records of each host, and of the environment, that are looked through for applied migrations.
_LOOKED_AT = 50
#: Records of this host that are looked through for deployments that were stopped.
_FORMER = 5
_STATES = ["shown", "begun", "back_up", "backed_up", "done", "succeeded", "failed"]


class ActionModule(SlipwayAction):
    """Works on the record that this host keeps below its own prefix; in check mode there is none."""

    ARGUMENTS: Mapping[str, Mapping[str, Any]] = {
        "deployment": {"type": "str", "required": True},
        "event": {"type": "str", "required": True},
        "state": {"type": "str", "required": True, "choices": _STATES},
        "release": {"type": "dict", "default": {}},
        "configuration": {"type": "str", "default": ""},
        "migration": {"type": "dict", "default": {}},
        "switch": {"type": "dict", "default": {}},
        "undo": {"type": "dict"},
        "backup": {"type": "dict", "default": {}},
        "cause": {"type": "str", "default": ""},
        "database_schema": {"type": "str"},
        "force_schema": {"type": "bool", "default": False},
    }

    def act(self, context: Context) -> dict[str, Any]:
        """Do the work; the record as it is then."""
        if self._task.check_mode:
            return {"changed": False}
        journal = self._journal(context)
        given, now = self.arguments, context.store.now()
        if journal is None:
            return {"changed": False, "known": False, "line": "Nothing was changed", "needs_person": False}
        if given["database_schema"] is not None:
            self._check_schema(context, journal.record)
        if given["state"] == "shown" or journal.record["outcome"] == "succeeded":
            return _said(journal.record)
        if given["state"] in ("back_up", "backed_up"):
            return self._back_up(context, journal)
        changes = {name: given[name] for name in ("configuration", "switch")}
        if given["migration"]:
            changes["migrations"] = pure.migrated(given["migration"])
        if given["state"] == "failed":
            record = pure.with_event(journal.record, given["event"], "failing", now, **changes)
            journal.write(pure.failed(record, given["event"], given["cause"], given["undo"], now))
        else:
            record = pure.with_event(journal.record, given["event"], given["state"], now, **changes)
            journal.write(pure.succeeded(record, now) if given["state"] == "succeeded" else record)
        return _said(journal.record)

    def _journal(self, context: Context) -> HostJournal | None:
        deployment = self.arguments["deployment"]
        found = HostJournal.find(context.store, context.environment, context.here, deployment)
        given = self.arguments["state"]
        looking = given in ("shown", "failed")
        ended_well = found is not None and given == "succeeded" == found.record["outcome"]
        if looking or ended_well or (found is not None and is_open(found.record)):
            return found
        if self.arguments["event"] != "BeforeInstall":
            what = f"deployment {deployment} has not started on this host, or has ended"
            raise SlipwayError(what, context.store.url, "Start the deployment again, from the event BeforeInstall")
        release = self.arguments["release"]
        _close_former(context, deployment)
        opened = pure.opened(context.environment, context.here, deployment, release, context.store.now())
        return HostJournal.open(context.store, context.here, opened)

    def _back_up(self, context: Context, journal: HostJournal) -> dict[str, Any]:
        """Before the hook, what it is told; after it, that the backup was taken."""
        record, now = journal.record, context.store.now()
        hook = hook_file(context)
        if hook is None:
            return {"changed": False, "due": False}
        if self.arguments["state"] == "backed_up":
            migrations = backup.ended(record["migrations"], self.arguments["backup"])
            journal.write(pure.with_event(record, self.arguments["event"], "backed_up", now, migrations=migrations))
            return {"changed": False, "due": False, **_said(journal.record)}
        migrations = backup.begun(
            record, datetime.fromtimestamp(now, tz=UTC).isoformat(timespec="seconds"), host=context.here
        )
        journal.write(pure.with_event(record, self.arguments["event"], "backing_up", now, migrations=migrations))
        label, release = migrations["backup"]["label"], pure.release_of(record)["tag"] or ""
        return {"changed": False, "due": True, "hook": str(hook), "label": label, "release": release}

    def _check_schema(self, context: Context, record: Mapping[str, Any]) -> None:
        release = pure.release_of(record)
        if not self.arguments["force_schema"]:
            applied = applied_migrations(_records(context), record["targets"][0]["group"])
            check(release["schema"] or "", self.arguments["database_schema"], applied, release["tag"])


def _close_former(context: Context, deployment: str) -> None:
    """Close what deployments that were stopped left open: on one host the next one proves that they are over."""
    for record in islice(host_records(context.store, context.environment, context.here), _FORMER):
        former = str(record.get("deployment") or "")
        if record.get("kind") != "codedeploy" or former == deployment or not is_open(record):
            continue
        journal = HostJournal.find(context.store, context.environment, context.here, former)
        if journal is not None:
            cause = f"it was stopped: deployment {deployment} started on this host"
            journal.write(pure.failed(journal.record, record["phase"], cause, None, context.store.now()))


def _records(context: Context) -> Iterator[Record]:
    """The newest records of the environment and of every host."""
    yield from history(context.store, context.environment, _LOOKED_AT)
    for host in host_names(context.store, context.environment):
        yield from islice(host_records(context.store, context.environment, host), _LOOKED_AT)


def _said(record: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "changed": False,
        "known": True,
        "record": record["id"],
        "outcome": record["outcome"],
        "target": record["targets"][0]["state"],
        "needs_person": pure.needs_person(record),
        "line": pure.verdict(record) if record["outcome"] else "",
    }
