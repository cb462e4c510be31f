# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Builds with an npm and a node that are shell scripts: what they get, and what is left of them."""

from __future__ import annotations

import json
import os
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.node import build as building
from ansible_collections.slipway.deploy.plugins.module_utils.node.commands import (
    Build,
    check_package,
    check_variables,
    choose_tool,
    explain,
    heap,
    last_lines,
)
from ansible_collections.slipway.deploy.plugins.modules import front_end_build as module

GOOD = 'mkdir -p dist/assets; echo "<html>$VITE_API_BASE" >dist/index.html; echo x >dist/assets/a-BqH2x1sT.js'


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """One that a user without rights can pass through, unlike pytest's own."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def front_end(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Makes a front end whose ``npm run build`` is a few lines of shell, and gives the module's arguments for it."""

    def make(script: str = GOOD, install: str = ":", **changed: Any) -> dict[str, Any]:
        source, programs = tmp_path / "release/frontend", tmp_path / "bin"
        source.mkdir(parents=True)
        (source.parent / "RELEASE").write_text("one")
        programs.mkdir()
        (source / "package.json").write_text(json.dumps({"scripts": {"build": "vite build"}}))
        (source / "package-lock.json").write_text("{}")
        (source / "node_modules").mkdir()
        (source / "node_modules/stale").write_text("x")
        for name, body in (("node", ":"), ("npm", f'[ "$1" = ci ] && {{ {install}; exit; }}; {script}')):
            (programs / name).write_text(f"#!/bin/sh\nset -e\n{body}\n")
            (programs / name).chmod(0o755)
        work = tmp_path / "work"
        work.mkdir()
        work.chmod(0o1777)
        given = {name: spec.get("default") for name, spec in module.FRONT_END_BUILD.items()}
        paths = {
            "source": str(source.parent),
            "directory": "frontend",
            "dest": str(tmp_path / "build.tar"),
            "work_directory": str(work),
        }
        return {**given, **paths, "path": [str(programs)], **changed}

    return make


def names(path: Path) -> list[str]:
    with tarfile.open(path) as archive:
        return sorted(item.name for item in archive.getmembers() if item.isfile())


def test_what_is_built_is_packed_and_nothing_else_is_left(
    tmp_path: Path, front_end: Callable[..., dict[str, Any]]
) -> None:
    modest = "cat /proc/$$/oom_score_adj >dist/oom; nice >>dist/oom"
    beside = 'cat ../RELEASE >dist/release; basename "$(dirname "$PWD")" >>dist/release'
    script = f'[ ! -e node_modules/stale ]; [ "$(id -u)" != 0 ]; {GOOD}; env >dist/env; {modest}; {beside}'
    given = front_end(script, environment={"VITE_API_BASE": "/api"}, name="staging-20261108-0a1b2c3d4e5f")
    assert module.run(given, check=True) == {"changed": True, "tool": "npm"}
    result = module.run(given, check=False)
    assert (result["changed"], result["tool"]) == (True, "npm")
    archive = tmp_path / "build.tar"
    assert names(archive) == ["./assets/a-BqH2x1sT.js", "./env", "./index.html", "./oom", "./release"]
    assert archive.stat().st_mode & 0o777 == 0o600
    assert list((tmp_path / "work").iterdir()) == []
    assert not (tmp_path / "release/frontend/dist").exists()
    with tarfile.open(archive) as packed:
        said = {name: packed.extractfile(f"./{name}") for name in ("env", "oom", "release")}
        read = {name: file.read().decode().splitlines() for name, file in said.items() if file is not None}
    environ = dict(line.split("=", 1) for line in read["env"] if "=" in line)
    assert read["release"] == ["onestaging-20261108-0a1b2c3d4e5f"]
    assert read["oom"][0] == "900"
    assert int(read["oom"][1]) >= min(os.nice(0) + 10, 19)
    allowed = {
        "PATH",
        "HOME",
        "USER",
        "LOGNAME",
        "LANG",
        "LC_ALL",
        "CI",
        "NO_COLOR",
        "NODE_OPTIONS",
        "PWD",
        "OLDPWD",
        "_",
    }
    proxies = {"http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SHLVL"}
    assert set(environ) - allowed - proxies == {"VITE_API_BASE", "npm_config_update_notifier"}
    assert environ["VITE_API_BASE"] == "/api"


