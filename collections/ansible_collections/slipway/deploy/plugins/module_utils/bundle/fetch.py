# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where a bundle's parts come from: the project's files, Python packages by pip, Flyway by Maven, the jar from S3.

What was fetched once is kept in a cache, found again by its pinned digest.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from ..common.archives import (
    LimitExceeded,
    Limits,
    Tar,
    mib,
    open_zip,
    read_zipped,
)
from ..common.documents import loads
from ..common.errors import SlipwayError
from ..files.atomic_directory import locked, making
from ..git.command import git
from ..migration.flyway.scripts import is_compiled
from ..programs.run import run_command
from .archive import Entry, file_digest
from .content import (
    LOCATIONS,
    MIGRATION_SIZE,
    WHEELHOUSE,
    Budget,
    check_name,
    flyway_name,
    located_name,
    project_name,
    refuse_private_key,
    resource,
)
from .wheels import (
    Pin,
    check_python,
    needed,
    pip_arguments,
    read_lock,
)

PINS: Final = "pipelines/codedeploy/pins.json"
JAR_LIMITS: Final = Limits(members=100_000)
_TIMEOUT_SECONDS: Final = 900


def project_files(root: Path, environment: str) -> dict[str, Entry]:
    """The project's files that a host of an environment needs: those that git knows.

    Terraform's outputs come along as well; a project may keep them out of git.

    :raises SlipwayError: when one holds a private key.
    """
    names = _known_to_git(root)
    outputs = f"inventories/{environment}/terraform.json"
    if (root / outputs).is_file():
        names.append(outputs)
    found: dict[str, Entry] = {}
    for name in names:
        inside = project_name(name, environment)
        path = root / name
        if inside is None or not path.is_file():
            continue
        content = path.read_bytes()
        refuse_private_key(name, content)
        found[inside] = Entry(content, program=os.access(path, os.X_OK))
    return found


def _known_to_git(root: Path) -> list[str]:
    if not (root / ".git").exists():
        return [str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()]
    listed = _git(root, "list the project's files", "ls-files", "-z")
    return [name for name in listed.split("\0") if name]


def commit_of(directory: Path) -> str:
    """The commit that a checkout stands at, with ``+`` when files were changed since; empty where there is no git."""
    if not (directory / ".git").exists():
        return ""
    commit = _git(directory, "read the commit", "rev-parse", "--verify", "HEAD").strip()
    # Not into submodules: git would follow their own configuration.
    status = ("status", "--porcelain", "--untracked-files=no", "--ignore-submodules=dirty")
    return f"{commit}+" if _git(directory, "see what changed", *status).strip() else commit


def _git(directory: Path, doing: str, *arguments: str) -> str:
    done = git(directory, arguments)
    if done.code:
        words = done.errors.strip().splitlines()[-1:] or ["no word"]
        raise SlipwayError(f"cannot {doing}: {words[0][:300]}", str(directory), "Run git by hand to see why")
    return done.output


def read_pins(root: Path) -> Mapping[str, Mapping[str, str]]:
    """Versions and digests of what is not in the lock file.

    :raises SlipwayError: when the file is not as it should be.
    """
    try:
        pins = loads((root / PINS).read_text(encoding="utf-8"))
        return {name: {"version": pins[name]["version"], "sha256": pins[name]["sha256"]} for name in ("flyway", "pip")}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SlipwayError(f"cannot be read ({error})", PINS, "Restore it from git") from error


def wheelhouse(root: Path, pythons: Sequence[str], machines: Sequence[str], cache: Path) -> dict[str, Entry]:
    """The wheels for hosts with those Pythons, and a list of requirements for each.

    :param machines: such as ``x86_64`` and ``aarch64``.
    :raises SlipwayError: when one cannot be downloaded; pip's own words say which.
    """
    lock = read_lock((root / "requirements.lock").read_text(encoding="utf-8"), "requirements.lock")
    pip = read_pins(root)["pip"]
    own = Pin("pip", pip["version"], "", (f"sha256:{pip['sha256']}",), frozenset())
    entries: dict[str, Entry] = {}
    for python in pythons:
        pins = [*needed(lock, check_python(python)), own]
        requirements = "".join(f"{pin.line()}\n" for pin in pins)
        entries[f"{WHEELHOUSE}requirements-{python}.txt"] = Entry(requirements.encode())
        for machine in machines:
            for wheel in _download(requirements, python, machine, cache).glob("*.whl"):
                entries[f"{WHEELHOUSE}{wheel.name}"] = Entry(wheel)
    return entries


