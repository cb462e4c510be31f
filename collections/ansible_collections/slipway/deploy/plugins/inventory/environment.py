# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The inventory of one environment: the edge of ``module_utils/environment``."""

from __future__ import annotations

DOCUMENTATION = r"""
name: environment
short_description: The inventory of the environment that -e env=… names
version_added: 0.1.0
author: The Slipway authors (!UNKNOWN)
description:
  - Reads the extra variable C(env), and passes every inventory source in the directory of that name, next to this
    plugin's own file, to the inventory plugins that can parse it. Nothing of another environment is read.
  - The variables in C(group_vars) and C(host_vars) of that directory come from the vars plugin
    P(slipway.deploy.environment#vars).
  - A directory is an environment when it holds a file C(environment.yml) as well. With it, C(-i inventories/dev) means
    the same as C(-e env=dev); naming two different environments is an error.
  - With C(-e self=backend), no source is read. This machine is the only host, in that group (C(backend), C(site) or
    C(database)), with a local connection and the
    environment's variables. A host runs its own bundle this way. The host's name is C(self_name), or else the
    instance's id (IMDSv2), or else the host name.
  - Before anything is done, refuses the following, with one line per mistake. These are an environment that does not
    exist, sources that fail or contain a key twice, an inventory with neither services nor hosts, services without
    exactly one priority, two services with the same name, and a C(--limit) with a name that is not in the inventory.
  - Sets variables from the Terraform outputs that C(terraform_outputs) in group_vars names. Its C(file) is the output
    of C(terraform output -json), in the environment's directory, or its C(ssm) is the path of the parameters that
    Terraform wrote. Its C(variables) maps variables to outputs. All missing outputs are reported.
notes:
  - A mistake ends the program (exit code 4) instead of raising an error. Ansible would catch the error, print it as a
    warning of several lines, and then report that no inventory was parsed, which hides the actual problem.
options:
  plugin:
    description: The name of this plugin.
    type: str
    required: true
    choices: [slipway.deploy.environment]
"""

EXAMPLES = r"""
# inventories/environment.yml and inventories/<env>/environment.yml:
plugin: slipway.deploy.environment
"""

import re
import sys
from collections import ChainMap
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from ansible import constants, context
from ansible.errors import AnsibleError
from ansible.inventory.helpers import sort_groups
from ansible.plugins.inventory import BaseInventoryPlugin
from ansible.plugins.loader import inventory_loader, vars_loader
from ansible.template import trust_as_template
from ansible.utils.display import Display

from ..module_utils.aws.client import LOCAL, preload
from ..module_utils.common.command import name_environment
from ..module_utils.common.errors import SlipwayError, SlipwayErrors
from ..module_utils.environment.check import FLEET, GROUPS, HOST_TARGETS, PARENTS, STEPS, TARGETS, check_fleet
from ..module_utils.environment.choose import choose
from ..module_utils.environment.directory import (
    MARKER,
    check_marker,
    is_environment,
    list_environments,
    read_text,
    variable_files,
)
from ..module_utils.environment.known import ON_CLONES, WITHOUT_ENVIRONMENT
from ..module_utils.environment.limit import check_limit
from ..module_utils.environment.scope import check_same
from ..module_utils.environment.self import Self, read_self
from ..module_utils.environment.source import Places, read_source, template_names, text_names
from ..module_utils.kinds.registry import NAMES
from ..plugin_utils.command_line import (
    begin,
    check_run,
    check_steps,
    end,
    limit_patterns,
    note_started,
    playbooks,
    role_options,
)
from ..plugin_utils.extra_vars import read_extra_vars
from ..plugin_utils.inventory_source import failure_of, one_line, sources, wrapped
from ..plugin_utils.overridden import refuse_overridden
from ..plugin_utils.signs import Signs, slowness
from ..plugin_utils.streams import keep_going, last_write
from ..plugin_utils.terraform import terraform_variables

display = Display()

#: The playbooks whose plays set variables of roles.
DEPLOYS = frozenset({"deploy", "rollback", "bootstrap_host"})
#: A file with options of roles. Reading the roles' options takes time.
_ROLES = re.compile(
    rf"^\s*(?!(?:{'|'.join(NAMES)})_)(?:\w+_(?:service|directory|migration|site|end|checkout|parameters|agent)|artifact)_\w+:",
    re.MULTILINE,
)


