# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Sends requests without a pause until it is stopped, then writes the results: ``load.py URL FILE``."""

from __future__ import annotations

import json
import signal
import sys
import urllib.request
from pathlib import Path

url, file = sys.argv[1], Path(sys.argv[2])
answered: dict[str, int] = {}
failed: list[str] = []
going = [True]
signal.signal(signal.SIGTERM, lambda *_: going.clear())
while going:
    try:
        with urllib.request.urlopen(url, timeout=20) as response:  # noqa: S310 - the test's own
            release = json.load(response)["release"]
            answered[release] = answered.get(release, 0) + 1
    except OSError as error:
        failed.append(str(error))
file.write_text(json.dumps({"answered": answered, "failed": failed}))
