# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads all that a service is configured with, and puts it together."""

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
    """The configuration, and where each of its names comes from.

    :param environ: the control node's environment.
    :param where: where the requirements are written.
    :raises SlipwayError: naming what is missing or cannot be read. No value is in a message.
    """
    parameters = api.parameters_below(clients, wanted.path) if wanted.path else []
    require(wanted, variables_of(wanted.path, (item.name for item in parameters)), where)
    stored = api.read_everything(clients, wanted, environ)
    credentials = {secret.name: content for secret, content in stored.items() if secret.variable == SECRETS}
    return gather(wanted, parameters, credentials, stored)
