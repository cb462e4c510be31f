# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""``playbooks/tag.yml``: a release of two repositories, and the tags of days with their notes."""

from __future__ import annotations

from pathlib import Path

from tests.policy.conftest import Project, make_clone
from tests.support.git_server import GitServer

POM = "<project><version>${{revision}}</version><properties><revision>{}</revision></properties></project>"
#: What a template engine, a shell, a terminal, a page and a workflow's log would obey.
HOSTILE = "feat(api)!: {{ 7 * 7 }} $(touch executed) \x1b[31mred <script>x</script>"


def test_a_release_of_the_backend(tmp_path: Path, project: Project) -> None:
    backend, infra = make_clone(tmp_path / "Umigo", project), make_clone(tmp_path / "AWSSmokeTest", project)
    infra_commit = infra.commit("feat: a VPC")
    infra.push()
    backend.commit("feat: begin", {"app/pom.xml": POM.format("0.1.0")})
    backend.git("tag", "backend-v0.1.0")
    backend.git("tag", "v0.1.0")
    backend.push("main", "backend-v0.1.0", "v0.1.0")
    commit = backend.commit(HOSTILE, {"app/pom.xml": POM.format("0.2.0")})
    backend.git("tag", "v0.2.0")
    backend.push("main", "v0.2.0")
    outputs = tmp_path / "outputs"
    project.environ["GITHUB_OUTPUT"] = str(outputs)

    would = project.run("tag", backend, "backend", "--check", infra_path=str(infra.place))
    assert would.code == 0, would.text
    assert f"backend: commit {commit[:12]} would be tagged and pushed as backend-v0.2.0" in would.out
    assert ": the version was 0.1.0 at backend-v0.1.0" in would.out
    assert f"infra: commit {infra_commit[:12]} would be tagged and pushed" in would.out
    assert "**breaking** api: {{ 7 * 7 }} $(touch executed) red &lt;script>x&lt;/script>" in would.out
    assert "\x1b[31m" not in would.out
    assert not outputs.exists()
    assert "backend-v0.2.0" not in {**backend.remote_tags(), **infra.remote_tags()}

    done = project.run("tag", backend, "backend", infra_path=str(infra.place))
    assert done.code == 0, done.text
    assert backend.remote_tags()["backend-v0.2.0"] == commit
    assert infra.remote_tags() == {"backend-v0.2.0": infra_commit}
    notes = backend.git("tag", "-l", "--format=%(contents)", "backend-v0.2.0")
    assert notes.startswith("backend-v0.2.0\n\n### Features\n\n- **breaking** api: {{ 7 * 7 }}")
    assert "begin" not in notes
    assert "created=true" in outputs.read_text(encoding="ascii")

    infra.commit("docs: later")
    infra.push()
    again = project.run("tag", backend, "backend", infra_path=str(infra.place))
    assert again.code == 0, again.text
    assert f"backend: backend-v0.2.0 is commit {commit[:12]} on origin, the version is 0.2.0" in again.out
    assert f"infra: backend-v0.2.0 is commit {infra_commit[:12]} on origin" in again.out
    assert "created=false" in outputs.read_text(encoding="ascii")

    would = project.run("changelog", backend, "backend", "--check", "--diff", changelog_file="CHANGELOG.md")
    assert would.code == 0, would.text
    assert "CHANGELOG.md would be written" in would.out
    assert "+- **breaking** api: {{ 7 * 7 }}" in would.out
    done = project.run("changelog", backend, "backend", changelog_file="CHANGELOG.md")
    assert done.code == 0, done.text
    (backend.place / "other.xml").write_text("<project/>\n")
    refused = project.run("changelog", backend, "backend", changelog_file="other.xml")
    assert "other.xml is not a changelog: its first line is not '# Changelog'" in refused.text
    assert (backend.place / "other.xml").read_text() == "<project/>\n"
    sections = [line.split()[1] for line in (backend.place / "CHANGELOG.md").read_text().splitlines() if "## " in line]
    # The tags v0.1.0 and v0.2.0 are on the same commits.
    assert [name for name in sections if name != "Features"] == ["backend-v0.2.0", "backend-v0.1.0"]
    assert not [*tmp_path.rglob("executed")]


def test_the_tag_of_a_day_over_https(tmp_path: Path, project: Project) -> None:
    site = make_clone(tmp_path / "site", project)
    site.commit("feat: begin")
    site.push()
    with GitServer() as server:
        server.add("o/site", site.place.with_suffix(".git"))
        site.git("remote", "set-url", "origin", server.url("o/site"))
        project.environ["GIT_TOKEN"] = server.token or ""
        said = {"git_token": {"env": "GIT_TOKEN"}, "git_ca_file": str(server.ca)}
        first = project.run("tag", site, "gateway", tag="staging-20261101", **said)
        assert first.code == 0, first.text
        site.commit("fix(login): accept long passwords")
        site.commit("not of the convention")
        refused = project.run("tag", site, "gateway", tag="staging", **said)
        assert "is on no branch of origin. Push it and have it merged first" in refused.text
        bare = server.root / "o/site.git"
        site.git("push", "-q", str(bare), "main")
        second = project.run("tag", site, "gateway", tag="staging", **said)
        assert second.code == 0, second.text
        (name,) = [tag for tag in site.git("tag").splitlines() if tag != "staging-20261101"]
        notes = site.git("tag", "-l", "--format=%(contents:body)", name)
        server.revoke()
        refused = project.run("tag", site, "gateway", tag="prod", **said)
    assert notes == "### Fixes\n\n- login: accept long passwords\n\n### Other\n\n- not of the convention"
    assert "the remote does not accept these credentials" in refused.text
    assert "Give git_token a token with rights there" in refused.text
    assert "Traceback" not in refused.text
