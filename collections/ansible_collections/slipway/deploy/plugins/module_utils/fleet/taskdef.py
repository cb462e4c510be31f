# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Task definitions as data: cloning with another image, comparison, differences.

Bodies are the ``taskDefinition`` objects of AWS's raw answers (plain dictionaries), not botocore's parsed ones.
Environment values are secrets: nothing here prints one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from typing import Any

from ..common.errors import SlipwayError

READ_ONLY = frozenset(
    {
        "taskDefinitionArn",
        "revision",
        "status",
        "requiresAttributes",
        "compatibilities",
        "registeredAt",
        "registeredBy",
        "deregisteredAt",
        "deleteRequestedAt",
    }
)
"""What ECS answers about a revision and RegisterTaskDefinition does not take (API reference, TaskDefinition)."""

TAG_RELEASE = "slipway:release"
TAG_IMAGE = "slipway:tag"
TAG_BASE = "slipway:base"
TAG_CLONED_FROM = "slipway:cloned-from"
TAG_SEEN = "slipway:seen"
OWN_PREFIX = "slipway:"

FARGATE = "FARGATE"
FARGATE_PROVIDERS = frozenset({"FARGATE", "FARGATE_SPOT"})

MAX_TAGS = 50
MAX_TAG_VALUE = 256

_UNORDERED = {
    "containerDefinitions": "name",
    "environment": "name",
    "secrets": "name",
    "secretOptions": "name",
    "volumes": "name",
    "portMappings": "containerPort",
    "mountPoints": "containerPath",
    "volumesFrom": "sourceContainer",
    "ulimits": "name",
    "dependsOn": "containerName",
    "extraHosts": "hostname",
    "resourceRequirements": "type",
    "systemControls": "namespace",
    "placementConstraints": "expression",
    "tmpfs": "containerPath",
    "devices": "hostPath",
    "requiresCompatibilities": "",
    "links": "",
}
"""Lists whose order means nothing to ECS, and the key that names an entry (``""``: the entry itself)."""

_FALSE_UNLESS_SET = frozenset(
    {
        "enableFaultInjection",
        "privileged",
        "readonlyRootFilesystem",
        "interactive",
        "pseudoTerminal",
        "disableNetworking",
    }
)
"""Flags that ECS answers as false for some revisions and not at all for older ones."""

_SHOWN = frozenset(
    {"cpu", "memory", "memoryReservation", "image", "networkMode", "pidMode", "ipcMode", "essential", "user"}
    | {"taskRoleArn", "executionRoleArn", "sizeInGiB", "cpuArchitecture", "operatingSystemFamily", "valueFrom"}
    | {"containerPort", "hostPort", "protocol", "logDriver", "startTimeout", "stopTimeout", "credentialsParameter"}
    | {
        "readonlyRootFilesystem",
        "privileged",
        "interval",
        "timeout",
        "retries",
        "startPeriod",
        "softLimit",
        "hardLimit",
    }
)
"""Fields whose values may be printed. All others are named only: a command line may hold a password."""

_FREE_FORM = frozenset({"environment", "dockerLabels", "options", "driverOpts", "labels", "properties"})
"""Maps whose keys a person chose: a label may be called ``memory`` and hold anything."""


def revision_of(arn: str) -> int:
    """The revision number at the end of a task definition's ARN (or ``family:revision``).

    :raises SlipwayError: there is none.
    """
    tail = arn.rpartition(":")[2]
    if not tail.isdigit():
        raise SlipwayError(f"{arn!r} is not a task definition revision", remedy="It ends with :NUMBER")
    return int(tail)


def family_of(arn: str) -> str:
    """The family in a task definition's ARN (or in ``family:revision``)."""
    return arn.rpartition("/")[2].rpartition(":")[0]


def short_arn(arn: str) -> str:
    """An ARN in short: ``family:revision``."""
    return arn.rpartition("/")[2]


def container_names(body: Mapping[str, Any]) -> list[str]:
    """The names of a task definition's containers, in its order."""
    return [str(item.get("name", "")) for item in body.get("containerDefinitions", [])]


