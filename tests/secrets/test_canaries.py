# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The net that the secrets tests are caught with has no hole."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.support.canaries import Canaries

HARD = "pass\"word'ü /+?-0123456789"
SHAPES: list[Callable[[bytes], bytes]] = [
    lambda value: value,
    lambda value: value.hex().encode(),
    lambda value: quote(value, safe="").encode(),
    lambda value: json.dumps({"a": value.decode()}).encode(),
    *(lambda value, n=n: base64.b64encode(b"x" * n + value + b"tail") for n in range(4)),  # type: ignore[misc]
]


@pytest.mark.parametrize("shape", range(len(SHAPES)))
@pytest.mark.parametrize("value", ["canary0123456789", HARD])
def test_a_canary_is_found_in_every_shape(tmp_path: Path, value: str, shape: int) -> None:
    canaries = Canaries({"token": value})
    (tmp_path / "log").write_bytes(b"before " + SHAPES[shape](value.encode()) + b" after\xff")
    assert canaries.in_files([tmp_path]) == [f"token: {tmp_path}/log"]


def test_names_and_links_are_looked_at_too(tmp_path: Path) -> None:
    canaries = Canaries()
    (tmp_path / canaries["a"]).touch()
    (tmp_path / "link").symlink_to(f"/nowhere/{canaries['b']}")
    (tmp_path / "allowed").write_text(canaries["c"], encoding="utf-8")
    found = canaries.in_files([tmp_path], allowed=[f"{tmp_path}/all*"])
    assert {line.partition(":")[0] for line in found} == {"a", "b"}
    assert canaries.in_text(f"x{canaries['a']}", "output") == ["a: output"]


def test_arguments_and_environments_are_seen_while_they_last() -> None:
    canaries = Canaries()
    arguments, environment = canaries["arguments"], canaries["environment"]
    with canaries.watched() as found:
        subprocess.run(["/bin/sh", "-c", 'sleep 0.5; : "$1"', "sh", arguments], check=True)
        subprocess.run(["sleep", "0.5"], check=True, env={"PATH": os.environ["PATH"], "TOKEN": environment})
    assert {line.partition(":")[0] for line in found} == {"arguments", "environment"}
    assert not any(value in line for line in found for value in canaries.values.values())


def test_this_machine_is_clean_of_what_nobody_has() -> None:
    canaries = Canaries()
    assert canaries["nobody"]
    with canaries.watched() as found:
        pass
    assert found == []
