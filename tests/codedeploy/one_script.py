# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs on the host: one script of a revision as the agent runs it. Parameters as JSON on stdin, the result on stdout.

As the agent: a process group of its own, only these variables, both outputs by pipes that are read to their end, TERM
to the group at the limit (that is how a daemon that keeps them open fails a deployment).
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

given = json.load(sys.stdin)
child = subprocess.Popen(
    [given["script"]],
    cwd="/opt/codedeploy-agent",
    env=given["environment"],
    stdin=None,
    stdout=subprocess.PIPE,
    stderr=subprocess.STDOUT,
    start_new_session=True,
)
timed_out = False
try:
    output, _none = child.communicate(timeout=given["timeout"])
except subprocess.TimeoutExpired:
    timed_out = True
    os.killpg(child.pid, signal.SIGTERM)
    try:
        output, _none = child.communicate(timeout=15)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        output = b""
json.dump(
    {"code": child.returncode, "timed_out": timed_out, "output": output[-2048:].decode("utf-8", "replace")}, sys.stdout
)
