# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads the command line of ``ansible-playbook``, and refuses options that Slipway's playbooks do not support."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NoReturn

from ansible import constants, context
from ansible.inventory.manager import split_host_pattern

from ..module_utils.common.command import name_environment, resume_commands, started_from
from ..module_utils.common.errors import SlipwayError, SlipwayErrors
from ..module_utils.environment.directory import read_text, root_of
from ..module_utils.environment.known import PLAYBOOKS, check_known
from ..module_utils.environment.scope import check_about
from .workflow import annotate

_WHOLE_RUN = "The playbooks of Slipway have no tags: a deploy without one of its steps is not a deploy"

# ansible.errors.ExitCode.PARSER_ERROR, which not every supported ansible-core has.
EXIT_CODE: Final = 4
#: The prefix of the playbooks of an installed collection.
_COLLECTION: Final = "slipway.deploy."
#: Roles that only other roles call.
_INTERNAL_ROLES: Final = frozenset({"service_common"})
#: The environment of this process, once the inventory has been read.
_BEGUN: list[str] = []


def begin(environment: str) -> None:
    """Remember that the inventory is an environment of Slipway."""
    _BEGUN.append(environment)


def note_started(environment: str = "") -> None:
    """Remember what was started, for printed commands."""
    given = context.CLIARGS or {}
    words = given.get("args") or ()
    # A text is the host pattern of an ad-hoc command.
    playbook = next((str(word) for word in words if _playbook(str(word))), "")
    limit = str(given.get("subset") or "")
    started_from("" if isinstance(words, str) else playbook, str(Path.cwd()), environment, limit)


def end(error: Exception) -> NoReturn:
    """Print the error and end the program.

    Ansible would print an error of a plugin as warnings of several lines, and continue.
    """
    text = str(error) if isinstance(error, SlipwayError) else " ".join(str(error).split())
    annotate(text.splitlines())
    sys.stdout.flush()
    print(text, file=sys.stderr, flush=True)
    raise SystemExit(EXIT_CODE)


def check_start(project: Path) -> None:
    """End the program if a playbook of Slipway runs without an environment or without the project's settings."""
    if not playbooks():
        return
    error = _start_error(project)
    if error is not None:
        end(error)


def _start_error(project: Path) -> SlipwayError | None:
    settings = project / "ansible.cfg"
    used = Path(constants.CONFIG_FILE) if constants.CONFIG_FILE else None
    remedy = f"Start it in {project}, or set ANSIBLE_CONFIG={settings}"
    if _BEGUN:
        finds_roles = any((Path(path) / "jvm_service").is_dir() for path in constants.DEFAULT_ROLES_PATH)
        finds_variables = "slipway.deploy.environment" in constants.VARIABLE_PLUGINS_ENABLED
        # An installed collection finds its own roles.
        needs_roles = (project / "roles").is_dir() and not (project / "MANIFEST.json").is_file()
        if (finds_roles or not needs_roles) and finds_variables:
            return None
        return SlipwayError("lacks settings of Slipway (roles_path, vars_plugins_enabled)", str(used), remedy)
    note_started()
    for source in _sources():
        root = root_of(source)
        if root is not None and source.parent != root and source.is_file():
            environment = source.relative_to(root).parts[0]
            where = f"-i {source.relative_to(root.parent)}"
            return SlipwayError("is one file of an environment", where, f"Instead, {name_environment(environment)}")
    if used is None or used.resolve() != settings.resolve():
        read = f"Ansible reads {used}" if used else "Ansible finds no ansible.cfg here"
        return SlipwayError(f"the settings of Slipway are not used: {read}", str(Path.cwd()), remedy)
    return SlipwayError("is not an environment", f"-i {', '.join(_given())}", f"Leave -i out, and {name_environment()}")


def _given() -> list[str]:
    given = context.CLIARGS.get("inventory") if context.CLIARGS else None
    return [given] if isinstance(given, str) else [str(source) for source in given or ()]


def _sources() -> list[Path]:
    return [Path(os.path.normpath(Path(source).absolute())) for source in _given() if "," not in source]


