# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Starts the sandbox of the environment ``local`` if it does not run."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from ..module_utils.common.errors import SlipwayError
from ..module_utils.programs.run import run_command

#: The project's root, relative to this file in its collection.
ROOT = Path(__file__).resolve().parents[6]
_START_SECONDS = 60


def ensure_sandbox(endpoint: str, say: Callable[[str], None]) -> None:
    """Start the sandbox on the endpoint's port, unless a server answers there.

    :raises SlipwayError: it does not start.
    """
    address = urlsplit(endpoint)
    host, port = address.hostname or "127.0.0.1", address.port or 80
    if _answers(host, port):
        return
    if not (ROOT / "sandbox" / "__main__.py").is_file():
        raise SlipwayError(f"nothing answers at {endpoint}", "inventories/local", "Start the sandbox")
    say(f"local: starting the sandbox at {endpoint}")
    # Only the interpreter that runs Ansible certainly has the sandbox's packages.
    command = [sys.executable, "-m", "sandbox", "up", "--port", str(port)]
    try:
        done = run_command(command, _START_SECONDS, os.environ, cwd=str(ROOT))
    except OSError as error:
        raise SlipwayError(f"the sandbox does not start: {error}", None, "Try: python -m sandbox up") from error
    if done.code:
        late = f"it did not finish within {_START_SECONDS} s" if done.late else f"exit code {done.code}"
        lines = (done.errors.strip() or done.output.strip() or late).splitlines()
        raise SlipwayError(f"the sandbox does not start: {lines[-1]}", None, "Try: python -m sandbox up")


def _answers(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=2):
            return True
    except OSError:
        return False
