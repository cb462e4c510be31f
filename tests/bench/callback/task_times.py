# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Writes each task's name, seconds and result as a line of JSON into the file that SLIPWAY_BENCH_TASKS names."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: task_times
type: aggregate
short_description: Times of tasks
description: For the project's own benchmark.
"""


class CallbackModule(CallbackBase):  # type: ignore[misc]
    """A line per task and host; ``seconds`` counts from ``at``, when the task was begun for the first host."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "task_times"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self._began = 0.0
        self._at = 0.0

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        """Begin to count."""
        self._began, self._at = time.monotonic(), time.time()

    def _ended(self, result: Any, what: str) -> None:
        document = {
            "name": result.task.get_name(),
            "host": result.host.get_name(),
            "what": what,
            "changed": bool(result.result.get("changed")),
            "at": self._at,
            "seconds": time.monotonic() - self._began,
        }
        with Path(os.environ["SLIPWAY_BENCH_TASKS"]).open("a", encoding="utf-8") as file:
            file.write(json.dumps(document) + "\n")

    def v2_runner_on_ok(self, result: Any) -> None:
        """It went well."""
        self._ended(result, "ok")

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        """It did not."""
        self._ended(result, "failed")

    def v2_runner_on_skipped(self, result: Any) -> None:
        """It was not for this host."""
        self._ended(result, "skipped")
