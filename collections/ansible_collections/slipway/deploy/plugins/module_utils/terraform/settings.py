# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where a plan of Terraform is written, and how it is seen that it is this environment's. Pure.

A plan in JSON names neither its backend nor its workspace: what it can be compared by are its variables and outputs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ..common.errors import SlipwayError, SlipwayErrors, raise_all
from .plan import Plan

SETTING: Final = "terraform_plan"
_API: Final = "https://api.github.com"
_KEYS: Final = ("repository", "token", "api", "expect", "init", "plan")
_REPOSITORY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+")
_REF: Final = re.compile(r"refs/pull/([1-9][0-9]*)/(?:merge|head)")
#: Names of variables and outputs that hold the environment.
_ENVIRONMENT: Final = ("environment", "env")
_WORKSPACE: Final = "workspace"
_LONGEST_NAME: Final = 90
#: What makes it a plan to look at.
_OWN_OPTIONS: Final = ("out", "lock", "json", "input", "chdir", "detailed-exitcode")


@dataclass(frozen=True)
class Target:
    """Where a plan is written.

    :ivar repository: ``owner/name``; empty if none is named.
    :ivar token: the source of the token.
    :ivar expect: what variables and outputs of the plan must be, by name.
    :ivar init: further arguments of ``terraform init``. ``plan`` alike.
    """

    repository: str
    token: Any = field(repr=False)
    api: str = _API
    expect: Mapping[str, str] = field(default_factory=dict)
    init: tuple[str, ...] = ()
    plan: tuple[str, ...] = ()


def read_target(given: Any, environ: Mapping[str, str], where: str) -> Target:
    """The setting ``terraform_plan``; what it leaves out is that of the workflow that runs this.

    :param given: ``{repository: owner/name, token: source, api: …, expect: {name: text}, init: […], plan: […]}``.
    :raises SlipwayErrors: naming all mistakes.
    """
    if given is not None and not isinstance(given, Mapping):
        raise SlipwayErrors([SlipwayError("it is not a mapping", where, "Write repository: owner/name")])
    said = dict(given or {})
    errors = []
    unknown = sorted(str(key) for key in said if key not in _KEYS)
    if unknown:
        errors.append(SlipwayError(f"it has no key {', '.join(unknown)}", where, f"Use one of {', '.join(_KEYS)}"))
    repository = said.get("repository") or environ.get("GITHUB_REPOSITORY") or ""
    if repository and (not isinstance(repository, str) or not _REPOSITORY.fullmatch(repository)):
        errors.append(SlipwayError("this is not a repository", f"{where}.repository", "Write owner/name"))
    expect = said.get("expect") or {}
    if not isinstance(expect, Mapping) or not all(isinstance(item, str) for pair in expect.items() for item in pair):
        remedy = "Write expect: {environment: dev}, numbers in quotes"
        errors.append(SlipwayError("it is not a mapping of names to texts", f"{where}.expect", remedy))
    options: dict[str, tuple[str, ...]] = {}
    for key in ("init", "plan"):
        try:
            options[key] = check_options(said.get(key), f"{where}.{key}")
        except SlipwayError as error:
            errors.append(error)
    raise_all(errors)
    api = str(said.get("api") or environ.get("GITHUB_API_URL") or _API)
    return Target(str(repository), said.get("token") or {"env": "GITHUB_TOKEN"}, api, dict(expect), **options)


def check_options(given: object, where: str) -> tuple[str, ...]:
    """Further arguments of Terraform.

    :raises SlipwayError: they are no list of options, or one is Slipway's own.
    """
    if given in (None, ""):
        return ()
    if not isinstance(given, list) or not all(isinstance(item, str) and item.startswith("-") for item in given):
        raise SlipwayError("it is not a list of options", where, "Write [-var-file=dev.tfvars]")
    own = next((item for item in given if item.lstrip("-").split("=")[0] in _OWN_OPTIONS), None)
    if own is not None:
        raise SlipwayError(f"{own[:40]} is set by Slipway", where, "Leave it out")
    return tuple(str(item) for item in given)


def pull_request_number(given: object, environ: Mapping[str, str]) -> int:
    """The number of the pull request: the given one, else that which runs the workflow.

    :raises SlipwayError: there is none.
    """
    text = str(given).strip().removeprefix("#")
    if not text:
        found = _REF.fullmatch(environ.get("GITHUB_REF", ""))
        text = found[1] if found else ""
    if not text:
        remedy = "Name it: -e pull_request=12; with --check the plan is only shown"
        raise SlipwayError("no pull request is named", "pull_request", remedy)
    if not re.fullmatch(r"[1-9][0-9]{0,9}", text):
        raise SlipwayError(f"{text[:40]!r} is not the number of a pull request", "-e pull_request", "Write 12, say")
    return int(text)


def check_name(name: str, where: str) -> str:
    """A name of a workspace.

    :raises SlipwayError: Terraform does not take it: only what a URL takes, and no slash.
    """
    if not re.fullmatch(r"[A-Za-z0-9._~-]*", name) or len(name) > _LONGEST_NAME:
        remedy = f"Use letters, digits, . _ ~ and -, at most {_LONGEST_NAME}"
        raise SlipwayError(f"{name[:40]!r} is not a name of a workspace", where, remedy)
    return name


def check_identity(plan: Plan, expect: Mapping[str, str], environment: str, workspace: str, shown: str) -> str:
    """Check that a plan is this environment's and workspace's; return which of both it does not say.

    :param expect: what must be, in place of what is usual: ``environment`` and ``env``, and ``workspace``.
    :param shown: the plan's file.
    :raises SlipwayErrors: it is of another one, or does not have what is expected.
    """
    of = f"{environment}, workspace {workspace}" if workspace else environment
    usual: dict[str, tuple[str, ...]] = dict.fromkeys(_ENVIRONMENT, (environment,))
    usual[_WORKSPACE] = (workspace,) if workspace else ("default", environment, "")
    errors = []
    for name, texts in {**usual, **{name: (text,) for name, text in expect.items()}}.items():
        found = plan.names.get(name)
        if found is None and name in expect:
            what = f"the plan has no variable or output {name}, which shows whether it is of {of}"
            errors.append(SlipwayError(what, shown, f"Add it to the configuration, or correct {SETTING}.expect"))
        elif found is not None and found not in texts:
            what = f"this is not the plan of {of}: its {name} is {found[:60]!r}, not {texts[0]!r}"
            remedy = f"Name the plan of {of}, or say in {SETTING}.expect what {name} must be"
            errors.append(SlipwayError(what, shown, remedy))
    raise_all(errors)
    if expect:
        return ""
    unsaid = [] if any(name in plan.names for name in _ENVIRONMENT) else ["environment"]
    return " and its ".join([*unsaid, *(["workspace"] if workspace and _WORKSPACE not in plan.names else [])])
