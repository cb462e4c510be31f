# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Hosts that run a Python backend and serve a front end by nginx, migrated by Alembic. Pure."""

from __future__ import annotations

from .model import Kind

SITE = Kind(
    "site",
    texts=(
        *("tag_prefix", "source", "name", "root", "www", "archive", "archive_name", "bucket", "ca_file", "certificate"),
        *("certificate_key", "front_end", "front_end_directory", "host_ca_file", "image", "image_authfile"),
        *("image_ca_file", "image_root", "lock", "parameters_path", "socket", "socket_group"),
    ),
    truths=("image_insecure", "notes_required", "approval_required", "nginx"),
    numbers=("keep", "backend_port"),
    structures=(
        *("environment_table", "front_end_environment", "spare", "server_names", "approvers", "ready_status"),
        *("ready_headers", "token_parameters", "shared", "checklist", "image"),
    ),
    tables=("front_end_environment",),
    lists=("approvers", "server_names", "shared"),
    of_group=(
        *("tag_prefix", "source", "image", "archive", "archive_name", "archive_digest", "bucket", "notes_required"),
        *("approval_required", "approvers", "checklist"),
    ),
    chosen=("archive_digest",),
)
