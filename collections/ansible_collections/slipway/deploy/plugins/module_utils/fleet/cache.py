# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Task definitions on disk, so that each ARN is read once ever: a revision's content never changes.

Only what is immutable is kept: the body without its status, and Slipway's own tags (written once, at registration).
What may hold a secret is replaced by a keyed hash before anything else sees it: equal values stay equal, none can be
read. The key is random and never leaves the directory. Entries are files of mode 0600, written atomically; one that
cannot be read or is not what it should be is ignored and written again.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from ansible_collections.slipway.deploy.plugins.module_utils.common.documents import loads
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.observation import TaskDefinition
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.taskdef import OWN_PREFIX

SCHEMA = "slipway/task-definition/1"
_MUTABLE = frozenset({"status", "deregisteredAt", "deleteRequestedAt"})


def redact(body: Mapping[str, Any], conceal: Callable[[str], str]) -> dict[str, Any]:
    """A copy of a body in which ``conceal`` replaced every value that may be a secret.

    These are environment values, and what a person may write a password into: command lines, labels, options of log
    drivers.
    """
    kept = {key: value for key, value in body.items() if key not in _MUTABLE}
    kept["containerDefinitions"] = [_redact_container(item, conceal) for item in body.get("containerDefinitions", [])]
    return kept


def _redact_container(container: Mapping[str, Any], conceal: Callable[[str], str]) -> dict[str, Any]:
    out = dict(container)
    if out.get("environment"):
        out["environment"] = [{**item, "value": conceal(str(item.get("value", "")))} for item in out["environment"]]
    for key in ("command", "entryPoint"):
        if out.get(key):
            out[key] = [conceal(str(item)) for item in out[key]]
    if out.get("dockerLabels"):
        out["dockerLabels"] = {name: conceal(str(value)) for name, value in out["dockerLabels"].items()}
    log = out.get("logConfiguration") or {}
    if log.get("options"):
        # Drivers of others take tokens (splunk-token); awslogs takes none, and its group has to be verified.
        options = {
            key: value if key.startswith("awslogs-") else conceal(str(value)) for key, value in log["options"].items()
        }
        out["logConfiguration"] = {**log, "options": options}
    if (out.get("healthCheck") or {}).get("command"):
        check = out["healthCheck"]
        out["healthCheck"] = {**check, "command": [conceal(str(item)) for item in check["command"]]}
    return out


class TaskDefinitionCache:
    """Redacted task definitions by ARN.

    An emulator that starts anew gives old ARNs new contents. The ``scope`` of an entry tells its lives apart; in AWS
    itself an ARN never means anything else, and the scope is empty.

    :param directory: where they are kept; ``None``: in memory, as long as this object lives.
    """

    def __init__(self, directory: Path | None) -> None:
        self._directory = directory
        self._memory: dict[tuple[str, str], TaskDefinition] = {}
        self._key = secrets.token_bytes(32)
        if directory is not None:
            with suppress(OSError):
                directory.mkdir(mode=0o700, parents=True, exist_ok=True)
                directory.chmod(0o700)
            self._key = self._stored_key(directory)

    def conceal(self, value: str) -> str:
        """The keyed hash that stands for a value that may be a secret."""
        return "hmac:" + hmac.new(self._key, value.encode(), hashlib.sha256).hexdigest()[:32]

    def redacted(self, body: Mapping[str, Any], tags: list[dict[str, str]], unknown: tuple[str, ...]) -> TaskDefinition:
        """The definition of a raw answer, ready to be kept and compared."""
        own = {tag["key"]: tag.get("value", "") for tag in tags if tag["key"].startswith(OWN_PREFIX)}
        return TaskDefinition(str(body["taskDefinitionArn"]), redact(body, self.conceal), own, unknown)

    def get(self, arn: str, scope: str = "") -> TaskDefinition | None:
        """The definition of that ARN, or ``None`` when it has not been kept (or not readably)."""
        if self._directory is None:
            return self._memory.get((arn, scope))
        try:
            entry = loads(self._path(self._directory, arn, scope).read_bytes())
            if entry["schema"] != SCHEMA or entry["arn"] != arn or entry["key"] != self.conceal(arn):
                return None
            body, own = dict(entry["body"]), {str(key): str(value) for key, value in entry["own"].items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None
        return TaskDefinition(arn, body, own)

    def put(self, definition: TaskDefinition, scope: str = "") -> None:
        """Keep a definition. A disk that cannot be written costs time, not the deploy.

        One with fields that botocore does not know is not kept: what they hold cannot be judged.
        """
        if definition.unknown:
            return
        if self._directory is None:
            self._memory[definition.arn, scope] = definition
            return
        entry = {
            "schema": SCHEMA,
            "arn": definition.arn,
            # Hashes of another key compare as different: such an entry must not be used.
            "key": self.conceal(definition.arn),
            "body": definition.body,
            "own": definition.own,
        }
        with suppress(OSError):
            _write(self._path(self._directory, definition.arn, scope), json.dumps(entry).encode())

    def _stored_key(self, directory: Path) -> bytes:
        path = directory / "key"
        with suppress(OSError):
            if len(key := path.read_bytes()) == len(self._key):
                return key
        with suppress(OSError):
            _write(path, self._key, exclusive=True)
        with suppress(OSError):
            # Another run may have written its own in between: the file decides.
            if len(key := path.read_bytes()) == len(self._key):
                return key
        return self._key

    @staticmethod
    def _path(directory: Path, arn: str, scope: str) -> Path:
        return directory / f"{hashlib.sha256(f'{scope}{arn}'.encode()).hexdigest()[:40]}.json"


def _write(path: Path, data: bytes, *, exclusive: bool = False) -> None:
    """Write a whole file or none; ``exclusive``: only when there is no such file yet."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".tmp-")  # mkstemp makes it 0600
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        if exclusive:
            path.hardlink_to(temporary)
        else:
            temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