def _download(requirements: str, python: str, machine: str, cache: Path) -> Path:
    name = hashlib.sha256(f"{python} {machine}\n{requirements}".encode()).hexdigest()[:16]
    directory = cache / "wheels" / name
    with locked(directory.parent):
        if not directory.is_dir():
            with making(directory) as new:
                listed = new / "requirements.txt"
                listed.write_text(requirements, encoding="utf-8")
                pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input"]
                arguments = [*pip_arguments(python, machine), f"--dest={new}", f"--requirement={listed}"]
                _run([*pip, *arguments], f"download the packages for Python {python} on {machine}")
    return directory


def flyway(root: Path, cache: Path) -> dict[str, Entry]:
    """Flyway's command line, without the drivers of other databases.

    :raises SlipwayError: when Maven cannot get it, or its digest is not the pinned one.
    """
    pin = read_pins(root)["flyway"]
    unpacked = cache / "flyway" / f"{pin['version']}-{pin['sha256'][:16]}"
    with locked(unpacked.parent):
        if not unpacked.is_dir():
            with making(unpacked) as new, tempfile.TemporaryDirectory(dir=unpacked.parent) as temporary:
                _unpack_flyway(_maven(pin, Path(temporary)), new)
    files = [path for path in unpacked.rglob("*") if path.is_file()]
    return {str(path.relative_to(unpacked)): Entry(path, program=os.access(path, os.X_OK)) for path in files}


def _maven(pin: Mapping[str, str], directory: Path) -> Path:
    artifact = f"org.flywaydb:flyway-commandline:{pin['version']}:tar.gz"
    plugin = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy"
    # --quiet leaves only errors; a progress bar of 200 MB would be all there is to see of one.
    command = ["mvn", "--quiet", "--batch-mode", plugin, f"-Dartifact={artifact}", f"-DoutputDirectory={directory}"]
    _run(command, f"fetch Flyway {pin['version']}", cwd=str(directory))
    archive = directory / f"flyway-commandline-{pin['version']}.tar.gz"
    found = file_digest(archive)
    if found != pin["sha256"]:
        raise SlipwayError(
            f"Flyway {pin['version']} has the digest {found}, not the pinned one",
            PINS,
            "Do not use it: find out which of the two is wrong",
        )
    return archive


def _unpack_flyway(archive: Path, destination: Path) -> None:
    try:
        with archive.open("rb") as file:
            tar = Tar(file)
            for member in tar.members():
                name = flyway_name(member.name)
                if name is None or not member.isreg():
                    continue
                path = destination / check_name(name, str(archive))
                path.parent.mkdir(parents=True, exist_ok=True)
                with tar.content(member) as source, path.open("wb") as unpacked:
                    shutil.copyfileobj(source, unpacked)
                path.chmod(0o755 if name == "flyway/flyway" else 0o644)
    except (tarfile.TarError, EOFError, ValueError, zlib.error) as error:
        raise SlipwayError(f"is not Flyway's archive ({error})", str(archive), "Fetch it again") from None


def migrations_of_jar(jar: Path, locations: Sequence[str] = LOCATIONS) -> dict[str, Entry]:
    """The migrations that a jar carries.

    :param locations: where they are, as ``database_migration_locations`` says.
    :raises SlipwayError: when it is not a jar, or has a migration that must not be unpacked on a host.
    """
    remedy = "Build and upload it again"
    try:
        with open_zip(jar, JAR_LIMITS) as opened:
            return _of_jar(opened, str(jar), locations)
    except LimitExceeded as error:
        raise SlipwayError(str(error), str(jar), remedy) from None
    except (ValueError, OSError) as error:
        raise SlipwayError(f"is not a jar ({error})", str(jar), remedy) from error


