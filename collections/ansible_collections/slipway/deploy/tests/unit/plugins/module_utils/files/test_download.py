# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Downloads from a real server that misbehaves."""

from __future__ import annotations

import hashlib
import io
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.files import download as module
from ansible_collections.slipway.deploy.plugins.module_utils.files.download import ATTEMPTS, Source, download
from ansible_collections.slipway.deploy.plugins.module_utils.releases.jar import fetch, is_fetched, prunable
from ansible_collections.slipway.deploy.plugins.module_utils.releases.ledger import (
    GOOD,
    Entry,
    Ledger,
    Snapshot,
)


def jar() -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        archive.writestr("META-INF/MANIFEST.MF", "x" * 100_000)
    return body.getvalue()


JAR = jar()
DIGEST = hashlib.sha256(JAR).hexdigest()


class Server(ThreadingHTTPServer):
    """Answers as its plan says, one entry a request, the last one for ever: a status, or how many bytes to send."""

    plan: list[tuple[int, int | None]]
    body: bytes
    asked: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/app.jar?X-Amz-Signature=canary"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.asked += 1
        status, sent = self.server.plan[min(self.server.asked, len(self.server.plan)) - 1]
        self.send_response(status)
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body[:sent])

    def log_message(self, *_arguments: object) -> None:
        """Quiet."""


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server(("127.0.0.1", 0), Handler)
    made.plan, made.body, made.asked = [(200, None)], JAR, 0
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    yield made
    made.shutdown()
    made.server_close()
    thread.join()


def source(server: Server, digest: str = DIGEST, size: int | None = None) -> Source:
    return Source(server.url, "s3://b/app.jar", len(server.body) if size is None else size, digest)


def run(server: Server, path: Path, **others: object) -> None:
    download(source(server, **others), path, jar=True, sleep=lambda _seconds: None)  # type: ignore[arg-type]


def fails(server: Server, path: Path, match: str, **others: object) -> None:
    """It says this in one line without the URL, and what was there is there, and nothing else."""
    before = sorted((item.name, item.read_bytes()) for item in path.parent.iterdir())
    with pytest.raises(SlipwayError, match=match) as caught:
        run(server, path, **others)
    assert "canary" not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert sorted((item.name, item.read_bytes()) for item in path.parent.iterdir()) == before


