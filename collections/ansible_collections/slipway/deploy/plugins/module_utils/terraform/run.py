# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs Terraform to make a plan and to show it. Nothing else of Terraform is ever run.

A plan for review takes no lock of the state: nothing applies it, and a lock of a run that was killed would stay. What
Terraform downloads goes to a directory of its own, so that environments are planned at once in one checkout.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..common.errors import SlipwayError
from ..common.redact import redact
from ..programs.run import Finished, run_command

_TIMEOUT = 3600.0
_ERROR_LINES = 3


@dataclass(frozen=True)
class Planned:
    """How a configuration is planned.

    :ivar path: the directory of the root module.
    :ivar workspace: the workspace; empty for the default one.
    :ivar init: further arguments of ``terraform init``. ``plan`` alike.
    :ivar data: the directory for what Terraform downloads.
    """

    path: Path
    workspace: str = ""
    init: Sequence[str] = ()
    plan: Sequence[str] = ()
    data: Path = Path(".terraform")


def make_plan(planned: Planned, environ: Mapping[str, str]) -> bytes:
    """Plan, and return the plan in JSON.

    :raises SlipwayError: there is no Terraform, no such workspace, or it fails; with Terraform's own error.
    """
    if not planned.path.is_dir():
        raise SlipwayError("there is no such directory", f"terraform_path ({planned.path})", "Name the configuration's")
    own = {"TF_DATA_DIR": str(planned.data), "TF_IN_AUTOMATION": "1", "TF_INPUT": "0", "CHECKPOINT_DISABLE": "1"}
    # init makes the workspace that TF_WORKSPACE names: a misspelt one would be planned as new.
    base = {name: value for name, value in environ.items() if name != "TF_WORKSPACE"} | own
    _run(planned.path, base, "init", "-input=false", "-no-color", *planned.init)
    if planned.workspace:
        listed = _run(planned.path, base, "workspace", "list").output
        known = [line.strip("* \t") for line in listed.splitlines() if line.strip()]
        if planned.workspace not in known:
            remedy = f"It has {', '.join(known)}" if known else None
            raise SlipwayError(f"there is no workspace {planned.workspace}", str(planned.path), remedy)
        base["TF_WORKSPACE"] = planned.workspace
    with tempfile.TemporaryDirectory(prefix="slipway-plan-") as directory:
        out = str(Path(directory) / "plan")
        _run(planned.path, base, "plan", "-input=false", "-no-color", "-lock=false", f"-out={out}", *planned.plan)
        shown = _run(planned.path, base, "show", "-json", "-no-color", out).output
    # Warnings about the CLI's configuration come first.
    return shown[max(shown.find("{"), 0) :].encode("utf-8", "surrogateescape")


def _run(path: Path, environ: Mapping[str, str], *words: str) -> Finished:
    try:
        done = run_command(["terraform", *words], _TIMEOUT, environ, cwd=os.fspath(path), whole=True)
    except FileNotFoundError:
        remedy = "Install it, or name a plan that another one made: -e plan_file=plan.json"
        raise SlipwayError("there is no terraform in the PATH", f"terraform {words[0]}", remedy) from None
    except OSError as error:
        raise SlipwayError(
            f"it cannot be started: {(error.strerror or '').lower()}", f"terraform {words[0]}"
        ) from error
    if done.late:
        raise SlipwayError(f"it did not end in {_TIMEOUT / 60:.0f} minutes", f"terraform {words[0]}", "Run it again")
    if done.code:
        raise SlipwayError(_why(done), f"terraform {words[0]} in {path}", "Correct it, then run it again")
    return done


def _why(done: Finished) -> str:
    """Terraform's errors, each with where it is; without the values that it quotes."""
    lines = [line.strip("│╷╵ \t") for line in (done.errors or done.output).splitlines()]
    found = [index for index, line in enumerate(lines) if line.startswith("Error: ")]
    said = []
    for index in found[:_ERROR_LINES]:
        place = next((line for line in lines[index + 1 : index + 4] if line.startswith("on ")), "")
        where = f" ({place.rstrip(':')})" if place else ""
        said.append(lines[index].removeprefix("Error: ") + where)
    more = f" and {len(found) - len(said)} more" if len(found) > len(said) else ""
    return redact("; ".join(said) + more) if said else f"it ended with {done.code}"
