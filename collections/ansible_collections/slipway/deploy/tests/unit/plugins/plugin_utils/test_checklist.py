# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A checklist's requests go to the site that is meant."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.plugin_utils.checklist import run_checklist

from .run import Doc, context

NAMED = {"site_server_names": ["_", "crm.example.org"]}
ROW = {"name": "health", "kind": "http", "path": "/health", "retries": 0}
ANSWER = b'{"scheduler": true}'


class TwoSites(BaseHTTPRequestHandler):
    """A host with a second site, which answers to everything that is not asked for the first by name."""

    def do_GET(self) -> None:
        self.send_response(200 if self.headers["Host"] == "crm.example.org" else 404)
        self.send_header("Content-Length", str(len(ANSWER)))
        self.end_headers()
        self.wfile.write(ANSWER)

    def log_message(self, *_arguments: object) -> None:
        """Nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), TwoSites) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("hosts", "row", "found"),
    [
        (["127.0.0.1"], {}, ["green"]),
        (["127.0.0.1", "localhost"], {}, ["green", "green"]),
        (["127.0.0.1"], {"headers": {"host": "www.example.org"}}, ["red"]),
        (["127.0.0.1"], {"kind": "scheduler", "json": {"scheduler": True}}, ["green"]),
    ],
)
def test_a_site_is_asked_by_its_name(tmp_path: Path, port: int, hosts: list[str], row: Doc, found: list[str]) -> None:
    of = context(
        tmp_path,
        {host: {**NAMED, "site_port": port, "site_checklist": [{**ROW, **row}]} for host in hosts},
        kind="site",
    )
    assert [item.found.verdict for item in run_checklist(of, None)] == found


def test_an_address_of_its_own_is_asked_as_it_is(tmp_path: Path, port: int) -> None:
    row = {**ROW, "url": f"http://127.0.0.1:{port}"}
    of = context(tmp_path, {"web-1": {**NAMED, "site_checklist": [row]}}, kind="site")
    assert [item.found.verdict for item in run_checklist(of, None)] == ["red"]


def test_without_hosts_nothing_is_asked(tmp_path: Path) -> None:
    of = context(tmp_path, {"web-1": {**NAMED, "site_checklist": [ROW], "site_connection": "none"}}, kind="site")
    assert run_checklist(of, None) == []


def test_the_rows_of_a_task_take_the_place_of_those_of_the_inventory(tmp_path: Path) -> None:
    of = context(tmp_path, {"web-1": {**NAMED, "site_checklist": [ROW]}}, kind="site")
    rows = run_checklist(of, None, rows=[{"name": "near", "kind": "command", "argv": ["true"]}])
    assert [(row.question.probe.name, row.found.verdict) for row in rows] == [("near", "green")]
    with pytest.raises(SlipwayError, match=r"^the task's checklist\[0\]: name is missing"):
        run_checklist(of, None, rows=[{}])
