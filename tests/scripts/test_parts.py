# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The parts of `make test`: together they are all tests, each once; each can be named, and what is none is refused."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "test.py"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    """scripts/test.py as a module."""
    spec = importlib.util.spec_from_file_location("slipway_test_parts", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_every_test_file_and_scenario_is_in_one_part(script: ModuleType) -> None:
    runs = Counter[Path]()
    for part in script.known_parts():
        if part.command[0] == "python":
            path = ROOT / part.command[-1]
            runs.update(path.glob("test_*.py") if path.is_dir() else [path])
        elif part.name.startswith("molecule/"):
            runs[ROOT / part.name / "molecule.yml"] += 1
    files = [*ROOT.glob("tests/**/test_*.py"), *ROOT.glob("molecule/*/molecule.yml")]
    assert runs == Counter(files)


def test_names_are_unique_and_those_that_are_listed_exist(script: ModuleType) -> None:
    parts = script.known_parts()
    names = [part.name for part in parts]
    assert len(names) == len(set(names))
    assert {*script.LONGEST, *script.ALONE} <= set(names)
    assert len({part.log for part in parts}) == len(parts)
    hosts = {part.name.partition("/")[0] for part in parts if part.on_hosts}
    assert {*script.ON_HOSTS} <= hosts


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["lint"], ["lint"]),
        (["e2e/drift", "lint"], ["e2e/drift", "lint"]),
        (["molecule/artifact"], ["molecule/artifact"]),
    ],
)
def test_a_part_is_chosen_by_its_name(script: ModuleType, names: list[str], found: list[str]) -> None:
    assert sorted(part.name for part in script.chosen(script.known_parts(), names)) == found


def test_a_beginning_chooses_all_parts_below_it(script: ModuleType) -> None:
    parts = script.known_parts()
    chosen = script.chosen(parts, ["molecule"])
    assert chosen == [part for part in parts if part.name.startswith("molecule/")]
    assert len(chosen) > 1
    assert script.chosen(parts, []) == parts


def test_an_unknown_part_is_refused_with_those_that_there_are() -> None:
    ran = subprocess.run([sys.executable, SCRIPT, "e2e/dirft"], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (2, "")
    first, *known = ran.stderr.splitlines()
    assert first == "test: there is no part e2e/dirft. Did you mean e2e/drift?"
    assert {"  e2e", "  e2e/drift", "  lint", "  molecule", "  units"} <= set(known)


def test_the_slowest_parts_come_first_in_the_table_and_failures_are_marked(script: ModuleType) -> None:
    parts = [
        script.Part("lint", (), code=0, took=3.2, busy=3.0),
        script.Part("units", (), code=1, took=70.4, busy=130.0),
    ]
    rows = [line.split() for line in script.table(parts).splitlines()]
    assert rows[1:] == [["units", "70", "130", "failed"], ["lint", "3", "3"]]


def test_two_parts_on_hosts_run_beside_others_and_three_alone(script: ModuleType) -> None:
    hosts = [script.Part(f"site/{number}", (), on_hosts=True) for number in range(4)]
    other = script.Part("lint", ())
    run = script.Run([*hosts, other], {})
    for expected in (hosts[0], hosts[1], other, None):
        part = run._next()
        assert part is expected
        if part is not None:
            run.waiting.remove(part)
            run.running.append(part)
    run.running.remove(other)
    assert run._next() is hosts[2]