FAILING: dict[str, tuple[dict[str, Any], str]] = {
    "build fails": (
        {"script": "echo first; echo 'src/App.jsx: Unexpected token'; exit 1"},
        "the build failed .exit code 1.: first | src/App.jsx: Unexpected token",
    ),
    "install fails": ({"install": "echo 'npm error code EUSAGE'; exit 1"}, "the installation of its packages failed"),
    "no output": ({"script": ":"}, "the build left no directory dist"),
    "no page": ({"script": "mkdir dist; echo x >dist/a.js"}, "the build has no index.html"),
    "an empty page": ({"script": "mkdir dist; : >dist/index.html"}, "the build has no index.html, or an empty one"),
    "only an old result": ({"script": ":", "stale": True}, "the build left no directory dist"),
    "output elsewhere": ({"script": "mkdir build; echo x >build/index.html"}, "the build left no directory dist"),
    "a link to a secret": (
        {"script": f"{GOOD}; ln -s /etc/shadow dist/shadow"},
        "'./shadow' is a symbolic link to '/etc/shadow'",
    ),
    "too slow": (
        {"script": "echo waiting; sleep 60", "timeout": 1},
        "the build did not end in time .1 s for all of it.; it said last: waiting",
    ),
    "a full disk": ({"script": "echo 'ENOSPC: no space left on device, write'; exit 1"}, "the disk is full"),
    "too little memory": (
        {"script": "echo 'FATAL ERROR: Reached heap limit Allocation failed'; exit 134"},
        "needs more memory",
    ),
    "killed": ({"script": "echo transforming; kill -9 $$"}, "the build was killed .signal 9.: transforming"),
    "no node": ({"path": []}, "there is no program (node|npm) in "),
    "another tool": ({"tool": "pnpm"}, "there is no lock file of pnpm, but package-lock.json"),
    "another script": ({"script_name": "build:staging"}, "it has no script build:staging; it has build"),
    "a secret": ({"environment": {"DATABASE_URL": "x", "VITE_A": "y"}}, "gets variables VITE_… only, not DATABASE_URL"),
    "a directory that leads out": ({"directory": "../x"}, "is not a relative path"),
    "an output that leads out": ({"output": "../dist"}, "is not a relative path"),
    "a source that is not there": ({"source": "/no/such"}, "/no/such/frontend: cannot look at the front end"),
    "a user that is not there": ({"user": "no-such-user"}, "the host has no user no-such-user"),
}


@pytest.mark.parametrize(("given", "said"), FAILING.values(), ids=FAILING)
def test_nothing_is_left_of_a_build_that_fails(
    tmp_path: Path,
    front_end: Callable[..., dict[str, Any]],
    given: dict[str, Any],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = dict(given)
    made = front_end(given.pop("script", GOOD), given.pop("install", ":"))
    if "script_name" in given:
        given["script"] = given.pop("script_name")
    if given.pop("stale", False):
        (tmp_path / "release/frontend/dist").mkdir()
        (tmp_path / "release/frontend/dist/index.html").write_text("old")
    if given.get("path") == []:
        monkeypatch.setattr(building.shutil, "which", lambda *_arguments, **_options: None)
    (tmp_path / "build.tar").write_text("the one before")
    with pytest.raises(SlipwayError, match=said) as caught:
        module.run({**made, **given}, check=False)
    assert "\n" not in str(caught.value)
    assert list((tmp_path / "work").iterdir()) == []
    assert (tmp_path / "build.tar").read_text() == "the one before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bin", "build.tar", "release", "work"]


def test_a_failure_has_the_last_lines(front_end: Callable[..., dict[str, Any]]) -> None:
    lines = "; ".join(f"echo line {number}" for number in range(50))
    with pytest.raises(building.BuildFailed) as caught:
        module.run(front_end(f"{lines}; echo TOKEN=canary; exit 3"), check=False)
    assert caught.value.log[-2:] == ["line 49", "TOKEN=[redacted]"]
    assert len(caught.value.log) == 30
    assert "(exit code 3)" in str(caught.value)


def test_what_a_killed_build_left_is_removed(tmp_path: Path, front_end: Callable[..., dict[str, Any]]) -> None:
    given = front_end()
    old, new = (tmp_path / "work" / f"slipway-build-{name}" for name in ("old", "new"))
    for place in (old, new):
        place.mkdir()
        (place / "file").write_text("x")
    os.utime(old, (time.time() - 3600, time.time() - 3600))
    module.run(given, check=False)
    assert list((tmp_path / "work").iterdir()) == [new]