class InventoryModule(BaseInventoryPlugin):
    """Chooses the environment, delegates to the stock plugins and checks the result."""

    NAME = "slipway.deploy.environment"

    def verify_file(self, path: str) -> bool:
        """Whether ``path`` is a file for this plugin: ``environment.yml``."""
        return super().verify_file(path) and Path(path).name == MARKER

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        """Fill the inventory, or end the program with a line for each mistake."""
        # Slipway's first code in a run, whatever the callback is.
        keep_going()
        # A source may query services for a long time. The output of ansible-inventory is read by programs.
        signs = Signs(partial(display.display, stderr=True), last_write, slowness=slowness())
        signs.doing("reading the inventory")
        signs.start()
        try:
            note_started()
            read_extra_vars(loader)
            super().parse(inventory, loader, path, cache)
            self._read_config_data(path)
            self._parse(Path(path), cache)
        except (SlipwayError, AnsibleError) as error:
            end(error if isinstance(error, SlipwayError) else SlipwayError(one_line(error)))
        finally:
            signs.stop()

    def _parse(self, path: Path, cache: bool) -> None:
        here = path.parent
        root = here.parent if is_environment(here) else here
        given = _inventory_sources()
        extra = read_extra_vars(self.loader)
        if "env" not in extra and playbooks() and WITHOUT_ENVIRONMENT.issuperset(playbooks()):
            self._add_only_this_machine(extra)
            return
        check_marker(root, extra.get("env"))
        environment = choose(extra.get("env"), [*given, str(path)], str(root), list_environments(root))
        note_started(environment)
        check_steps()
        this = read_self(extra)
        if this is not None and is_environment(here):
            # Ansible reads the directory's other sources as well, regardless of this plugin.
            remedy = f"With -e self={this.group} leave -i out, and {name_environment(environment)} -e self={this.group}"
            raise SlipwayError("reads every source", f"-i {root.name}/{here.name}", remedy)
        on_clone = bool(playbooks()) and ON_CLONES.issuperset(playbooks()) and not is_environment(here)
        places = self._read_sources(root, environment, cache) if this is None and not on_clone else None
        self.inventory.set_variable("all", "env", trust_as_template(environment))
        if not on_clone:
            self._add_outputs(root / environment)
        self._add_groups()
        if on_clone and this is None:
            self._add_for_clone(root / environment, root)
        elif places is None:
            self._add_this_machine(this, root / environment, root)
        else:
            self._check(root / environment, places)
        self._order_targets()
        if len(given) <= 1:
            # A second source may add hosts and variables that are not known yet.
            self._check_run(root, environment)
        if DEPLOYS.intersection(playbooks()) and not _only_checks_syntax():
            members = self._members()
            preload([*(["ecs"] if members[FLEET] else []), *(["s3"] if environment != LOCAL else [])])
        begin(environment)

    def _add_only_this_machine(self, extra: Collection[str]) -> None:
        """Add this machine for a playbook that needs no environment."""
        check_steps()
        check_run("", extra, (), (), {}, None)
        self.inventory.add_host("localhost")
        self.inventory.set_variable("localhost", "ansible_connection", trust_as_template("local"))
        self.inventory.set_variable("localhost", "ansible_python_interpreter", trust_as_template(sys.executable))
        begin("")

    def _add_groups(self) -> None:
        """Create the groups that plays use: an empty group skips its play, a missing one causes a warning."""
        runs_plays = context.CLIARGS is not None and "syntax" in context.CLIARGS
        parents: dict[str, tuple[str, ...]] = {**PARENTS, **(STEPS if runs_plays else {})}
        for group in (*GROUPS, *parents):
            self.inventory.add_group(group)
        for parent, children in parents.items():
            for child in children:
                self.inventory.add_child(parent, child)

    def _order_targets(self) -> None:
        """Put services before hosts: Ansible walks two levels of child groups in no defined order."""
        members = self._members()
        if members[FLEET] and members[HOST_TARGETS]:
            for name in (*members[FLEET], *members[HOST_TARGETS]):
                self.inventory.add_host(name, group=TARGETS)

    def _add_outputs(self, directory: Path) -> None:
        """Add Terraform's outputs as variables of all hosts: values, never templates."""
        if _only_checks_syntax():
            return
        everywhere = vars_loader.get("ansible.builtin.host_group_vars").get_vars(
            self.loader, str(directory), [self.inventory.groups["all"]]
        )
        extra = read_extra_vars(self.loader)
        self.templar.available_variables = {"env": directory.name, **everywhere, **extra}
        for name, value in terraform_variables(directory, everywhere, extra, self.templar.template).items():
            self.inventory.set_variable("all", name, value)

    def _add_this_machine(self, this: Self | None, directory: Path, root: Path) -> None:
        """Add the only host. The sources are not read: they may query services that this machine has no access to."""
        _read_yaml({}, variable_files(directory), root)
        if this is not None:
            with self._source(directory / MARKER):
                self.inventory.add_host(this.name, group=this.group)
            self.inventory.set_variable(this.name, "ansible_connection", trust_as_template("local"))
            self.inventory.set_variable(this.name, "ansible_python_interpreter", trust_as_template(sys.executable))

    def _add_for_clone(self, directory: Path, root: Path) -> None:
        """Add this machine, with the variables of all groups of hosts: whoever commits need not have an account."""
        _read_yaml({}, variable_files(directory), root)
        groups = [name for name in NAMES if list((directory / "group_vars").glob(f"{name}*"))]
        for group in groups or ["ungrouped"]:
            with self._source(directory / MARKER):
                self.inventory.add_host("localhost", group=group)
        self.inventory.set_variable("localhost", "ansible_connection", trust_as_template("local"))
        self.inventory.set_variable("localhost", "ansible_python_interpreter", trust_as_template(sys.executable))

    def _read_sources(self, root: Path, environment: str, cache: bool) -> Places:
        directory = root / environment
        shown = {path: str(path.relative_to(root.parent)) for path in sources(directory)}
        if not shown:
            raise SlipwayError("contains no inventory source", f"{root.name}/{environment}", "Add a fleet.yml")
        places, plugins = _read_yaml(shown, variable_files(directory), root)
        for path, name in shown.items():
            if plugins.get(path) and _only_checks_syntax():
                continue  # A syntax check needs no cloud.
            with self._source(path):
                self._delegate(path, name, plugins.get(path), cache)
        return places

    @contextmanager
    def _source(self, path: Path) -> Iterator[None]:
        """Add hosts of that source: Ansible derives their inventory_dir and inventory_file from it."""
        outer = self.inventory.current_source
        self.inventory.current_source = str(path)
        try:
            yield
        finally:
            self.inventory.current_source = outer

    def _delegate(self, path: Path, shown: str, plugin_name: str | None, cache: bool) -> None:
        """Parse a source with the first enabled plugin that accepts it, as Ansible does for its own sources."""
        is_yaml = path.suffix in (".yml", ".yaml")
        names = ["auto" if plugin_name else "yaml"] if is_yaml else list(constants.INVENTORY_ENABLED)
        failure: Exception | None = None
        for name in names:
            plugin = inventory_loader.get(name)
            if plugin is None or not plugin.verify_file(str(path)):
                continue
            try:
                plugin.parse(wrapped(self.inventory, plugin), self.loader, str(path), cache=cache)
                if hasattr(plugin, "update_cache_if_changed"):
                    plugin.update_cache_if_changed()
                return
            except Exception as error:  # noqa: BLE001 - a plugin may raise anything, and the next one may take the file
                failure = failure or error
        if failure is None:
            raise SlipwayError(
                "no inventory plugin can parse this file", shown, "Remove it, or give it the ending .yml"
            )
        raise failure_of(shown, failure) from failure

    def _check(self, directory: Path, places: Places) -> None:
        variables = vars_loader.get("ansible.builtin.host_group_vars")
        hosts = self.inventory.hosts.values()
        host_vars = {
            host.name: {**host.vars, **variables.get_vars(self.loader, str(directory), [host])} for host in hosts
        }
        everywhere = variables.get_vars(self.loader, str(directory), [self.inventory.groups["all"]])
        check_fleet(directory.name, self._members(), host_vars, places, prefix=everywhere.get("service_name_prefix"))
        errors = list(check_same(directory.name, self._members(), self._variables(directory)))
        if errors:
            raise SlipwayErrors(errors)

    def _check_run(self, root: Path, environment: str) -> None:
        """Refuse command-line arguments that do not apply to this environment."""
        patterns, hosts, members = limit_patterns(), list(self.inventory.hosts), self._members()
        selected = None if patterns is None else check_limit(patterns, hosts, {**members, "all": hosts})
        roles = dict.fromkeys([root.parent / "roles", *map(Path, constants.DEFAULT_ROLES_PATH)])
        options = role_options(path for path in roles if path.is_dir())
        check_run(environment, read_extra_vars(self.loader), self._own(root / environment), options, members, selected)
        if set(playbooks()) & DEPLOYS:
            self._check_overridden(root, environment, selected)

    def _check_overridden(self, root: Path, environment: str, selected: Collection[str] | None) -> None:
        """Refuse variables of roles that the plays set."""
        variables, members = self._variables(root / environment), self._members()
        deployed = {
            kind: [name for name in members[kind] if variables[name].get(f"{kind}_connection") != "none"]
            for kind in NAMES
        }
        if selected is None or any(name in selected for names in deployed.values() for name in names):
            directories = [path / "playbooks/plays/group_vars" for path in (root.parent, Path(__file__).parents[2])]
            refuse_overridden(environment, next(filter(Path.is_dir, directories), directories[0]), deployed, variables)

    def _own(self, directory: Path) -> set[str]:
        """The variables that the environment's files define or use in a template."""
        names = {
            name for item in (*self.inventory.hosts.values(), *self.inventory.groups.values()) for name in item.vars
        }
        templates = [path for path in directory.rglob("*") if path.suffix in (".yml", ".yaml", ".j2")]
        for path in {*templates, *variable_files(directory)}:
            if path.is_file():
                names |= template_names(read_text(path, str(path)))
        return names | {name for found in self._variables(directory).values() for name in found}

    def _variables(self, directory: Path) -> dict[str, dict[str, Any]]:
        """Host → its variables, and group → those of the group, by the precedence of Ansible."""
        files = vars_loader.get("ansible.builtin.host_group_vars")

        def of(item: Any) -> dict[str, Any]:
            return dict(files.get_vars(self.loader, str(directory), [item]))

        groups = {name: (group.vars, of(group)) for name, group in self.inventory.groups.items()}
        found: dict[str, dict[str, Any]] = {}
        for host in self.inventory.hosts.values():
            # Contains all hosts; Ansible itself only ensures that once every source is read.
            among = {self.inventory.groups["all"], *host.get_groups()}
            ordered = [groups[group.name] for group in sort_groups(among)]
            given, written = zip(*ordered, strict=True)
            found[host.name] = dict(ChainMap(*reversed([*given, *written, host.vars, of(host)])))
        return found

    def _members(self) -> dict[str, list[str]]:
        return {name: [host.name for host in group.get_hosts()] for name, group in self.inventory.groups.items()}


