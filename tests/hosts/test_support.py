# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The real parts that the other tests stand on: hosts, a git server, a database, and a backend to deploy."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import pytest

from sandbox.testing import Sandbox
from tests.support import umigo
from tests.support.deploys import wait_for
from tests.support.git_server import GitServer
from tests.support.hosts import Hosts, register_instance
from tests.support.pace import scaled
from tests.support.postgres import Postgres, PostgresError, free_port
from tests.support.umigo import Umigo

NAME = "starxtechnologysolutions/Umigo"


@pytest.fixture(scope="module")
def hosts() -> Iterator[Hosts]:
    with Hosts() as made:
        yield made


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Umigo:
    return Umigo.make(tmp_path_factory.mktemp("fixture") / "Umigo")


@pytest.fixture
def database() -> Iterator[Postgres]:
    with Postgres() as made:
        yield made


def clone(server: GitServer, directory: Path, token: str) -> subprocess.CompletedProcess[str]:
    askpass = directory.with_suffix(".askpass")
    askpass.write_text(f"#!/bin/sh\necho {token}\n", encoding="utf-8")
    askpass.chmod(0o700)
    return subprocess.run(
        ["git", "clone", "-q", "--branch", "backend-v0.2.0", server.url(NAME).replace("//", "//git@"), str(directory)],
        env={**os.environ, "GIT_ASKPASS": str(askpass), "GIT_SSL_CAINFO": str(server.ca), "GIT_TERMINAL_PROMPT": "0"},
        capture_output=True,
        text=True,
        check=False,
        timeout=scaled(60),
    )


def test_the_repository_is_the_same_every_time(repository: Umigo, tmp_path: Path) -> None:
    again = Umigo.make(tmp_path / "again", ("0.1.0", "0.1.1"))
    assert again.commits["0.1.1"] == repository.commits["0.1.1"]
    assert repository.git("tag").split() == [umigo.tag_of(version) for version in umigo.RELEASES]
    assert repository.git("rev-parse", "backend/loginCRM") == repository.commits["0.6.0"]
    assert repository.git("status", "--porcelain") == ""
    files = repository.git("ls-tree", "-r", "--name-only", "backend-v0.1.0").split()
    assert "umigoCrmBackend/mvnw" in files
    assert not any("V2__" in name for name in files)
    assert "<version>0.1.0</version>" in repository.git("show", "backend-v0.1.0:umigoCrmBackend/pom.xml")


def test_git_asks_for_the_token_until_it_is_revoked(repository: Umigo, tmp_path: Path) -> None:
    with GitServer() as server:
        server.add(NAME, repository.directory)
        assert clone(server, tmp_path / "wrong", "another").returncode == 128
        good = clone(server, tmp_path / "right", str(server.token))
        assert good.returncode == 0, good.stderr
        commit = subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=tmp_path / "right", text=True).strip()
        assert commit == repository.commits["0.2.0"]
        token = str(server.token)
        server.revoke()
        refused = clone(server, tmp_path / "revoked", token)
        assert "Authentication failed" in refused.stderr
        assert {status for *_, status in server.requests} == {200, 401}


def test_a_push_needs_the_token_too(repository: Umigo, tmp_path: Path) -> None:
    with GitServer() as server:
        path = server.add(NAME, repository.directory)
        clone(server, tmp_path / "work", str(server.token))
        environment = {"GIT_ASKPASS": str(tmp_path / "work.askpass"), "GIT_SSL_CAINFO": str(server.ca)}
        push = ["git", "push", "-q", "origin", "HEAD:refs/tags/pushed"]
        subprocess.run(push, cwd=tmp_path / "work", env={**os.environ, **environment}, check=True, timeout=scaled(60))
        found = subprocess.check_output(["git", "--git-dir", str(path), "rev-parse", "pushed"], text=True).strip()
        assert found == repository.commits["0.2.0"]


def test_the_database_asks_for_the_password_and_survives_a_crash(database: Postgres) -> None:
    assert database.query("SELECT current_user, current_database()") == [["umigo", "umigo"]]
    database.query("CREATE TABLE kept (a int); INSERT INTO kept VALUES (1)")
    database.stop()
    with pytest.raises(PostgresError, match="Connection refused"):
        database.query("SELECT 1")
    database.start()
    assert database.query("SELECT a FROM kept") == [["1"]]
    database.password = "another"
    with pytest.raises(PostgresError, match="password authentication failed"):
        database.query("SELECT 1")


