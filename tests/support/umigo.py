# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The backend to deploy: its repository, with a commit and a tag for each release, and its jars, really built.

    umigo = Umigo.make(tmp_path / "Umigo")     # a git repository, branches main and backend/loginCRM
    umigo.jar("0.2.0")                         # built by ./mvnw, or taken from .run/fixtures when it was before
    umigo.publish(s3, "umigo-artifacts", "0.1.0", "0.2.0")

``python -m tests.support.umigo DIRECTORY [VERSION…]`` makes the repository there, prints the path of each jar, and
fills the Maven cache.
See tests/fixtures/umigo/README.md for what the releases are.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from tests.support.fixtures import BUILD_SECONDS, CACHE, ROOT, FixtureError, alone, git, run

SOURCE = ROOT / "tests" / "fixtures" / "umigo"
MODULE = "umigoCrmBackend"
BRANCH = "backend/loginCRM"
BUCKET = "umigo-artifacts"
MAVEN = "3.9.11"
# What is laid over the base, in order.
RELEASES: Mapping[str, tuple[str, ...]] = {
    "0.1.0": (),
    "0.1.1": (),
    "0.2.0": ("0.2.0",),
    "0.3.0": ("0.2.0", "0.3.0"),
    "0.4.0": ("0.2.0", "0.4.0"),
    "0.5.0": ("0.2.0", "0.5.0"),
    "0.6.0": ("0.2.0", "0.6.0"),
}
PLACEHOLDER = "0.0.0-SNAPSHOT"
WRAPPER_FILES = ("mvnw", "mvnw.cmd", ".mvn/wrapper/maven-wrapper.properties")
#: Each run of Maven is short: to compile it well takes longer than it lasts.
JVM_CONFIG = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC\n"


def tag_of(version: str) -> str:
    """The tag of a release."""
    return f"backend-v{version}"


def write_source(version: str, directory: Path) -> None:
    """The files of a release, without the Maven wrapper, laid into a directory."""
    for layer in ("base", *RELEASES[version]):
        shutil.copytree(SOURCE / layer, directory, dirs_exist_ok=True)
    pom = directory / MODULE / "pom.xml"
    pom.write_text(pom.read_text(encoding="utf-8").replace(PLACEHOLDER, version), encoding="utf-8")


