# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Collecting the logs of a service."""

from __future__ import annotations


class ModuleDocFragment:
    """The options that host_logs and host_logs_collect share."""

    DOCUMENTATION = r"""
options:
  unit:
    description: The service's systemd unit, without C(.service).
    type: str
    required: true
  since:
    description: The oldest journal lines to include, in the format of C(journalctl --since), such as V(2 hours ago).
    type: str
    default: ""
  files:
    description: Glob patterns of log files. The twenty that changed last are read. Symbolic links are not followed.
    type: list
    default: []
  link:
    description: The symbolic link that says which release runs.
    default: /app/app.jar
"""