def container_of(body: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    """The definition of the container of that name, or ``None``."""
    found: Mapping[str, Any] | None = next(
        (item for item in body.get("containerDefinitions", []) if item.get("name") == name), None
    )
    return found


def with_image(body: Mapping[str, Any], container: str, image: str) -> dict[str, Any]:
    """A copy of the body with only the named container's image changed.

    :raises SlipwayError: there is no such container (the message names those that exist).
    """
    clone = deepcopy(dict(body))
    target = container_of(clone, container)
    if not isinstance(target, dict):
        names = ", ".join(container_names(body)) or "none"
        raise SlipwayError(
            f"no container {container!r} (there are: {names})",
            str(body.get("taskDefinitionArn", "the task definition")),
            "Set container_name for the service in the inventory",
        )
    target["image"] = image
    return clone


def with_images(body: Mapping[str, Any], containers: Iterable[str], image: str) -> dict[str, Any]:
    """A copy of the body with the image of all these containers changed.

    :raises SlipwayError: one of them does not exist.
    """
    changed = dict(body)
    for name in containers:
        changed = with_image(changed, name, image)
    return changed


def clone(
    body: Mapping[str, Any],
    tags: Iterable[Mapping[str, str]],
    *,
    container: str,
    image: str,
    own_tags: Mapping[str, str],
    others: Sequence[str] = (),
    unknown: Callable[[Mapping[str, Any]], Sequence[str]] = lambda _: (),
) -> dict[str, Any]:
    """The arguments of RegisterTaskDefinition for ``body`` with one image changed and everything else kept.

    :param body: AWS's raw ``taskDefinition``. :data:`READ_ONLY` fields and nulls are left out, nothing else is.
    :param tags: the ``tags`` of the raw answer; kept but for ``aws:`` ones (reserved) and older ``slipway:`` ones.
    :param others: the containers that get the same image.
    :param own_tags: Slipway's tags of the new revision.
    :param unknown: returns the paths of the arguments that the installed botocore would drop.
    :raises SlipwayError: no such container; unknown fields; more tags than ECS takes (50).
    """
    where = short_arn(str(body.get("taskDefinitionArn", "the task definition")))
    changed = with_images(body, (container, *others), image)
    kwargs: dict[str, Any] = _without_nulls({key: value for key, value in changed.items() if key not in READ_ONLY})
    refuse_unknown(unknown(kwargs), where)
    kwargs["tags"] = merge_tags(tags, own_tags, where)
    return kwargs


def unknown_fields_error(fields: Sequence[str], where: str) -> SlipwayError:
    """The error for a clone that would lose fields which the installed botocore does not know."""
    what = f"the installed botocore does not know {', '.join(fields)}: a clone would lose it"
    return SlipwayError(what, where, "Upgrade botocore (and boto3), then plan again")


def refuse_unknown(fields: Sequence[str], where: str) -> None:
    """Stop when a clone would lose fields that the installed botocore does not know.

    :raises SlipwayError: ``fields`` is not empty.
    """
    if fields:
        raise unknown_fields_error(fields, where)


def merge_tags(tags: Iterable[Mapping[str, str]], own: Mapping[str, str], where: str) -> list[dict[str, str]]:
    """The tags of a clone: those of the original, without reserved and older own ones, and then ``own``.

    :raises SlipwayError: more than 50 tags.
    """
    kept = [
        {"key": tag["key"], "value": tag.get("value", "")}
        for tag in tags
        if not tag["key"].lower().startswith(("aws:", OWN_PREFIX))
    ]
    # The end of an ARN identifies it.
    merged = kept + [{"key": key, "value": value[-MAX_TAG_VALUE:]} for key, value in own.items()]
    if len(merged) > MAX_TAGS:
        raise SlipwayError(
            f"{len(kept)} tags and Slipway's own {len(own)} are more than the {MAX_TAGS} that ECS takes",
            where,
            f"Remove {len(merged) - MAX_TAGS} of its tags",
        )
    return merged


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return value


def normal_form(body: Mapping[str, Any], ignore_image_of: str | Sequence[str] | None = None) -> dict[str, Any]:
    """The canonical form of a body, equal for bodies that ECS treats the same.

    Read-only fields, empty values and the defaults that ECS fills in are left out; lists without a meaningful order
    become dictionaries by name.
    """
    content = {key: value for key, value in body.items() if key not in READ_ONLY}
    ignored = (ignore_image_of,) if isinstance(ignore_image_of, str) else ignore_image_of or ()
    content = with_images(content, (name for name in ignored if container_of(content, name) is not None), "")
    normal: dict[str, Any] = _normal(content, "")
    awsvpc = normal.get("networkMode") == "awsvpc"
    for container in normal.get("containerDefinitions", {}).values():
        _drop_defaults(container, awsvpc)
    return normal


def _drop_defaults(container: dict[str, Any], awsvpc: bool) -> None:
    if container.get("cpu") == 0:
        del container["cpu"]
    if container.get("essential") is True:
        del container["essential"]
    for mapping in container.get("portMappings", {}).values():
        if mapping.get("protocol") == "tcp":
            del mapping["protocol"]
        if mapping.get("hostPort") == 0 or (awsvpc and mapping.get("hostPort") == mapping.get("containerPort")):
            del mapping["hostPort"]


def _normal(value: Any, key: str) -> Any:
    if isinstance(value, Mapping):
        pairs = ((name, _normal(item, name)) for name, item in value.items())
        return {name: item for name, item in pairs if not _says_nothing(name, item)}
    if isinstance(value, list):
        items = [_normal(item, "") for item in value]
        return _by_name(items, _UNORDERED[key]) if key in _UNORDERED else items
    return value


def _says_nothing(name: str, item: Any) -> bool:
    return item is None or item in ([], {}) or (item is False and name in _FALSE_UNLESS_SET)


def _by_name(items: list[Any], name: str) -> dict[str, Any]:
    ordered = sorted(items, key=lambda item: json.dumps(item, sort_keys=True))
    named: dict[str, Any] = {}
    for item in ordered:
        label = str(item.get(name, "")) if isinstance(item, dict) else str(item)
        # Entries with the same name (a port over tcp and udp) are kept apart.
        named[label if label not in named else f"{label}#{len(named)}"] = item
    return named


def same_content(
    a: Mapping[str, Any], b: Mapping[str, Any], ignore_image_of: str | Sequence[str] | None = None
) -> bool:
    """Whether two bodies are the same to ECS (see :func:`normal_form`), optionally ignoring images."""
    return normal_form(a, ignore_image_of) == normal_form(b, ignore_image_of)


def describe_differences(
    old: Mapping[str, Any], new: Mapping[str, Any], ignore_image_of: str | Sequence[str] | None = None
) -> list[str]:
    """How two bodies differ, in short phrases: ``memory 512 → 1024``, ``environment DB_URL changed``.

    Values are shown for fields without secrets; environment values never are.
    """
    return [
        _phrase(*item)
        for item in _differences(normal_form(old, ignore_image_of), normal_form(new, ignore_image_of), ())
    ]


def differing_fields(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[tuple[str, str | None, str | None]]:
    """Each field in which two bodies differ: its name, and both values (``None``: absent).

    A possible secret is not shown, only that it differs.
    """
    return [
        (_label(path), *(_value(path, before), _value(path, after, other=before is not None)))
        for path, before, after in _differences(normal_form(old), normal_form(new), ())
    ]


def _value(path: tuple[str, ...], value: Any, other: bool = False) -> str | None:
    if value is None:
        return None
    hidden = "(another, not shown)" if other else "(not shown)"
    return _shown(value) if _may_be_shown(path, value) else hidden


def _differences(old: Any, new: Any, path: tuple[str, ...]) -> Iterable[tuple[tuple[str, ...], Any, Any]]:
    if old == new:
        return
    secret = len(path) > 1 and path[-2] == "environment"
    # If one side lacks the list, its entries are named all the same.
    listed = bool(path) and path[-1] in _UNORDERED
    old_fields, new_fields = ({} if listed and side is None else side for side in (old, new))
    if isinstance(old_fields, dict) and isinstance(new_fields, dict) and not secret:
        for key in sorted({*old_fields, *new_fields}):
            yield from _differences(old_fields.get(key), new_fields.get(key), (*path, key))
    else:
        yield path, old, new


def _may_be_shown(path: tuple[str, ...], *values: Any) -> bool:
    scalar = not any(isinstance(value, (dict, list)) for value in values)
    return scalar and path[-1] in _SHOWN and not _FREE_FORM & set(path[:-1])


def _phrase(path: tuple[str, ...], old: Any, new: Any) -> str:
    if _may_be_shown(path, old, new):
        return f"{_label(path)} {_shown(old)} → {_shown(new)}"
    return f"{_label(path)} {'added' if old is None else 'removed' if new is None else 'changed'}"


def _label(path: tuple[str, ...]) -> str:
    parts = [part for part in path if part != "containerDefinitions"]
    if path[0] == "containerDefinitions" and len(path) > 2:
        return f"{' '.join(parts[1:])} ({parts[0]})"
    return f"container {parts[0]}" if path[0] == "containerDefinitions" else " ".join(parts)


def _shown(value: Any) -> str:
    return "none" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
