# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""promote.yml: what it does, what it finishes, what it refuses."""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.promote.conftest import TAG, Promotions, digest, git
from tests.runbooks import commands
from tests.support.git_server import GitServer


def test_a_promotion_and_a_second_run(promotions: Promotions) -> None:
    commit, infra = (git(path, "rev-parse", "HEAD") for path in (promotions.backend, promotions.infra))
    would = promotions.run("--check", "--diff")
    assert would.code == 0, would.text
    assert f"backend: commit {commit[:12]} would be tagged and pushed as {TAG}" in would.out
    assert "versions.json: would say backend-v0.2.0" in would.out
    assert f"+    tag: {TAG}" in would.out
    assert promotions.versions() == {}
    assert git(promotions.backend, "tag") == ""

    done = promotions.run()
    assert done.code == 0, done.text
    assert f"infra: commit {infra[:12]} was tagged and pushed as {TAG}" in done.out
    said = promotions.versions()
    assert said.pop("promoted_at")
    assert said.pop("promoted_by")
    assert said == {
        "tag": TAG,
        "version": "0.2.0",
        "digest": digest(b"0.2.0"),
        "branch": "main",
        "key": f"main/{TAG}/app.jar",
        "commit": commit,
        "infra_commit": infra,
    }
    assert promotions.remote_tag(promotions.backend) == commit
    assert promotions.remote_tag(promotions.infra) == infra
    assert git(promotions.backend, "cat-file", "-t", TAG) == "tag"
    assert (
        git(promotions.backend, "tag", "--list", "--format=%(contents:subject)") == "backend 0.2.0, promoted to local"
    )

    before = (promotions.deploys.state / "local" / "versions.json").read_bytes()
    again = promotions.run("--diff")
    assert again.code == 0, again.text
    assert f"backend: {TAG} is commit {commit[:12]} on origin" in again.out
    assert "versions.json: says backend-v0.2.0" in again.out
    assert "already" in again.out
    assert (promotions.deploys.state / "local" / "versions.json").read_bytes() == before


def test_without_a_checkout_the_repository_is_fetched(promotions: Promotions) -> None:
    url = promotions.backend.with_suffix(".git").as_uri()
    # It has no configuration of its own that says who makes a tag.
    promotions.deploys.environ |= {"GIT_COMMITTER_NAME": "Anna", "GIT_COMMITTER_EMAIL": "anna@example.com"}
    done = promotions.run("-e", "backend_path=", "-e", f"backend_repository={url}")
    assert done.code == 0, done.text
    assert promotions.remote_tag(promotions.backend) == promotions.versions()["commit"]
    # The branch goes on; the tag stays what it is.
    promotions.release("0.3.0")
    again = promotions.run("-e", "backend_path=", "-e", f"backend_repository={url}")
    assert again.code == 0, again.text


def test_what_ended_half_way_is_finished(promotions: Promotions) -> None:
    hook = promotions.infra.with_suffix(".git") / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho closed >&2\nexit 1\n", encoding="ascii")
    hook.chmod(0o755)
    failed = promotions.run()
    assert failed.code == 2
    assert len(failed.lines) == 1, failed.text
    assert "infra" in failed.text
    assert "the remote refused the tag" in failed.text
    assert promotions.versions() == {}
    assert promotions.remote_tag(promotions.backend) is not None
    hook.unlink()
    done = promotions.run()
    assert done.code == 0, done.text
    assert "was pushed as" in done.out
    assert promotions.versions()["tag"] == TAG


def test_a_tag_is_never_moved(promotions: Promotions) -> None:
    old = git(promotions.backend, "rev-parse", "HEAD~1")
    git(promotions.backend, "tag", TAG, old)
    git(promotions.backend, "push", "--quiet", "origin", TAG)
    new = git(promotions.backend, "rev-parse", "HEAD")
    refused = promotions.run()
    assert refused.code == 2
    assert f"{TAG} is commit {old[:12]} on origin, not {new[:12]}" in refused.text
    assert git(promotions.infra, "tag") == ""
    assert promotions.versions() == {}


def test_everything_that_is_wrong_is_said_before_anything_is_done(promotions: Promotions) -> None:
    (promotions.infra / "main.tf").write_text("", encoding="ascii")
    pom = promotions.backend / "umigoCrmBackend" / "pom.xml"
    pom.write_text("<project><version>0.2.1-SNAPSHOT</version></project>", encoding="ascii")
    git(promotions.backend, "commit", "--quiet", "--all", "--message", "Not pushed")
    refused = promotions.run()
    assert refused.code == 2
    assert "0.2.1-SNAPSHOT" in refused.text
    assert git(promotions.backend, "tag") == ""
    pom.write_text("<project><version>0.2.0</version></project>", encoding="ascii")
    git(promotions.backend, "commit", "--quiet", "--all", "--message", "Not pushed either")
    assert "is on no branch of origin" in promotions.run().text
    git(promotions.backend, "push", "--quiet", "origin", "HEAD:main")
    assert "changes that are not committed (main.tf)" in promotions.run().text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-e", "backend_tag=v0.2.0"], "-e backend_tag: 'v0.2.0' is not a release tag. Write backend-v<semver>"),
        (["-e", "backend_tag=backend-v0.2.0-SNAPSHOT"], "backend-v0.2.0-SNAPSHOT is a snapshot"),
        (["-e", "backend_tag=backend-v9.9.9"], "the tag backend-v9.9.9 has no artifact on the branch main"),
        (["-e", f"backend_digest=sha256:{'0' * 64}"], "its digests differ: the given digest says sha256:000"),
        (["-e", "backend_path=/nowhere"], "-e backend_path: /nowhere is not a directory"),
        (["-e", "infra_path=/"], "-e infra_path: / is in no git checkout"),
        (
            ["-e", "promote_remote=upstream"],
            "it has no remote upstream. Name one with promote_remote (there are: origin)",
        ),
        (["-e", "backend_commit=feedface"], "there is no commit 'feedface'"),
        (["-e", "backend_module=crm"], "has no crm/pom.xml"),
        (["--limit", "user-service"], "--limit user-service: this is for the environment as a whole"),
    ],
)
def test_a_refusal_is_one_line(promotions: Promotions, arguments: list[str], said: str) -> None:
    refused = promotions.run(*arguments)
    assert refused.code == 2, refused.text
    assert said in refused.text
    assert len([line for line in refused.lines if not line.startswith("hosts: ")]) == 1, refused.text
    assert promotions.versions() == {}