def source_digest(version: str) -> str:
    """What a release's jar depends on, as sixteen hexadecimal digits."""
    digest = hashlib.sha256(f"{version} {MAVEN}".encode())
    for layer in ("base", *RELEASES[version]):
        for path in sorted((SOURCE / layer).rglob("*")):
            if path.is_file():
                digest.update(f"\0{path.relative_to(SOURCE)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def add_wrapper(module: Path) -> None:
    """Give a module ``./mvnw``. It is made by Maven itself, once; the addresses in it are Maven's own defaults."""
    made = CACHE / f"wrapper-{MAVEN}"
    with alone("umigo"):
        if not made.exists():
            with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
                shutil.copy(module / "pom.xml", scratch)
                goal = ["mvn", "-q", "-B", "wrapper:wrapper", "-Dtype=only-script", f"-Dmaven={MAVEN}"]
                run(goal, Path(scratch))
                Path(scratch, "pom.xml").unlink()
                shutil.copytree(scratch, made)
    for name in WRAPPER_FILES:
        (module / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(made / name, module / name)
    (module / ".mvn" / "jvm.config").write_text(JVM_CONFIG, encoding="utf-8")


def _build(module: Path) -> Path:
    goal = ["./mvnw", "-B", "-q", "clean", "package", "-DskipTests"]
    try:
        # Everything was downloaded by an earlier build, as a rule.
        run([*goal, "-o"], module)
    except FixtureError:
        run(goal, module)
    (jar,) = (module / "target").glob(f"{MODULE}-*.jar")
    return jar


def jar(version: str) -> Path:
    """A release's jar. The first build of a machine downloads Maven and Spring, about a minute; others take 10 s.

    Raises FixtureError.
    """
    made = CACHE / f"{MODULE}-{version}-{source_digest(version)}.jar"
    if made.exists():
        return made
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
        write_source(version, Path(scratch))
        add_wrapper(Path(scratch) / MODULE)
        with alone("umigo"):
            if not made.exists():
                _build(Path(scratch) / MODULE).replace(made)
    return made


def maven_cache(home: str = "/root") -> list[str]:
    """Arguments of ``podman run`` that give a host this machine's Maven and what it has downloaded, for ``./mvnw``.

    What the host adds stays its own. Fills the cache first; so that hosts do not download the same hundred files.
    """
    local = Path.home() / ".m2"
    filled = CACHE / f"maven-{source_digest('0.1.0')}"
    if not filled.exists():
        jar("0.1.0")
        with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
            write_source("0.1.0", Path(scratch))
            add_wrapper(Path(scratch) / MODULE)
            # Without an address it fails, after everything that it needs is there.
            subprocess.run(
                ["./mvnw", "-B", "-q", "flyway:info"],
                cwd=Path(scratch) / MODULE,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
                timeout=BUILD_SECONDS,
            )
        filled.touch()
    return ["--volume", f"{local}:{home}/.m2:O"]


def sha256(path: Path) -> str:
    """A file's digest, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


@dataclass
class Umigo:
    """The repository in ``directory``; ``commits`` by version."""

    directory: Path
    commits: dict[str, str] = field(default_factory=dict)

    @classmethod
    def make(cls, directory: Path, versions: tuple[str, ...] = tuple(RELEASES), *, tags: bool = True) -> Self:
        """Make the repository: the releases in order on ``main``, ``backend/loginCRM`` and (unless told) tagged.

        Same source, same commits: dates and names are fixed. Raises FixtureError.
        """
        directory.mkdir(parents=True)
        made = cls(directory)
        made.git("init", "-q", "-b", "main")
        for number, version in enumerate(versions):
            for path in directory.iterdir():
                if path.name != ".git":
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
            write_source(version, directory)
            add_wrapper(directory / MODULE)
            made.git("add", "-A", when=number)
            made.git("commit", "-q", "-m", f"Release {version}", when=number)
            made.commits[version] = made.git("rev-parse", "HEAD")
            if tags:
                made.git("tag", "-a", "-m", tag_of(version), tag_of(version), when=number)
        made.git("branch", BRANCH)
        return made

    @property
    def module(self) -> Path:
        """The application's directory."""
        return self.directory / MODULE

    def git(self, *arguments: str, when: int = 0) -> str:
        """Run git in the repository; what it printed. Raises FixtureError."""
        date = f"2026-01-{when + 1:02d}T12:00:00Z"
        return git(self.directory, *arguments, name="Umigo", when=date)

    @staticmethod
    def jar(version: str) -> Path:
        """See ``jar``."""
        return jar(version)

    @staticmethod
    def publish(s3: Any, bucket: str, *versions: str, branch: str = BRANCH) -> dict[str, str]:
        """Upload jars as the team's build does, ``<branch>/<tag>/app.jar``; their SHA-256 by version."""
        digests = {}
        for version in versions:
            found = jar(version)
            key = f"{branch}/{tag_of(version)}/app.jar"
            s3.put_object(Bucket=bucket, Key=key, Body=found.read_bytes(), ChecksumAlgorithm="SHA256")
            digests[version] = sha256(found)
        return digests

    @staticmethod
    def publish_as(s3: Any, bucket: str, version: str, name: str, branch: str = BRANCH) -> None:
        """Upload a release's jar under the tag of another one, ``name``."""
        body = jar(version).read_bytes()
        s3.put_object(Bucket=bucket, Key=f"{branch}/{tag_of(name)}/app.jar", Body=body, ChecksumAlgorithm="SHA256")


def main(arguments: list[str]) -> int:
    """The command line; returns the exit code."""
    if not arguments:
        print(__doc__, file=sys.stderr)
        return 2
    directory = Path(arguments[0])
    if not directory.exists():
        Umigo.make(directory)
    for version in arguments[1:]:
        print(jar(version))
    maven_cache()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
