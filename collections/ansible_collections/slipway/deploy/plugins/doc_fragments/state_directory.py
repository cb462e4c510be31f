# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where a host keeps the state of its services."""

from __future__ import annotations


class ModuleDocFragment:
    """The option state_directory."""

    DOCUMENTATION = r"""
options:
  state_directory:
    description: The directory with the ledgers of this host's services, one subdirectory for each service.
    type: path
    default: /var/lib/slipway
"""
