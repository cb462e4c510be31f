# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Writes a plan of Terraform into the description of a pull request. See modules/terraform_plan.py."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from ..module_utils.common.errors import SlipwayError
from ..module_utils.files.atomic import ensure_directory, write_atomic
from ..module_utils.notify.github_api import GitHub, GitHubError
from ..module_utils.notify.pull_request import Written, write_part
from ..module_utils.notify.terraform_plan import Superseded, has_plan, merge
from ..module_utils.render.terraform import About, full_text, screen
from ..module_utils.terraform.plan import Plan, read_plan
from ..module_utils.terraform.run import Planned, make_plan
from ..module_utils.terraform.settings import (
    SETTING,
    Target,
    check_identity,
    check_name,
    pull_request_number,
    read_target,
)
from ..plugin_utils.action import SlipwayAction
from ..plugin_utils.console import Console
from ..plugin_utils.context import Context
from ..plugin_utils.smoke import secrets_of_run
from ..plugin_utils.workflow import write_outputs

_MOST_BYTES = 256 * 1024 * 1024


class ActionModule(SlipwayAction):
    """Reads a plan or makes one, and writes its text to a file and to GitHub."""

    def act(self, context: Context) -> dict[str, Any]:
        """Check everything, then write; the counts are the result."""
        target = read_target(self.arguments["settings"], os.environ, context.written(SETTING))
        workspace = check_name(
            str(self.arguments["workspace"]) or os.environ.get("TF_WORKSPACE", ""), "-e plan_workspace"
        )
        about = About(
            context.environment,
            workspace,
            _commit(str(self.arguments["commit"])),
            str(context.actor["url"] or ""),
            f"{context.actor['user']}@{socket.gethostname()}",
        )
        if not context.check_mode:
            if not target.repository:
                where = f"{context.written(SETTING)}: {SETTING}.repository"
                raise SlipwayError("no repository is named", where, "Write owner/name")
            number = pull_request_number(self.arguments["pull_request"], os.environ)
            token = _token(context, target)
        directory = Path(str(self.arguments["directory"])).expanduser().absolute()
        content, shown = self._content(target, about, directory)
        plan = read_plan(content, shown)
        unsaid = check_identity(plan, target.expect, context.environment, workspace, shown)
        lines = (
            [("note", f"the plan does not say its {unsaid}: {SETTING}.expect compares other names")] if unsaid else []
        )
        if context.check_mode:
            _show(plan, about, [*lines, ("preview", "nothing is written")])
            return {"changed": False, **_result(plan, about)}
        file = directory / f"{about.artifact}.txt"

        @cache
        def keep() -> Path:
            ensure_directory(file.parent)
            write_atomic(file, full_text(plan, about).encode(), mode=0o644)
            _write_outputs(plan, about, file)
            return file

        written = _publish(target, token, number, plan, about, keep)
        said = "written" if written.changed else "has this plan already"
        result = [("full plan", str(file)), ("pull request", f"{number}: {said} · {written.url}")]
        _show(plan, about, [*lines, *result])
        done = {"file": str(file), "pull_request": number, "url": written.url}
        return {"changed": written.changed, **_result(plan, about), **done}

    def _content(self, target: Target, about: About, directory: Path) -> tuple[bytes, str]:
        """The plan in JSON, and its name for errors: a file, or what Terraform plans now."""
        file, path = str(self.arguments["file"]), str(self.arguments["path"])
        if bool(file) == bool(path):
            what = "both a plan and a configuration are named" if file else "no plan and no configuration is named"
            remedy = "Name one of them: -e plan_file=plan.json or -e terraform_path=../infrastructure"
            raise SlipwayError(what, "plan_file", remedy)
        if file:
            return _read(file), file
        place = Path(path).expanduser().absolute()
        data = directory / "data" / about.artifact
        return make_plan(Planned(place, about.workspace, target.init, target.plan, data), os.environ), path


def _token(context: Context, target: Target) -> str:
    token = secrets_of_run(context).read(target.token, f"{SETTING}.token")
    if not token.isascii() or not token.isprintable():
        raise SlipwayError("this cannot be sent as a token", f"{SETTING}.token", "It must be one line of ASCII text")
    return token


def _publish(target: Target, token: str, number: int, plan: Plan, about: About, keep: Callable[[], Path]) -> Written:
    """Write the plan into the pull request.

    :param keep: writes the full plan: when it is known that the description takes this one, or GitHub does not answer.
    """

    def merged(body: str) -> str:
        text = merge(body, plan, about)
        keep()
        return text

    api = GitHub(target.api, target.repository, token, setting=f"{SETTING}.repository")
    try:
        return write_part(api, number, merged, lambda body: has_plan(body, plan, about), Superseded)
    except GitHubError as error:
        # Planning may have taken long, and the text is of use without GitHub.
        file = keep()
        what = f"the plan was not written into the description: {error}"
        where = f"pull request {number} of {target.repository} ({target.api})"
        raise SlipwayError(what, where, f"The full plan is {file}. Run it again when that is solved") from None


def _show(plan: Plan, about: About, result: list[tuple[str, str]]) -> None:
    console = Console(lambda: 0.0)
    console.lines(screen(plan, about, result, console.width))


def _read(path: str) -> bytes:
    place = Path(path).expanduser()
    try:
        if not place.is_file():
            raise SlipwayError("there is no such file", f"plan_file ({path[:200]})", "Name the plan in JSON")
        if place.stat().st_size > _MOST_BYTES:
            what = f"it is larger than {_MOST_BYTES // 1024**2} MiB"
            raise SlipwayError(what, f"plan_file ({path[:200]})", "Plan fewer resources at once")
        return place.read_bytes()
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise SlipwayError(f"it cannot be read: {why}", f"plan_file ({path[:200]})") from error


def _commit(text: str) -> str:
    if text and not (4 <= len(text) <= 64 and all(char in "0123456789abcdefABCDEF" for char in text)):
        raise SlipwayError(f"{text[:40]!r} is not a commit", "-e plan_commit", "Write its hash")
    return text[:12]


def _result(plan: Plan, about: About) -> dict[str, Any]:
    return {"empty": plan.empty, "counts": asdict(plan.counts), "artifact": about.artifact}


def _write_outputs(plan: Plan, about: About, file: Path) -> None:
    path = str(file.resolve())
    # It goes into another step as it is.
    if not path.isprintable():
        raise SlipwayError(
            "the path has a character that cannot be an output", "plan_directory", "Name another directory"
        )
    found = {"changes": not plan.empty, "destroy": plan.counts.destroy, "artifact": about.artifact, "file": path}
    write_outputs(found)
