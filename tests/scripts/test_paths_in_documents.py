# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every path that the documents for contributors name exists."""

from __future__ import annotations

import re
import subprocess
from fnmatch import fnmatchcase
from functools import cache
from itertools import product
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).resolve().parents[2]
COLLECTION = "collections/ansible_collections/slipway/deploy"
#: Where a path may begin: at the root, or where CONTRIBUTING.md says that it abbreviates.
PLACES = ("", f"{COLLECTION}/", f"{COLLECTION}/plugins/")
DOCUMENTS = ["CONTRIBUTING.md", "SECURITY.md", *sorted(str(p.relative_to(ROOT)) for p in ROOT.glob("docs/**/*.md"))]
#: Made by a command, so not in git.
MADE = (".venv", ".run", ".ansible")

_CODE = re.compile(r"`([^`\s]+)`")
_FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
_PLACEHOLDER = re.compile(r"<[^>]+>|…")


@cache
def tracked() -> tuple[str, ...]:
    """All files of the repository and the directories that hold them."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout.split("\0")  # fmt: skip
    files = [path for path in listed if path and (ROOT / path).exists()]
    parents = {str(parent) for path in files for parent in PurePosixPath(path).parents} - {"."}
    return (*files, *parents)


@cache
def beginnings() -> frozenset[str]:
    """The names that a path can begin with."""
    return frozenset(
        path.removeprefix(place).partition("/")[0] for place in PLACES for path in tracked() if path.startswith(place)
    )


def spelled_out(path: str) -> list[str]:
    """What braces stand for: ``a/{b,c}.py`` is ``a/b.py`` and ``a/c.py``."""
    parts = re.split(r"\{([^{}]*,[^{}]*)\}", path)
    choices = [[part] if index % 2 == 0 else part.split(",") for index, part in enumerate(parts)]
    return ["".join(choice) for choice in product(*choices)]


def paths_in(text: str) -> list[str]:
    """The paths among the words that a document sets as code: those that begin with something that exists."""
    words = [word.split(":")[0].rstrip("/") for word in _CODE.findall(_FENCE.sub("", text))]
    known = [word for word in words if word.partition("/")[0] in beginnings()]
    return [word for word in known if "/" in word or Path(word).suffix]


def exists(path: str) -> bool:
    """Whether a path is in git. A placeholder such as ``<kind>`` stands for any name."""
    if path.startswith(MADE):
        return True
    pattern = _PLACEHOLDER.sub("*", path)
    return any(fnmatchcase(name, place + pattern) for place in PLACES for name in tracked())


def test_what_a_path_is() -> None:
    text = "`playbooks/nowhere.yml`, `make check`, `deploy.yml`, `env=dev`, `tests/a.py::test_b` and `nowhere/else.py`"
    assert paths_in(text) == ["playbooks/nowhere.yml", "deploy.yml", "tests/a.py"]
    assert spelled_out("a/{b,c}/{d,e}.py") == ["a/b/d.py", "a/b/e.py", "a/c/d.py", "a/c/e.py"]
    assert not exists("playbooks/nowhere.yml")
    assert exists("playbooks/deploy.yml")
    assert exists("roles/<role>/meta/argument_specs.yml")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_paths_exist(document: str) -> None:
    text = (ROOT / document).read_text()
    missing = [path for word in paths_in(text) for path in spelled_out(word) if not exists(path)]
    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_somewhere(document: str) -> None:
    here = (ROOT / document).parent
    links = [link for link in _LINK.findall((ROOT / document).read_text()) if "://" not in link]
    assert [link for link in links if not (here / link).exists()] == []