def test_an_older_version_is_not_promoted_by_mistake(promotions: Promotions) -> None:
    assert promotions.run().code == 0
    commit = promotions.release("0.1.5")
    refused = promotions.run(tag="backend-v0.1.5")
    assert "backend-v0.1.5 is older than backend-v0.2.0, which is promoted" in refused.text
    done = promotions.run("-e", "promote_older=true", tag="backend-v0.1.5")
    assert done.code == 0, done.text
    assert promotions.versions()["commit"] == commit


def test_of_two_promotions_at_once_one_wins(promotions: Promotions, tmp_path: Path) -> None:
    promotions.release("0.3.0")
    other = Promotions(promotions.deploys, tmp_path / "Umigo-2", tmp_path / "Infra-2")
    for old, new in ((promotions.backend, other.backend), (promotions.infra, other.infra)):
        git(tmp_path, "clone", "--quiet", str(old.with_suffix(".git")), str(new))
        git(new, "config", "user.name", "Ben")
        git(new, "config", "user.email", "ben@example.com")
    git(other.backend, "checkout", "--quiet", "HEAD~1")
    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(promotions.run, tag="backend-v0.3.0"), pool.submit(other.run)]
        ends = [run.result() for run in runs]
    said = promotions.versions()["tag"]
    if ends[1].code == 0:  # It was first, or the only one to write; the newer one may follow it.
        assert ends[0].code == 0 or "while backend-v0.3.0 was being promoted" in ends[0].text
    else:
        assert "while backend-v0.2.0 was being promoted" in ends[1].text or "is older than" in ends[1].text
        assert said == "backend-v0.3.0"
    assert any(run.code == 0 for run in ends)


def test_a_remote_that_does_not_answer(promotions: Promotions) -> None:
    subprocess.run(
        ["git", "-C", promotions.backend, "remote", "set-url", "origin", "https://127.0.0.1:9/x"], check=True
    )
    refused = promotions.run()
    assert refused.code == 2
    assert "backend" in refused.text
    assert "the remote does not answer (git ls-remote:" in refused.text


def test_the_token_is_given_to_git_alone(promotions: Promotions) -> None:
    environ = promotions.deploys.environ
    with GitServer() as server:
        for name, path in (("Umigo", promotions.backend), ("AWSSmokeTest", promotions.infra)):
            server.add(name, path.with_suffix(".git"))
            git(path, "remote", "set-url", "origin", server.url(name))
        token = str(server.token)
        environ["PROMOTE_TOKEN"] = token
        given = ("-e", f"promote_ca_file={server.ca}", "-e", '{"promote_token": {"env": "PROMOTE_TOKEN"}}', "-vvvv")
        done = promotions.run(*given)
        assert done.code == 0, done.text
        assert promotions.versions()["tag"] == TAG
        assert {user for method, _path, user, _status in server.requests if method == "POST"} == {"x-access-token"}
        assert token not in done.text
        for path in (promotions.backend, promotions.infra, promotions.deploys.directory):
            files = (file for file in path.rglob("*") if file.is_file() and not file.is_symlink())
            assert not any(token.encode() in file.read_bytes() for file in files)

        server.revoke()
        refused = promotions.run(*given[:-1])
        assert refused.code == 2
        assert "the remote does not accept these credentials (git ls-remote:" in refused.text
        assert "Give promote_token a token" in refused.text
        assert token not in refused.text

        git(promotions.backend, "remote", "set-url", "origin", server.url("Umigo").replace("//", f"//{token}@"))
        refused = promotions.run(*given[:-1])
        assert "the address holds credentials" in refused.text
        assert token not in refused.text


def test_the_runbook(promotions: Promotions) -> None:
    promotions.deploys.variables |= {
        "infra_path": str(promotions.infra),
        "backend_repository": promotions.backend.with_suffix(".git").as_uri(),
    }
    promotions.deploys.environ["GITHUB_TOKEN"] = "not needed for a file"
    for playbook, *arguments in commands("backend.md", "Promote a version"):
        own = [word.replace("~/src/Umigo", str(promotions.backend)) for word in arguments]
        ran = promotions.deploys.run(playbook, *own)
        assert ran.code == 0, ran.text
    assert promotions.versions()["tag"] == TAG
