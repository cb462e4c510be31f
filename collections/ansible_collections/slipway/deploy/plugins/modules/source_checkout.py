#!/usr/bin/python
# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Checks out a repository over HTTPS, as an unprivileged user, without storing the token."""

from __future__ import annotations

DOCUMENTATION = r"""
module: source_checkout
short_description: Check out a repository on a host with a token from the Parameter Store
version_added: "0.1.0"
author: The Slipway authors (!UNKNOWN)
description:
  - Reads the token on the control node, from the first of O(token_parameters) that exists, and checks out the
    repository on the host. The token is on the host only while git runs, and only in memory.
  - Checks out the commit next to the current checkout, and then points the symbolic link O(dest) at it. If this fails,
    the current checkout stays in place.
  - git gets the token through C(GIT_ASKPASS). It appears in no argument, environment, file, C(.git/config) or reflog.
    Only the host name in O(repository) receives it.
  - git reads no configuration of the machine or a user, runs no hooks and uses no credential helper.
options:
  repository:
    description: The HTTPS URL of the repository, without credentials.
    type: str
    required: true
  version:
    description: A branch, a tag, or a full commit hash.
    type: str
    required: true
  dest:
    description: The path of the symbolic link to the checkout. The checkouts themselves are in C(<dest>.checkouts).
    type: path
    required: true
  directory:
    description: A directory, relative to the root of the repository, that the checkout must contain.
    type: str
    default: ""
  user:
    description: The user that runs git and owns the checkout.
    type: str
    required: true
  depth:
    description: How many commits of history to fetch. V(0) fetches all.
    type: int
    default: 1
  ca_file:
    description: A file on the host with the CA certificates to trust instead of the system's.
    type: path
  timeout:
    description: How many seconds a single git command may take.
    type: int
    default: 600
  keep:
    description: How many checkouts to keep. The live one and its predecessor are always kept.
    type: int
    default: 2
  token_parameters:
    description:
      - Names of parameters in the SSM Parameter Store. The first one that exists contains the token.
      - >-
        A token can be on the control node instead, V({env: NAME}) or V({file: path}). Only the owner of the file may
        have access to it.
      - By default, V(/<env>/github/pat) and V(/shared/github/pat-readonly). If none exists, or the list is empty, no
        token is used.
    type: list
    elements: raw
extends_documentation_fragment: [slipway.deploy.payload, slipway.deploy.attributes, slipway.deploy.attributes.full]
attributes:
  check_mode:
    details: Asks the server for the commit of the version.
  idempotent:
    details: As long as a branch does not move.
"""

EXAMPLES = r"""
- name: Check out the backend's source
  slipway.deploy.source_checkout:
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
token_parameter:
  description: The parameter that the token was read from, or V(null).
  returned: always
  type: str
  sample: /shared/github/pat-readonly
"""

import shutil
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.common.errors import SlipwayError
from ..module_utils.common.payload import PAYLOAD, read_payload
from ..module_utils.git.arguments import CHECKOUT
from ..module_utils.git.checkout import Checkout, Wanted
from ..module_utils.git.version import COMMIT, check_directory, check_repository, check_version
from ..module_utils.programs.run import NOBODY, Account, account, ending, exists


def wanted_from(params: dict[str, Any], token: str = "", token_from: str = "") -> Wanted:
    """Read the checkout from the arguments.

    :raises SlipwayError: an argument is invalid.
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
        token=token,
        token_from=token_from,
        timeout=params["timeout"],
        keep=max(params["keep"], 1),
    )


def check_out(wanted: Wanted, user: str, check_mode: bool, stays: list[str]) -> dict[str, Any]:
    """Make the checkout.

    :param user: the user who runs git and owns the checkout.
    :param stays: called with the commit that is checked out at the start.
    :raises SlipwayError: the checkout fails.
    """
    if check_mode and shutil.which("git") is None:
        return _result(wanted, None, None, "git would be installed first")
    if shutil.which("git") is None:
        raise SlipwayError("git is not installed", None, "Install the package git")
    checkout = Checkout(wanted, _runner(user, check_mode))
    before, current = checkout.recorded(), checkout.current()
    stays.extend([before] if before else [])
    if current is not None and COMMIT.fullmatch(wanted.version) and current == wanted.version:
        commit = current  # A commit does not move: the server need not be asked.
    else:
        commit = checkout.resolve()
    if commit != current and not check_mode:
        checkout.switch(commit)
    return _result(wanted, before, commit, "damaged" if before == commit != current else None)


def _runner(user: str, check_mode: bool) -> Account:
    # In check mode an earlier task has not created the user.
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
    module = AnsibleModule(argument_spec={**CHECKOUT, **PAYLOAD}, supports_check_mode=True)
    found = read_payload(module.params)
    module.no_log_values.update({found["token"]} if found else ())
    stays: list[str] = []
    try:
        with ending():
            result = check_out(wanted_from(module.params, **found), module.params["user"], module.check_mode, stays)
    except SlipwayError as error:
        if not stays:
            module.fail_json(msg=str(error))
        kept = f"{str(error).rstrip('.')}. {module.params['dest']} stays at commit {stays[0][:12]}"
        module.fail_json(msg=kept, commit=stays[0])
    module.exit_json(**result)


if __name__ == "__main__":
    main()
