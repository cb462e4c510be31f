# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""``python -m tests.support.load URL FILE [PAUSE [TIMEOUT]]``: asks again and again.

Each answer is a line of JSON.
"""

from __future__ import annotations

import http.client
import itertools
import json
import signal
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

PAUSE_SECONDS = 0.1
TIMEOUT_SECONDS = 10.0


@dataclass
class Answers:
    """What was answered while there was load: time, status (0 without an answer) and release of each request."""

    lines: list[dict[str, Any]] = field(default_factory=list)

    def read(self, file: Path) -> None:
        """Read what the other process has written."""
        whole = file.read_text(encoding="utf-8").rpartition("\n")[0]
        self.lines += [json.loads(line) for line in whole.splitlines()]

    @property
    def failed(self) -> list[dict[str, Any]]:
        """The requests that were not answered well."""
        return [line for line in self.lines if line["status"] != 200]

    @property
    def versions(self) -> Counter[str]:
        """How many requests each release answered."""
        return Counter(str(line["version"]) for line in self.lines if line["status"] == 200)

    @property
    def longest_gap(self) -> float:
        """The most seconds between two good answers."""
        ends = [line["at"] for line in self.lines if line["status"] == 200]
        return max((after - before for before, after in itertools.pairwise(ends)), default=0.0)


def ask(url: str, timeout: float = TIMEOUT_SECONDS) -> dict[str, Any]:
    """One request: ``at`` is when it ended, ``status`` 0 when there was no answer."""
    # As most callers do, each request has a connection of its own: none survives a switch by luck.
    status, version, error = 0, None, ""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=timeout)
    try:
        connection.request("GET", parts.path)
        answer = connection.getresponse()
        body, status = answer.read(), answer.status
        # A page says nothing of a release.
        said = json.loads(body) if status == 200 and body.startswith(b"{") else {}
        version = said.get("version") or said.get("release")
    except (OSError, ValueError, http.client.HTTPException) as failed:
        status, error = 0, str(failed)
    finally:
        connection.close()
    return {"at": time.time(), "status": status, "version": version, "error": error}


def main() -> None:
    """Ask until SIGTERM; the request that is under way is waited for."""
    url, path, *seconds = sys.argv[1:]
    pause, timeout = [*map(float, seconds), *(PAUSE_SECONDS, TIMEOUT_SECONDS)[len(seconds) :]]
    stopped: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _frame: stopped.append(number))
    with Path(path).open("w", encoding="utf-8", buffering=1) as file:
        while not stopped:
            file.write(json.dumps(ask(url, timeout)) + "\n")
            time.sleep(pause)


if __name__ == "__main__":
    main()
