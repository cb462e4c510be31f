# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An instance's metadata service (IMDSv2)."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

INSTANCE = "i-0123456789abcdef0"


class _Imds(http.server.BaseHTTPRequestHandler):
    """Wants a token."""

    answers: ClassVar = {
        "/latest/meta-data/placement/region": "eu-west-1",
        "/latest/meta-data/instance-id": INSTANCE,
        "/latest/meta-data/iam/security-credentials/": "umigo-dev-backend",
        "/latest/meta-data/iam/security-credentials/umigo-dev-backend": json.dumps(
            {"AccessKeyId": "ASIAROLE", "SecretAccessKey": "secret", "Token": "session"}
        ),
    }

    def do_PUT(self) -> None:
        self._say(200, "a-token")

    def do_GET(self) -> None:
        known = self.headers.get("X-aws-ec2-metadata-token") == "a-token" and self.path in self.answers
        self._say(200 if known else 401, self.answers.get(self.path, ""))

    def _say(self, code: int, text: str) -> None:
        self.send_response(code)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_arguments: Any) -> None:
        """Say nothing."""


@contextmanager
def serve_imds(address: str) -> Iterator[str]:
    """The service on an address of this machine, until the block ends; its URL."""
    with http.server.ThreadingHTTPServer((address, 0), _Imds) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://{address}:{server.server_port}"
        server.shutdown()
