# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""logs.yml collects from hosts: one archive, no secret in it, and a host that does not answer is named."""

from __future__ import annotations

import json
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from sandbox.testing import Sandbox
from tests.runbooks import commands
from tests.support.deploys import Deploys, Ran, make_deploys
from tests.support.hosts import Host, Hosts

SERVICE = "umigo-backend"
PASSWORD = "pa$$ \"w0rd\\with'all §"
SHORT_LIVED = "value-of-the-generation-before"
KEY = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj"
FIREBASE = {"project_id": "umigo", "private_key": f"-----BEGIN PRIVATE KEY-----\n{KEY}\n-----END PRIVATE KEY-----\n"}
UNIT = f"""[Unit]
Description=Umigo
[Service]
ExecStart=/bin/sh -c 'cat /root/said; exec sleep infinity'
EnvironmentFile=/etc/{SERVICE}/current/env
"""
SAID = f"""started with {PASSWORD} and {SHORT_LIVED}
HikariPool jdbc:postgresql://db/umigo?user=umigo&password=hunter2hunter2 ready
-----BEGIN RSA PRIVATE KEY-----
bm90IGluIGFueSBjcmVkZW50aWFs
-----END RSA PRIVATE KEY-----
done as it should be
"""
SECRETS = (PASSWORD, SHORT_LIVED, KEY, "hunter2hunter2", "bm90IGluIGFueSBjcmVkZW50aWFs", "root:*:")


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    """A host whose service has said what it should not have."""
    with Hosts() as hosts:
        host = hosts.start("logs-1")
        generations = f"/etc/{SERVICE}/generations"
        quoted = re.sub(r'(["\\$`])', r"\\\1", PASSWORD)
        host.write(
            f"{generations}/new/env", f'SPRING_DATASOURCE_PASSWORD="{quoted}"\nSPRING_REDIS_PORT="6379"\n', "0600"
        )
        host.write(f"{generations}/old/env", f'TOKEN_OF_MQ="{SHORT_LIVED}"\n', "0600")
        host.write(f"{generations}/new/credentials/firebase.json", json.dumps(FIREBASE), "0600")
        host.run(f"ln -s {generations}/new /etc/{SERVICE}/current")
        host.run("mkdir -p /app && ln -s releases/r-1/app.jar /app/app.jar")
        host.write("/root/said", SAID)
        host.write(f"/etc/systemd/system/{SERVICE}.service", UNIT)
        host.write(f"/var/lib/slipway/{SERVICE}/ledger.json", '{"schema": "slipway/ledger/1"}')
        host.write(f"/var/log/{SERVICE}/app.log", f"a line with {KEY}\nthe last line\n")
        host.run(f"ln -s /etc/shadow /var/log/{SERVICE}/link.log; ln /etc/shadow /var/log/{SERVICE}/hard.log")
        host.run(f"systemctl daemon-reload && systemctl start {SERVICE} && sleep 1 && journalctl --sync")
        yield host


@pytest.fixture
def deploys(tmp_path: Path, host: Host) -> Deploys:
    """A project with that host, and one that does not answer."""
    made = make_deploys(tmp_path, Sandbox())
    # Nothing of AWS is asked.
    made.sandbox.endpoint = made.sandbox.alb = "http://127.0.0.1:9"
    directory = tmp_path / "inventories" / "local"
    gone = {"ansible_host": "127.0.0.1", "ansible_port": 9, "ansible_user": "root"}
    inventory = {"backend": {"hosts": {"logs-1": host.variables, "logs-2": gone}}}
    (directory / "hosts.yml").write_text(yaml.safe_dump(inventory), encoding="utf-8")
    variables = {"backend_service": SERVICE, "ansible_connection": "ssh"}
    (directory / "group_vars" / "backend.yml").write_text(yaml.safe_dump(variables), encoding="utf-8")
    return made


