# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The checklist and the smoke checks of a site as a person runs them, against one on this machine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.deploys import Ran
from tests.support.pace import scaled
from tests.support.project import without_signs

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
Doc = dict[str, Any]


class Site(ThreadingHTTPServer):
    """A backend with a login and a Sentry that has no issue, unless a test says otherwise."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.issues: list[Doc] = []
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: Site

    def do_GET(self) -> None:
        """Answer it."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        self.server.asked.append(f"{self.command} {self.path}")
        if self.path.startswith("/api/0/"):
            return self.say(200 if self.headers["Authorization"] == "Bearer sentry-s3cret" else 401, self.server.issues)
        if self.path == "/auth/login":
            return self.say(200 if "password=smoke-s3cret" in body else 401, {"access_token": "t0k3n"})
        if self.path.startswith("/members") and self.headers["Authorization"] != "Bearer t0k3n":
            return self.say(401, {})
        return self.say(200, {"status": "ok", "items": [1]})

    do_POST = do_GET

    def say(self, status: int, document: Any) -> None:
        """The answer."""
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_words: Any) -> None:
        """Nothing."""


@pytest.fixture(name="site")
def site_fixture() -> Iterator[Site]:
    """A running site."""
    site = Site()
    thread = threading.Thread(target=site.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield site
    site.shutdown()
    site.server_close()


SMOKE: list[Doc] = [
    {"name": "health", "path": "/health", "json": {"status": "ok"}, "max_latency": 5},
    {
        "name": "login",
        "path": "/auth/login",
        "send": {"form": {"username": "smoke", "password": {"env": "SMOKE_PASSWORD"}}},
        "take": {"token": "access_token"},
    },
    {
        "name": "members",
        "path": "/members?page=1",
        "headers": {"Authorization": "Bearer ${login.token}"},
        "json": {"items": {"length_min": 1}},
    },
]


SMOKE_PLAYBOOK = """
- name: Test the site
  hosts: site
  gather_facts: false
  tasks:
    - name: Run the smoke checks
      slipway.deploy.smoke_test:
      run_once: true
"""


def rows(site: Site) -> list[Doc]:
    """A checklist that is green."""
    return [
        {"name": "health", "kind": "http", "path": "/health"},
        {"name": "alerts", "kind": "sentry", "organization": "o", "token": {"env": "TOKEN"}, "url": site.url},
        {"name": "disk", "kind": "command", "argv": ["sh", "-c", "echo 12 GiB free"], "via": "host"},
        {"name": "clock", "kind": "command", "argv": ["true"]},
    ]


def run(directory: Path, site: Site, playbook: str, checklist: list[Doc], *more: str, hosts: int = 2) -> Ran:
    """A playbook's run in a project whose environment is this site."""
    inventory = directory / "inventories" / "staging"
    inventory.mkdir(parents=True)
    shutil.copy(ROOT / "inventories" / "environment.yml", inventory.parent)
    shutil.copy(ROOT / "inventories" / "dev" / "environment.yml", inventory)
    shutil.copy(ROOT / "ansible.cfg", directory)
    shutil.copytree(ROOT / "playbooks", directory / "playbooks", symlinks=True)
    (directory / "collections").symlink_to(ROOT / "collections")
    account = {"account_id": "123456789012", "aws_region": "eu-west-1"} if checklist else {}
    variables = {
        **account,
        "state_store": str(directory / "state"),
        "site_smoke_url": site.url,
        "site_smoke_checks": SMOKE,
        "site_checklist": checklist,
        "site_service": "salitemihret-dev-backend",
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
    }
    names = {f"site-{number}": {} for number in range(1, hosts + 1)}
    sources = {"fleet": {"hosts": {}}, "site": {"hosts": names, "vars": variables}}
    (inventory / "site.yml").write_text(yaml.safe_dump(sources), encoding="utf-8")
    dropped = ("ANSIBLE_", "AWS_", "GITHUB_", "SLIPWAY_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    own = {"PATH": f"{BIN}:{os.environ['PATH']}", "ANSIBLE_HOME": str(directory / "home")}
    secrets = {"SMOKE_PASSWORD": "smoke-s3cret", "TOKEN": "sentry-s3cret"}
    done = subprocess.run(
        [str(BIN / "ansible-playbook"), f"playbooks/{playbook}", "-e", "env=staging", *more],
        cwd=directory,
        env=kept | own | secrets,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=scaled(120),
    )
    return Ran(done.returncode, without_signs(done.stdout), done.stderr)


SINCE = ("-e", "checklist_since=2026-11-20T21:04:11Z")


def test_a_green_checklist(tmp_path: Path, site: Site) -> None:
    ran = run(tmp_path, site, "checklist.yml", rows(site), *SINCE)
    assert ran.code == 0, ran.text
    lines = [line.split() for line in ran.out.splitlines()]
    assert [line[:2] for line in lines] == [
        ["✔", "health"],
        ["✔", "alerts"],
        ["✔", "disk"],
        ["✔", "disk"],
        ["✔", "clock"],
    ], ran.text
    assert "disk (site-2)  green" in ran.out
    assert "12 GiB free" in ran.out
    assert "no new issue of level error or fatal since 21:04:11" in ran.out
    assert "s3cret" not in ran.text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"kind": "command", "argv": ["sh", "-c", "echo 98 % full; exit 1"]},
            "checklist: x is red: 98 % full",
        ),
        ({"kind": "command", "argv": ["no-such-program"]}, "checklist: x is unknown: there is no no-such-program"),
        (
            {"kind": "redis_queue", "key": "jobs", "url": "redis://127.0.0.1:1", "via": "host"},
            "checklist: x is unknown: Redis cannot be reached: connection refused",
        ),
        (
            {"kind": "redis_queue", "key": "jobs", "url": {"env": "NO_SUCH"}, "via": "host"},
            "checklist: x is unknown: url of x: the environment variable NO_SUCH is not set. Set NO_SUCH",
        ),
        ({"kind": "systemd"}, "checklist: x is unknown: salitemihret-dev-backend.service: systemd does not answer"),
    ],
)
def test_what_is_not_green_fails(tmp_path: Path, site: Site, change: Doc, words: str) -> None:
    ran = run(tmp_path, site, "checklist.yml", [*rows(site)[:1], {"name": "x", **change}], hosts=1)
    assert ran.code == 2, ran.text
    assert f"staging: {words}" in ran.text


