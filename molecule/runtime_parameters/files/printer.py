# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A service that shows its environment to permitted clients only."""

import json
import os
import pathlib
import signal

directory = pathlib.Path(os.environ.get("CREDENTIALS_DIRECTORY", "/nonexistent"))
credentials = {path.name: path.read_text() for path in directory.iterdir()} if directory.is_dir() else {}
state = pathlib.Path(os.environ["STATE_DIRECTORY"])
(state / "started").open("a").write("x")
report = {"environment": dict(os.environ), "credentials": credentials}
(state / "report.json").write_text(json.dumps(report))
signal.pause()
