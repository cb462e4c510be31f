# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""``python -m tests.backend.load URL FILE``: asks again and again, and writes each answer as a line of JSON."""

from __future__ import annotations

import http.client
import json
import signal
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

PAUSE_SECONDS = 0.1
TIMEOUT_SECONDS = 10.0


def ask(url: str) -> dict[str, Any]:
    """One request: ``at`` is when it ended, ``status`` 0 when there was no answer."""
    # As most callers do, each request has a connection of its own: none survives a switch by luck.
    status, version, error = 0, None, ""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", parts.path)
        answer = connection.getresponse()
        body, status = answer.read(), answer.status
        version = json.loads(body).get("version") if status == 200 else None
    except (OSError, ValueError, http.client.HTTPException) as failed:
        status, error = 0, str(failed)
    finally:
        connection.close()
    return {"at": time.time(), "status": status, "version": version, "error": error}


def main() -> None:
    """Ask until SIGTERM; the request that is under way is waited for."""
    url, path = sys.argv[1:]
    stopped: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _frame: stopped.append(number))
    with Path(path).open("w", encoding="utf-8", buffering=1) as file:
        while not stopped:
            file.write(json.dumps(ask(url)) + "\n")
            time.sleep(PAUSE_SECONDS)


if __name__ == "__main__":
    main()
