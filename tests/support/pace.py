# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Scales time limits: they are written for two idle cores, and grow by how much slower this machine is now.

A limit only ends a wait for something that will not happen; no test limits how long something may take.
"""

from __future__ import annotations

import math
import os
import subprocess
import sys
import time
from functools import cache

#: The factor, for programs that a test starts, and for users who know better.
VARIABLE = "SLIPWAY_TEST_PACE"
#: What :func:`_work` takes on two quiet cores (seconds).
_REFERENCE_SECONDS = 0.1
_MOST = 15.0


def _work() -> float:
    """Start an interpreter, import and compute, as tests do; the seconds that it took."""
    began = time.monotonic()
    program = "import json, ssl, subprocess, decimal; sum(i * i for i in range(1_500_000))"
    subprocess.run([sys.executable, "-I", "-c", program], check=True, stdin=subprocess.DEVNULL)
    return time.monotonic() - began


@cache
def factor() -> float:
    """How much slower than two quiet cores this machine is, from 1 to 15; measured once in a process."""
    if VARIABLE in os.environ:
        return float(os.environ[VARIABLE])
    busy = os.getloadavg()[0] / (os.cpu_count() or 1)
    return min(_MOST, max(1.0, _work() / _REFERENCE_SECONDS, busy))


def scaled(seconds: float) -> int:
    """A limit for this machine, in whole seconds."""
    return math.ceil(seconds * factor())
