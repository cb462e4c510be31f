# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which release the site should run, and what keeps it from being one: tags, notes, and what it has to be told."""

from __future__ import annotations

import hashlib
import os
import subprocess
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.action import hosts_release
from ansible_collections.slipway.deploy.plugins.module_utils.builds.model import BuiltArtifact, build_key, serialise
from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.record.journal import Journal
from ansible_collections.slipway.deploy.plugins.plugin_utils import site_tag
from ansible_collections.slipway.deploy.plugins.plugin_utils.action import SlipwayAction
from ansible_collections.slipway.deploy.plugins.plugin_utils.context import Context

from ..module_utils.builds.helpers import BUILD
from ..module_utils.hosts.builders import target
from ..module_utils.image.registry import DIGEST, Registry

Doc = dict[str, Any]
NOTES = "Release notes\n\n- The first one.\n"


@pytest.fixture(scope="module", name="repository")
def repository_fixture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with tags of staging and production, and a branch that is named like a tag."""
    directory = tmp_path_factory.mktemp("repository")
    person = {f"GIT_{role}_{key}": "x" for role in ("AUTHOR", "COMMITTER") for key in ("NAME", "EMAIL")}
    environment = {**os.environ, **person, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}

    def git(*words: str) -> None:
        subprocess.run(["git", *words], cwd=directory, check=True, env=environment, capture_output=True)

    git("init", "-q", "-b", "main")
    (directory / "docs" / "releases").mkdir(parents=True)
    (directory / "docs" / "releases" / "prod-20261102.md").write_text(f"# prod-20261102\n\n{NOTES}")
    git("add", "-A")
    git("commit", "-q", "-m", "first")
    for tag, message in (("staging-20261101", "staging"), ("prod-20261102", "prod"), ("prod-20261103", NOTES)):
        git("tag", "-a", "-m", message, tag)
    git("tag", "prod-20261104")
    git("commit", "-q", "--allow-empty", "-m", "second")
    git("tag", "-a", "-m", NOTES, "prod-20261104.2")
    git("branch", "staging-20261109")
    (directory / "docs" / "releases" / "prod-20261105.md").mkdir()
    (directory / "docs" / "releases" / "prod-20261105.md" / "notes").write_text(NOTES)
    git("add", "-A")
    git("commit", "-q", "-m", "third")
    git("tag", "prod-20261105")
    (directory / "web").mkdir()
    (directory / "web" / "package.json").write_text('{"scripts": {"build": "x"}, "engines": {"node": ">=20"}}')
    (directory / "web" / "package-lock.json").write_text('{"packages": {}}')
    (directory / "lock.txt").write_text("httpx==0.28.1\n")
    git("add", "-A")
    git("commit", "-q", "-m", "front end")
    git("tag", "staging-20261031")
    return directory


@pytest.fixture(name="find")
def find_fixture(tmp_path: Path, repository: Path) -> Any:
    """Runs the action over an environment with this repository and these records."""

    def find(
        *newest_first: Doc, kind: str = "deploy", env: str = "staging", built: BuiltArtifact | None = None, **own: Any
    ) -> Doc:
        # Of what a release needs to be built, other tests speak.
        nothing = {"site_front_end": "none", "site_lock": ""}
        shared = {"env": env, "state_store": str(tmp_path), "site_repository": str(repository), **nothing, **own}
        of = Context(
            {
                "inventory_hostname": "a",
                "env": env,
                "ansible_check_mode": False,
                "hostvars": {"a": shared, "b": shared},
                "groups": {"site": ["a", "b"], "backend": [], "fleet": []},
                "ansible_play_hosts_all": ["a", "b"],
                "ansible_play_batch": ["a", "b"],
            }
        )
        for record in reversed(newest_first):
            Journal.open(of.store, {**record, "environment": env})
        module: SlipwayAction = hosts_release.ActionModule.__new__(hosts_release.ActionModule)
        build = replace(BUILD, environment=env, artifacts={"site": built} if built else {})
        if built:
            of.store.write(build_key(env, build.id), serialise(build), expect=None)
        module.arguments = {"kind": kind, "build": build.id if built else ""}
        site: Doc = module.act(of)["kinds"]["site"]
        return site

    return find


def test_the_tag_is_pinned_by_its_commit(find: Any) -> None:
    found = find(site_release="staging-20261101")
    release = found["release"]
    assert release["digest"] == f"commit:{release['commit']}"
    assert release["release"] == f"staging-20261101-{release['commit'][:12]}"
    assert (found["hosts"], found["migrate"], "notes" in release) == (["a", "b"], True, False)


def test_a_build_of_the_site_is_the_commit_that_its_tag_still_names(find: Any) -> None:
    commit = find(site_release="staging-20261101")["release"]["commit"]
    built = BuiltArtifact("site", commit, "built", "staging-20261101")
    release = find(built=built)["release"]
    assert (release["tag"], release["commit"], release["chosen"]) == ("staging-20261101", commit, "-e build")
    with pytest.raises(SlipwayError, match=f"the tag staging-20261101 is commit {commit[:12]}, but the build is of"):
        find(built=replace(built, commit="1" * 40))
    with pytest.raises(SlipwayError, match="staging-20261101 is a tag of staging, not of production"):
        find(built=built, env="production")
    with pytest.raises(SlipwayError, match="no release is named"):
        find(built=replace(built, version=None))


def test_a_build_of_the_site_is_the_archive_that_it_names(find: Any, tmp_path: Path) -> None:
    archive = tmp_path / "site.tar.gz"
    archive.write_bytes(b"archive")
    digest = f"sha256:{hashlib.sha256(b'archive').hexdigest()}"
    built = BuiltArtifact("site", "1" * 40, "built", "staging-20261101", digest=digest)
    own = {"site_source": "archive", "site_archive": str(archive)}
    assert find(built=built, **own)["release"]["digest"] == digest
    with pytest.raises(SlipwayError, match="this is not the archive of the build"):
        find(built=replace(built, digest=f"sha256:{'0' * 64}"), **own)
    with pytest.raises(SlipwayError, match="the build names no digest of the archive"):
        find(built=replace(built, digest=None), **own)


def test_what_building_needs_is_read_of_the_tag(find: Any) -> None:
    built = {"site_release": "staging-20261031", "site_front_end": "host", "site_front_end_directory": "web"}
    found = find(**built, site_lock="lock.txt")
    assert found["needs"]["node"]["engines"] == (("web/package.json", ">=20"),)
    assert found["needs"]["python"]["where"] == "lock.txt"
    with pytest.raises(SlipwayError, match="the release has no such file"):
        find(**built, site_lock="other.txt")
    said = "lock.txt: extras and groups apply only to a uv.lock.* Compile it with --extra postgres"
    with pytest.raises(SlipwayError, match=said):
        find(**built, site_lock="lock.txt", python_service_extras=["postgres"])


@pytest.mark.parametrize(
    ("env", "tag", "says"),
    [
        ("staging", "staging-2026110", "'staging-2026110' is not a tag of staging: it does not have the form"),
        ("staging", "staging-20261131", "20261131 is not a date"),
        ("staging", "prod-20261102", "prod-20261102 is a tag of production, not of staging. Deploy staging-20261101"),
        ("production", "staging-20261101", "staging-20261101 is a tag of staging, not of production"),
        ("production", "prod-20261104.3", "there is no tag prod-20261104.3. Did you mean prod-"),
        ("production", "prod-20261104.0", "'prod-20261104.0' is not a tag of production"),
        ("production", "main", "main is a branch, and production takes tags only. Deploy prod-20261105"),
        ("staging", "main", "main is a branch, and staging takes tags only"),
        ("staging", "staging-20261109", "staging-20261109 is a branch and no tag"),
        ("staging", "staging-20261102", "there is no tag staging-20261102"),
        ("staging", "", "no release is named. Deploy staging-20261101, or tag the commit: git tag -a staging-"),
        ("staging", "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567", "is not a tag of staging"),
    ],
)
def test_what_the_environment_does_not_take(find: Any, env: str, tag: str, says: str) -> None:
    with pytest.raises(SlipwayError) as caught:
        find(env=env, site_release=tag)
    line = str(caught.value)
    assert says in f"{caught.value.what}. {caught.value.remedy}", line
    assert "\n" not in line


def test_a_second_one_of_a_day_is_a_release_of_its_own(find: Any) -> None:
    first, second = (find(env="production", site_release=f"prod-20261104{end}")["release"] for end in ("", ".2"))
    assert first["commit"] != second["commit"]
    assert second["release"] == f"prod-20261104.2-{second['commit'][:12]}"


@pytest.mark.parametrize(
    ("tag", "source"), [("prod-20261102", "docs/releases/prod-20261102.md"), ("prod-20261103", "tag")]
)
def test_notes_are_where_they_may_be(find: Any, tag: str, source: str) -> None:
    found = find(env="production", site_release=tag, site_notes_required=True)
    assert found["release"]["notes"]["source"] == source


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"body": "- As tested."}, None),
        ({"body": None}, "prod-20261104 has no release notes, and production needs them. Write them"),
        (404, "prod-20261104 has no release notes, and production needs them. Write them"),
        (500, r"needs them \(GitHub: it is down\)"),
    ],
)
def test_notes_of_githubs_release(find: Any, monkeypatch: pytest.MonkeyPatch, said: Any, words: str | None) -> None:
    def release(_self: Any, tag: str) -> Doc:
        if isinstance(said, int):
            raise site_tag.GitHubError("it is down", said)
        return dict(said)

    monkeypatch.setattr(site_tag.GitHub, "release", release)
    monkeypatch.setenv("GITHUB_TOKEN", "t")
    github = {"repository": "o/r", "token": {"env": "GITHUB_TOKEN"}}
    wanted = {"env": "production", "site_release": "prod-20261104", "site_notes_required": True, "github": github}
    if words is None:
        assert find(**wanted)["release"]["notes"]["source"] == "GitHub release"
        return
    with pytest.raises(SlipwayError, match=words):
        find(**wanted)


def test_notes_that_nobody_would_find_are_not_asked_for_in_vain(find: Any) -> None:
    wanted = {"env": "production", "site_notes_required": True}
    with pytest.raises(SlipwayError, match=r"or in GitHub's release \(which needs the setting github\)"):
        find(**wanted, site_release="prod-20261104")
    # A directory of that name has no text.
    with pytest.raises(SlipwayError, match="prod-20261105 has no release notes"):
        find(**wanted, site_release="prod-20261105")


def test_an_archive_is_pinned_by_its_digest(find: Any, tmp_path: Path) -> None:
    archive = tmp_path / "site.tar.gz"
    archive.write_bytes(b"archive")
    digest = hashlib.sha256(b"archive").hexdigest()
    wanted = {"site_release": "staging-20261101", "site_source": "archive"}
    assert find(**wanted, site_archive=str(archive))["release"]["digest"] == f"sha256:{digest}"
    told = find(**wanted, site_archive="https://builds.example.org/x.tar.gz", site_archive_digest=digest)
    assert told["release"]["release"] == f"staging-20261101-{digest[:12]}"
    for more, says in (
        ({}, "site_archive is not set"),
        ({"site_archive": "https://builds.example.org/x"}, "the archive's digest is not known"),
        ({"site_archive": "/nowhere"}, "it cannot be read"),
        ({"site_archive": "/nowhere", "site_archive_digest": "1"}, "this is not a SHA-256"),
        ({"site_source": "svn"}, "there is no site_source svn"),
    ):
        with pytest.raises(SlipwayError, match=says):
            find(**{**wanted, **more})


def test_a_repository_that_refuses_says_where_its_token_is_written(find: Any) -> None:
    class Refusing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="x"')
            self.end_headers()

        def log_message(self, *_words: Any) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/crm"
        with pytest.raises(SlipwayError, match="does not accept these credentials") as caught:
            find(site_release="staging-20261101", site_repository=url)
        server.shutdown()
    assert "Give site_token_parameters a token" in str(caught.value)
    with pytest.raises(SlipwayError, match="give the token by site_token_parameters") as caught:
        find(site_release="staging-20261101", site_repository="https://me:s3cret@git.example.org/crm")
    assert "s3cret" not in str(caught.value)


TABLE = {"DATABASE_URL": {"type": "postgresql_url"}, "JWT_SECRET": {}, "LICENSE": {"type": "path", "delivered": True}}
TOLD = {"DATABASE_URL": {"env": "X_DATABASE"}, "JWT_SECRET": "s3cret", "LICENSE": "/etc/x.json"}


def test_what_it_has_to_be_told_is_asked_for_first(find: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X_DATABASE", "postgresql://u:p4ss@db/x")
    files = [{"path": "/etc/x.json", "env": "X_LICENSE"}]
    wanted = {"site_release": "staging-20261101", "site_environment_table": TABLE, "site_files": files}
    find(**wanted, site_environment=TOLD)
    find(**wanted, site_environment={**TOLD, "JWT_SECRET": {"ssm": "/x"}}, site_secrets=[{"name": "MORE"}])
    secrets = [{"name": "JWT_SECRET", "secret": {"env": "X_JWT"}}]
    find(**wanted, site_environment={**TOLD, "JWT_SECRET": None}, site_secrets=secrets)

    monkeypatch.setenv("X_DATABASE", "mysql://u:p4ss@db/x")
    with pytest.raises(SlipwayError) as caught:
        find(
            **{**wanted, "site_files": []},
            site_environment={"DATABASE_URL": {"env": "X_DATABASE"}, "LICENSE": {"env": "X_NONE"}},
        )
    lines = str(caught.value).splitlines()
    assert lines[0] == "site_environment: LICENSE: the environment variable X_NONE is not set. Set X_NONE"
    assert [line.partition(": ")[2].partition(" ")[0] for line in lines[1:]] == ["DATABASE_URL", "JWT_SECRET"]
    assert "p4ss" not in str(caught.value)


def test_an_optional_variable_need_not_be_set(find: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SLIPWAY_UNSET", raising=False)
    monkeypatch.setenv("SLIPWAY_EMPTY", "")
    table = {name: {"type": "int", "required": False} for name in ("UNSET", "EMPTY", "NULL", "BARE")}
    environment = {"UNSET": {"env": "SLIPWAY_UNSET"}, "EMPTY": {"env": "SLIPWAY_EMPTY"}, "NULL": None, "BARE": ""}
    own = {"site_environment_table": table, "site_environment": environment}
    assert find(site_release="staging-20261101", **own)
    own["site_environment_table"] = {name: {"type": "int"} for name in table}
    with pytest.raises(SlipwayError) as caught:
        find(site_release="staging-20261101", **own)
    assert len(str(caught.value).splitlines()) == 4


def test_what_is_gone_back_to_is_what_a_record_says(find: Any) -> None:
    def ran(number: int, tag: str) -> Doc:
        commit = f"{number}" * 40
        release = {
            "release": f"{tag}-{commit[:12]}",
            "tag": tag,
            "digest": f"commit:{commit}",
            "bucket": "",
            "key": tag,
        }
        return {
            "schema": "slipway/record/1",
            "id": f"2026-11-2{number}T00-00-00Z-{tag}",
            "label": tag,
            "kind": "deploy",
            "phase": "closed",
            "outcome": "succeeded",
            "targets": [target("a", "stable")],
            "releases": {"site": {**release, "commit": commit}},
            "previous": None if number == 1 else f"2026-11-2{number - 1}T00-00-00Z-staging-2026110{number - 1}",
        }

    records = (ran(2, "staging-20261102"), ran(1, "staging-20261101"))
    found = find(*records, kind="rollback")
    assert (found["release"]["commit"], found["migrate"]) == ("1" * 40, False)
    boot = find(kind="boot")
    assert boot["release"]["tag"] == "staging-20261102"
    assert boot["hosts"] == ["a"]


def test_where_an_image_runs_the_tag_is_pinned_by_its_digest(find: Any) -> None:
    with Registry() as registry:
        registry.tags = {"staging-20261101"}
        found = find(site_release="staging-20261101", site_image=registry.image, site_image_insecure=True)
        release = found["release"]
        assert (release["digest"], release["image"], len(release["commit"])) == (DIGEST, registry.image, 40)
        assert release["release"] == f"staging-20261101-{DIGEST.partition(':')[2][:12]}"

        registry.tags = set()
        with pytest.raises(SlipwayError, match=r"staging-20261101: there is no image of the tag staging-20261101"):
            find(site_release="staging-20261101", site_image=registry.image, site_image_insecure=True)


def test_an_image_is_gone_back_to_without_the_registry(find: Any) -> None:
    def ran(number: int) -> Doc:
        tag, image = f"staging-2026110{number}", "registry.invalid/salitemihret/backend"
        digest = f"sha256:{str(number) * 64}"
        release = {"release": f"{tag}-{str(number) * 12}", "tag": tag, "digest": digest, "bucket": "", "key": tag}
        return {
            "schema": "slipway/record/1",
            "id": f"2026-11-2{number}T00-00-00Z-{tag}",
            "label": tag,
            "kind": "deploy",
            "phase": "closed",
            "outcome": "succeeded",
            "targets": [target("a", "stable")],
            "releases": {"site": {**release, "commit": f"{number}" * 40, "image": image}},
            "previous": None if number == 1 else "2026-11-21T00-00-00Z-staging-20261101",
        }

    back = find(ran(2), ran(1), kind="rollback", site_image="registry.invalid/salitemihret/backend")["release"]
    assert back["release"] == "staging-20261101-111111111111"
    assert (back["digest"], back["image"]) == (f"sha256:{'1' * 64}", "registry.invalid/salitemihret/backend")
    # The release says what it is, also where the inventory has changed its mind.
    assert find(kind="boot")["release"]["image"] == "registry.invalid/salitemihret/backend"


@pytest.mark.parametrize(
    ("own", "says"),
    [
        (
            {"site_image": "backend"},
            "site.yml: site_image: 'backend' is not an image's name. Write registry/repository",
        ),
        ({"site_image": "h.example/a", "site_source": "archive"}, "site_image goes with site_source git, not archive"),
        ({"site_image": "h.example/a", "site_image_authfile": "/nonexistent"}, "it cannot be read"),
    ],
)
def test_an_image_that_cannot_be_asked_for(find: Any, own: Doc, says: str) -> None:
    with pytest.raises(SlipwayError) as caught:
        find(site_release="staging-20261101", **own)
    assert says in str(caught.value)


def test_a_container_cannot_read_credentials_of_systemd(find: Any) -> None:
    with Registry() as registry:
        registry.tags = {"staging-20261101"}
        own = {"site_image": registry.image, "site_image_insecure": True, "site_secrets": [{"name": "JWT_SECRET"}]}
        with pytest.raises(SlipwayError, match="site_secrets are credentials of systemd"):
            find(site_release="staging-20261101", **own)
