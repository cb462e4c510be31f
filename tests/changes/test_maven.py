# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Maven as referee: what it would build with ``-pl <module> -amd`` is always reached.

More than that is reached where Maven draws no edge: an imported BOM, what a plugin's configuration names, profiles.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.changes.detect import Choices, detect
from ansible_collections.slipway.deploy.plugins.module_utils.changes.services import Service
from ansible_collections.slipway.deploy.tests.unit.plugins.module_utils.changes.builders import at, changes
from tests.support import pace
from tests.support.deploys import ROOT

#: A reactor with a shared library, a BOM that the root imports, a parent in between, a test-jar, a module of a profile,
#: and a plugin that depends on a module.
TREE = ROOT / "tests/fixtures/maven"
FILES = {
    str(path.relative_to(TREE)): path.read_text(encoding="utf-8") for path in sorted(TREE.rglob("*")) if path.is_file()
}
MODULES = sorted(path.rpartition("/")[0] for path in FILES if path.endswith("/pom.xml"))


def asked(module: str, tree: Path = TREE) -> set[str]:
    """The modules that Maven would build again."""
    words = ["mvn", "-o", "-B", "-Denforcer.skip", "-pl", module, "-amd", "validate"]
    quick = {**os.environ, "MAVEN_OPTS": "-XX:+UseSerialGC -XX:TieredStopAtLevel=1"}
    done = subprocess.run(
        words, cwd=tree, env=quick, capture_output=True, text=True, timeout=120 * pace.factor(), check=False
    )
    assert "BUILD SUCCESS" in done.stdout, done.stdout
    order = re.search(r"Reactor Build Order:\n\[INFO\] \n(.*?)\n\[INFO\] \n", done.stdout, re.DOTALL)
    if order is None:
        return set(re.findall(r"Building (\S+) ", done.stdout))
    return {line.split()[1] for line in order[1].splitlines()}


@pytest.mark.parametrize(
    ("module", "more"),
    [
        ("common-security", set()),
        # Every version comes from it, and Maven does not see it.
        ("bom", {path.rpartition("/")[2] for path in MODULES} - {"bom"}),
        ("parents/web", set()),
        ("rules", set()),
        ("user-service", set()),
    ],
)
def test_what_maven_would_build_is_reached(module: str, more: set[str]) -> None:
    services = [Service(name, (name,)) for name in MODULES]
    head = {**FILES, f"{module}/src/main/x": "1"}
    found = detect(services, at(FILES), at(head), changes(FILES, head), Choices(unclaimed="none"))
    reached = {item.service.rpartition("/")[2] for item in found.decisions if item.build}
    wanted = {name.removeprefix("skills-") for name in asked(module)}
    assert module.rpartition("/")[2] in wanted
    assert wanted <= reached
    assert reached - wanted == more


def edited(*edits: tuple[str, str, str]) -> dict[str, str]:
    """A later commit of the fixture."""
    files = dict(FILES)
    for path, old, new in edits:
        assert old in files[path]
        files[path] = files[path].replace(old, new)
    return files


_NEEDS = (
    "<dependencies><dependency><groupId>com.example.skills</groupId><artifactId>common-security</artifactId>"
    "<scope>runtime</scope></dependency></dependencies></project>"
)


@pytest.mark.parametrize(
    "files",
    [
        # The parent in between needs the library, so all that inherit from it do; the BOM's version is written out.
        edited(
            ("parents/web/pom.xml", "</project>", _NEEDS),
            ("bom/pom.xml", "<version>${skills.version}</version>", "<version>1.4.0-SNAPSHOT</version>"),
        ),
        # The profile's module is one of all now, and what needs the library's tests needs it for nothing else.
        edited(
            ("pom.xml", "<module>bom</module>", "<module>bom</module>\n    <module>batch</module>"),
            ("pom.xml", "!skip.batch", "with.batch"),
            ("rules/pom.xml", "</project>", _NEEDS),
        ),
    ],
)
def test_later_commits_of_the_fixture(files: dict[str, str], tmp_path: Path) -> None:
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    head = {**files, "common-security/src/main/x": "1"}
    services = [Service(name, (name,)) for name in MODULES]
    found = detect(services, at(files), at(head), changes(files, head), Choices(unclaimed="none"))
    reached = {item.service.rpartition("/")[2] for item in found.decisions if item.build}
    assert {name.removeprefix("skills-") for name in asked("common-security", tmp_path)} == reached
