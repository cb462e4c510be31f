# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a machine says of its units, its Redis and its programs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.probes import machine, redis_client
from ansible_collections.slipway.deploy.plugins.module_utils.probes.redis_client import (
    Address,
    RedisError,
    encode,
    parse_url,
)
from ansible_collections.slipway.deploy.plugins.module_utils.programs.run import Finished
from ansible_collections.slipway.deploy.plugins.module_utils.systemd import systemctl

from .redis_double import RedisDouble, redis_double

GARBLED = "the server there does not speak the Redis protocol"


@pytest.fixture(name="redis")
def redis_fixture() -> Iterator[RedisDouble]:
    with redis_double() as server:
        server.lengths["jobs"] = 3
        server.texts["beat"] = "2026-11-20T21:04:11Z"
        yield server


def asked(redis: RedisDouble, *command: str, **more: Any) -> Any:
    return redis_client.ask(Address(host="127.0.0.1", port=redis.port, **more), list(command), 2.0)


@pytest.mark.parametrize(
    ("command", "reply"),
    [(("LLEN", "jobs"), 3), (("LLEN", "none"), 0), (("GET", "beat"), "2026-11-20T21:04:11Z"), (("GET", "x"), None)],
)
def test_replies(redis: RedisDouble, command: Any, reply: Any) -> None:
    assert asked(redis, *command) == reply
    assert redis.seen == [list(command)]


def test_a_password_a_user_and_a_database(redis: RedisDouble) -> None:
    redis.password = "s3cret"
    assert asked(redis, "LLEN", "jobs", user="smoke", password="s3cret", database=3) == 3
    assert redis.seen == [["AUTH", "smoke", "s3cret"], ["SELECT", "3"], ["LLEN", "jobs"]]


@pytest.mark.parametrize(
    ("password", "code"),
    [("", "NOAUTH"), ("wrong-s3cret", "WRONGPASS")],
)
def test_a_refusal_is_said_by_its_code_alone(redis: RedisDouble, password: str, code: str) -> None:
    redis.password = "s3cret"
    with pytest.raises(RedisError, match=f"^Redis answered {code}$"):
        asked(redis, "LLEN", "jobs", password=password)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", GARBLED),
        (b"$99999999999\r\n", GARBLED),
        (b"*1\r\n" * 50, GARBLED),
        (b":\r\n", GARBLED),
        (b"-ERR unknown command `s3cret`\r\n", "Redis answered ERR"),
        (b"-s3cret/with/slashes\r\n", "Redis answered an error"),
        (b"", "Redis gave no answer within 0.3 s"),
        (b"$10\r\nabc", "Redis gave no answer within 0.3 s"),
    ],
)
def test_what_is_no_reply(redis: RedisDouble, raw: bytes, said: str) -> None:
    redis.raw = raw
    with pytest.raises(RedisError) as caught:
        redis_client.ask(Address(host="127.0.0.1", port=redis.port), ["LLEN", "jobs"], 0.3)
    assert str(caught.value) == said


def test_nobody_listens(redis: RedisDouble) -> None:
    with pytest.raises(RedisError, match="Redis cannot be reached: "):
        redis_client.ask(Address(path="/no/such/socket"), ["LLEN", "jobs"], 0.3)
    redis.shutdown()
    redis.server_close()
    with pytest.raises(RedisError, match="Redis cannot be reached: connection refused"):
        asked(redis, "LLEN", "jobs")


def test_plain_behind_tls(redis: RedisDouble) -> None:
    redis.raw = b"-ERR\r\n"
    with pytest.raises(RedisError, match="TLS with Redis failed|Redis gave no answer|Redis cannot be reached"):
        redis_client.ask(Address(secure=True, host="127.0.0.1", port=redis.port), ["LLEN", "jobs"], 0.5)


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("redis://localhost", Address(host="localhost")),
        ("redis://h:7000/2", Address(host="h", port=7000, database=2)),
        ("rediss://u:p%40s@h", Address(secure=True, host="h", user="u", password="p@s")),
        ("redis://:p@[::1]:1/0", Address(host="::1", port=1, password="p")),
        ("unix:///run/redis.sock", Address(path="/run/redis.sock")),
        ("unix:///run/redis.sock?db=2", Address(path="/run/redis.sock", database=2)),
    ],
)
def test_addresses(url: str, address: Address) -> None:
    assert parse_url(url, "w") == address


@pytest.mark.parametrize(
    "url",
    [
        "",
        "redis://",
        "http://h",
        "redis://h:x",
        "redis://h/db",
        "redis://h?db=1",
        "unix://",
        "redis://:s3cret@",
        "unix:///r?db=x",
        "unix:///r?password=s3cret",
    ],
)
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(SlipwayError, match="w: this is not the address of a Redis server") as caught:
        parse_url(url, "w")
    assert "s3cret" not in str(caught.value)


