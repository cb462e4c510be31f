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
from ansible_collections.slipway.deploy.tests.unit.plugins.module_utils.changes.builders import (
    at,
    changes,
    dependency,
    pom,
    root,
)
from tests.support import pace

_MANAGED = (
    "<dependencyManagement><dependencies>"
    f"<dependency>{dependency('bom', '1.0', more='<type>pom</type><scope>import</scope>')}</dependency>"
    "</dependencies></dependencyManagement>"
)
_VERSIONS = (
    "<dependencyManagement><dependencies>"
    f"<dependency>{dependency('common', '1.0')}</dependency>"
    f"<dependency>{dependency('common', '1.0', '<type>test-jar</type>')}</dependency>"
    "</dependencies></dependencyManagement>"
)
_PROFILE = (
    "<profiles><profile><id>extra</id><activation><property><name>!absent</name></property></activation>"
    "<modules><module>extra</module></modules></profile></profiles>"
)
_EXTENSION = (
    "<build><plugins><plugin><artifactId>maven-antrun-plugin</artifactId>"
    f"<dependencies><dependency>{dependency('rules')}</dependency></dependencies></plugin></plugins></build>"
)
FILES = {
    "pom.xml": root(
        ["bom", "common", "parents/web", "gateway", "users", "tasks", "rules", "reports"],
        f"<properties><revision>1.0</revision></properties>{_MANAGED}{_PROFILE}",
    ).replace("<version>1.0", "<version>${revision}", 1),
    "bom/pom.xml": pom("bom", parent=None, packaging="pom", more=_VERSIONS),
    "common/pom.xml": pom("common", version="${revision}"),
    "parents/web/pom.xml": pom("web", version="${revision}", path="../../pom.xml", packaging="pom"),
    "gateway/pom.xml": pom(
        "gateway", parent="web", version="${revision}", path="../parents/web", needs=[dependency("common", "")]
    ),
    "users/pom.xml": pom("users", parent="web", version="${revision}", path="../parents/web/pom.xml"),
    "tasks/pom.xml": pom(
        "tasks", version="${revision}", needs=[dependency("common", "", "<type>test-jar</type><scope>test</scope>")]
    ),
    "rules/pom.xml": pom("rules", version="${revision}"),
    "reports/pom.xml": pom(
        "reports", version="${revision}", more=_EXTENSION, needs=[dependency("users", group="${project.groupId}")]
    ),
    "extra/pom.xml": pom("extra", version="${revision}", needs=["gateway"]),
}
MODULES = {path.rpartition("/")[0]: path for path in FILES if path != "pom.xml"}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The poms, on disk."""
    place = tmp_path_factory.mktemp("reactor")
    for path, text in FILES.items():
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_text(text.replace("<project>", "<project><modelVersion>4.0.0</modelVersion>"))
    return place


def asked(tree: Path, module: str) -> set[str]:
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
        ("common", set()),
        # Every version comes from it, and Maven does not see it.
        ("bom", {"common", "web", "gateway", "users", "tasks", "rules", "reports", "extra", "root"}),
        ("parents/web", set()),
        ("rules", set()),
        ("users", set()),
    ],
)
def test_what_maven_would_build_is_reached(tree: Path, module: str, more: set[str]) -> None:
    services = [Service(name, (name,)) for name in MODULES]
    head = {**FILES, f"{module}/src/main/x": "1"}
    found = detect(services, at(FILES), at(head), changes(FILES, head), Choices(unclaimed="none"))
    reached = {item.service.rpartition("/")[2] for item in found.decisions if item.build}
    wanted = asked(tree, module)
    assert module.rpartition("/")[2] in wanted
    assert wanted - {"root"} <= reached
    assert reached - wanted == more - {"root"}