def _only_checks_syntax() -> bool:
    return bool(context.CLIARGS.get("syntax")) if context.CLIARGS else False


def _inventory_sources() -> list[str]:
    """The sources of ``-i``, or the default; empty without a command line."""
    given = context.CLIARGS.get("inventory") if context.CLIARGS else None
    if isinstance(given, str):
        given = [given]
    return [source if "," in source else str(Path(source).absolute()) for source in given or ()]


@lru_cache
def _role_texts(root: Path) -> frozenset[str]:
    """The options of Slipway's roles whose type is text."""
    return frozenset(role_options([root.parent / "roles"], "str"))


def _read_yaml(shown: dict[Path, str], variables: Sequence[Path], root: Path) -> tuple[Places, dict[Path, str | None]]:
    """The paths of the static sources and the plugin of every YAML source; raises the errors of all YAML files."""
    places = Places()
    plugins: dict[Path, str | None] = {}
    errors: list[SlipwayError] = []
    named = {
        path: shown.get(path) or str(path.relative_to(root.parent))
        for path in [*shown, *variables]
        if path not in shown or path.suffix in (".yml", ".yaml")
    }
    texts = {path: read_text(path, name) for path, name in named.items()}
    own = text_names(texts.values())
    for path, text in texts.items():
        name = named[path]
        source = read_source(text, name, path not in shown, own | (_role_texts(root) if _ROLES.search(text) else set()))
        errors.extend(source.errors)
        if path in shown:
            plugins[path] = source.plugin
            places.merge(source.places)
            if source.empty:
                errors.append(SlipwayError("is empty", name, "List the services in it, or remove it"))
    if errors:
        raise SlipwayErrors(errors) if len(errors) > 1 else errors[0]
    return places, plugins
