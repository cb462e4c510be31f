# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Finds a host's Java."""

from __future__ import annotations

import os
import re
import shutil

from ..programs.run import run_command

# `openjdk version "17.0.15" 2025-04-15`, `java version "1.8.0_402"`, `openjdk version "21-ea"`: printed to stderr.
_VERSION = re.compile(r'version "(?:1\.)?(\d+)')
_LIMIT = 30


def find_java(name: str) -> tuple[str, int]:
    """The program's path and its feature release; an empty path and 0 without a working one."""
    path = shutil.which(name)
    if path is None:
        return "", 0
    try:
        done = run_command([path, "-version"], _LIMIT)
    except OSError:
        return "", 0
    return ("", 0) if done.late else (path, parse_version(done.errors + done.output))


def parse_version(text: str) -> int:
    """The feature release in the output of ``java -version``, or 0. Pure."""
    match = _VERSION.search(text)
    return int(match[1]) if match else 0


def memory_mib() -> int:
    """The host's memory in MiB."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // (1024 * 1024)