def flyway(repository: Umigo, version: str, database: Postgres, directory: Path) -> subprocess.CompletedProcess[str]:
    """Migrate as a deploy does, from a checkout with a configuration file."""
    checkout = directory / version
    repository.git("worktree", "add", "-f", str(checkout), umigo.tag_of(version))
    settings = directory / "flyway.conf"
    values = {
        "url": database.url(),
        "user": database.user,
        "password": database.password,
        # By default Flyway holds its lock in a transaction, and takes the row of a failed migration back with it.
        "postgresql.transactional.lock": "false",
    }
    settings.write_text("".join(f"flyway.{name}={value}\n" for name, value in values.items()), encoding="utf-8")
    return subprocess.run(
        ["./mvnw", "-B", "-q", "flyway:migrate", f"-Dflyway.configFiles={settings}"],
        cwd=checkout / umigo.MODULE,
        capture_output=True,
        text=True,
        check=False,
        timeout=scaled(300),
    )


def history(database: Postgres) -> list[list[str]]:
    return database.query("SELECT version, success FROM flyway_schema_history ORDER BY installed_rank")


def test_the_migrations_are_what_they_are_said_to_be(repository: Umigo, database: Postgres, tmp_path: Path) -> None:
    done = flyway(repository, "0.2.0", database, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert history(database) == [["1", "t"], ["2", "t"]]
    assert flyway(repository, "0.5.0", database, tmp_path).returncode != 0
    assert history(database)[-1] == ["3", "f"]
    half = database.query(
        "SELECT column_name FROM information_schema.columns WHERE table_name = 'customers' ORDER BY 1"
    )
    assert half == [["email"], ["full_name"], ["id"]]


class Service:
    """A release that runs on this machine."""

    def __init__(self, version: str, database: Postgres, **environment: str) -> None:
        self.port = free_port("127.0.0.1")
        self._process = subprocess.Popen(
            ["java", "-Xmx128m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-jar", str(umigo.jar(version))],
            env={
                "PATH": os.environ["PATH"],
                # Java reads its environment in the locale's encoding: without one, é is lost.
                "LANG": "C.UTF-8",
                "SERVER_PORT": str(self.port),
                "SPRING_MAIN_LAZY_INITIALIZATION": "true",
                "SPRING_DATASOURCE_URL": database.url(),
                "SPRING_DATASOURCE_USERNAME": database.user,
                "SPRING_DATASOURCE_PASSWORD": database.password,
                **environment,
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def get(self, path: str) -> tuple[int, Any]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=scaled(10)) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)
        except OSError:
            return 0, None

    def wait(self, *not_yet: int) -> tuple[int, Any]:
        """The first answer of its readiness that is none of these statuses."""
        deadline = time.monotonic() + scaled(60)
        while (found := self.get("/actuator/health/readiness"))[0] in (0, *not_yet) and time.monotonic() < deadline:
            time.sleep(0.2)
        return found

    def stop(self) -> int:
        self._process.terminate()
        return self._process.wait(40)

    def died(self) -> int:
        return self._process.wait(40)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()


def test_the_backend_is_ready_and_answers_digests_only(database: Postgres, tmp_path: Path) -> None:
    account = tmp_path / "firebase.json"
    account.write_text('{"private_key": "s7@o8"}', encoding="utf-8")
    database.query("CREATE TABLE customers (id int, name text); INSERT INTO customers VALUES (1, 'Ada')")
    hard = "s7@o8\\p=@us$0!'\"é"
    with Service("0.1.0", database, UMIGO_FIREBASE_CONFIG_PATH=str(account), HARD=hard) as service:
        # It answers a little before it is ready.
        status, health = service.wait(503)
        assert (status, health["status"]) == (200, "UP")
        assert service.get("/api/version")[1]["tag"] == "backend-v0.1.0"
        assert service.get("/api/customers") == (200, [{"id": 1, "name": "Ada"}])
        digest = subprocess.run(["sha256sum"], input=hard, capture_output=True, text=True, check=True).stdout.split()[0]
        assert service.get("/api/config?env=HARD&env=NONE")[1] == {"HARD": digest, "NONE": None}
        assert service.get("/api/config/firebase")[1]["sha256"] == umigo.sha256(account)
        database.stop()
        assert service.get("/actuator/health/readiness")[0] == 503
        assert service.get("/actuator/health/liveness")[0] == 200
        assert service.stop() == 143


def test_the_bad_releases_are_bad(database: Postgres) -> None:
    with Service("0.3.0", database) as never, Service("0.4.0", database, UMIGO_DIES_AFTER_SECONDS="1") as dies:
        assert never.wait()[0] == 503
        assert dies.wait()[0] in (200, 0)
        assert dies.died() == 1
        assert never.get("/actuator/health/readiness") == (503, {"status": "OUT_OF_SERVICE"})
        assert never.get("/api/version")[0] == 200


def test_a_host_boots_takes_ssh_and_reaches_the_sandbox(hosts: Hosts, repository: Umigo) -> None:
    host = hosts.start("backend-1")
    done = subprocess.run([*host.ssh, "hostname"], capture_output=True, text=True, check=False, timeout=scaled(30))
    assert done.stdout.strip() == "backend-1", done.stderr
    with Sandbox(seed="none", address=hosts.gateway) as aws, GitServer(address=hosts.gateway) as server:
        instance = register_instance(aws, "backend-1", {"Role": "backend"}, host.address)
        other = register_instance(aws, "backend-1", {"Role": "backend"}, str(hosts.gateway).replace(".1", ".77", 1))
        found = aws.client("ec2").describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]
        assert (found["PrivateIpAddress"], instance != other) == (host.address, True)
        s3 = aws.client("s3")
        s3.create_bucket(Bucket="umigo-artifacts", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        s3.put_object(Bucket="umigo-artifacts", Key="a/b/app.jar", Body=b"jar")
        url = s3.generate_presigned_url("get_object", Params={"Bucket": "umigo-artifacts", "Key": "a/b/app.jar"})
        assert host.run(f"curl -fsS '{url}'") == "jar"
        server.add(NAME, repository.directory)
        host.trust(server.ca)
        token = base64.b64encode(f"x:{server.token}".encode()).decode()
        place = f"{server.url(NAME)}/info/refs?service=git-upload-pack"
        assert "backend-v0.1.0" in host.run(f"curl -fsS -H 'Authorization: Basic {token}' '{place}' | tr -d '\\0'")


def behind_a_balancer(aws: Sandbox, instance: str) -> str:
    """A target group with the instance, and a load balancer that forwards everything to it."""
    elb, ec2 = aws.client("elbv2"), aws.client("ec2")
    subnet = ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]
    group: str = elb.create_target_group(
        Name="backend", Protocol="HTTP", Port=8080, VpcId=subnet["VpcId"], HealthCheckTimeoutSeconds=2
    )["TargetGroups"][0]["TargetGroupArn"]
    balancer = elb.create_load_balancer(Name="umigo", Subnets=[subnet["SubnetId"]])["LoadBalancers"][0]
    forward = [{"Type": "forward", "TargetGroupArn": group}]
    elb.create_listener(LoadBalancerArn=balancer["LoadBalancerArn"], Protocol="HTTP", Port=80, DefaultActions=forward)
    elb.register_targets(TargetGroupArn=group, Targets=[{"Id": instance}])
    return group


