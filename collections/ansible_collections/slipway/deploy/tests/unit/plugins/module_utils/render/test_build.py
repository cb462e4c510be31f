# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The screen of a build."""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.slipway.deploy.plugins.module_utils.builds.model import Build, BuiltService, Source
from ansible_collections.slipway.deploy.plugins.module_utils.render.build import build_lines, plan_lines

COMMIT = "3f9c2d1e8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c3d"
DIGEST = f"sha256:{'1' * 64}"
BUILT = BuiltService(COMMIT, ("x → user-service",), "built", "r/user-service", DIGEST, (COMMIT, "develop"))
FAILED = BuiltService(
    COMMIT, ("x",), "failed", "r/task", error="one\n\x1b[31mError: two\n::error::x", log="/l/task.log"
)
BUILD = Build("20261130T191500Z-3f9c2d1", "dev", "", Source("", "develop", COMMIT), result="built")


def test_a_build() -> None:
    assert build_lines(replace(BUILD, services={"user-service": BUILT})) == [
        "dev · develop · 3f9c2d1e8a7b · 1 built · build 20261130T191500Z-3f9c2d1",
        "  service       result  digest               tags",
        "  user-service  built   sha256:111111111111  3f9c2d1e8a7b, develop",
        "  next       ansible-playbook deploy.yml -e env=dev -e build=20261130T191500Z-3f9c2d1",
    ]
    waiting = build_lines(replace(BUILD, services={"user-service": BUILT}), gates=True)
    assert waiting[-1].split(maxsplit=1)[1] == (
        f"ansible-playbook playbooks/quality_gates.yml -e env=dev -e source_path=… -e build={BUILD.id}"
    )
    assert build_lines(replace(BUILD, result="unchanged")) == [
        "dev · develop · 3f9c2d1e8a7b · no service has to be built · build 20261130T191500Z-3f9c2d1"
    ]


def test_a_build_that_failed() -> None:
    lines = build_lines(replace(BUILD, result="failed", services={"user-service": BUILT, "task": FAILED}))
    assert lines[0] == "dev · develop · 3f9c2d1e8a7b · 1 built, 1 failed · build 20261130T191500Z-3f9c2d1"
    assert lines[4:] == [
        "  FAILED     task",
        "             one",
        "             Error: two",
        "             : :error::x",
        "  log        /l/task.log",
        "  kept       no tag of the branch was set; nothing was deployed",
        "  next       correct it and build again: images that are there are not built twice",
    ]
    untagged = {"task": replace(FAILED, digest=DIGEST)}
    assert "only some tags of the branch were set" in "".join(
        build_lines(replace(BUILD, result="failed", services=untagged))
    )


def test_a_plan() -> None:
    assert plan_lines("dev", "{{ x }}", COMMIT, [("user-service", "build", "x\x1b[31m → y")]) == [
        "dev · {{ x }} · 3f9c2d1e8a7b · 1 service",
        "  service       step   reason",
        "  user-service  build  x → y",
    ]
    assert plan_lines("dev", "main", COMMIT, [("a", "build", "x")], ["sdt/dev/a"])[-1] == "  rules      of sdt/dev/a"
    assert plan_lines("dev", "main", COMMIT, []) == ["dev · 3f9c2d1e8a7b · no service has to be built"]
