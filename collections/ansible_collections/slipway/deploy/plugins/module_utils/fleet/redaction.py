# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Redacts possible secrets in a task definition. Pure.

Only text that cannot be secret is kept: names, ARNs, images, sizes. All other text is concealed, also in fields that
are unknown: a password can be in a volume's ``driverOpts``, a command line, a label, an option of a log
driver, a security option.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

_MUTABLE = frozenset({"status", "deregisteredAt", "deleteRequestedAt"})

_CLEAR = frozenset(
    # Names, and facts about the revision.
    {
        "name",
        "family",
        "taskDefinitionArn",
        "registeredBy",
        "registeredAt",
        "requiresCompatibilities",
        "compatibilities",
    }
    | {"image", "cpu", "memory", "networkMode", "pidMode", "ipcMode", "user", "taskRoleArn", "executionRoleArn"}
    | {"cpuArchitecture", "operatingSystemFamily", "protocol", "appProtocol", "containerPortRange", "condition"}
    # Fields that the plan verifies.
    | {"valueFrom", "credentialsParameter", "logDriver", "domain", "filesystemId", "fileSystemId", "accessPointId"}
    | {"transitEncryption", "iam", "versionConsistency"}
    # Fields that name an entry of a list in the differences of two revisions.
    | {"containerName", "containerPath", "sourceContainer", "sourceVolume", "hostname", "namespace", "hostPath"}
    | {"type", "expression", "links", "scope", "driver"}
)
"""Fields whose text stays as it is. ``value`` is not one of them, whatever it is the value of."""

_FREE_FORM = frozenset({"dockerLabels", "options", "driverOpts", "labels"})
"""Maps whose keys a person chose: nothing in them stays, whatever it is called."""

_CREDENTIAL_SPECS = ("credentialspec:", "credentialspecdomainless:")


def redact(body: Mapping[str, Any], conceal: Callable[[str], str]) -> dict[str, Any]:
    """A copy of a body in which ``conceal`` replaced every possible secret, and without mutable fields."""
    kept = {key: value for key, value in body.items() if key not in _MUTABLE}
    return {key: _redacted(value, (key,), conceal) for key, value in kept.items()}


def _redacted(value: Any, path: tuple[str, ...], conceal: Callable[[str], str]) -> Any:
    if isinstance(value, Mapping):
        return {key: _redacted(item, (*path, str(key)), conceal) for key, item in value.items()}
    if isinstance(value, list):
        return [_redacted(item, path, conceal) for item in value]
    free = bool(_FREE_FORM & set(path[:-1]))
    if value is None or isinstance(value, bool) or (isinstance(value, (int, float)) and not free):
        return value
    text = str(value)
    return value if _stays(path, text, free) else conceal(text)


def _stays(path: tuple[str, ...], text: str, free: bool) -> bool:
    key = path[-1]
    if free:
        # awslogs has no token, and its group must be verified.
        return path[-2:-1] == ("options",) and "logConfiguration" in path and key.startswith("awslogs-")
    if key == "value":
        return "environmentFiles" in path
    if key in ("credentialSpecs", "dockerSecurityOptions"):
        return text.startswith(_CREDENTIAL_SPECS)
    return key in _CLEAR or "requiresAttributes" in path
