# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The context of an action: the environment's variables, its clients, its store, the run's files."""

from __future__ import annotations

import getpass
import os
import re
import socket
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from ansible import constants
from ansible.errors import AnsibleError
from ansible.module_utils.parsing.convert_bool import boolean

from ..module_utils.aws.client import (
    AwsSettings,
    Clients,
    check_local,
    credentials_place,
    make_clients,
    settings_from_vars,
)
from ..module_utils.aws.errors import is_about_credentials
from ..module_utils.common.errors import SlipwayError, SlipwayErrors
from ..module_utils.environment.settings import (
    Settings,
    check_selected,
    desired_service,
    read_settings,
    wanted_tags,
)
from ..module_utils.fleet.model import DesiredService
from ..module_utils.kinds.registry import NAMES
from ..module_utils.lock.owner import current_owner
from ..module_utils.lock.process import main_process
from ..module_utils.state.store import Store, open_store
from .extra_vars import read_extra_vars
from .files import RunFiles, runs_directory

FLEET = "fleet"
#: The value of ``<group>_connection`` for hosts that run their own bundle and are not managed from here.
NO_CONNECTION = "none"
_PRIORITY = re.compile(r"priority_(\d+)")


class Context:
    """One task's view of the run.

    :param task_vars: the variables that Ansible passes to an action.
    :param observations: host → the results of earlier tasks on it, from the task's argument.
    """

    def __init__(
        self, task_vars: Mapping[str, Any], observations: Mapping[str, Mapping[str, Any]] | None = None
    ) -> None:
        self._task_vars = task_vars
        self._observations = observations or {}
        self._hosts: dict[str, Mapping[str, Any]] = {}
        self.here = str(task_vars["inventory_hostname"])
        self.check_mode = bool(task_vars.get("ansible_check_mode"))

    def host(self, name: str) -> Mapping[str, Any]:
        """A host's variables, templated when they are read."""
        if name not in self._hosts:  # Ansible combines a host's variables again on each access.
            where = f"inventories/{self._task_vars.get('env', '…')} (host {name})"
            self._hosts[name] = _Templated(self._task_vars["hostvars"][name], where)
        return self._hosts[name]

    @cached_property
    def variables(self) -> Mapping[str, Any]:
        """The variables of the task's host: those of the environment are the same on all hosts."""
        return self.host(self.here)

    @cached_property
    def environment(self) -> str:
        """The environment's name.

        :raises SlipwayError: the inventory does not belong to an environment of Slipway.
        """
        if "env" not in self.variables:
            remedy = "Run it in the project's directory with -e env=…, or with -i inventories/<env>"
            raise SlipwayError("this run has no environment", "env", remedy)
        return str(self.variables["env"])

    @cached_property
    def extra(self) -> frozenset[str]:
        """The names of the variables from the command line, which are not in the inventory."""
        return frozenset(str(name) for name in read_extra_vars())

    def written(self, name: str) -> str:
        """Where a variable of the environment is defined."""
        return f"-e {name}" if name in self.extra else f"inventories/{self.environment}/group_vars/all.yml"

    @cached_property
    def services(self) -> list[str]:
        """The fleet's service names, in inventory order."""
        return [str(name) for name in self._task_vars["groups"].get(FLEET, [])]

    @cached_property
    def playing(self) -> frozenset[str]:
        """The hosts of the play that ``--limit`` selects."""
        return frozenset(str(name) for name in self._task_vars["ansible_play_hosts_all"])

    @cached_property
    def selected(self) -> frozenset[str]:
        """The services that ``--limit`` selects: all without it."""
        return self.playing & frozenset(self.services)

    @cached_property
    def hosts_by_kind(self) -> dict[str, list[str]]:
        """The names of the hosts that are deployed from here, in inventory order, by kind in the order of a switch.

        Kinds without such hosts are left out.
        """
        found = {kind: [name for name in self.members(kind) if self.is_reached(name, kind)] for kind in NAMES}
        return {kind: names for kind, names in found.items() if names}

    @cached_property
    def hosts(self) -> list[str]:
        """The names of all hosts that are deployed from here."""
        return [name for names in self.hosts_by_kind.values() for name in names]

    def members(self, kind: str) -> list[str]:
        """The names of a kind's hosts in inventory order, including those that run their own bundle."""
        return [str(name) for name in self._task_vars["groups"].get(kind, [])]

    def is_reached(self, name: str, kind: str) -> bool:
        """Whether a host is deployed from here: it does not run its own bundle."""
        return str(self.host(name).get(f"{kind}_connection")) != NO_CONNECTION

    def kind_of(self, name: str) -> str:
        """The kind of a host. Without one, as for a service, the environment's first kind."""
        return next((kind for kind in NAMES if name in self.members(kind)), next(iter(self.hosts_by_kind), NAMES[0]))

    @cached_property
    def selected_hosts(self) -> frozenset[str]:
        """The hosts that ``--limit`` selects."""
        return self.playing & frozenset(self.hosts)

    @cached_property
    def selected_by_kind(self) -> dict[str, list[str]]:
        """The hosts that ``--limit`` selects, by kind. Kinds without such hosts are left out."""
        found = {
            kind: [name for name in names if name in self.selected_hosts] for kind, names in self.hosts_by_kind.items()
        }
        return {kind: names for kind, names in found.items() if names}

    def of_group(self, name: str, variable: str) -> Any:
        """A host's variable with its group's prefix: ``target_group`` is ``backend_target_group``."""
        return self.host(name).get(f"{self.kind_of(name)}_{variable}")

    def group_file(self, name: str) -> str:
        """The file with the variables of a host's group."""
        return f"inventories/{self.environment}/group_vars/{self.kind_of(name)}.yml"

    def said(self, host: str, name: str) -> Mapping[str, Any]:
        """One observation of a host; empty if there is none."""
        value = self._observations.get(host, {}).get(name)
        return value if isinstance(value, Mapping) else {}

    def observed_list(self, host: str, name: str) -> list[Any]:
        """One observation of a host that is a list; empty if there is none."""
        value = self._observations.get(host, {}).get(name)
        return list(value) if isinstance(value, (list, tuple)) else []

    @cached_property
    def batch(self) -> list[str]:
        """The hosts of the play's current batch, in its order."""
        return [str(name) for name in self._task_vars["ansible_play_batch"]]

    @cached_property
    def settings(self) -> Settings:
        """The settings of the run.

        :raises SlipwayErrors: a setting is invalid.
        """
        return read_settings(self.variables, self.environment, self.services, self.extra)

    @cached_property
    def aws(self) -> AwsSettings:
        """How to access the environment's account.

        :raises SlipwayErrors: a setting is invalid, or ``local`` could reach a real account.
        """
        settings = settings_from_vars(self.environment, self.variables, self.extra)
        check_local(settings, self.extra)
        return settings

    @cached_property
    def has_account(self) -> bool:
        """Whether the environment uses AWS: a site on plain machines, with a directory as store, need not."""
        said = any(self.variables.get(name) for name in ("account_id", "aws_region"))
        return said or bool(self.services) or self.settings.state_store.startswith("s3://")

    @cached_property
    def clients(self) -> Clients:
        """The account's clients. Without an account, each access raises an error."""
        if self.has_account:
            return make_clients(self.aws)

        def refused_when_needed(service: str) -> Any:
            return make_clients(self.aws)(service)

        return refused_when_needed

    @property
    def account(self) -> dict[str, str | None]:
        """The account and its region, for the record."""
        return {
            "account_id": self.aws.account_id if self.has_account else None,
            "region": self.aws.region if self.has_account else None,
        }

    def check_account(self) -> None:
        """Check with AWS that the credentials belong to the environment's account.

        :raises SlipwayError: they do not, or AWS rejects them; with their source.
        """
        # Imported here, because most tasks do not need it.
        from ..module_utils.verify.verify import check_account

        if not self.has_account:
            return
        try:
            check_account(self.clients, self.aws)
        except SlipwayError as error:
            place = credentials_place(self.aws, os.environ, self.extra) if is_about_credentials(error) else None
            if place is None or error.where is not None:
                raise
            raise SlipwayError(error.what, place, error.remedy) from error

    @cached_property
    def store(self) -> Store:
        """The environment's state store."""
        return open_store(self.settings.state_store, self.clients)

    @cached_property
    def files(self) -> RunFiles:
        """The run's own files."""
        return RunFiles(runs_directory(), main_process())

    @property
    def cache_directory(self) -> Path:
        """Where task definitions are cached."""
        return Path(constants.ANSIBLE_HOME).expanduser() / "slipway" / "cache"

    @cached_property
    def actor(self) -> dict[str, Any]:
        """Who runs this, for the record: name, host, and the URL of the CI run if there is one."""
        server, repository, run = (
            os.environ.get(name, "") for name in ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")
        )
        url = f"{server}/{repository}/actions/runs/{run}" if server and repository and run else None
        return {"user": os.environ.get("GITHUB_ACTOR") or _user(), "host": socket.gethostname(), "url": url}

    @cached_property
    def owner(self) -> str:
        """Who runs this, as the lock shows it."""
        return current_owner()

    def desired(self) -> list[DesiredService]:
        """The desired services from the inventory and the command line, by wave and inventory order.

        :raises SlipwayErrors: naming all mistakes.
        """
        tags = wanted_tags(self.variables.get("image_tag"), self.services)
        if "image_tag" in self.variables and tags is None:
            raise SlipwayErrors([SlipwayError("image_tag is null", "-e image_tag", "Name a tag, or leave it out")])
        named = {
            "image_tag": () if tags is None or isinstance(tags, str) else tags,
            "ship_drift": () if isinstance(self.settings.ship_drift, bool) else sorted(self.settings.ship_drift),
            "dismiss_drift": sorted(self.settings.dismiss_drift),
        }
        check_selected(named, self.selected, self.services)
        wanted: list[DesiredService] = []
        errors: list[SlipwayError] = []
        for name in self.services:
            try:
                wanted.append(self._desired(name, tags))
            except SlipwayErrors as error:
                errors.extend(error.errors)
        if errors:
            raise SlipwayErrors(dict.fromkeys(errors))
        return sorted(wanted, key=lambda item: item.wave)

    def _desired(self, name: str, tags: Mapping[str, str] | str | None) -> DesiredService:
        selected = name in self.selected
        return desired_service(
            name,
            self.host(name),
            wave=self._wave(name),
            selected=selected,
            tags=tags,
            force=self.settings.force and selected,
            where=f"inventories/{self.environment} (host {name})",
            default_where=self.written("default_image_tag"),
        )

    def _wave(self, name: str) -> int:
        waves = self._waves.get(name, [])
        if len(waves) != 1:
            where = f"inventories/{self.environment}"
            raise SlipwayErrors(
                [SlipwayError(f"{name} is in {len(waves)} priority groups", where, "One of priority_1, priority_2, …")]
            )
        return waves[0]

    @cached_property
    def _waves(self) -> dict[str, list[int]]:
        waves: dict[str, list[int]] = {}
        for group, members in self._task_vars["groups"].items():
            match = _PRIORITY.fullmatch(str(group))
            for name in members if match else ():
                waves.setdefault(str(name), []).append(int(match[1]) if match else 0)
        return waves


def needs_approval(context: Context, host: str) -> bool:
    """Whether a release to the hosts of a host's kind needs an approval."""
    return bool(boolean(context.of_group(host, "approval_required") or False, strict=False))


class _Templated(Mapping[str, Any]):
    """Host variables whose template errors become Slipway's errors."""

    def __init__(self, variables: Mapping[str, Any], where: str) -> None:
        self._variables = variables
        self._where = where

    def __getitem__(self, name: str) -> Any:
        try:
            return self._variables[name]
        except AnsibleError as error:
            why = " ".join(str(error.message).split()).rstrip(".")
            remedy = "Correct the template, or set what it uses"
            raise SlipwayError(f"{name} cannot be templated: {why}", self._where, remedy) from error

    def __iter__(self) -> Any:
        return iter(self._variables)

    def __len__(self) -> int:
        return len(self._variables)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid-{os.getuid()}"
