# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""``python -m tests.support.endpoint [--wait] STATE-FILE``: the address of a sandbox that runs, for shell scripts."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path

from tests.support.pace import scaled

_PATIENCE_SECONDS = scaled(60)


def endpoint(file: Path) -> str | None:
    """The endpoint that a sandbox wrote into its state file, or ``None`` when it does not run."""
    try:
        state = json.loads(file.read_text(encoding="utf-8"))
        os.kill(state["pid"], 0)
    except (OSError, ValueError, KeyError):
        return None
    return str(state["endpoint"])


def main() -> int:
    """Print it; exit code 1 when there is none."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wait", action="store_true", help="wait until it runs")
    parser.add_argument("file", type=Path)
    options = parser.parse_args()
    deadline = time.monotonic() + (_PATIENCE_SECONDS if options.wait else 0)
    while (found := endpoint(options.file)) is None and time.monotonic() < deadline:
        time.sleep(0.1)
    if found is None:
        print(f"no sandbox runs that wrote {options.file}", file=sys.stderr)
        return 1
    print(found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
