# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the service gets, who else can read it, and what a changed value does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import boto3
import pytest

SCENARIO = Path(__file__).parents[1]
sys.path[:0] = [str(SCENARIO), str(SCENARIO.parents[1])]

import values  # noqa: E402

from tests.support.canaries import Canaries  # noqa: E402

DIRECTORY = "/etc/umigo-backend"
STATE = "/var/lib/umigo-backend"


def report(host):
    return json.loads(host.file(f"{STATE}/report.json").content)


def starts(host):
    return len(host.file(f"{STATE}/started").content)


def mode(host, path):
    file = host.file(path)
    return oct(file.mode), file.user


def test_every_value_arrives_as_it_is(host):
    environment = report(host)["environment"]
    # The next test changes DB_HINT.
    wanted = {
        **values.expected(),
        "DB_HINT": environment["DB_HINT"],
        "SPRING_REDIS_PORT": "6380",
        "SPRING_PROFILES_ACTIVE": "molecule",
    }
    assert {name: environment.get(name) for name in wanted} == wanted
    assert environment["JAVA_OPTS"] == '-Xmx64m -Dgreeting="hello world"'
    assert "OTHER" not in environment


def test_secrets_are_credentials_that_only_the_service_reads(host):
    found = report(host)
    assert found["credentials"] == {
        "spring.datasource.password": values.DATABASE["password"],
        "firebase.json": values.FIREBASE,
    }
    directory = found["environment"]["CREDENTIALS_DIRECTORY"]
    assert found["environment"]["UMIGO_FIREBASE_CONFIG_PATH"] == f"{directory}/firebase.json"
    assert found["environment"]["SPRING_CONFIG_IMPORT"] == f"optional:configtree:{directory}/"
    with host.sudo("nobody"):
        assert host.run(f"cat {directory}/firebase.json").failed
        assert host.run(f"ls {DIRECTORY}").failed
    assert values.DATABASE["password"] not in found["environment"].values()


def test_only_root_reads_what_is_on_the_disk(host):
    current = host.file(f"{DIRECTORY}/current").linked_to
    assert mode(host, DIRECTORY) == mode(host, current) == ("0o700", "root")
    for name in ("env", "unit.conf", "credentials/firebase.json", "credentials/spring.datasource.password"):
        assert mode(host, f"{current}/{name}") == ("0o600", "root")
    assert mode(host, f"{DIRECTORY}/generation.key") == ("0o600", "root")
    shown = host.check_output("systemctl show umigo-backend.service")
    assert not Canaries(dict(zip("abc", values.CANARIES, strict=True))).in_text(shown, "systemctl show")


def test_a_service_without_a_unit_finds_its_configuration_when_it_comes(host):
    current = host.file("/etc/later/current").linked_to
    assert current.startswith("/etc/later/generations/")
    assert host.file(f"{current}/env").content_string == f'A="b"\nFROM_HERE="{os.environ["HOME"]}"\n'
    assert mode(host, f"{current}/env") == ("0o600", "umigo-backend")
    dropin = host.file("/etc/systemd/system/later.service.d/10-configuration.conf")
    assert dropin.linked_to == f"{current}/unit.conf"


def test_a_file_is_delivered_to_its_path(host):
    path = "/etc/later-license/license.json"
    assert host.file(path).linked_to.startswith("/etc/later/generations/")
    with host.sudo("umigo-backend"):
        assert json.loads(host.check_output(f"cat {path}")) == {"license": "canary-license-4417"}
    assert host.check_output(f"stat -L -c '%U %G %a' {path}") == "umigo-backend umigo-backend 640"
    with host.sudo("nobody"):
        assert host.run(f"cat {path}").failed
        assert host.run("cat /etc/later/current/env").failed


