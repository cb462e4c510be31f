# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lock files of projects, read by the uv of this environment."""

from __future__ import annotations

import getpass
import hashlib
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.python.lock import Lock, read_lock
from ansible_collections.slipway.deploy.plugins.modules import python_environment as module

UV = str(Path(sys.executable).parent / "uv")
LOCK = """\
version = 1
requires-python = ">=3.9"

[manifest]
members = ["site"]

[[package]]
name = "idna"
version = "3.10"
source = {{ registry = "https://pypi.org/simple" }}
wheels = [{{ url = "https://host/idna-3.10-py3-none-any.whl", hash = "sha256:{digest}" }}]

[[package]]
name = "pluggy"
version = "1.5.0"
source = {{ registry = "https://pypi.org/simple" }}
wheels = [{{ url = "https://host/pluggy-1.5.0-py3-none-any.whl", hash = "sha256:{digest}" }}]

[[package]]
name = "site"
version = "0.1.0"
source = {{ editable = "backend" }}
dependencies = [{{ name = "idna" }}]

[package.dev-dependencies]
dev = [{{ name = "pluggy" }}]

[package.metadata]
requires-dist = [{{ name = "idna" }}]

[package.metadata.requires-dev]
dev = [{{ name = "pluggy" }}]
""".format(digest="0" * 64)


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Lock]:
    """Reads the lock file of a workspace, as the module does."""
    (tmp_path / "pyproject.toml").write_text('[tool.uv.workspace]\nmembers = ["backend"]\n')

    def give(content: str = LOCK, uv: str = UV) -> Lock:
        path = tmp_path / "uv.lock"
        path.write_text(content)
        python = module.Python(sys.executable, "3.11.2", "cpython")
        return module.lock_from(path, uv, python, {"user": getpass.getuser(), "extras": [], "groups": []})

    return give


def test_what_a_workspace_requires(read: Callable[..., Lock]) -> None:
    lock = read()
    assert "idna==3.10" in lock.content.decode()
    assert (lock.packages, lock.hashed) == (1, True)
    assert lock.digest == hashlib.sha256(LOCK.encode()).hexdigest()


def test_a_project_without_its_description(read: Callable[..., Lock], tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").unlink()
    with pytest.raises(SlipwayError, match="pyproject.toml"):
        read()


@pytest.mark.parametrize(
    ("content", "uv", "said"),
    [
        (LOCK, "", "only uv reads it. Install uv"),
        ("version = 1\n[[package", UV, "uv cannot read it: "),
    ],
)
def test_what_cannot_be_read(read: Callable[..., Lock], content: str, uv: str, said: str) -> None:
    with pytest.raises(SlipwayError) as caught:
        read(content, uv)
    assert said in str(caught.value)
    assert str(caught.value).count("\n") == 0


@pytest.mark.parametrize("name", ["poetry.lock", "pdm.lock", "Pipfile.lock", "pylock.toml", "pyproject.toml"])
def test_the_lock_files_of_others(name: str) -> None:
    with pytest.raises(SlipwayError, match=rf"/srv/{name}: it does not have the format of .* requirements\.txt"):
        read_lock(b"", f"/srv/{name}")
