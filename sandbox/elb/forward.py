# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The load balancer's data plane: a request is forwarded to the next target, and its answer returned."""

from __future__ import annotations

import http.client
import random
from typing import Any

from sandbox.elb import rules
from sandbox.elb.groups import Groups

IDLE_SECONDS = 60.0
CONNECTION = {"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "content-length"}
Answer = tuple[int, str, list[tuple[str, str]], bytes]


def _error(status: int, phrase: str) -> Answer:
    title = f"{status} {phrase}"
    body = f"<html><head><title>{title}</title></head><body><center><h1>{title}</h1></center></body></html>"
    return status, phrase, [("Server", "awselb/2.0"), ("Content-Type", "text/html")], body.encode()


def _headers(environ: dict[str, Any]) -> dict[str, str]:
    found = {
        key[5:].replace("_", "-").title(): value
        for key, value in environ.items()
        if key.startswith("HTTP_") and key[5:].replace("_", "-").lower() not in CONNECTION
    }
    if "CONTENT_TYPE" in environ:
        found["Content-Type"] = environ["CONTENT_TYPE"]
    before = found.get("X-Forwarded-For")
    client = environ["REMOTE_ADDR"]
    return {
        **found,
        "X-Forwarded-For": f"{before}, {client}" if before else client,
        "X-Forwarded-Proto": "http",
        "X-Forwarded-Port": environ["SERVER_PORT"],
        "Connection": "close",
    }


def forward(groups: Groups, environ: dict[str, Any]) -> Answer | None:
    """The answer of a target, or the load balancer's own error; ``None`` when no rule leads to such a group."""
    if not groups.groups:
        return None
    host = environ.get("HTTP_HOST", "").partition(":")[0]
    with groups.state.moto_lock:
        found = rules.route(groups.state.world.backend("elbv2"), environ["PATH_INFO"], host, groups.groups)
    if not found:
        return None
    weights = [weight for _, weight in found]
    arn = random.choices([arn for arn, _ in found], weights)[0] if any(weights) else ""
    target = groups.choose(arn)
    if target is None:
        return _error(503, "Service Temporarily Unavailable")
    connection = http.client.HTTPConnection(groups.address(target.id), target.port, timeout=IDLE_SECONDS)
    try:
        connection.request(
            environ["REQUEST_METHOD"], environ["RAW_URI"], environ["sandbox.body"] or None, _headers(environ)
        )
        answer = connection.getresponse()
        content = answer.read()
    except TimeoutError:
        return _error(504, "Gateway Time-out")
    except (OSError, http.client.HTTPException):
        return _error(502, "Bad Gateway")
    finally:
        connection.close()
    kept = [(name, value) for name, value in answer.getheaders() if name.lower() not in CONNECTION]
    return answer.status, answer.reason, kept, content
