# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads and combines a service's configuration."""

from __future__ import annotations

from collections.abc import Mapping

from ..aws.client import Clients
from ..configuration.model import Configuration
from . import api
from .gather import gather, require, variables_of
from .model import SECRETS, Wanted


def collect(
    clients: Clients, wanted: Wanted, environ: Mapping[str, str], where: str
) -> tuple[Configuration, dict[str, str]]:
    """The configuration, and the source of each of its names.

    :param environ: the control node's environment.
    :param where: where the requirements are defined.
    :raises SlipwayError: naming what is missing or cannot be read. Messages contain no values.
    """
    parameters = api.parameters_below(clients, wanted.path) if wanted.path else []
    require(wanted, variables_of(wanted.path, (item.name for item in parameters)), where)
    stored = api.read_everything(clients, wanted, environ)
    credentials = {secret.name: content for secret, content in stored.items() if secret.variable == SECRETS}
    return gather(wanted, parameters, credentials, stored)
