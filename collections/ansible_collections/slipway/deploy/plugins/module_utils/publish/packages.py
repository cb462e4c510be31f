# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Publishes packages of Maven and npm to CodeArtifact."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from ..builds.model import BuiltArtifact
from ..common.errors import SlipwayError
from .api import CodeArtifact
from .files import digests, sha256
from .maven_build import Maven
from .maven_registry import MavenRegistry
from .maven_repository import check_pom, directory_of, packages
from .model import MAVEN, NPM, REPLACE, Staged, decide
from .npm_package import ASSET, Npm, NpmLogin, NpmRegistry, named
from .parts import Part
from .publisher import Item, Noting, Place
from .tools import Tool


class Packages:
    """The packages of one repository of CodeArtifact.

    :param now: the time as Maven writes it, ``20261130191059``.
    :param check: refuses a version that the branch may not have: the arguments are the version and its file.
    """

    def __init__(
        self,
        registry: CodeArtifact,
        maven: Maven,
        tool: Tool,
        now: Callable[[], str],
        check: Callable[[str, str], None],
    ) -> None:
        self._registry = registry
        self._maven = maven
        self._tool = tool
        self._now = now
        self._check = check

    def known(self, parts: Sequence[Part]) -> dict[Part, BuiltArtifact]:
        """None: only a build tells what is in a package. See :class:`.publisher.Publisher`."""
        for kind in sorted({part.kind for part in parts}):
            self._registry.endpoint(kind)
        return {}

    def build(self, parts: Sequence[Part], place: Place, noting: Noting) -> list[Item]:
        """Build and pack them. See :class:`.publisher.Publisher`."""
        items: list[Item] = []
        modules = tuple(part for part in parts if part.kind == MAVEN)
        if modules:
            with noting(*modules):
                items += self._staged(modules, place)
        npm = Npm(place.source, self._tool, lambda: NpmLogin(self._registry.endpoint(NPM), self._registry.token()))
        for number, part in enumerate(part for part in parts if part.kind == NPM):
            with noting(part):
                items.append(self._packed(part, npm.pack(part.path, place.scratch / f"npm-{number}")))
        return items

    def decide(self, item: Item) -> str:
        """Compare a package with the registry's. See :class:`.publisher.Publisher`."""
        staged = _staged(item)
        return decide(staged, self._registry.held(staged.package), item.part.where)

    def publish(self, item: Item) -> None:
        """Upload a package, after what it replaces is deleted. See :class:`.publisher.Publisher`."""
        package = _staged(item).package
        address = self._registry.endpoint(package.format)
        if item.step == REPLACE:
            self._registry.delete(package)
        if package.format == MAVEN:
            MavenRegistry(address, self._registry.token).upload(package, item.file, self._now())
        else:
            NpmRegistry(address, self._registry.token, self._tool).upload(package, item.file)

    def _staged(self, modules: tuple[Part, ...], place: Place) -> list[Item]:
        directory = place.scratch / "maven"
        self._maven.stage(place.source, [part.path for part in modules], directory)
        found = packages(digests(directory)) if directory.is_dir() else []
        if not found:
            remedy = "Does its pom.xml skip it (maven.deploy.skip)? Then leave it out of publish_packages"
            raise SlipwayError("mvn deploy published nothing", modules[0].where, remedy)
        for staged in found:
            self._check_staged(staged, directory, modules[0].where)
        return [self._item(modules[0], staged, directory) for staged in found]

    def _check_staged(self, staged: Staged, directory: Path, where: str) -> None:
        """Parents and libraries of the same build come with a module: who uses it needs them."""
        package = staged.package
        self._check(package.version, f"{package.display}, which {where} needs")
        for name in (name for name in staged.assets if name.endswith(".pom")):
            check_pom(package, (directory / directory_of(package) / name).read_bytes(), where)

    def _packed(self, part: Part, archive: Path) -> Item:
        package = part.package
        name, version = named(archive, part.where)
        if package is None or (name, version) != (package.display, package.version):
            what = f"the packed package is {name}@{version}, not {package.title if package else part.path}"
            raise SlipwayError(what, part.where, "A script of it changes package.json: it must not")
        digest = sha256(archive)
        return self._item(part, Staged(package, {ASSET: digest}, f"sha256:{digest}"), archive)

    def _item(self, part: Part, staged: Staged, file: Path) -> Item:
        package = staged.package
        location = self._registry.target.location(package)
        return Item(part, package.display, package.version, location, staged.digest, file, staged)


def _staged(item: Item) -> Staged:
    if item.staged is None:
        raise TypeError(f"{item.name} is not a package")
    return item.staged