class Playbook:
    """The scenario's playbook, run again on one host."""

    def __init__(self, name):
        self.name = name
        directory = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"])
        self.environment = {**os.environ, "ANSIBLE_CONFIG": str(directory / "ansible.cfg"), "ANSIBLE_FORCE_COLOR": "0"}
        root = SCENARIO.parents[1]
        self.environment["ANSIBLE_COLLECTIONS_PATH"] = str(root / "collections")
        self.environment["ANSIBLE_ROLES_PATH"] = str(root / "roles")

    def run(self, *options):
        inventory = os.environ["MOLECULE_INVENTORY_FILE"]
        return subprocess.run(
            ["ansible-playbook", "-i", inventory, "--limit", self.name, *options, str(SCENARIO / "converge.yml")],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def playbook(host):
    name = host.backend.get_hostname()
    if not name.endswith("-12"):
        pytest.skip("what a run does is not a question of the host's systemd")
    return Playbook(name)


@pytest.fixture
def aws():
    yield boto3.client(
        "ssm",
        endpoint_url=os.environ["SLIPWAY_TEST_ENDPOINT"],
        region_name="eu-west-1",
        aws_access_key_id="sandbox",
        aws_secret_access_key="sandbox",
    )
    values.seed(os.environ["SLIPWAY_TEST_ENDPOINT"])


def said(answer):
    return " ".join((answer.stdout + answer.stderr).split())


def put(ssm, name, value):
    ssm.put_parameter(Name=f"{values.PATH}/{name}", Value=value, Type="SecureString", Overwrite=True, Tier="Advanced")


def test_a_changed_value_restarts_the_service_once_and_nothing_shows_it(host, playbook, aws):
    before, generation = starts(host), host.file(f"{DIRECTORY}/current").linked_to
    canaries = Canaries(dict(zip(("parameter", "password", "firebase"), values.CANARIES, strict=True)))
    put(aws, "DB_HINT", canaries["changed"])
    planned = playbook.run("--check", "--diff")
    assert planned.returncode == 0, planned.stdout
    assert "~ environment DB_HINT (/molecule/backend/DB_HINT)" in planned.stdout
    assert (starts(host), host.file(f"{DIRECTORY}/current").linked_to) == (before, generation)

    with canaries.watched(units=["umigo-backend"]) as seen:
        done = playbook.run("-vvvv", "--diff")
    assert done.returncode == 0, done.stdout
    assert report(host)["environment"]["DB_HINT"] == canaries["changed"]
    assert starts(host) == before + 1
    again = playbook.run()
    assert "changed=0" in again.stdout
    assert starts(host) == before + 1

    printed = done.stdout + done.stderr + planned.stdout + again.stdout
    assert seen == []
    assert canaries.in_text(printed, "output") == []
    assert canaries.in_files([os.environ["ANSIBLE_HOME"]]) == []
    leaks = canaries.on_host(
        ["podman", "exec", "-i", playbook.name, "python3"],
        allowed=["/etc/*/generations/*/env", "/etc/*/generations/*/credentials/*", "/run/credentials/*", f"{STATE}/*"],
        units=["umigo-backend"],
    )
    assert leaks == []
    kept = host.check_output(f"ls {DIRECTORY}/generations").split()
    assert len(kept) == 2
    assert generation.rpartition("/")[2] in kept


def test_what_is_wrong_is_named_and_nothing_is_written(host, playbook, aws):
    before, kept = starts(host), host.check_output(f"ls -la {DIRECTORY} {DIRECTORY}/generations")
    put(aws, "TOO_ODD", "canary-first\uffffcanary-second")
    failed = playbook.run()
    aws.delete_parameter(Name=f"{values.PATH}/TOO_ODD")
    assert failed.returncode != 0
    assert "/molecule/backend/TOO_ODD: environment TOO_ODD holds a code point that Unicode reserves" in said(failed)
    assert "canary-" not in said(failed)
    aws.delete_parameter(Name=f"{values.PATH}/SPRING_DATASOURCE_URL")
    aws.delete_parameter(Name=f"{values.PATH}/SPRING_REDIS_HOST")
    lacking = playbook.run()
    assert "2 required parameters are missing: SPRING_DATASOURCE_URL, SPRING_REDIS_HOST" in said(lacking)
    assert (starts(host), host.check_output(f"ls -la {DIRECTORY} {DIRECTORY}/generations")) == (before, kept)
    assert host.service("umigo-backend").is_running