def test_it_is_there_whole(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "app.jar"
    run(server, path)
    assert path.read_bytes() == JAR
    assert path.stat().st_mode & 0o777 == 0o444
    assert [item.name for item in tmp_path.iterdir()] == ["app.jar"]


@pytest.mark.parametrize("trouble", [(200, 1000), (200, 0), (503, 0), (500, 0), (429, 0)])
def test_what_may_go_better_is_tried_again(server: Server, tmp_path: Path, trouble: tuple[int, int]) -> None:
    server.plan = [trouble, trouble, (200, None)]
    run(server, tmp_path / "app.jar")
    assert server.asked == 3
    assert is_fetched(tmp_path / "app.jar", DIGEST)


def test_it_is_not_tried_for_ever(server: Server, tmp_path: Path) -> None:
    server.plan = [(200, 1000)]
    fails(server, tmp_path / "app.jar", rf"failed {ATTEMPTS} times: it ended after 1000 of \d+ bytes")
    assert server.asked == ATTEMPTS


@pytest.mark.parametrize(("status", "said"), [(403, "has expired"), (404, "it is gone"), (400, "refuses it")])
def test_a_refusal_is_not_asked_again(server: Server, tmp_path: Path, status: int, said: str) -> None:
    server.plan = [(status, 0)]
    fails(server, tmp_path / "app.jar", said)
    assert server.asked == 1


def test_no_server(server: Server, tmp_path: Path) -> None:
    closed = Source("http://127.0.0.1:1/app.jar", "s3://b/app.jar", 1, DIGEST)
    said = r"s3://b/app.jar: the download failed 4 times: Connection refused.*\. Check the network and the store, then"
    with pytest.raises(SlipwayError, match=said):
        download(closed, tmp_path / "app.jar", jar=True, sleep=lambda _seconds: None)


def test_another_digest(server: Server, tmp_path: Path) -> None:
    (tmp_path / "app.jar").write_bytes(b"old")
    fails(server, tmp_path / "app.jar", "its digest is sha256:.* not sha256:000", digest="0" * 64)


def test_another_size(server: Server, tmp_path: Path) -> None:
    fails(server, tmp_path / "app.jar", "bytes, not 5", size=5)


def test_no_jar(server: Server, tmp_path: Path) -> None:
    server.body = b"hello"
    fails(server, tmp_path / "app.jar", "it is not a jar", digest=hashlib.sha256(b"hello").hexdigest())


def test_a_full_disk_is_told_before(server: Server, tmp_path: Path) -> None:
    fails(server, tmp_path / "app.jar", "the disk is full: .* are needed", size=1 << 60)
    assert server.asked == 0


def test_a_disk_that_fills_up(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fill_up(*_arguments: object) -> str:
        raise OSError(28, "No space left")

    monkeypatch.setattr(module, "_attempt", fill_up)
    fails(server, tmp_path / "app.jar", r"the disk is full.*\. Free space there, then run this again")


def test_a_failed_fetch_leaves_no_release(server: Server, tmp_path: Path) -> None:
    server.plan = [(404, 0)]
    with pytest.raises(SlipwayError):
        fetch(source(server), tmp_path / "releases/v1/app.jar")
    assert list((tmp_path / "releases").iterdir()) == []


def test_a_damaged_release_is_replaced(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "releases/v1/app.jar"
    path.parent.mkdir(parents=True)
    path.write_bytes(JAR[:-1])
    assert not is_fetched(path, DIGEST)
    fetch(source(server), path)
    assert is_fetched(path, DIGEST)


def test_what_may_be_pruned(tmp_path: Path) -> None:
    import os

    releases = tmp_path / "releases"
    for number in range(8):
        (releases / f"v{number}").mkdir(parents=True)
        os.utime(releases / f"v{number}", (number, number))
    link = tmp_path / "app.jar"
    link.symlink_to(releases / "v0/app.jar")
    good = Entry(Snapshot({"x": str(releases / "v1/app.jar")}, {}), verdict=GOOD)
    assert prunable(releases, 8, [str(link)], Ledger()) == []
    assert prunable(releases, 3, [str(link)], Ledger()) == ["v5", "v4", "v3", "v2", "v1"]
    assert prunable(releases, 3, [str(link)], Ledger((good,))) == ["v6", "v5", "v4", "v3", "v2"]
    assert prunable(releases, 0, [str(link)], Ledger((good,))) == ["v7", "v6", "v5", "v4", "v3", "v2"]
    assert prunable(tmp_path / "absent", 3, [], Ledger()) == []


def test_the_release_that_was_undone_goes_unless_it_runs_or_is_gone_back_to(tmp_path: Path) -> None:
    releases = tmp_path / "releases"
    for name in ("v1", "v2", "v3"):
        (releases / name).mkdir(parents=True)
    link = tmp_path / "app.jar"
    link.symlink_to(releases / "v2/app.jar")

    def entry(name: str, configuration: str) -> Entry:
        links = {str(link): str(releases / name / "app.jar"), "/etc/app/current": f"/etc/app/{configuration}"}
        return Entry(Snapshot(links, {}), verdict=GOOD)

    # One release that ran with two configurations is one that is gone back to, not two.
    ledger = Ledger((entry("v2", "b"), entry("v2", "a"), entry("v1", "a")))
    assert prunable(releases, 5, [str(link)], ledger) == []
    assert prunable(releases, 5, [str(link)], ledger, "v3") == ["v3"]
    assert prunable(releases, 5, [str(link)], ledger, "v2") == []
    assert prunable(releases, 5, [str(link)], ledger, "v1") == []
    assert prunable(releases, 5, [str(link)], ledger, "v9") == []
    link.unlink()
    link.symlink_to(releases / "v3/app.jar")
    assert prunable(releases, 5, [str(link)], ledger, "v3") == []
