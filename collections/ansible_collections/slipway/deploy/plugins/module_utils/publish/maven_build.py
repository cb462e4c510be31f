# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Builds with Maven: the jar of a service, or what ``mvn deploy`` would publish, in a directory.

The time in the archives is a constant: the same content gives the same digest, so a commit that changes something else
does not change a stable version. A project that sets a time of its own keeps it.
Source: https://maven.apache.org/guides/mini/guide-reproducible-builds.html
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape

from ..common.errors import SlipwayError
from ..files.atomic import filing
from ..programs.run import Account, hidden, path_of
from .model import Target
from .tools import Tool

# Jars beside the service's own: sources, documentation, tests, and what Spring Boot's plugin repackaged.
_BESIDE = re.compile(r".*-(sources|javadoc|tests|test-sources|plain)\.jar|original-.*\.jar")
# Maven's own rule, which its settings contain: no repository by plain HTTP elsewhere.
_SETTINGS = """\
<settings>
  <mirrors><mirror>
    <id>maven-default-http-blocker</id><mirrorOf>external:http:*</mirrorOf>
    <url>http://0.0.0.0/</url><blocked>true</blocked>
  </mirror></mirrors>
  <servers>{servers}</servers>
  <profiles><profile>
    <id>slipway-codeartifact</id>
    <repositories><repository><id>codeartifact</id><url>{address}</url></repository></repositories>
  </profile></profiles>
  <activeProfiles><activeProfile>slipway-codeartifact</activeProfile></activeProfiles>
</settings>
"""
_TIME = "project.build.outputTimestamp"
# What Gradle writes as well: the earliest day that a zip can have in every time zone is in January 1980.
_CONSTANT = "1980-02-01T00:00:00Z"
_SERVER = "<server><id>{id}</id><username>aws</username><password>{token}</password></server>"


class Login(NamedTuple):
    """A registry that the build may read: the address of its Maven repository, and a token."""

    target: Target
    address: str
    token: str


class Maven(NamedTuple):
    """Maven, or the wrapper in the source.

    :param login: makes the login to the registry that a build may read; ``None`` for none.
    """

    tool: Tool
    login: Callable[[], Login] | None = None

    def jar(self, source: Path, module: str) -> Path:
        """Build a service's jar.

        :param source: a checkout.
        :param module: the module's directory, or ``""`` for the root.
        :raises SlipwayError: the build fails, or leaves none or several.
        """
        self._run(source, (module,), ("package",))
        return find_jar(source / module / "target", module or ".")

    def stage(self, source: Path, modules: Sequence[str], dest: Path) -> None:
        """Build modules, and put what they publish into a directory, with what they need of the same build.

        :param source: a checkout.
        :raises SlipwayError: the build fails.
        """
        repository = f"staged::default::{dest.as_uri()}"
        names = ("altDeploymentRepository", "altReleaseDeploymentRepository", "altSnapshotDeploymentRepository")
        for group in _together(source, modules):
            # What is not published yet must not be in this machine's own repository either.
            words = ("-Dmaven.install.skip=true", *(f"-D{name}={repository}" for name in names))
            self._run(source, group, ("deploy", *words))

    def _run(self, source: Path, modules: Sequence[str], goals: Sequence[str]) -> None:
        place = _place(source, modules[0])
        # The modules, and what they need of the same build: its parents and libraries.
        chosen = ["-pl", ",".join(module or "." for module in modules), "-am"] if place == source else []
        login = self.login() if self.login else None
        tool = self.tool._replace(hidden=(*self.tool.hidden, login.token)) if login else self.tool
        with _settings(login) as (words, descriptors):
            argv = [
                *_program(place),
                "-B",
                "-ntp",
                *words,
                "-DskipTests",
                *_time(place, modules),
                *chosen,
                "clean",
                *goals,
            ]
            tool.run("the build", argv, place, modules[0] or ".", descriptors)


def _time(place: Path, modules: Sequence[str]) -> list[str]:
    """The option that sets the time in archives, unless a pom does."""
    poms = (place / "pom.xml", *(place / module / "pom.xml" for module in modules))
    own = any(pom.is_file() and _TIME.encode() in pom.read_bytes() for pom in poms)
    return [] if own else [f"-D{_TIME}={_CONSTANT}"]


def _together(source: Path, modules: Sequence[str]) -> list[tuple[str, ...]]:
    """Modules that one run of Maven builds: those of the root's build."""
    root = tuple(module for module in modules if _place(source, module) == source)
    return [*([root] if root else []), *((module,) for module in modules if module not in root)]


def _place(source: Path, module: str) -> Path:
    """Where Maven runs: a module with a wrapper of its own, or outside of the root's build, is built by itself."""
    own = source / module
    alone = (own / "mvnw").is_file() or not (source / "pom.xml").is_file()
    return own if alone else source


def find_jar(target: Path, where: str) -> Path:
    """The jar that a build left.

    :raises SlipwayError: there is none, or several.
    """
    with filing("list it", target):
        found = sorted(path for path in target.glob("*.jar") if path.is_file() and not _BESIDE.fullmatch(path.name))
    if len(found) == 1:
        return found[0]
    has = f"{len(found)} jars ({', '.join(path.name for path in found)})" if found else "no jar"
    raise SlipwayError(f"the build left {has} in target", where, "It must package one executable jar")


def _program(place: Path) -> list[str]:
    wrapper = place / "mvnw"
    if not wrapper.is_file():
        return ["mvn"]
    return ["./mvnw"] if os.access(wrapper, os.X_OK) else ["sh", "./mvnw"]


@contextmanager
def _settings(login: Login | None) -> Iterator[tuple[list[str], list[int]]]:
    """Maven's options, and the file that they name. It is in memory: no argument, variable or directory has the token.

    They take the place of the installation's settings; those of the user stay, and win.
    """
    if login is None:
        yield [], []
        return
    token = escape(login.token)
    names = ("codeartifact", f"{login.target.domain}-{login.target.repository}")
    servers = "".join(_SERVER.format(id=escape(name), token=token) for name in names)
    text = _SETTINGS.format(servers=servers, address=escape(login.address))
    with hidden(text.encode(), Account("", os.geteuid(), os.getegid(), "")) as descriptor:
        yield ["-gs", path_of(descriptor)], [descriptor]
