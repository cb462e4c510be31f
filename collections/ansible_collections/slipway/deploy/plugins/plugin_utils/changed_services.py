# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Finds what a commit changes in an environment: its services, and its kinds of host as one each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from ansible.module_utils.parsing.convert_bool import boolean

from ..module_utils.changes.api import Base, Repository, detect_changes
from ..module_utils.changes.detect import UNCLAIMED, Choices, Detection
from ..module_utils.changes.rules import parse_rules
from ..module_utils.changes.services import Service
from ..module_utils.common.errors import SlipwayError
from ..module_utils.git.run import Credentials, Git
from ..module_utils.kinds.registry import NAMES
from .clone import clone_at
from .context import Context
from .deployed_commits import deployed_commits

_FORCED = "asked for by force_full_build"


def changed_services(context: Context, arguments: Mapping[str, Any]) -> tuple[Detection, Choices]:
    """What a commit changes, and what the environment chose.

    :param arguments: those of the module ``changes``.
    :raises SlipwayError: an argument is invalid, the clone has no such commit, or a service has no module in it.
    """
    repository = Repository(Git(clone_at(arguments["path"]), "the source", Credentials()))
    repository.check()
    names = [name for name in context.services if name in context.selected]
    here, elsewhere = _kinds(context, repository)
    kinds = [kind for kind in here if _is_selected(context, kind)]
    notes = [note for kind, note in elsewhere.items() if _is_selected(context, kind)]
    if not names and not kinds:
        what = "; ".join(notes) or "no service and no host is selected"
        raise SlipwayError(what, "source_path", "Name the clone that they are built from, or change --limit")
    known = [Service(name, modules_named(context, name, name, name)) for name in context.services]
    known += [Service(kind, modules_named(context, kind, context.members(kind)[0], ".")) for kind in here]
    services = [item for item in known if item.name in (*names, *kinds)]
    others = [item for item in known if item not in services]
    choices = replace(_choices(context, arguments), others=tuple(others))
    force = _FORCED if arguments["force"] else ""
    given = str(arguments["base"])
    if force:
        bases: Mapping[str, Base] = {}
    elif given:
        bases = dict.fromkeys([*names, *kinds], _given(repository, given))
    else:
        bases = deployed_commits(context, repository, names, kinds)
    found = detect_changes(repository, services, bases, str(arguments["head"]) or "HEAD", choices, force)
    return replace(found, notes=(*found.notes, *notes)), choices


def _choices(context: Context, arguments: Mapping[str, Any]) -> Choices:
    unclaimed = str(arguments["unclaimed"])
    if unclaimed not in UNCLAIMED:
        where = context.written("changes_unclaimed")
        raise SlipwayError(f"changes_unclaimed {unclaimed[:40]!r} is neither all nor none", where, "Write all or none")
    kinds = [kind for kind in NAMES if context.members(kind)]
    rules = parse_rules(arguments["rules"], [*context.services, *kinds])
    return Choices(rules, unclaimed, bool(boolean(arguments["tests"], strict=False)))


def _given(repository: Repository, revision: str) -> Base:
    # A commit that is gone was rewritten; another word is a mistake.
    if repository.commit(revision) is None and not re.fullmatch(r"[0-9a-f]{7,64}", revision):
        raise SlipwayError(f"there is no commit {revision[:60]!r}", "-e base", "Fetch it, or name another one")
    return Base(revision)


def _kinds(context: Context, repository: Repository) -> tuple[list[str], dict[str, str]]:
    """The kinds of host that are built from this clone, and why others are not."""
    here: list[str] = []
    elsewhere: dict[str, str] = {}
    for kind in NAMES:
        hosts = context.members(kind)
        url = str(context.host(hosts[0]).get(f"{kind}_repository") or "") if hosts else ""
        if hosts and _is_clone_of(url, repository.remotes()):
            here.append(kind)
        elif hosts:
            elsewhere[kind] = f"{kind} is built from {url}, of which this is no clone"
    return here, elsewhere


def _is_selected(context: Context, kind: str) -> bool:
    return not context.playing.isdisjoint(context.members(kind))


def _is_clone_of(url: str, remotes: Iterable[str]) -> bool:
    """Whether a repository can be the one of a clone: one of its remotes has the same name, or it has no remote."""
    names = {_last(remote) for remote in remotes}
    return not url or not names or _last(url) in names


def _last(url: str) -> str:
    return re.split(r"[/:\\]", url.rstrip("/").removesuffix(".git"))[-1].lower()


def modules_named(context: Context, name: str, host: str, default: str) -> tuple[str, ...]:
    """What a service or a kind of host is built of.

    :param host: whose variables say it.
    """
    variables = context.host(host)
    value = variables.get("build_modules") or variables.get(f"{name}_module") or default
    found = [value] if isinstance(value, str) else value
    if not isinstance(found, list) or not all(isinstance(item, str) and item for item in found):
        where = f"inventories/{context.environment} (host {host})"
        raise SlipwayError("build_modules is not a list of texts", where, "Write build_modules: [directory]")
    return tuple(found)