def test_new_issues_since_the_newest_deploy(tmp_path: Path, site: Site) -> None:
    releases = tmp_path / "state" / "staging" / "releases"
    releases.mkdir(parents=True)
    record = {
        "schema": "slipway/record/1",
        "id": "2026-11-20T21-04-11Z-x",
        "environment": "staging",
        "phase": "closed",
        "outcome": "succeeded",
        "started_at": 1795208651.0,
        "targets": [],
    }
    (releases / "2026-11-20T21-04-11Z-x.json").write_text(json.dumps(record), encoding="utf-8")
    pointer = {"record": record["id"]}
    (releases.parent / "current.json").write_text(json.dumps(pointer), encoding="utf-8")
    site.issues = [{"id": "7", "shortId": "SALI-7", "level": "fatal", "firstSeen": "2026-11-20T21:09:00Z"}]
    ran = run(tmp_path, site, "checklist.yml", rows(site)[:2])
    assert ran.code == 2, ran.text
    assert "alerts is red: 1 new issue since 21:04:11: SALI-7 (fatal)" in ran.text


def test_no_deploy_is_on_record(tmp_path: Path, site: Site) -> None:
    ran = run(tmp_path, site, "checklist.yml", rows(site)[:2])
    assert ran.code == 2, ran.text
    assert "alerts is unknown: no deploy is on record" in ran.text


def test_nothing_is_asked_in_check_mode(tmp_path: Path, site: Site) -> None:
    ran = run(tmp_path, site, "checklist.yml", rows(site), "--check", *SINCE)
    assert ran.code == 0, ran.text
    assert ran.out.splitlines()[0] == "would ask health (http)"
    assert site.asked == []


def test_a_mistake_in_the_inventory_is_one_line(tmp_path: Path, site: Site) -> None:
    ran = run(tmp_path, site, "checklist.yml", [{"name": "x", "kind": "sentri"}])
    assert ran.code == 2, ran.text
    said = [line for line in ran.text.splitlines() if "sentri" in line]
    assert len(said) == 1, ran.text
    assert "inventories/staging: site_checklist[0].kind: there is no kind 'sentri'. Use one of http," in said[0]


def test_login_members_and_their_table(tmp_path: Path, site: Site) -> None:
    (tmp_path / "smoke.yml").write_text(SMOKE_PLAYBOOK, encoding="utf-8")
    ran = run(tmp_path, site, "../smoke.yml", [], hosts=1)
    assert ran.code == 0, ran.text
    assert [line.split()[:4] for line in ran.out.splitlines()] == [
        ["✔", "site-1", "health", "pass"],
        ["✔", "site-1", "login", "pass"],
        ["✔", "site-1", "members", "pass"],
    ]
    assert "s3cret" not in ran.text
    assert "t0k3n" not in ran.text
