# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A small backend: ``python -m app --port 8000`` or ``--fd 3``. Files set the release and its faults."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import greeting

RELEASE, BEHAVIOUR = (Path(name).read_text() for name in ("release", "behaviour"))
SCHEDULER = os.environ["SCHEDULER_ENABLED"]
print(f"release {RELEASE}, scheduler {SCHEDULER}, token {os.environ['TOKEN']}, state {os.environ['STATE_DIRECTORY']}")
Path(os.environ["STATE_DIRECTORY"], "ran").touch()
if BEHAVIOUR.startswith("dies") and SCHEDULER == "true":
    sys.exit(f"{RELEASE} gives up")


class Handler(BaseHTTPRequestHandler):
    """Answers, each request slowly enough to be in flight when the service is stopped."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Any path."""
        time.sleep(0.01)
        ready = not (self.path == "/health" and BEHAVIOUR == "unready")
        body = json.dumps(
            {"status": "ok" if ready else "broken", "release": RELEASE, "says": greeting.WORD, "scheduler": SCHEDULER}
        ).encode()
        self.send_response(200 if ready else 503)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """Ends what is in flight before it ends."""

    daemon_threads = False


option, value = sys.argv[1:]
if option == "--fd":
    server = Server(("127.0.0.1", 0), Handler, bind_and_activate=False)
    server.socket = socket.socket(fileno=int(value))
    server.server_address = server.socket.getsockname()
else:
    server = Server(("127.0.0.1", int(value)), Handler)
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
server.serve_forever(poll_interval=0.05)
server.server_close()