@given(st.lists(st.text(), min_size=1, max_size=4))
def test_a_command_is_read_back_as_it_was(words: list[str]) -> None:
    read, rest = [], encode(words).partition(b"\r\n")[2]
    for _word in words:
        length, _newline, rest = rest.partition(b"\r\n")
        read.append(rest[: int(length[1:])].decode())
        rest = rest[int(length[1:]) + 2 :]
    assert (read, rest) == (words, b"")


def command(*argv: str, timeout: float = 5) -> dict[str, Any]:
    return {"kind": "command", "argv": list(argv), "timeout": timeout}


@pytest.mark.parametrize(
    ("argv", "answer"),
    [
        (("sh", "-c", "echo; echo 31 members; echo more"), {"code": 0, "said": "31 members"}),
        (("sh", "-c", "echo password=s3cret >&2; exit 1"), {"code": 1, "said": "password=[redacted]"}),
        (("sh", "-c", "kill -9 $$"), {"code": -9, "said": ""}),
        (("sh", "-c", "cat; exit 7"), {"code": 7, "said": ""}),
        (("/no/such/program",), {"error": "there is no /no/such/program"}),
        (("/etc",), {"error": "/etc cannot be run: permission denied"}),
    ],
)
def test_a_program(argv: Any, answer: dict[str, Any]) -> None:
    found = machine.ask(command(*argv))
    assert found.pop("took") >= 0
    assert found == answer


def test_a_program_that_takes_too_long_ends_with_all_that_it_started(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    found = machine.ask(command("sh", "-c", f"sleep 300 & echo $! > {pid}; sleep 300", timeout=1))
    assert found["error"] == "it did not finish within 1 s"
    ends(pid.read_text().strip())


def ends(pid: str) -> None:
    """A process was killed. The kernel takes a moment for it, and its parent may take one to notice."""
    for _attempt in range(500):
        try:
            state = Path("/proc", pid, "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return
        if state in ("Z", "X"):
            return
        time.sleep(0.02)
    pytest.fail(f"process {pid} goes on")


def test_questions_are_asked_side_by_side_and_answered_in_order(tmp_path: Path) -> None:
    # Each ends only when the other has begun.
    meet = "touch $1; until [ -e $2 ]; do sleep 0.02; done; echo $3"
    one, other = str(tmp_path / "one"), str(tmp_path / "other")
    first = command("sh", "-c", meet, "-", one, other, "1", timeout=30)
    last = command("sh", "-c", meet, "-", other, one, "3", timeout=30)
    found = machine.ask_all([first, {**command("echo", "2"), "wait": 0.2}, last])
    assert [item.get("said") for item in found] == ["1", "2", "3"]
    assert machine.ask_all([]) == []


def test_the_state_of_a_unit(monkeypatch: pytest.MonkeyPatch) -> None:
    said = "LoadState=loaded\nActiveState=active\nSubState=running\nNRestarts=2\n"
    asked_for: list[Any] = []

    def run(argv: Any, timeout: float, *, together: bool) -> Finished:
        asked_for.append((argv[-1], timeout))
        return Finished(0, said, "", False)

    monkeypatch.setattr(machine, "run_command", run)
    found = machine.ask({"kind": "systemd", "unit": "nginx", "timeout": 3})
    found.pop("took")
    assert found == {"loaded": True, "active": "active", "sub": "running", "restarts": 2}
    assert machine.ask({"kind": "systemd", "unit": "backup.timer", "timeout": 3})["loaded"]
    assert asked_for == [("nginx.service", 3.0), ("backup.timer", 3.0)]


def test_a_machine_without_systemd(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "run_command", lambda _argv, _timeout, together: Finished(1, "", "", False))
    assert "systemd does not answer" in machine.ask({"kind": "systemd", "unit": "x", "timeout": 3})["error"]


def test_the_address_that_the_service_has(redis: RedisDouble, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    files = (str(tmp_path / "none"), str(tmp_path / "env"))
    (tmp_path / "env").write_text(f'A="b"\nREDIS_URL="redis://:s3cret@127.0.0.1:{redis.port}/0"\n')
    redis.password = "s3cret"
    unit_file = tmp_path / "crm.service"
    credential = tmp_path / "credentials" / "QUEUE_URL"
    unit_file.write_text(f"[Service]\nLoadCredential=QUEUE_URL:{credential}\nLoadCredential=B:/no/such\n")
    credential.parent.mkdir()
    credential.write_text(f"redis://:s3cret@127.0.0.1:{redis.port}\n")
    unit = systemctl.parse_show([f"EnvironmentFiles={path} (ignore_errors=no)" for path in files])
    monkeypatch.setattr(systemctl, "show", lambda _name: replace(unit, files=(str(unit_file),)))
    question = {"kind": "redis", "command": ["LLEN", "jobs"], "unit": "crm", "timeout": 2}
    assert machine.ask({**question, "variable": "REDIS_URL"})["value"] == 3
    assert machine.ask({**question, "variable": "QUEUE_URL"})["value"] == 3
    found = machine.ask({**question, "variable": "B"})
    assert found["error"] == "B is in no environment file and no credential of crm.service. Set B, or give url"
