#!/usr/bin/python
# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Checks a repository out over HTTPS on a host."""

from __future__ import annotations

DOCUMENTATION = r"""
module: git_checkout
short_description: Check out a repository over HTTPS, as an unprivileged user, without storing the token
version_added: "0.1.0"
author:
  - The Slipway authors (!UNKNOWN)
description:
  - The part of M(slipway.deploy.source_checkout) that runs on the host, with the token given as it is.
  - Checks out the commit next to the current checkout, and then points the symbolic link O(dest) at it. If this fails,
    the current checkout stays in place.
  - git gets the token through C(GIT_ASKPASS) from memory. It appears in no argument, environment, file, C(.git/config)
    or reflog. Only the host name in O(repository) receives it.
  - git reads no configuration of the machine or a user, runs no hooks and uses no credential helper.
options:
  token:
    description: The token, used as the password. A public repository needs none.
    type: str
  token_from:
    description: The source of the token, for error messages.
    type: str
    default: the task
extends_documentation_fragment:
  - slipway.deploy.attributes
  - slipway.deploy.attributes.full
  - slipway.deploy.checkout
attributes:
  check_mode:
    details: Asks the server for the commit of the version.
  idempotent:
    details: As long as a branch does not move.
"""

EXAMPLES = r"""
- name: Check out the backend's source
  slipway.deploy.git_checkout:
    repository: https://github.com/starxtechnologysolutions/Umigo
    version: backend-v0.2.0
    dest: /opt/umigo/source
    directory: umigoCrmBackend
    user: slipway-build
"""

RETURN = r"""
commit:
  description: The commit that is checked out. In check mode, the expected one. After a failure, the current one.
  returned: when it is known
  type: str
  sample: 6f1c0b8f1d1a4e0c8a4e4d8d7c0e5b9f3a2d1c0b
previous:
  description: The commit that was checked out before, or V(null).
  returned: success
  type: str
  sample: 0a1b2c3d4e5f60718293a4b5c6d7e8f901234567
path:
  description: The path of the checkout, including O(directory).
  returned: success
  type: str
  sample: /opt/umigo/source/umigoCrmBackend
"""

import shutil
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.common.errors import SlipwayError
from ..module_utils.git.arguments import CHECKOUT
from ..module_utils.git.checkout import Checkout, Wanted
from ..module_utils.git.version import COMMIT, check_directory, check_repository, check_version
from ..module_utils.programs.run import NOBODY, Account, account, ending, exists

ARGUMENTS = {
    **CHECKOUT,
    "token": {"type": "str", "no_log": True},
    "token_from": {"type": "str", "no_log": False, "default": "the task"},
}


def wanted_from(params: dict[str, Any]) -> Wanted:
    """What the arguments want.

    :raises SlipwayError: when they are wrong.
    """
    dest = Path(params["dest"])
    if not dest.is_absolute() or not dest.name:
        raise SlipwayError(f"{str(dest)!r} is not an absolute path", "dest", "Write it as in /opt/umigo/source")
    return Wanted(
        repository=params["repository"],
        host=check_repository(params["repository"], "repository"),
        version=check_version(params["version"], "version"),
        dest=dest,
        directory=check_directory(params["directory"], "directory"),
        depth=max(params["depth"], 0),
        ca_file=params["ca_file"] or "",
        token=params["token"] or "",
        token_from=params["token_from"],
        timeout=params["timeout"],
        keep=max(params["keep"], 1),
    )


def check_out(params: dict[str, Any], check_mode: bool, stays: list[str]) -> dict[str, Any]:
    """Bring the checkout about.

    :param stays: gets the commit that is checked out when this begins.
    :raises SlipwayError: when that cannot be done.
    """
    wanted = wanted_from(params)
    if check_mode and shutil.which("git") is None:
        return _result(wanted, None, None, "git would be installed first")
    if shutil.which("git") is None:
        raise SlipwayError("git is not installed", None, "Install the package git")
    checkout = Checkout(wanted, _runner(params["user"], check_mode))
    before, current = checkout.recorded(), checkout.current()
    stays.extend([before] if before else [])
    if current is not None and COMMIT.fullmatch(wanted.version) and current == wanted.version:
        commit = current  # A commit does not move: nobody has to be asked.
    else:
        commit = checkout.resolve()
    if commit != current and not check_mode:
        checkout.switch(commit)
    return _result(wanted, before, commit, "damaged" if before == commit != current else None)


def _runner(user: str, check_mode: bool) -> Account:
    # In check mode the task before this one has not made the user.
    return account(NOBODY if check_mode and not exists(user) else user, "user")


def _result(wanted: Wanted, before: str | None, commit: str | None, note: str | None) -> dict[str, Any]:
    changed = before != commit or note is not None
    result = {
        "changed": changed,
        "previous": before,
        "path": str(wanted.dest / wanted.directory),
        "diff": {
            "before_header": str(wanted.dest),
            "after_header": str(wanted.dest),
            "before": f"commit {before}{f' ({note})' if note else ''}\n" if before else "",
            "after": f"commit {commit or 'not known yet'} ({wanted.version})\n" if changed else f"commit {before}\n",
        },
    }
    return {**result, "commit": commit} if commit else result


def main() -> None:
    """The module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    stays: list[str] = []
    try:
        with ending():
            result = check_out(module.params, module.check_mode, stays)
    except SlipwayError as error:
        if not stays:
            module.fail_json(msg=str(error))
        kept = f"{str(error).rstrip('.')}. {module.params['dest']} stays at commit {stays[0][:12]}"
        module.fail_json(msg=kept, commit=stays[0])
    module.exit_json(**result)


if __name__ == "__main__":
    main()
