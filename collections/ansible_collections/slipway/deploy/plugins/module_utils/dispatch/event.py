# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads events: what a service repository's workflow was started by, and what the router is sent. Pure.

An event is written by others. Only checked fields of it are passed on; no error contains more than a short piece of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from ..common.documents import loads
from ..common.errors import SlipwayError, raise_all
from ..common.suggest import shorten, suggest
from .model import PAYLOAD_KEY, SAFE, Change

#: https://docs.github.com/en/rest/repos/repos#create-a-repository-dispatch-event: less than 64 KB, at most ten keys.
MOST_PAYLOAD: Final = 64 * 1024
MOST_KEYS: Final = 10
#: GitHub's webhook payloads have at most 25 MB; those of an event that only carries a change are far smaller.
MOST_EVENT: Final = 1024 * 1024
_FIELDS: Final = ("repository", "ref", "commit", "pull_request", "force_full_build")
_REPOSITORY: Final = re.compile(r"[A-Za-z0-9-]{1,39}/[A-Za-z0-9._-]{1,100}")
_COMMIT: Final = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_LONGEST_REF: Final = 255
_TRUTHS: Final = {True: True, False: False, "true": True, "false": False, "": False, None: False}


def parse_event(text: str | bytes, where: str) -> dict[str, Any]:
    """The event, as an object.

    :param where: where it is written, for errors.
    :raises SlipwayError: it is too large, or not a JSON object.
    """
    size = len(text.encode() if isinstance(text, str) else text)
    if size > MOST_EVENT:
        raise SlipwayError(f"the event has {size} bytes", where, f"At most {MOST_EVENT}")
    try:
        event = loads(text)
    except ValueError:
        event = None
    if not isinstance(event, dict):
        raise SlipwayError("the event is not a JSON object", where, "Write GitHub's event, or its client_payload")
    return event


def dispatched_change(event: Mapping[str, Any], where: str) -> Change:
    """The change that the router was sent: by ``repository_dispatch``, or by hand, by ``workflow_dispatch``.

    :raises SlipwayErrors: the event carries no change, or fields of it are not safe to pass on.
    """
    if "client_payload" not in event and isinstance(event.get("inputs"), Mapping):
        return _change({name: value for name, value in event["inputs"].items() if value != ""}, f"{where}, inputs")
    payload = event.get("client_payload", event)
    where = f"{where}, client_payload" if "client_payload" in event else where
    if not isinstance(payload, Mapping) or not isinstance(payload.get(PAYLOAD_KEY), Mapping):
        raise SlipwayError("the event carries no change", where, f"Send one object, {PAYLOAD_KEY}")
    check_size(payload, where)
    for name in payload:
        if name != PAYLOAD_KEY:
            raise SlipwayError(f"{_shown(name)} is not read", where, f"Send one object, {PAYLOAD_KEY}")
    return _change(payload[PAYLOAD_KEY], f"{where}.{PAYLOAD_KEY}")


def merged_change(event: Mapping[str, Any], where: str, *, commit: str = "", force: bool = False) -> Change | None:
    """The change that started a workflow of a service repository: a merged pull request, a push, or a run by hand.

    :param commit: the commit of a run by hand, which its event lacks.
    :return: ``None`` for a pull request that was closed without a merge, and for a deleted branch or tag.
    :raises SlipwayErrors: it is another event, or fields of it are not safe to pass on.
    """
    repository = event.get("repository")
    fields: dict[str, Any] = {"repository": repository.get("full_name") if isinstance(repository, Mapping) else None}
    pull = event.get("pull_request")
    inputs = event.get("inputs")
    by_hand = inputs.get("force_full_build") if isinstance(inputs, Mapping) else False
    if isinstance(pull, Mapping):
        if pull.get("merged") is not True:
            return None
        base = pull.get("base")
        branch = base.get("ref") if isinstance(base, Mapping) else None
        ref = f"refs/heads/{branch}" if isinstance(branch, str) else None
        fields |= {"ref": ref, "commit": pull.get("merge_commit_sha")}
        fields["pull_request"] = pull.get("number")
    elif "ref" in event:
        if event.get("deleted") is True:
            return None
        # Of an annotated tag, `after` is the tag's own hash.
        head = event.get("head_commit")
        pushed = head.get("id") if isinstance(head, Mapping) else event.get("after", commit)
        fields |= {"ref": event["ref"], "commit": pushed}
    else:
        raise SlipwayError("the event is no pull request, push or run by hand", where, "Name the file of such an event")
    return _change({**fields, "force_full_build": True if force else by_hand}, where)