@pytest.mark.parametrize(
    ("names", "wanted", "found"),
    [
        (["pnpm-lock.yaml"], "auto", "pnpm"),
        (["package-lock.json"], "auto", "npm"),
        (["npm-shrinkwrap.json", "package-lock.json"], "auto", "npm"),
        (["package-lock.json", "pnpm-lock.yaml"], "pnpm", "pnpm"),
        (["package-lock.json", "pnpm-lock.yaml"], "auto", "there are package-lock.json and pnpm-lock.yaml"),
        (["package.json"], "auto", "there is no lock file. Commit pnpm-lock.yaml or package-lock.json"),
        (["yarn.lock"], "auto", "its lock file is yarn.lock, and Yarn is not supported"),
        (["bun.lock"], "auto", "its lock file is bun.lock, and Bun is not supported"),
        (["bun.lockb"], "auto", "its lock file is bun.lockb, and Bun is not supported"),
        ([], "npm", "there is no lock file of npm"),
    ],
)
def test_the_tool_is_the_lock_file_s(names: list[str], wanted: str, found: str) -> None:
    if " " in found:
        with pytest.raises(SlipwayError, match=found):
            choose_tool(names, wanted, "frontend")
    else:
        assert choose_tool(names, wanted, "frontend") == found


@pytest.mark.parametrize(
    ("files", "tool"),
    [
        ({"package.json": '{"workspaces": ["frontend"]}', "package-lock.json": "{}"}, "npm"),
        ({"pnpm-workspace.yaml": "packages: [frontend]", "pnpm-lock.yaml": ""}, "pnpm"),
        # Of other programs.
        ({"package.json": "{}", "package-lock.json": "{}"}, None),
        ({"package.json": "[", "package-lock.json": "{}"}, None),
        ({}, None),
    ],
)
def test_the_lock_file_of_a_workspace(
    front_end: Callable[..., dict[str, Any]], files: dict[str, str], tool: str | None
) -> None:
    given = front_end()
    release = Path(given["source"])
    (release / "frontend/package-lock.json").unlink()
    for name, content in files.items():
        (release / name).write_text(content)
    if tool is None:
        with pytest.raises(SlipwayError, match="there is no lock file"):
            module.run(given, check=True)
    else:
        assert module.run(given, check=True)["tool"] == tool


def test_commands() -> None:
    (_first, pnpm), (_second, build) = Build("pnpm", "build").commands()
    assert "--frozen-lockfile" in pnpm
    assert build == ["pnpm", "run", "build"]
    assert Build("npm", "x").commands()[0][1][:2] == ["npm", "ci"]


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"null", b'{"scripts": 3}'])
def test_a_package_that_is_none(body: bytes) -> None:
    with pytest.raises(SlipwayError, match="it is not a JSON object"):
        check_package(body, "build", "package.json")


@pytest.mark.parametrize("name", ["API_BASE", "vite_api", "VITE_", "VITE_a", "NODE_OPTIONS", "VITE_A=B", "PATH"])
def test_variables_that_are_no_build_s(name: str) -> None:
    with pytest.raises(SlipwayError, match="gets variables VITE_… only, not"):
        check_variables({name: "x", "VITE_OK": "y"}, "front_end_environment")


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ("npm error code EAI_AGAIN\nnpm error request to registry failed", "registry cannot be reached"),
        (" ERR_PNPM_OUTDATED_LOCKFILE  Cannot install", "the lock file does not fit package.json"),
        (" ERR_PNPM_LOCKFILE_BREAKING_CHANGE  Lockfile not compatible\n\nRun with --force", "another version of pnpm"),
        ("npm error `npm ci` can only install packages when your package.json and package-lock", "does not fit"),
        ("npm error code EBADENGINE", "Node.js is too old or too new"),
        ("\x1b[31mRollup failed\x1b[0m\n    at foo (x.js:1)\n\nnpm error code 1\nnpm error path /x", "Rollup failed"),
        (
            "> app@1.0.0 build\n> vite build\nApp.jsx: Unexpected token (3:1)\nnpm ERR! code 1\nnpm ERR! path /x\n",
            "the build failed (exit code 1): App.jsx: Unexpected token (3:1). Correct",
        ),
        ("npm error code E404\nnpm error 404 Not Found - GET leftpad\n" + "npm error usage\n" * 40, "404 Not Found"),
        (" ELIFECYCLE  Command failed with exit code 1.", "Command failed with exit code 1"),
        ("", "it printed nothing"),
    ],
)
def test_why_a_command_failed(output: str, said: str) -> None:
    message = str(explain("the build", 1, output, "frontend"))
    assert said in message
    assert "\x1b" not in message
    assert "/x" not in message


def test_lines_are_without_colours_and_secrets() -> None:
    assert last_lines("\x1b[1ma\x1b[0m\n\n  \npassword: hunter2\n") == ["a", "password: [redacted]"]


def test_the_heap_leaves_room_for_services() -> None:
    assert (heap(100), heap(1000), heap(100_000)) == (256, 700, 4096)
