# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A developer's checkout: where its module is, and an environment file that a shell reads as it was meant."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.developer.checkout import (
    Checkout,
    find_checkout,
    render,
    write_environment,
)

values = st.text(st.characters(exclude_characters="\0\n\r", exclude_categories=["Cs"]), max_size=30)


@settings(max_examples=30)
@given(values, values)
def test_a_shell_reads_what_was_meant(one: str, other: str) -> None:
    script = render({"ONE": one, "OTHER": other}, "Test") + 'printf "%s\\n%s" "$ONE" "$OTHER"'
    assert (
        subprocess.run(["sh"], input=script.encode(), capture_output=True, check=True).stdout.decode()
        == f"{one}\n{other}"
    )


def git(directory: Path, *arguments: str) -> str:
    return subprocess.run(["git", "-C", directory, *arguments], check=True, capture_output=True, text=True).stdout


def test_git_never_gets_it(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    module = Checkout(tmp_path / "module")
    module.module.mkdir()
    assert write_environment(module, "A=1\n", check=True)
    assert not module.env_file.exists()
    assert write_environment(module, "A=1\n", check=False)
    assert not write_environment(module, "A=1\n", check=False)
    assert module.env_file.stat().st_mode & 0o777 == 0o600
    assert git(tmp_path, "status", "--porcelain") == ""
    module.env_file.chmod(0o644)
    assert write_environment(module, "A=1\n", check=False)
    assert module.env_file.stat().st_mode & 0o777 == 0o600


def test_a_file_that_git_has_is_left_alone(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    (tmp_path / ".env").write_text("MINE=1\n", encoding="ascii")
    git(tmp_path, "add", ".env")
    with pytest.raises(SlipwayError, match="git tracks this file"):
        write_environment(Checkout(tmp_path), "A=1\n", check=False)
    assert (tmp_path / ".env").read_text(encoding="ascii") == "MINE=1\n"


def test_the_repository_or_its_module_may_be_named(tmp_path: Path) -> None:
    module = tmp_path / "crm"
    module.mkdir()
    (module / "pom.xml").write_text("", encoding="ascii")
    with pytest.raises(SlipwayError, match="crm has no mvnw. Make one there"):
        find_checkout(str(tmp_path), "crm", "-e backend_path")
    (module / "mvnw").write_text("", encoding="ascii")
    assert find_checkout(str(tmp_path), "crm", "-e backend_path") == Checkout(module)
    assert find_checkout(str(module), "crm", "-e backend_path") == Checkout(module)
