# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A repository with a backend, a Maven library and an npm package, and where they are published."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.git.worktree import checked_out
from ansible_collections.slipway.deploy.plugins.module_utils.publish.model import Target
from ansible_collections.slipway.deploy.plugins.module_utils.publish.parts import Part
from ansible_collections.slipway.deploy.plugins.module_utils.publish.publisher import Commit, Place
from ansible_collections.slipway.deploy.plugins.module_utils.publish.publishers import make_publishers
from ansible_collections.slipway.deploy.plugins.module_utils.publish.source import Clone
from ansible_collections.slipway.deploy.plugins.module_utils.publish.tools import Tool
from ansible_collections.slipway.deploy.plugins.module_utils.publish.work import Work
from sandbox.testing import Sandbox
from tests.support.deploys import Deploys, Ran, make_deploys
from tests.support.source import commit, git

PACKAGES = ("common", "ui")
BUCKET, DOMAIN, REPOSITORY = "umigo-artifacts", "umigo", "libraries"
#: A wrapper that stands in for Maven: it "builds" the file ``content`` of each module, and notes what it was given.
WRAPPER = """\
#!/bin/sh
set -eu
for word in "$@"; do
  case "$word" in
    -DaltDeploymentRepository=staged::default::file://*) staged="${word#*file://}" ;;
    /proc/self/fd/*) settings="$word" ;;
  esac
done
if [ -n "${MVN_SAW:-}" ]; then { env; echo "$@"; } >>"$MVN_SAW"; cat "$settings" >"$MVN_SAW.settings"; fi
version="$(sed -n 's|.*<version>\\(.*\\)</version>.*|\\1|p' pom.xml)"
if grep -q broken content; then echo "[ERROR] Broken.java:[1,1] cannot find symbol"; exit 1; fi
mkdir -p target
cp content target/app.jar
[ -n "${staged:-}" ] || exit 0
place="$staged/com/acme/common/$version"
mkdir -p "$place"
case "$version" in
  *-SNAPSHOT) stamp="$(date +%Y%m%d.%H%M%S)"; file="common-${version%-SNAPSHOT}-$stamp-1" ;;
  *) file="common-$version" ;;
esac
cp content "$place/$file.jar"
cp pom.xml "$place/$file.pom"
for each in jar pom; do sha1sum "$place/$file.$each" | cut -d' ' -f1 >"$place/$file.$each.sha1"; done
[ -n "${stamp:-}" ] || exit 0
snapshot="<snapshot><timestamp>$stamp</timestamp><buildNumber>1</buildNumber></snapshot>"
echo "<metadata><versioning>$snapshot</versioning></metadata>" >"$place/maven-metadata.xml"
"""


def pom(name: str, version: str) -> str:
    own = f"<groupId>com.acme</groupId><artifactId>{name}</artifactId><version>{version}</version>"
    return f"<project><modelVersion>4.0.0</modelVersion>{own}</project>\n"


def files_of(version: str, content: str) -> dict[str, str]:
    """The files of a version."""
    files = {f"{name}/pom.xml": pom(name, version) for name in ("backend", "common")}
    files |= {f"{name}/content": f"{name} {content}" for name in ("backend", "common")}
    files["ui/package.json"] = json.dumps({"name": "@acme/ui", "version": version, "main": "index.js"})
    files["ui/index.js"] = f"module.exports = {json.dumps(content)}\n"
    return files


def parts_of(
    place: Path, branch: str = "", packages: Sequence[str] = PACKAGES
) -> tuple[Clone, Commit, tuple[Part, ...]]:
    """What is published from a clone."""
    clone = Clone(place)
    commit = clone.commit("HEAD", branch)
    return clone, commit, clone.parts(commit, "backend", packages)[0]


