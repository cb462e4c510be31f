# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The tools of a build: what is said when they fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.publish.maven_build import find_jar
from ansible_collections.slipway.deploy.plugins.module_utils.publish.model import Package
from ansible_collections.slipway.deploy.plugins.module_utils.publish.npm_package import named, npmrc, tag_of
from ansible_collections.slipway.deploy.plugins.module_utils.publish.tools import Tool, explain

TRANSFER = "[ERROR] Could not transfer artifact a:b:jar:1 from/to x (https://x): status code: 401, reason phrase: (401)"


@pytest.mark.parametrize(
    ("code", "output", "said"),
    [
        (1, "", "the build failed (exit code 1): it printed nothing"),
        (
            1,
            "a\n[ERROR] Bad.java:[1] no symbol\n[ERROR] \n[ERROR] -> [Help 1]",
            "(exit code 1): Bad.java:[1] no symbol.",
        ),
        (1, "[ERROR] \x1b[31mx\x1b[0m: No space left on device", "failed: the disk is full"),
        (1, "npm error code ENOSPC\nnpm error nospc write", "failed: the disk is full"),
        (1, TRANSFER, "failed: a registry does not accept the login"),
        (1, "npm error code E409\nnpm error 409 Conflict", "the registry has other content of this version"),
        (1, "npm error code ECONNREFUSED", "failed: a registry does not answer"),
        (1, "[ERROR] java.net.UnknownHostException: repo", "failed: a registry does not answer"),
        (-9, "compiling", "the build was killed (signal 9): compiling"),
        (1, "password=hunter2 is wrong", "password=[redacted]"),
    ],
)
def test_a_failure_in_one_line(code: int, output: str, said: str) -> None:
    line = str(explain("the build", code, output, "backend"))
    assert said in line
    assert "\n" not in line
    assert "\x1b" not in line


def test_a_command_that_fails_shows_no_token(tmp_path: Path) -> None:
    tool = Tool({"PATH": "/usr/bin:/bin"}, 60.0, ("of-the-registry",))
    with pytest.raises(SlipwayError) as caught:
        tool.run("the build", ["sh", "-c", "echo say of-the-registry; exit 3"], tmp_path, "backend")
    assert "backend: the build failed (exit code 3): say [redacted]. " in str(caught.value)
    with pytest.raises(SlipwayError) as caught:
        tool.run("the build", ["no-such-program"], tmp_path, "backend")
    assert "cannot start no-such-program" in str(caught.value)


@pytest.mark.parametrize(
    ("version", "tag"),
    [("1.0.0", "latest"), ("1.0.0+b-1", "latest"), ("1.0.0-rc.1", "next"), ("1.0.0-UM-1-SNAPSHOT", "snapshot")],
)
def test_only_a_release_is_latest(version: str, tag: str) -> None:
    assert tag_of(Package("npm", "acme", "ui", version)) == tag


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["crm-0.2.0.jar"], ""),
        (["crm-0.2.0.jar", "crm-0.2.0-sources.jar", "crm-0.2.0-plain.jar", "original-crm-0.2.0.jar"], ""),
        ([], "the build left no jar in target"),
        (["a.jar", "b.jar"], "the build left 2 jars (a.jar, b.jar) in target"),
    ],
)
def test_the_jar_of_a_build(tmp_path: Path, names: list[str], said: str) -> None:
    for name in names:
        (tmp_path / name).touch()
    if not said:
        assert find_jar(tmp_path, "crm").name == "crm-0.2.0.jar"
        return
    with pytest.raises(SlipwayError) as caught:
        find_jar(tmp_path, "crm")
    assert said in str(caught.value)


def test_the_settings_of_npm(tmp_path: Path) -> None:
    address = "https://acme-1.d.codeartifact.eu-west-1.amazonaws.com/npm/libraries/"
    lines = npmrc(address, "t", "acme").splitlines()
    assert lines == [f"{address.removeprefix('https:')}:_authToken=t", f"@acme:registry={address}"]
    assert len(npmrc(address, "t", "").splitlines()) == 1
    (tmp_path / "a.tgz").write_bytes(b"no archive")
    with pytest.raises(SlipwayError, match="it is not a packed package"):
        named(tmp_path / "a.tgz", "ui")
