# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The services of an ECS cluster as inventory hosts: the edge of ``module_utils/fleet/inventory.py``."""

from __future__ import annotations

DOCUMENTATION = r"""
name: ecs_services
short_description: The services of an ECS cluster, grouped by the priority in their tags
version_added: 0.1.0
author: The Slipway authors (!UNKNOWN)
description:
  - Lists the services of a cluster. Each becomes a host in the group C(fleet) and in the group C(priority_<number>) of
    its priority tag. Whatever manages the services, usually Terraform, sets the tag, so the priorities are defined in
    one place only.
  - Produces the same groups, hosts and variables as a static C(fleet.yml), and can replace it.
  - A host has the name of its service without the prefix. Services with another prefix and services that are not
    C(ACTIVE) are left out. A tag C(Port) becomes the variable C(service_port).
  - The account, the region and the credentials are those of the environment's C(group_vars/all), in the variables
    C(account_id), C(aws_region), C(aws_profile), C(aws_endpoint_url), C(aws_access_key_id) and
    C(aws_secret_access_key).
  - Fails, with one line per problem, if a service has no priority or one that is not a number, if two services have the
    same name, or if the account cannot be reached. The inventory never contains fewer hosts than the cluster has
    services.
notes:
  - Requires the permissions C(ecs:ListServices), C(ecs:DescribeServices) and C(ecs:ListTagsForResource).
  - Makes one API call to verify the account, one for every hundred services and one for every ten.
requirements:
  - botocore
options:
  plugin:
    description: The name of this plugin.
    type: str
    required: true
    choices: [slipway.deploy.ecs_services]
  cluster:
    description: The cluster's name or ARN. By default, the variable C(ecs_cluster) in C(group_vars/all).
    type: str
  service_name_prefix:
    description: The prefix of the services' names. By default, the variable C(service_name_prefix) in
      C(group_vars/all).
    type: str
  priority_tag:
    description: The tag that contains the priority, a whole number from 1. It is case-sensitive.
    type: str
    default: Priority
"""

EXAMPLES = r"""
# inventories/dev/fleet.aws_ecs.yml, in the place of inventories/dev/fleet.yml:
plugin: slipway.deploy.ecs_services

# The same with everything said:
# plugin: slipway.deploy.ecs_services
# cluster: sdt-dev-cluster
# service_name_prefix: sdt-dev-
# priority_tag: Priority
"""

from pathlib import Path
from typing import Any, ClassVar

from ansible.errors import AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin
from ansible.plugins.loader import vars_loader

from ..module_utils.aws.client import make_clients, settings_from_vars
from ..module_utils.common.errors import SlipwayError
from ..module_utils.environment.check import FLEET
from ..module_utils.fleet.inventory import FleetHost, groups_from_services


class InventoryModule(BaseInventoryPlugin):
    """Reads the cluster, then groups and hosts from what it holds."""

    NAME = "slipway.deploy.ecs_services"

    # With -i inventories/<env> Ansible parses the file a second time, after the environment plugin.
    _listed: ClassVar[dict[str, tuple[str, list[FleetHost]]]] = {}

    def verify_file(self, path: str) -> bool:
        """Whether ``path`` is a file for this plugin: its name ends in ``aws_ecs.yml`` or ``aws_ecs.yaml``."""
        return super().verify_file(path) and path.endswith(("aws_ecs.yml", "aws_ecs.yaml"))

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        """Add the cluster's services to the inventory.

        :raises AnsibleParserError: with the :class:`SlipwayError` that says what is wrong as its cause.
        """
        super().parse(inventory, loader, path, cache)
        self._read_config_data(path)
        try:
            if path not in self._listed:
                self._listed[path] = self._list(Path(path).parent)
        except SlipwayError as error:
            raise AnsibleParserError(str(error)) from error
        self._add(*self._listed[path])

    def _list(self, directory: Path) -> tuple[str, list[FleetHost]]:
        """The prefix from the environment's variables, and the hosts."""
        # Imported here: a run that uses another inventory does not need it.
        from ..module_utils.fleet.api import list_services
        from ..module_utils.fleet.observe import observe_services
        from ..module_utils.verify.verify import check_account

        variables = self._variables(directory)
        settings = settings_from_vars(directory.name, variables)
        clients = make_clients(settings)
        cluster = self._said("cluster", "ecs_cluster", variables, directory)
        prefix = self._said("service_name_prefix", "service_name_prefix", variables, directory)
        check_account(clients, settings)
        names = [arn.rpartition("/")[2] for arn in list_services(clients, cluster)]
        services = observe_services(clients, cluster, [name for name in names if name.startswith(prefix)])
        hosts = groups_from_services(services.values(), prefix=prefix, priority_tag=self.get_option("priority_tag"))
        if not hosts:
            raise SlipwayError(f"cluster {cluster} has no service {prefix}…", None, "Correct ecs_cluster or the prefix")
        return str(variables.get("service_name_prefix", "")), hosts

    def _variables(self, directory: Path) -> dict[str, Any]:
        """The variables of ``group_vars/all``, with templates resolved among themselves."""
        plugin = vars_loader.get("ansible.builtin.host_group_vars")
        variables = plugin.get_vars(self.loader, str(directory), [self.inventory.groups["all"]])
        self.templar.available_variables = variables
        wanted = ("account_id", "ecs_cluster", "service_name_prefix")
        return {
            name: self.templar.template(value)
            for name, value in variables.items()
            if name in wanted or name.startswith("aws_")
        }

    def _said(self, option: str, variable: str, variables: dict[str, Any], directory: Path) -> str:
        value = self.get_option(option) or variables.get(variable)
        if not isinstance(value, str) or not value:
            where = f"inventories/{directory.name}/group_vars/all.yml"
            raise SlipwayError(f"{variable} is not set", where, f"Set it there, or {option} in the inventory source")
        return value

    def _add(self, default_prefix: str, hosts: list[FleetHost]) -> None:
        self.inventory.add_group(FLEET)
        for item in hosts:
            self.inventory.add_group(item.group)
            self.inventory.add_child(FLEET, item.group)
            self.inventory.add_host(item.name, group=item.group)
            for name, value in item.variables.items():
                # As in a static file, a service with the default name needs no variable.
                if name != "ecs_service" or value != f"{default_prefix}{item.name}":
                    self.inventory.set_variable(item.name, name, value)