@dataclass
class Source:
    """The repository, and the project that publishes it."""

    deploys: Deploys
    place: Path

    def version(self, version: str, content: str = "1", branch: str | None = None) -> str:
        """Commit a version with this content; the commit."""
        if branch and git(self.place, "branch", "--show-current") != branch:
            git(self.place, "checkout", "-q", "-B", branch)
        return commit(self.place, files_of(version, content))

    def run(self, *arguments: str) -> Ran:
        """Publish by the playbook."""
        return self.deploys.run("playbooks/publish.yml", *arguments)

    def work(self, packages: Sequence[str] = PACKAGES) -> Work:
        """Publish in this process; what became of it."""
        clone, commit, parts = parts_of(self.place, packages=packages)
        tool = Tool({"PATH": os.environ["PATH"], "HOME": os.environ["HOME"]}, 1800.0)
        publishers = make_publishers(
            self.deploys.sandbox.client,
            commit,
            tool,
            lambda: "20261130191059",
            bucket=BUCKET,
            group="backend",
            target=Target(DOMAIN, REPOSITORY),
        )
        work = Work(commit, publishers, lambda _artifacts: None)
        left = work.left(parts)
        with tempfile.TemporaryDirectory() as scratch, checked_out(clone.git, commit.commit) as checkout:
            work.run(left, Place(checkout, Path(scratch)))
        return work

    def manifest(self) -> dict[str, Any]:
        """The newest build."""
        newest = max((self.deploys.state / "local" / "builds").glob("*.json"))
        found: dict[str, Any] = json.loads(newest.read_text(encoding="utf-8"))
        return found

    def results(self) -> dict[str, str]:
        """What became of each artifact."""
        return {name: item["result"] for name, item in self.manifest()["artifacts"].items()}

    def versions(self, kind: str = "maven", namespace: str = "com.acme") -> dict[str, str]:
        """The library's or the package's versions in the registry, with their status."""
        namespace, package = (namespace, "common") if kind == "maven" else ("acme", "ui")
        client = self.deploys.sandbox.client("codeartifact")
        named = {"domain": DOMAIN, "repository": REPOSITORY, "format": kind, "namespace": namespace}
        try:
            found = client.list_package_versions(package=package, **named)["versions"]
        except client.exceptions.ResourceNotFoundException:
            return {}
        return {item["version"]: item["status"] for item in found}

    def jars(self) -> list[str]:
        """The keys in the bucket."""
        found = self.deploys.sandbox.client("s3").list_objects_v2(Bucket=BUCKET)
        return sorted(item["Key"] for item in found.get("Contents", []))

    def calls(self, *actions: str) -> list[str]:
        """The registries' mutating actions since the last reset."""
        calls = self.deploys.sandbox.control("calls")["calls"]
        return [call["action"] for call in calls if call["mutating"] and (not actions or call["action"] in actions)]


def prepare(sandbox: Sandbox) -> None:
    """Make the bucket, the domain and its repository."""
    sandbox.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": sandbox.region})
    client = sandbox.client("codeartifact")
    client.create_domain(domain=DOMAIN)
    client.create_repository(domain=DOMAIN, repository=REPOSITORY)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """A sandbox for a file's tests."""
    with Sandbox(speed=8) as running:
        yield running


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A clone with version 1.1.0 on main."""
    place = tmp_path / "source"
    place.mkdir()
    git(place, "init", "-q", "-b", "main")
    for name in ("backend", "common"):
        (place / name).mkdir()
        (place / name / "mvnw").write_text(WRAPPER)
        (place / name / "mvnw").chmod(0o755)
    commit(place, files_of("1.1.0", "1"))
    return place


@pytest.fixture
def source(tmp_path: Path, place: Path, sandbox: Sandbox) -> Source:
    """Version 1.1.0 on main; nothing is published."""
    sandbox.control("reset", {})
    prepare(sandbox)
    directory = tmp_path / "project"
    directory.mkdir()
    deploys = make_deploys(directory, sandbox)
    deploys.variables |= {
        "artifact_bucket": BUCKET,
        "backend_module": "backend",
        "codeartifact": {"domain": DOMAIN, "repository": REPOSITORY},
        "publish_packages": ["common", "ui"],
        "source_path": str(place),
        # The inventory's own, which is built from inventory_dir.
        "state_store": None,
    }
    return Source(deploys, place)