def reason(elb: Any, group: str) -> str:
    found = elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"][0]["TargetHealth"]
    return str(found.get("Reason"))


def test_a_host_is_killed_vanishes_and_comes_back(hosts: Hosts) -> None:
    host = hosts.start("backend-2")
    ask = [*host.ssh, "true"]
    host.run("systemd-run --unit=web --working-directory=/srv python3 -m http.server 8080")
    with Sandbox(fleet=0, speed=20) as aws:
        group = behind_a_balancer(aws, register_instance(aws, "backend-2", {}, host.address))
        elb = aws.client("elbv2")
        elb.get_waiter("target_in_service").wait(TargetGroupArn=group, WaiterConfig={"Delay": 1, "MaxAttempts": 20})
        with urllib.request.urlopen(f"http://{aws.alb.removeprefix('http://')}/", timeout=scaled(10)) as answer:
            assert answer.status == 200
        host.vanish()
        wait_for("its checks time out", lambda: reason(elb, group) == "Target.Timeout", 20)
    assert subprocess.run(ask, check=False, timeout=scaled(30), capture_output=True).returncode == 255
    host.reappear()
    assert subprocess.run(ask, check=False, timeout=scaled(30), capture_output=True).returncode == 0
    host.kill()
    host.boot()
    assert subprocess.run(ask, check=False, timeout=scaled(30), capture_output=True).returncode == 0
    assert host.inventory.startswith(f"backend-2 ansible_host={host.address} ")
