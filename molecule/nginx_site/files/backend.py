#!/usr/bin/python3
# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A backend that echoes the request."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    """Answers with the request as JSON."""

    def do_GET(self) -> None:
        """Answer."""
        body = json.dumps({"path": self.path, "headers": {name.lower(): text for name, text in self.headers.items()}})
        # As frameworks do where a path lacks its slash at the end; elsewhere to what is none of its own paths.
        location = {"/items": "http://{}/items/", "/items?page=2": "/items/?page=2", "/login": "http://{}/members"}
        self.send_response(307 if self.path in location else 200)
        if self.path in location:
            self.send_header("Location", location[self.path].format(self.headers["Host"]))
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_arguments: object) -> None:
        """Quiet."""


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", 8000), Handler).serve_forever()
