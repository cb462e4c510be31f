# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Puts the logs of all hosts into one archive. See modules/host_logs_archive.py."""

from __future__ import annotations

import shutil
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..module_utils.common.text import clean, columns
from ..module_utils.logs.archive import HostLogs, kept, pack, write
from ..plugin_utils.action import SlipwayAction
from ..plugin_utils.console import Console
from ..plugin_utils.context import Context

STAGE = "logs"


class ActionModule(SlipwayAction):
    """Reads the run's own files and writes one."""

    def act(self, context: Context) -> dict[str, Any]:
        """Make the archive and say what is in it."""
        stage = context.files.directory / STAGE
        hosts = kept(stage, self.arguments["hosts"])
        try:
            lines = columns([_row(host) for host in hosts])
            result: dict[str, Any] = {
                "changed": False,
                "silent": {item.name: item.problem for item in hosts if item.problem},
            }
            if not context.check_mode:
                now = time.time()
                stem = f"{context.environment}-{datetime.fromtimestamp(now, UTC).strftime('%Y%m%dT%H%M%SZ')}"
                content = pack(hosts, stem, now)
                path = write(Path(self.arguments["directory"]).resolve(), stem, content)
                shown = path.relative_to(here) if path.is_relative_to(here := Path.cwd().resolve()) else path
                lines += [f"{shown} ({max(len(content) // 1024, 1):,} KiB, redacted)"]
                result["archive"] = str(path)
            Console(time.time).lines(lines)
            return result
        finally:
            shutil.rmtree(stage, ignore_errors=True)
            with suppress(OSError):  # the directory is not empty, or does not exist any more
                stage.parent.rmdir()


def _row(host: HostLogs) -> list[str]:
    name = clean(host.name)
    if host.problem:
        return ["✘", name, clean(host.problem)]
    summary = {key: clean(value) for key, value in host.summary.items()}
    parts = [summary.get("state") or "no such unit", summary.get("release", "")]
    if summary.get("restarts") not in (None, "", "0"):
        parts.append(f"{summary['restarts']} restarts")
    if summary.get("since"):
        parts.append(f"since {summary['since']}")
    if host.problems:
        parts.append(f"not read: {'; '.join(map(clean, host.problems))}")
    mark = "✔" if summary.get("state") == "active/running" else "✘"
    return [mark, name, ", ".join(filter(None, parts))]
