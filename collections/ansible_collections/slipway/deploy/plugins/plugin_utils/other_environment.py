# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A second environment of the project, read by ``ansible-inventory``: what it runs, where its records and images are.

Nothing is templated but the variables of :data:`READ`, so that no secret of it is read.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from ansible import context as ansible_context
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

from ..module_utils.common.documents import loads
from ..module_utils.common.errors import SlipwayError
from ..module_utils.environment.choose import check_name
from ..module_utils.environment.directory import MARKER, list_environments, root_of
from ..module_utils.environment.known import OF_ENVIRONMENT
from ..module_utils.fleet.model import SERVICE_SETTINGS
from ..module_utils.kinds.registry import NAMES
from ..module_utils.programs.run import run_command
from .context import Context
from .extra_vars import read_extra_vars

#: The variables that are read: the account, the state store, the names of services, and the places of artifacts.
READ: Final = frozenset(
    (
        *(OF_ENVIRONMENT - {"slack", "github", "summary_file", "deploy_hooks", "terraform_outputs"}),
        *("env", "ecs_cluster", "ecs_service", "container_name", "image_repository", "ecr_registry"),
        *("image_repository_prefix", "service_name_prefix", "service_image_tag", "artifact_bucket"),
        *SERVICE_SETTINGS,
        *(f"{kind}_{name}" for kind in NAMES for name in ("connection", "repository", "failure_threshold")),
        *(
            "site_source",
            "site_bucket",
            "site_archive_name",
            "site_image",
            "site_image_authfile",
            "site_image_insecure",
        ),
    )
)
#: An inventory may be read from AWS.
_SECONDS: Final = 120.0


def environments_root(context: Context) -> Path:
    """The directory of the project's environments.

    :raises SlipwayError: the run's inventory is not in one.
    """
    sources = [Path(str(source)) for source in context.variables.get("ansible_inventory_sources") or ()]
    root = next((root for source in sources if (root := root_of(source.absolute())) is not None), None)
    if root is None:
        raise SlipwayError("the inventory does not belong to an environment", None, "Leave -i out, and use -e env=…")
    return root


def other_environment(context: Context, name: object, variable: str) -> Context:
    """Another environment as a task of it would see it.

    :param variable: what names it, for errors.
    :raises SlipwayError: it does not exist, is this one, or its inventory cannot be read.
    """
    root = environments_root(context)
    known = list_environments(root)
    if not name:
        raise SlipwayError(f"{variable} is empty", f"-e {variable}", f"Name an environment: {', '.join(known)}")
    try:
        environment = check_name(name, known)
    except SlipwayError as error:
        raise SlipwayError(error.what.replace("env=", f"{variable}="), f"-e {variable}", error.remedy) from error
    if environment == context.environment:
        what = f"{environment} is the environment itself"
        raise SlipwayError(what, f"-e {variable}", f"Name another one of {', '.join(known)}")
    return _context(environment, root, _listed(environment, root))


def _listed(environment: str, root: Path) -> Mapping[str, Any]:
    """The answer of ``ansible-inventory --list``: no template in it is carried out."""
    given = ansible_context.CLIARGS or {}
    vault = [f"--vault-id={item}" for item in given.get("vault_ids") or ()]
    vault += [f"--vault-password-file={item}" for item in given.get("vault_password_files") or ()]
    argv = [sys.executable, "-m", "ansible", "inventory", "-i", str(root / MARKER), "-e", f"env={environment}"]
    where = f"{root.name}/{environment}"
    # Its answer has the inventory's values: it belongs in no log. Notes of -v would stand before it.
    environ = {**os.environ, "ANSIBLE_LOG_PATH": os.devnull, "ANSIBLE_VERBOSITY": "0", "ANSIBLE_FORCE_COLOR": "0"}
    done = run_command([*argv, *vault, "--list"], _SECONDS, environ, whole=True)
    if done.late:
        raise SlipwayError(f"it was not read within {_SECONDS:.0f} s", where, "Try: ansible-inventory --list")
    lines = [line for line in done.errors.splitlines() if line.strip()]
    if done.code:
        raise SlipwayError(f"its inventory cannot be read: {lines[0] if lines else f'exit code {done.code}'}", where)
    try:
        answer: Mapping[str, Any] = loads(done.output)
    except ValueError as error:
        raise SlipwayError(f"ansible-inventory did not answer in JSON ({error})", where) from error
    return answer


def _context(environment: str, root: Path, answer: Mapping[str, Any]) -> Context:
    variables = dict(answer["_meta"]["hostvars"])
    groups = {name: list(_members(name, answer)) for name in answer if name != "_meta"}
    # What the command line says holds for both environments.
    extra = {name: value for name, value in read_extra_vars().items() if name != "env"}
    loader = DataLoader()
    common = {"env": environment, "groups": groups, "inventory_dir": str(root / environment)}
    common["ansible_playbook_python"] = sys.executable
    names = list(dict.fromkeys(name for members in groups.values() for name in members))
    hosts = {
        name: _Lazy(variables.get(name, {}), {**extra, **common, "inventory_hostname": name}, loader) for name in names
    }
    if not names:
        raise SlipwayError("it has no services and no hosts", f"{root.name}/{environment}", "Add hosts to it")
    return Context(
        {
            "inventory_hostname": names[0],
            "env": environment,
            "ansible_check_mode": True,
            "hostvars": hosts,
            "groups": groups,
            "ansible_play_hosts_all": names,
            "ansible_play_batch": names,
        }
    )


def _members(group: str, answer: Mapping[str, Any], seen: frozenset[str] = frozenset()) -> Iterator[str]:
    """The hosts of a group and of its children, in the inventory's order, each once."""
    found: dict[str, None] = dict.fromkeys(answer.get(group, {}).get("hosts") or ())
    for child in answer.get(group, {}).get("children") or ():
        if child not in seen:
            found.update(dict.fromkeys(_members(child, answer, seen | {group})))
    return iter(found)


class _Lazy(Mapping[str, Any]):
    """A host's variables of :data:`READ`, templated when they are read.

    :param given: variables that take precedence. They are data, never templates.
    """

    def __init__(self, variables: Mapping[str, Any], given: Mapping[str, Any], loader: DataLoader) -> None:
        self._variables = {**{str(name): _trusted(value) for name, value in variables.items()}, **given}
        self._templar = Templar(loader, self._variables)

    def __getitem__(self, name: str) -> Any:
        if name not in READ:
            raise KeyError(name)
        return self._templar.template(self._variables[name])

    def __iter__(self) -> Iterator[str]:
        return iter(name for name in self._variables if name in READ)

    def __len__(self) -> int:
        return sum(1 for _name in self)


def _trusted(value: Any) -> Any:
    """A value of the project's own inventory, whose templates JSON made plain texts."""
    if isinstance(value, str):
        return trust_as_template(value)
    if isinstance(value, list):
        return [_trusted(item) for item in value]
    if isinstance(value, Mapping):
        return {str(name): _trusted(item) for name, item in value.items()}
    return value