def playbooks() -> list[str]:
    """The playbooks of Slipway in this run, without extension; empty for any other program."""
    given = context.CLIARGS.get("args") if context.CLIARGS else None
    found = [_playbook(str(word)) for word in given or () if not isinstance(given, str)]
    return [name for name in found if name in PLAYBOOKS]


def _playbook(word: str) -> str:
    """The name of a playbook, from its file or from the collection; empty for any other word."""
    path = Path(word)
    if path.suffix in (".yml", ".yaml"):
        return path.stem
    name = word.removeprefix(_COLLECTION)
    return name if word.startswith(_COLLECTION) and name in PLAYBOOKS else ""


def limit_patterns() -> list[str] | None:
    """The single patterns of ``--limit``, ``None`` without it; those of ``@file`` are read, one to a line."""
    subset = context.CLIARGS.get("subset") if context.CLIARGS else None
    if subset is None:
        return None
    patterns: list[str] = []
    for pattern in split_host_pattern(subset):
        if pattern.startswith("@"):
            patterns.extend(read_text(Path(pattern[1:]), f"--limit {pattern}").splitlines())
        else:
            patterns.append(pattern)
    return patterns


def check_steps() -> None:
    """Refuse options that skip steps of a run: tags, and a task to start at.

    :raises SlipwayErrors: naming each option.
    """
    if not playbooks():
        return
    given: Mapping[str, Any] = context.CLIARGS
    errors: list[SlipwayError] = []
    if set(given.get("tags") or ("all",)) - {"all"}:
        errors.append(
            SlipwayError(f"--tags {_joined(given['tags'])} cannot be used", None, f"{_WHOLE_RUN}. Choose with --limit")
        )
    if given.get("skip_tags"):
        what = f"--skip-tags {_joined(given['skip_tags'])} cannot be used"
        errors.append(SlipwayError(what, None, f"{_WHOLE_RUN}. Leave it out"))
    if given.get("start_at_task"):
        resumed = f"To go on with a run that was killed: {resume_commands()}"
        remedy = f"A run begins with the lock and ends with the record. {resumed}"
        errors.append(SlipwayError("--start-at-task leaves out what comes before", None, remedy))
    if given.get("step"):
        errors.append(
            SlipwayError("--step can leave out steps of a run", None, "--check --diff shows what would change")
        )
    if errors:
        raise SlipwayErrors(errors)


def check_run(
    environment: str,
    extra: Collection[str],
    own: Collection[str],
    options: Iterable[str],
    groups: Mapping[str, Collection[str]],
    selected: Collection[str] | None,
) -> None:
    """Refuse extra variables that nothing reads, and settings for services and hosts outside the run.

    :param options: the options of the roles; only read if needed.
    :raises SlipwayErrors: with one line for each.
    """
    errors = []
    for name in extra:
        if _accepted(name, own, ()):
            continue
        if not _accepted(name, own, options := frozenset(options)):
            errors.append(check_known(name, playbooks()[0], own, options))
    for playbook in playbooks():
        errors.extend(check_about(playbook, environment, extra, groups, selected))
    found: dict[SlipwayError, None] = dict.fromkeys(error for error in errors if error is not None)
    if found:
        raise SlipwayErrors(found)


def _accepted(name: str, own: Collection[str], options: Collection[str]) -> bool:
    run = playbooks()
    return not run or any(check_known(name, playbook, own, options) is None for playbook in run)


def role_options(roles: Iterable[Path], kind: str | None = None) -> Iterator[str]:
    """The options of the roles in these directories, as their argument specs name them.

    Options of a role that only other roles call cannot be set by an operator.

    :param kind: only the options of this type.
    """
    # Ansible always has it, but ansible-test imports this file without.
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for directory in roles:
        for path in sorted(directory.glob("*/meta/argument_specs.yml")):
            if path.parents[1].name in _INTERNAL_ROLES:
                continue
            specs = yaml.load(read_text(path, str(path)), loader) or {}  # noqa: S506 - both loaders are safe ones
            for entry in (specs.get("argument_specs") or {}).values():
                options = entry.get("options") or {}
                yield from (name for name, spec in options.items() if kind in (None, spec.get("type", "str")))


def _joined(words: Any) -> str:
    return " ".join(",".join(sorted(str(word) for word in words)).split())