def collect(deploys: Deploys, *arguments: str) -> Ran:
    """Run the playbook for the hosts alone."""
    return deploys.run("playbooks/logs.yml", "--limit", "backend", *arguments)


def read(deploys: Deploys) -> dict[str, str]:
    """The newest archive's files, without the name of the directory that they are in."""
    (path,) = sorted((deploys.directory / "logs").iterdir())[-1:]
    assert path.stat().st_mode & 0o777 == 0o600
    with tarfile.open(path) as archive:
        members = archive.getmembers()
        assert {member.mode for member in members} == {0o600}
        files = {member.name.partition("/")[2]: archive.extractfile(member) for member in members}
        return {name: file.read().decode() for name, file in files.items() if file}


def test_one_archive_without_secrets(deploys: Deploys) -> None:
    ran = collect(deploys, "-vvvv")
    assert ran.code == 0, ran.text
    files = read(deploys)
    for secret in SECRETS:
        assert secret not in ran.text
        assert not [name for name, text in files.items() if secret in text], secret
    journal = files["logs-1/journal.log"]
    assert "started with [redacted] and [redacted]" in journal
    assert "done as it should be" in journal
    assert "ActiveState=active" in files["logs-1/unit.txt"]
    assert "os: Debian GNU/Linux" in files["logs-1/versions.txt"]
    assert "release: r-1" in files["logs-1/versions.txt"]
    assert "slipway/ledger/1" in files["logs-1/ledger.json"]
    assert files["logs-1/files/00-app.log"] == "a line with [redacted]\nthe last line\n"
    assert "disks:" in files["logs-1/host.txt"]
    hosts = json.loads(files["hosts.json"])
    assert "several names" in str(hosts["logs-1"]["problems"])
    assert hosts["logs-1"]["problem"] == ""
    assert "Connection refused" in hosts["logs-2"]["problem"]


def test_what_a_person_sees(deploys: Deploys) -> None:
    ran = collect(deploys, "-e", "lines=2", "-e", "since=today")
    assert ran.code == 0, ran.text
    first, second, third = ran.lines
    assert re.match(r"✔  logs-1  active/running, r-1, since \w+ 20", first)
    assert re.match(r"✘  logs-2  .*Connection refused", second)
    assert re.fullmatch(r"logs/local-\d{8}T\d{6}Z\.tar\.gz \(\d+ KiB, redacted\)", third)
    assert len(read(deploys)["logs-1/journal.log"].splitlines()) <= 2
    checked = collect(deploys, "--check")
    assert checked.lines[:2] == [first, second]
    assert len(list((deploys.directory / "logs").iterdir())) == 1


def test_what_cannot_be_is_said(deploys: Deploys) -> None:
    ran = collect(deploys, "-e", "lines=many")
    assert ran.code == 2
    assert ran.text.splitlines() == ["-e lines: 'many' is not a whole number from 1 to 50000. For example: -e lines=20"]
    ran = collect(deploys, "-e", "since=whenever")
    assert ran.code == 0
    assert "not read: journalctl: Failed to parse timestamp: whenever" in ran.out
    ran = collect(deploys, "-e", "backend_service=nothing")
    assert ran.code == 0
    assert "✘  logs-1  inactive/dead" in ran.out


def test_a_host_that_is_not_reached_from_here_is_said(deploys: Deploys) -> None:
    ran = collect(deploys, "-e", "backend_connection=none")
    assert ran.code == 0, ran.text
    assert "✘  logs-1  it is not reached from here (backend_connection: none)" in ran.out


def test_the_runbook(deploys: Deploys) -> None:
    for playbook, *arguments in commands("backend.md", "Incident"):
        own = [word if "i-0a1b2c3d4e5f60718" not in word else "logs-1" for word in arguments]
        ran = deploys.run(playbook, *own)
        assert ran.code == 0, ran.text
    assert len(list((deploys.directory / "logs").iterdir())) == 3
