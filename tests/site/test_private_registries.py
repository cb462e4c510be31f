# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Packages of registries that want to know who asks: real uv and real npm, as the modules run them."""

from __future__ import annotations

import base64
import getpass
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.python.arguments import ENVIRONMENT
from ansible_collections.slipway.deploy.plugins.modules import front_end_build, python_environment
from tests.support.stub import Answer, Call, Refusal, Stub

UV = Path(sys.executable).with_name("uv")
PROJECT = """\
[project]
name = "server"
version = "1.0"
requires-python = ">=3.11"
dependencies = ["tiny"]
[project.optional-dependencies]
more = ["extra-tiny"]
[[tool.uv.index]]
name = "ours"
url = "{url}/simple/"
default = true
"""


class Registry(Stub):
    """An index of Python packages and a registry of npm's, both for who knows the token."""

    def answer(self, call: Call) -> Answer:
        if self.token not in (call.token, self._password(call)):
            raise Refusal(401, {"error": "who are you"}, **{"WWW-Authenticate": 'Basic realm="packages"'})
        if call.parts[0] == "simple":
            name = call.parts[1]
            filename = f"{name.replace('-', '_')}-1.0-py3-none-any.whl"
            file = {"filename": filename, "url": f"{self.url}/files/{name}/{filename}"}
            files = [{**file, "hashes": {"sha256": sha256(wheel(name))}}]
            page = {"meta": {"api-version": "1.0"}, "name": name, "files": files}
            return Answer(200, page, {"Content-Type": "application/vnd.pypi.simple.v1+json"})
        if call.parts[0] == "files":
            return Answer(200, wheel(call.parts[1]), {"Content-Type": "application/octet-stream"})
        if call.path.endswith(".tgz"):
            return Answer(200, tarball(self.url), {"Content-Type": "application/octet-stream"})
        raise Refusal(404, {})

    def _password(self, call: Call) -> str:
        kind, _space, value = call.headers.get("authorization", "").partition(" ")
        return base64.b64decode(value).decode().partition(":")[2] if kind == "Basic" else ""


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def wheel(name: str) -> bytes:
    module = name.replace("-", "_")
    about = f"{module}-1.0.dist-info"
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for path, text in (
            (f"{module}.py", "VERSION = 1\n"),
            (f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"),
            (f"{about}/WHEEL", "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n"),
            (f"{about}/RECORD", f"{module}.py,,\n"),
        ):
            archive.writestr(zipfile.ZipInfo(path), text)
    return made.getvalue()


@cache
def tarball(registry: str) -> bytes:
    """A package of its own for each registry: npm keeps what it has seen."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        body = json.dumps({"name": "@ours/tiny", "version": "1.0.0", "homepage": registry}).encode()
        item = tarfile.TarInfo("package/package.json")
        item.size = len(body)
        archive.addfile(item, io.BytesIO(body))
    return made.getvalue()


@pytest.fixture
def registry() -> Iterator[Registry]:
    with Registry() as running:
        yield running


@pytest.fixture
def project(tmp_path: Path, registry: Registry) -> Path:
    """A project whose packages the registry has, locked by who knows the token."""
    release = tmp_path / "release"
    (release / "server").mkdir(parents=True)
    (release / "server" / "pyproject.toml").write_text(PROJECT.format(url=registry.url))
    asks = {**os.environ, "UV_INDEX_OURS_USERNAME": "me", "UV_INDEX_OURS_PASSWORD": registry.token, "UV_NO_CACHE": "1"}
    subprocess.run([UV, "lock", "--quiet"], cwd=release / "server", env=asks, check=True)
    assert registry.token not in (release / "server" / "uv.lock").read_text()
    return release


def build(release: Path, **given: Any) -> dict[str, Any]:
    defaults = {name: spec.get("default") for name, spec in ENVIRONMENT.items()}
    own = {"release": str(release), "lock": "server/uv.lock", "uv": str(UV), "user": getpass.getuser()}
    return python_environment.carry_out({**defaults, **own, "python": sys.executable, **given}, check_mode=False)


def test_uv_gets_the_credentials_of_the_index_that_its_lock_file_names(project: Path, registry: Registry) -> None:
    index = registry.url.replace("://", f"://me:{registry.token}@") + "/simple"
    built = build(project, indexes=[index])
    assert (built["packages"], built["changed"]) == (1, True)
    assert list(project.glob(".venv/lib/*/site-packages/tiny.py"))
    more = build(project, indexes=[index], extras=["more"])
    assert (more["packages"], more["changed"]) == (2, True)
    assert build(project, indexes=[index], extras=["more"])["changed"] is False


def test_without_credentials_the_index_refuses_and_nothing_is_left(project: Path, registry: Registry) -> None:
    with pytest.raises(SlipwayError, match="the index refuses the credentials|401"):
        build(project)
    assert not (project / ".venv").exists()
    wrong = registry.url.replace("://", "://me:canary-of-a-password@") + "/simple/"
    with pytest.raises(SlipwayError) as refused:
        build(project, indexes=[wrong])
    assert "canary" not in str(refused.value) + repr(getattr(refused.value, "log", ""))


def front_end(tmp_path: Path, registry: Registry) -> Path:
    """A front end with a package of the registry; its build says what npm installed."""
    source = tmp_path / "source"
    source.mkdir()
    host = registry.url.removeprefix("http:")
    (source / ".npmrc").write_text(f"@ours:registry={registry.url}/\n{host}/:_authToken=${{NPM_TOKEN}}\n")
    build = "mkdir dist && cp node_modules/@ours/tiny/package.json dist/index.html"
    package = {"name": "web", "version": "1.0.0", "scripts": {"build": build}, "dependencies": {"@ours/tiny": "1.0.0"}}
    integrity = "sha512-" + base64.b64encode(hashlib.sha512(tarball(registry.url)).digest()).decode()
    tiny = {"version": "1.0.0", "resolved": f"{registry.url}/@ours/tiny/-/tiny-1.0.0.tgz", "integrity": integrity}
    root = {"name": "web", "version": "1.0.0", "dependencies": {"@ours/tiny": "1.0.0"}}
    lock = {
        "name": "web",
        "version": "1.0.0",
        "lockfileVersion": 3,
        "requires": True,
        "packages": {"": root, "node_modules/@ours/tiny": tiny},
    }
    (source / "package.json").write_text(json.dumps(package))
    (source / "package-lock.json").write_text(json.dumps(lock))
    return source


def npm(source: Path, tmp_path: Path, **given: Any) -> dict[str, Any]:
    defaults = {name: spec.get("default") for name, spec in front_end_build.FRONT_END_BUILD.items()}
    path = [str(Path(shutil.which("npm") or "/usr/bin/npm").parent), str(Path(shutil.which("node") or "/").parent)]
    (tmp_path / "work").mkdir(exist_ok=True)
    own = {"source": str(source), "dest": str(tmp_path / "build.tar"), "path": path, "user": getpass.getuser()}
    return front_end_build.run({**defaults, **own, "work_directory": str(tmp_path / "work"), **given}, check=False)


def test_npm_gets_the_token_that_its_npmrc_names(tmp_path: Path, registry: Registry) -> None:
    source = front_end(tmp_path, registry)
    assert npm(source, tmp_path, npmrc={"NPM_TOKEN": registry.token})["tool"] == "npm"
    with tarfile.open(tmp_path / "build.tar") as archive:
        assert "./index.html" in archive.getnames()
    assert "${NPM_TOKEN}" in (source / ".npmrc").read_text()
    assert list((tmp_path / "work").iterdir()) == []


def test_a_wrong_token_is_said_and_not_shown(tmp_path: Path, registry: Registry) -> None:
    source = front_end(tmp_path, registry)
    with pytest.raises(SlipwayError, match="the registry does not accept the token") as refused:
        npm(source, tmp_path, npmrc={"NPM_TOKEN": "canary-of-a-token"})
    assert "canary" not in str(refused.value) + repr(getattr(refused.value, "log", ""))
