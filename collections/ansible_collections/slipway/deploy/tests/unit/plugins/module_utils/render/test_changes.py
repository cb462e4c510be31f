# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The document, the outputs for GitHub and the screen of what a change reaches."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.changes.detect import (
    Decision,
    Detection,
    everything,
)
from ansible_collections.slipway.deploy.plugins.module_utils.changes.document import document, outputs
from ansible_collections.slipway.deploy.plugins.module_utils.changes.services import Service
from ansible_collections.slipway.deploy.plugins.module_utils.render.changes import changes
from ansible_collections.slipway.deploy.plugins.module_utils.render.workflow import output_lines

BASE, HEAD = "1" * 40, "2" * 40
CHAIN = ("common/…/Jwt.java", "common", "gateway", "api-gateway")
FOUND = Detection(
    (
        Decision("api-gateway", True, CHAIN, "common/src/main/java/app/Jwt.java", base=BASE),
        Decision("user-service", False, base=BASE),
        Decision("task-service", False, ("task/…/T.java", "task-service"), "task/src/test/T.java", "", True, base=BASE),
        Decision("old-service", False, gone=True, base=BASE),
    ),
    unclaimed=(("tsconfig\x1b[31m.json", ""), ("pom.xml", "managed version of n:netty 4.1 → 4.2")),
    gone=("old-service",),
    new=("mail-service",),
    notes=("module libs of pom.xml is in a submodule, which is not read",),
    head=HEAD,
)


def test_the_document() -> None:
    said = document(FOUND)
    assert said["build"] == ["api-gateway"]
    assert said["services"][0] == {
        "name": "api-gateway",
        "build": True,
        "reason": "common/…/Jwt.java → common → gateway → api-gateway",
        "chain": list(CHAIN),
        "path": "common/src/main/java/app/Jwt.java",
        "detail": None,
        "base": BASE,
        "tests_only": False,
        "gone": False,
    }
    assert json.loads(json.dumps(said)) == said


def read(lines: str) -> dict[str, str]:
    """As a runner of GitHub Actions does: a name and a value a line."""
    assert lines.isascii()
    return dict(line.split("=", 1) for line in lines.splitlines())


def test_the_outputs() -> None:
    said = read(output_lines(outputs(FOUND)))
    row = {"service": "api-gateway", "base": BASE, "reason": " → ".join(CHAIN)}
    assert json.loads(said.pop("matrix")) == {"include": [row]}
    assert json.loads(said.pop("services")) == ["api-gateway"]
    assert said == {"changed": "true", "count": "1", "everything": "false", "head": HEAD}
    nothing = read(output_lines(outputs(Detection((), head=HEAD))))
    assert (nothing["changed"], nothing["count"], nothing["matrix"]) == ("false", "0", '{"include": []}')
    all_of = read(output_lines(outputs(everything([Service("a", ("a",))], "the clone is shallow"))))
    assert (all_of["everything"], all_of["count"]) == ("true", "1")


@pytest.mark.parametrize("text", ["a\nhead=1", "a\r\n::set-output", "\u2028", "\x85", "\udcff", '"}]', "%0A", "<<EOF"])
def test_a_path_is_no_line_of_the_outputs(text: str) -> None:
    decision = Decision(f"s{text}", True, (text, "s"), text)
    said = read(output_lines(outputs(Detection((decision,), head=HEAD))))
    assert list(said) == ["changed", "count", "everything", "services", "matrix", "head"]
    assert json.loads(said["matrix"])["include"] == [{"service": f"s{text}", "base": "", "reason": f"{text} → s"}]


def test_the_screen() -> None:
    assert changes(FOUND, "dev", "none") == [
        "dev · 222222222222 · 1 of 4 services to build",
        "  service      since         reason",
        "  api-gateway  111111111111  common/…/Jwt.java → common → gateway → api-gateway",
        "  unchanged  user-service",
        "  tests      task-service",
        "  no module  old-service",
        "  unclaimed  tsconfig.json",
        "  unclaimed  pom.xml (managed version of n:netty 4.1 → 4.2)",
        "             nothing claims it, and no service is built for it (changes_unclaimed: none)",
        "  new        mail-service",
        "  gone       old-service",
        "  note       module libs of pom.xml is in a submodule, which is not read",
    ]
    all_of = everything([Service("a", ("a",)), Service("b", ("b",))], "the clone is shallow")
    said = changes(replace(all_of, head=HEAD), "dev", "all")
    assert said == ["dev · 222222222222 · 2 of 2 services to build", "  all        the clone is shallow"]
