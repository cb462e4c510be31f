# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""git, the real one, in a checkout that names programs: none of them runs."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.bundle.fetch import commit_of, project_files
from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.developer.checkout import Checkout, write_environment
from ansible_collections.slipway.deploy.plugins.module_utils.git.neutral import check_address, check_name, overrides
from ansible_collections.slipway.deploy.plugins.module_utils.git.repository import fetched, open_checkout
from ansible_collections.slipway.deploy.plugins.module_utils.git.run import Credentials
from ansible_collections.slipway.deploy.plugins.module_utils.git.tags import fetched_tag
from ansible_collections.slipway.deploy.plugins.module_utils.releases.archive_source import exported

TAG = "backend-v0.2.0"


def git(directory: Path, *arguments: str) -> str:
    """Run git as a person would."""
    who = ("-c", "user.name=Anna", "-c", "user.email=anna@example.com")
    command = ["git", "-C", str(directory), *who, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with a remote, of a user without a configuration."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    remote, made = tmp_path / "remote.git", tmp_path / "checkout"
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch=main", str(remote))
    git(tmp_path, "clone", "--quiet", str(remote), str(made))
    (made / "pom.xml").write_text("<project/>\n", encoding="ascii")
    (made / ".gitattributes").write_text("*.xml filter=evil diff=evil\n", encoding="ascii")
    git(made, "config", "user.name", "Anna")
    git(made, "config", "user.email", "anna@example.com")
    git(made, "add", "--all")
    git(made, "commit", "--quiet", "--message", "First")
    git(made, "push", "--quiet", "origin", "HEAD:main")
    return made


def _arm(checkout: Path, tmp_path: Path) -> Path:
    """Name a program wherever git's configuration of a repository can; the file that any of them would make."""
    sign = tmp_path / "ran"
    program = tmp_path / "program"
    program.write_text(f'#!/bin/sh\necho "$0 $*" >> {sign}\ncat\n', encoding="ascii")
    program.chmod(0o755)
    names = ("core.fsmonitor", "core.sshCommand", "core.pager", "core.editor", "core.askPass", "credential.helper")
    names += ("credential.https://example.com.helper", "filter.evil.clean", "filter.evil.smudge", "diff.evil.textconv")
    names += ("core.alternateRefsCommand", "gpg.program", "diff.external", "pager.status", "remote.origin.uploadpack")
    names += ("remote.origin.receivepack",)
    for name in names:
        git(checkout, "config", name, str(program))
    git(checkout, "config", "tag.gpgSign", "false")
    git(checkout, "config", "filter.evil.required", "true")
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for place in (hooks, checkout / ".git" / "hooks"):
        for name in ("pre-push", "post-checkout", "reference-transaction", "post-index-change", "pre-auto-gc"):
            (place / name).write_text(program.read_text(encoding="ascii"), encoding="ascii")
            (place / name).chmod(0o755)
    git(checkout, "config", "core.hooksPath", str(hooks))
    # Older than the index knows it: status reads the file again, through the filter.
    (checkout / "pom.xml").write_text("<project/>\n", encoding="ascii")
    sign.unlink(missing_ok=True)
    return sign


def test_a_promotion_runs_nothing_that_the_checkout_names(checkout: Path, tmp_path: Path) -> None:
    sign = _arm(checkout, tmp_path)
    repository = open_checkout(str(checkout), "backend", Credentials(), "origin", "HEAD")
    seen = repository.see(TAG)
    assert seen.changes == ()
    assert repository.file(seen.commit, "pom.xml") == "<project/>\n"
    repository.tag(TAG, seen.commit, "0.2.0")
    repository.push(TAG)
    assert not sign.exists(), sign.read_text(encoding="utf-8")
    assert git(tmp_path / "remote.git", "rev-parse", f"{TAG}^{{commit}}") == seen.commit


def test_nothing_else_on_the_control_node_does(checkout: Path, tmp_path: Path) -> None:
    sign = _arm(checkout, tmp_path)
    assert len(commit_of(checkout)) == 40
    (checkout / "deploy.yml").write_text("[]\n", encoding="ascii")
    project_files(checkout, "dev")
    assert write_environment(Checkout(checkout), "A=b\n", check=False)
    assert not sign.exists(), sign.read_text(encoding="utf-8")
    assert ".env" in (checkout / ".git" / "info" / "exclude").read_text(encoding="utf-8")


def test_nor_does_the_export_of_a_release(checkout: Path, tmp_path: Path) -> None:
    commit = git(checkout, "rev-parse", "HEAD")
    sign = _arm(checkout, tmp_path)
    with exported(checkout, commit, tmp_path, 30) as archive:
        assert b"<project/>" in archive.read()
    assert not sign.exists(), sign.read_text(encoding="utf-8")


def test_a_submodule_is_not_looked_into(checkout: Path, tmp_path: Path) -> None:
    git(checkout, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(tmp_path / "remote.git"), "inner")
    git(checkout, "commit", "--quiet", "--message", "With a submodule")
    git(checkout, "push", "--quiet", "origin", "HEAD:main")
    sign = _arm(checkout / "inner", tmp_path) if (checkout / "inner" / ".git").is_dir() else tmp_path / "ran"
    git(checkout / "inner", "config", "core.fsmonitor", f"touch {sign}; false")
    repository = open_checkout(str(checkout), "backend", Credentials(), "origin", "HEAD")
    assert repository.see(TAG).changes == ()
    assert not sign.exists()


def test_what_the_user_has_set_for_all_repositories_stays(checkout: Path, tmp_path: Path) -> None:
    """A helper of the user's own is asked for credentials; the one that the checkout adds is not."""
    git(checkout, "config", "--global", "credential.helper", "store")
    git(checkout, "config", "credential.helper", "!touch /nonexistent")
    git(checkout, "config", "--global", "gpg.program", "/usr/local/bin/gpg")
    git(checkout, "config", "gpg.program", "./evil")
    found = overrides(git(checkout, "config", "--list", "-z", "--show-scope"))
    assert found == [("credential.helper", ""), ("credential.helper", "store"), ("gpg.program", "/usr/local/bin/gpg")]


def test_a_setting_whose_name_cannot_be_overridden_is_refused(checkout: Path) -> None:
    git(checkout, "config", "credential.https://example.com/?a=b.helper", "!touch /nonexistent")
    with pytest.raises(SlipwayError, match="names a program"):
        open_checkout(str(checkout), "backend", Credentials(), "origin", "HEAD")


@pytest.mark.parametrize("promisor", ["remote.origin.promisor", "extensions.partialClone"])
def test_a_partial_clone_fetches_with_no_program_of_its_own(promisor: str, checkout: Path, tmp_path: Path) -> None:
    git(checkout, "config", promisor, "true" if promisor.endswith("promisor") else "origin")
    assert commit_of(checkout)
    git(checkout, "config", "remote.origin.uploadpack", f"touch {tmp_path}/ran; git-upload-pack")
    blob = git(checkout, "rev-parse", "HEAD:pom.xml")
    (checkout / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(SlipwayError, match="names a program .remote.origin.uploadpack"):
        open_checkout(str(checkout), "backend", Credentials(), "origin", "HEAD")
    with pytest.raises(SlipwayError, match="names a program"):
        commit_of(checkout)
    assert not (tmp_path / "ran").exists()


BAD = [
    "--upload-pack=touch ran",
    "-u",
    "ext::sh -c touch% ran",
    "fd::7",
    "https::ext::sh",
    "ssh://-oProxyCommand=touch/x",
    "-oProxyCommand=touch:x",
    "git://example.com/a",
    "https://",
    "file://",
    "https://example.com/a\nb",
    "codecommit::eu-west-1://-x --upload-pack=y",
    "codecommit::ext::sh -c x",
    "evil",
    "",
]


@pytest.mark.parametrize("url", BAD)
def test_an_address_that_is_an_option_or_a_program_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(SlipwayError):
        check_address(url, "backend_repository")
    with pytest.raises(SlipwayError), fetched(url, "backend", Credentials(), TAG, "main"):
        pass
    with pytest.raises(SlipwayError), fetched_tag(url, "site", Credentials(), TAG):
        pass
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/owner/repository",
        "https://host.example.org:8443/a.git",
        "ssh://git@github.com/owner/repository.git",
        "git@github.com:owner/repository.git",
        "codecommit.example.org:/srv/a b.git",
        "file:///srv/git/a.git",
        "/srv/git/a.git",
        "codecommit::eu-west-1://Umigo",
        "codecommit::eu-west-1://profile@Umigo",
        "codecommit://Umigo",
    ],
)
def test_an_address_is_one(url: str) -> None:
    assert check_address(url, "backend_repository") == url


@pytest.mark.parametrize("name", ["--upload-pack=x", "-x", "", "a b", "a\x1b[2J"])
def test_a_name_that_is_an_option_is_refused(name: str, checkout: Path) -> None:
    with pytest.raises(SlipwayError):
        check_name(name, "remote", "promote_remote")
    with pytest.raises(SlipwayError):
        open_checkout(str(checkout), "backend", Credentials(), name, "HEAD")


def test_a_transport_of_the_checkout_is_not_used(checkout: Path, tmp_path: Path) -> None:
    sign = tmp_path / "ran"
    git(checkout, "config", "protocol.ext.allow", "always")
    git(checkout, "remote", "set-url", "origin", f"ext::sh -c touch% {sign}")
    with pytest.raises(SlipwayError, match="transport"):
        open_checkout(str(checkout), "backend", Credentials(), "origin", "HEAD").see(TAG)
    git(checkout, "remote", "set-url", "origin", "https://example.com/x.git")
    git(checkout, "config", "remote.origin.vcs", "ext")
    with pytest.raises(SlipwayError):
        open_checkout(str(checkout), "backend", Credentials(), "origin", "HEAD").see(TAG)
    assert not sign.exists()
