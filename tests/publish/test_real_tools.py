# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Real Maven and real npm: a library with its parent, a package; a service that uses the published library."""

from __future__ import annotations

import hashlib
import io
import subprocess
import zipfile
from pathlib import Path

from tests.publish.conftest import BUCKET, DOMAIN, REPOSITORY, Source
from tests.support.source import commit, git
from tests.support.umigo import MAVEN, add_wrapper

#: Of no other test: this machine's local repository must not have the library.
GROUP = "com.acme.published"
ROOT = f"""\
<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>{GROUP}</groupId><artifactId>root</artifactId><version>1.1.0</version><packaging>pom</packaging>
<modules><module>common</module></modules>
<properties>
<maven.compiler.release>17</maven.compiler.release><project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>
</properties></project>
"""


def pom(name: str, *needs: str, parent: bool = True) -> str:
    own = f"<groupId>{GROUP}</groupId><version>1.1.0</version>"
    above = f"<parent><artifactId>root</artifactId>{own}</parent>" if parent else own
    all_needs = "".join(f"<dependency><artifactId>{need}</artifactId>{own}</dependency>" for need in needs)
    properties = "" if parent else "<properties><maven.compiler.release>17</maven.compiler.release></properties>"
    return (
        f'<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>{above}'
        f"<artifactId>{name}</artifactId>{properties}<dependencies>{all_needs}</dependencies></project>\n"
    )


def add_maven(place: Path, cache: Path | None = None) -> None:
    """A wrapper.

    :param cache: a local repository of the test's own above the machine's: what is downloaded is not kept there.
    """
    module = place / "scratch"
    module.mkdir(parents=True)
    (module / "pom.xml").write_text(pom("scratch", parent=False))
    add_wrapper(module)
    for path in module.iterdir():
        if path.name != "pom.xml":
            path.rename(place / path.name)
    (module / "pom.xml").unlink()
    module.rmdir()
    if cache is None:
        return
    tail = Path.home() / ".m2" / "repository"
    words = (f"-Dmaven.repo.local={cache}", f"-Dmaven.repo.local.tail={tail}")
    (place / ".mvn" / "maven.config").write_text("\n".join((*words, "-Dmaven.repo.local.tail.ignoreAvailability=true")))


def java(package: str, name: str, body: str = "") -> str:
    return f"package {package};\n\npublic class {name} {{{body}}}\n"


def test_a_build_that_others_use(source: Source, tmp_path: Path) -> None:
    place = tmp_path / "real"
    place.mkdir()
    git(place, "init", "-q", "-b", "main")
    add_maven(place)
    files = {
        "pom.xml": ROOT,
        "common/pom.xml": pom("common"),
        "common/src/main/java/acme/Jwt.java": java("acme", "Jwt"),
        # A workspace of npm, whose package is built by a script.
        "package.json": '{"name": "all", "private": true, "workspaces": ["ui"]}',
        "package-lock.json": '{"name": "all", "lockfileVersion": 3, "packages": {"": {"workspaces": ["ui"]}, '
        '"ui": {"name": "@acme/ui", "version": "1.1.0"}, "node_modules/@acme/ui": {"resolved": "ui", "link": true}}}',
        "ui/package.json": '{"name": "@acme/ui", "version": "1.1.0", "files": ["built.js"], '
        '"scripts": {"build": "cp index.js built.js"}}',
        "ui/index.js": "module.exports = 1\n",
    }
    commit(place, files)
    source.place = place
    work = source.work()
    assert work.errors == []
    versions = {name: item.version for name, item in work.artifacts.items()}
    assert versions == dict.fromkeys((f"{GROUP}:root", f"{GROUP}:common", "@acme/ui"), "1.1.0")
    # Another commit that changes something else gives the same bytes.
    commit(place, {"README.md": "1"})
    again = source.work(packages=("common",))
    assert (again.errors, again.result) == ([], "unchanged")

    # Another repository's build reads the library from the registry, with the login that the publication gives it.
    other = tmp_path / "other"
    (other / "backend").mkdir(parents=True)
    git(other, "init", "-q", "-b", "main")
    add_maven(other / "backend", tmp_path / "cache")
    code = java("acme", "App", " acme.Jwt jwt; ")
    alone = pom("backend", "common", parent=False).replace("1.1.0", "1.2.0", 1)
    commit(other, {"backend/pom.xml": alone, "backend/src/main/java/acme/App.java": code})
    source.place = other
    work = source.work(packages=())
    assert work.errors == []
    s3 = source.deploys.sandbox.client("s3")
    body = s3.get_object(Bucket=BUCKET, Key="main/backend-v1.2.0/app.jar")["Body"].read()
    assert work.artifacts["backend"].digest == f"sha256:{hashlib.sha256(body).hexdigest()}"
    assert "acme/App.class" in zipfile.ZipFile(io.BytesIO(body)).namelist()
    assert (tmp_path / "cache" / "com" / "acme" / "published" / "common" / "1.1.0" / "common-1.1.0.jar").exists()


def test_the_registry_takes_what_mvn_deploy_sends(source: Source, tmp_path: Path) -> None:
    place = tmp_path / "real"
    place.mkdir()
    add_maven(place)
    (place / "pom.xml").write_text(pom("common", parent=False).replace("1.1.0", "1.1.0-SNAPSHOT"))
    client = source.deploys.sandbox.client("codeartifact")
    named = {"domain": DOMAIN, "repository": REPOSITORY}
    token = client.get_authorization_token(domain=DOMAIN, durationSeconds=900)["authorizationToken"]
    address = client.get_repository_endpoint(format="maven", **named)["repositoryEndpoint"]
    server = f"<server><id>here</id><username>aws</username><password>{token}</password></server>"
    settings = tmp_path / "settings.xml"
    settings.write_text(f"<settings><servers>{server}</servers></settings>")
    words = [f"-DaltDeploymentRepository=here::{address}", "-Dmaven.install.skip=true", "deploy"]
    done = subprocess.run(
        ["./mvnw", "-B", "-q", "-s", str(settings), *words], cwd=place, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, (MAVEN, done.stdout)
    found = source.versions(namespace=GROUP)
    (build,) = [version for version in found if version != "1.1.0-SNAPSHOT"]
    assert found == {"1.1.0-SNAPSHOT": "Published", build: "Unlisted"}
