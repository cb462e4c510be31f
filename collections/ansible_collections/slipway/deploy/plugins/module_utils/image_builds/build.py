# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Builds the image of a service and pushes it under its commit. Several run at once, each in a thread of its own."""

from __future__ import annotations

import json
import os
import shlex
import shutil
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from ..common.documents import loads
from ..common.errors import SlipwayError
from ..common.redact import redact
from ..files.atomic import filing
from ..image.reference import ImageRef
from ..image.registry import Content, Login, attach, image_digest, read_manifest, set_tag
from ..programs.environment import build_environment
from ..programs.run import run_logged
from . import engines
from .contents import bill, packages_in
from .engines import Push
from .model import CYCLONEDX, Planned, Recipe
from .sbom import read_sbom
from .source import write_commit

#: How many of the last lines of a failed build are shown.
LAST_LINES = 8
_LONGEST_LINE = 400
_READ_BYTES = 64 * 1024


class Outcome(NamedTuple):
    """What became of a service.

    :ivar error: the last lines of what failed; empty when nothing did.
    :ivar log: the file with all of them.
    """

    digest: str = ""
    sbom: str = ""
    tags: tuple[str, ...] = ()
    error: str = ""
    log: str = ""


class BuildFailed(SlipwayError):
    """A step of a build failed; the text is its last lines."""


@dataclass(frozen=True)
class Work:
    """What all builds of a run share.

    :ivar clone: the source's repository.
    :ivar source: the address of the source, for the images' labels; may be empty.
    :ivar place: a directory of the run, removed with it.
    :ivar logs: the directory of the logs, which stays.
    :ivar timeout: seconds for each step of a build.
    """

    engine: str
    push: Push
    login: Login
    clone: Path
    commit: str
    source: str
    place: Path
    logs: Path
    timeout: float
    stopping: Callable[[], bool]

    @property
    def tree(self) -> Path:
        """The commit's files, which nothing changes."""
        return self.place / "source"

    def pushed(self, recipe: Recipe) -> ImageRef:
        """The image's name where it is pushed."""
        return ImageRef(recipe.image.repository, self.push.host)


def begin(work: Work, password: str) -> None:
    """Log in, and write the commit's files.

    :raises SlipwayError: the engine is not there or is refused, or the disk is full.
    """
    # Modes are part of an image, and so of its digest.
    os.umask(0o022)
    with filing("prepare the build", work.place):
        Path(work.push.directory).mkdir(mode=0o700)
        work.logs.mkdir(mode=0o700, parents=True, exist_ok=True)
        _keep_logins(work)
    log = work.logs / "login.log"
    try:
        _run(work, log, engines.login(work.engine, work.push), "/", stdin=password.encode())
    except BuildFailed as error:
        what = f"{work.engine} cannot log in to the registry: {error.what.splitlines()[-1]}"
        raise SlipwayError(what, work.push.host, "Check the registry and the network, then run this again") from None
    write_commit(work.clone, work.commit, work.tree)


def build(work: Work, planned: Planned) -> Outcome:
    """Build and push an image. Nothing is raised: what failed is in the result."""
    recipe = planned.recipe
    log = work.logs / f"{recipe.service}.log"
    own = work.place / recipe.service
    try:
        with filing("build", log):
            own.mkdir(mode=0o755)
            log.write_bytes(b"")
            tree = _made(work, recipe, log, own)
            artifact = _declared_sbom(recipe, tree)
            digest = planned.digest
            # An earlier run that was interrupted may have pushed the image without its bill of materials.
            if not digest:
                image = _image(work, recipe, log, own / "id", tree)
                artifact = artifact or _found_sbom(work, recipe, log, own / "image.tar", image)
                digest = _push(work, recipe, log, image)
            attached = attach(work.pushed(recipe), digest, artifact, work.login) if artifact else ""
            return Outcome(digest, attached, (work.commit,), log=str(log))
    except SlipwayError as error:
        said = error.what if isinstance(error, BuildFailed) else str(error)
        return Outcome(error=said, log=str(log))
    finally:
        shutil.rmtree(own, ignore_errors=True)


def tag(work: Work, recipe: Recipe, digest: str, tags: Sequence[str]) -> str:
    """Give an image tags; return the error, or nothing."""
    try:
        for name in tags:
            set_tag(work.pushed(recipe), digest, name, work.login)
    except SlipwayError as error:
        return str(error)
    return ""


def _made(work: Work, recipe: Recipe, log: Path, own: Path) -> Path:
    """The files that the image is built of: a service with a command has its own, so that others see none of it."""
    if not recipe.command:
        return work.tree
    tree = own / "source"
    write_commit(work.clone, work.commit, tree)
    # The command is the repository's code: only the engine gets what belongs to the caller, such as logins.
    environ = build_environment(os.environ)
    _run(work, log, recipe.command, str(tree), {**environ, **_times(tree, environ)})
    return tree