def _refuse_class(name: str, where: str, locations: Sequence[str]) -> None:
    """Flyway's command line has none of the application's classes: it would pass over this migration without a word."""
    if is_compiled(name.rpartition("/")[2]) and located_name(f"{name}.sql", locations) is not None:
        what = f"{name[:200]!a} is a migration that is a class, and only those in SQL can be run"
        raise SlipwayError(
            what, where, "Write it as SQL; or let the application migrate, with backend_migrations: none"
        )


def _of_jar(opened: zipfile.ZipFile, where: str, locations: Sequence[str]) -> dict[str, Entry]:
    budget = Budget(where)
    found: dict[str, Entry] = {}
    for member in opened.infolist():
        _refuse_class(member.orig_filename, where, locations)
        name = located_name(member.orig_filename, locations)
        if name is None or member.is_dir():
            continue
        budget.check_name(name)
        try:
            content = read_zipped(member=member, archive=opened, limit=MIGRATION_SIZE)
        except (ValueError, RuntimeError, zlib.error, EOFError, zipfile.BadZipFile) as error:
            what = f"{ascii(member.orig_filename)[:200]} {error}"
            raise SlipwayError(what, where, "Build and upload it again") from None
        budget.add(len(content))
        found[name] = Entry(content)
    return found


def migrations_of_checkout(module: Path, locations: Sequence[str] = LOCATIONS) -> dict[str, Entry]:
    """The migrations of a Maven module's sources.

    :param locations: where they are, as ``database_migration_locations`` says.
    :raises SlipwayError: when there is no such directory, or it has a file that must not be unpacked on a host.
    """
    if not module.is_dir():
        raise SlipwayError("there is no such directory", str(module), "Name the module's directory of a checkout")
    base = module / "src" / "main" / "resources"
    budget = Budget(str(base))
    found: dict[str, Entry] = {}
    root = next((place for place in (module, *module.resolve().parents) if (place / ".git").exists()), module).resolve()
    files = [path for location in locations for path in sorted((base / resource(location)).rglob("*"))]
    for path in files:
        name = located_name(str(path.relative_to(base)), locations)
        if name is None or path.is_dir():
            continue
        budget.check_name(name)
        if not path.resolve().is_relative_to(root) or not path.is_file():
            remedy = "Replace it by the file itself"
            raise SlipwayError("is a link that leads out of the checkout, or not a file", str(path), remedy)
        size = path.stat().st_size
        if size > MIGRATION_SIZE:
            what = f"is larger than the limit of {mib(MIGRATION_SIZE)}"
            raise SlipwayError(what, str(path), "Load data outside migrations")
        budget.add(size)
        found[name] = Entry(path)
    return found


def fetch_jar(s3: Any, bucket: str, key: str, digest: str, cache: Path) -> Path:
    """The jar of a release, fetched once.

    :param digest: ``sha256:`` and hexadecimal digits.
    :raises SlipwayError: when what S3 gives has another digest.
    """
    wanted = digest.removeprefix("sha256:")
    path = cache / "jars" / f"{wanted}.jar"
    if path.is_file() and file_digest(path) == wanted:
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(f".{os.getpid()}")
    try:
        with new.open("wb") as file:
            shutil.copyfileobj(s3.get_object(Bucket=bucket, Key=key)["Body"], file)
        found = file_digest(new)
        if found != wanted:
            what = f"its digest is sha256:{found}, not {digest}"
            raise SlipwayError(what, f"s3://{bucket}/{key}", "The artifact was replaced: build a new tag")
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
    return path


def _run(command: Sequence[str], doing: str, cwd: str | None = None) -> None:
    try:
        done = run_command(command, _TIMEOUT_SECONDS, os.environ, cwd=cwd)
    except FileNotFoundError as error:
        raise SlipwayError(f"cannot {doing}: there is no {command[0]}", None, f"Install {command[0]}") from error
    if done.late:
        what = f"cannot {doing}: it did not finish within {_TIMEOUT_SECONDS} s"
        raise SlipwayError(what, None, "Look at the network")
    if done.code:
        lines = (done.errors + done.output).strip().splitlines()
        words = [line.strip() for line in lines if "ERROR" in line] or lines[-1:] or ["no word"]
        raise SlipwayError(f"cannot {doing}: {words[0][:300]}", None, f"Run {command[0]} by hand to see why")