def check_size(payload: Mapping[str, Any], where: str) -> None:
    """Refuse a payload that GitHub refuses."""
    if len(payload) > MOST_KEYS:
        raise SlipwayError(f"the payload has {len(payload)} keys", where, f"At most {MOST_KEYS}: send one object")
    size = len(json.dumps(payload).encode())
    if size >= MOST_PAYLOAD:
        raise SlipwayError(f"the payload has {size} bytes", where, f"It must be smaller than {MOST_PAYLOAD}")


def _change(given: Mapping[str, Any], where: str) -> Change:
    errors = [
        SlipwayError(f"{_shown(name)} is not a field of a change", where, suggest(str(name), _FIELDS))
        for name in given
        if name not in _FIELDS
    ]
    checks = {
        "repository": _repository,
        "ref": _ref,
        "commit": _commit,
        "pull_request": _number,
        "force_full_build": _truth,
    }
    found: dict[str, Any] = {}
    for name, check in checks.items():
        try:
            found[name] = check(given.get(name), f"{where}.{name}")
        except SlipwayError as error:
            errors.append(error)
    raise_all(errors)
    return Change(**found)


def _repository(value: Any, where: str) -> str:
    text = _safe(value, where)
    if not _REPOSITORY.fullmatch(text) or text.rpartition("/")[2] in (".", ".."):
        raise SlipwayError(f"{_shown(text)} is not a repository", where, "Write owner/name")
    return text


def _ref(value: Any, where: str) -> str:
    text = _safe(value, where)
    names = text.split("/")
    # The rules of git-check-ref-format that SAFE leaves open; and no option of a program.
    bad = any(not name or name.startswith((".", "-")) or name.endswith((".lock", ".")) for name in names)
    if len(names) < 3 or names[:2] not in (["refs", "heads"], ["refs", "tags"]) or bad or ".." in text:
        raise SlipwayError(f"{_shown(text)} is not a branch or tag", where, "Write refs/heads/… or refs/tags/…")
    return text


def _commit(value: Any, where: str) -> str:
    text = _safe(value, where)
    if not _COMMIT.fullmatch(text):
        raise SlipwayError(f"{_shown(text)} is not a commit", where, "Write the whole hash")
    return text


def _number(value: Any, where: str) -> int:
    if value is None:
        return 0
    if isinstance(value, bool) or not re.fullmatch(r"[0-9]{1,10}", str(value)):
        raise SlipwayError(f"{_shown(value)} is not the number of a pull request", where, "Write its number")
    return int(value)


def _truth(value: Any, where: str) -> bool:
    if isinstance(value, (bool, str, type(None))) and value in _TRUTHS:
        return _TRUTHS[value]
    raise SlipwayError(f"{_shown(value)} is neither true nor false", where, "Write true or false")


def _safe(value: Any, where: str) -> str:
    if not isinstance(value, str) or not value:
        raise SlipwayError("it is missing or not a text", where, "Write a text")
    if len(value) > _LONGEST_REF or not SAFE.fullmatch(value):
        raise SlipwayError(f"{_shown(value)} is not safe to pass on", where, f"Allowed: {SAFE.pattern}, at most 255")
    return value


def _shown(value: Any) -> str:
    return ascii(shorten(value, 40))