def _times(tree: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """What makes archives of the same files the same: the commit's time, since some archivers know none before 1980.

    https://reproducible-builds.org/docs/source-date-epoch/,
    https://maven.apache.org/guides/mini/guide-reproducible-builds.html
    """
    seconds = int(tree.stat().st_mtime)
    property_of_maven = f"-Dproject.build.outputTimestamp={datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
    options = f"{environ.get('MAVEN_OPTS', '')} {property_of_maven}".strip()
    return {"SOURCE_DATE_EPOCH": str(seconds), "MAVEN_OPTS": options}


def _declared_sbom(recipe: Recipe, tree: Path) -> Content | None:
    if not recipe.sbom:
        return None
    try:
        return read_sbom((tree / recipe.sbom).read_bytes(), f"build_sbom ({recipe.sbom})")
    except OSError as error:
        what = f"the bill of materials cannot be read ({error.strerror})"
        raise SlipwayError(what, f"build_sbom ({recipe.sbom})", "Let build_command make it") from error


def _found_sbom(work: Work, recipe: Recipe, log: Path, archive: Path, image: str) -> Content | None:
    """A bill of materials of the packages that the image's own records name; nothing if they name none."""
    _run(work, log, engines.save(work.engine, work.push, image, str(archive)), "/")
    found = packages_in(archive)
    archive.unlink()
    return Content(CYCLONEDX, bill(found, str(recipe.image), work.commit)) if found else None


def _name(work: Work, recipe: Recipe) -> str:
    """The image under its commit, where it is pushed."""
    return f"{work.pushed(recipe)}:{work.commit}"


def _image(work: Work, recipe: Recipe, log: Path, image_id: Path, tree: Path) -> str:
    """Build the image; return its id."""
    image = engines.Image(
        str(tree / recipe.dockerfile),
        str(tree / recipe.context),
        _labels(work, recipe),
        recipe.arguments,
        recipe.platform,
    )
    argv = engines.build(work.engine, work.push, image, str(image_id), _name(work, recipe))
    _run(work, log, argv, str(tree))
    return image_id.read_text(encoding="ascii").strip()


def _push(work: Work, recipe: Recipe, log: Path, image: str) -> str:
    """Push the image under its commit; return its digest."""
    try:
        _run(work, log, engines.upload(work.engine, work.push, image, _name(work, recipe)), "/")
    except BuildFailed as error:
        # The engines do not repeat why a registry refuses them, such as a login that has expired.
        why = "" if work.stopping() else read_manifest(work.pushed(recipe), work.commit, work.login).why
        raise BuildFailed(f"{error.what}\n{why}".strip()) from None
    # The registry's word: it is what others will ask for.
    return image_digest(work.pushed(recipe), work.commit, work.login)


def _labels(work: Work, recipe: Recipe) -> dict[str, str]:
    # https://github.com/opencontainers/image-spec/blob/main/annotations.md
    named = {"revision": work.commit, "version": recipe.version, "source": work.source}
    return {f"org.opencontainers.image.{name}": value for name, value in named.items() if value}


def _run(
    work: Work,
    log: Path,
    argv: Sequence[str],
    cwd: str,
    environ: Mapping[str, str] | None = None,
    stdin: bytes | None = None,
) -> None:
    whole = {**(os.environ if environ is None else environ), "LC_ALL": "C.UTF-8", "NO_COLOR": "1"}
    with log.open("ab") as file:
        file.write(f"$ {shlex.join(argv)}\n".encode())
        file.flush()
        begun = file.tell()
        try:
            done = run_logged(argv, file.fileno(), work.timeout, work.stopping, whole, cwd=cwd, stdin=stdin)
        except OSError as error:
            raise BuildFailed(f"cannot start {argv[0]}: {(error.strerror or str(error)).lower()}") from error
    if done.late:
        why = "it was stopped" if work.stopping() else f"it did not end within {work.timeout:g} s (build_timeout)"
        raise BuildFailed("\n".join([*_last(log, begun), why]))
    if done.code:
        raise BuildFailed("\n".join(_last(log, begun) or [f"{argv[0]} ended with code {done.code}"]))


def _last(log: Path, begun: int) -> list[str]:
    """The last lines of a command's output, without secrets."""
    with log.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(begun, size - _READ_BYTES))
        lines = (redact(line, _LONGEST_LINE).strip() for line in file.read().decode("utf-8", "replace").splitlines())
        return list(deque((line for line in lines if line), LAST_LINES))


def _keep_logins(work: Work) -> None:
    own: Mapping[str, Any] = {}
    for path in _own_logins(work.engine):
        with suppress(OSError, ValueError):
            document = loads(path.read_bytes())
            if isinstance(document, dict):
                own = document
                break
    descriptor = os.open(work.push.login_file(work.engine), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(engines.logins(work.engine, work.push, own), file)


def _own_logins(engine: str) -> list[Path]:
    # https://github.com/containers/image/blob/main/docs/containers-auth.json.5.md
    docker = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker", "config.json")
    if engine == "docker":
        return [docker]
    named = [Path(os.environ["REGISTRY_AUTH_FILE"])] if os.environ.get("REGISTRY_AUTH_FILE") else []
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    running = Path(runtime, "containers") if runtime else Path(f"/run/containers/{os.geteuid()}")
    config = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config", "containers")
    return [*named, running / "auth.json", config / "auth.json", docker]
