# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Builds of the site's releases, cached by their inputs, below .run/fixtures.

    dist("staging-20261108")          # the built front end
    archive("staging-20261108")       # the release's tree with the built front end, as a tar.gz
    venv()                            # a virtual environment of the lock
    *host_arguments()                 # of podman run: what pip, uv and npm of a host need to work without a network

``python -m tests.support.site_builds`` fills the cache: the packages of both locks, once a machine.
"""

from __future__ import annotations

import gzip
import re
import shutil
import sys
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.support import fixtures
from tests.support.site import SOURCE, release_of, write_source

CACHE = fixtures.CACHE
LOCK = SOURCE / "base" / "server" / "requirements.lock"
PACKAGES = SOURCE / "base" / "frontend" / "package-lock.json"
API_BASE = "/api"
NPM = ("--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error")
# Where a host finds them.
WHEELS, NPM_CACHE = "/opt/site/wheels", "/opt/site/npm"
# The interpreters of Debian 12 and 13.
PYTHONS = ("3.11", "3.13")
PLATFORMS = ("manylinux2014_x86_64", "manylinux_2_28_x86_64", "manylinux_2_34_x86_64")
_MARKER = re.compile(r" ; [^\\\n]*")


def _kept(name: str, make: Callable[[Path], None]) -> Path:
    """A file or directory of the cache, built atomically if it is missing. Raises FixtureError."""
    path = CACHE / name
    if not path.exists():
        with fixtures.alone("site"):
            if not path.exists():
                with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
                    made = Path(scratch, "made")
                    make(made)
                    made.rename(path)
    return path


def wheels() -> Path:
    """A directory of every wheel that the lock names, for the interpreters of both Debians. Raises FixtureError."""

    def download(directory: Path) -> None:
        directory.mkdir()
        # pip weighs markers by the interpreter that runs it, not by the one it downloads for.
        everything = directory / "requirements.lock"
        everything.write_text(_MARKER.sub("", LOCK.read_text(encoding="utf-8")), encoding="utf-8")
        for version in PYTHONS:
            target = ["--python-version", version, "--implementation", "cp", "--only-binary", ":all:"]
            platforms = [word for platform in PLATFORMS for word in ("--platform", platform)]
            command = [
                sys.executable,
                "-m",
                "pip",
                "download",
                "-q",
                "--require-hashes",
                "--no-deps",
                *target,
                *platforms,
            ]
            fixtures.run([*command, "-r", str(everything), "-d", str(directory)], directory)
        everything.unlink()

    return _kept(f"site-wheels-{fixtures.digest(LOCK, *PYTHONS)}", download)


def venv() -> Path:
    """A virtual environment of the lock, for this interpreter: ``bin/python -m uvicorn``. Raises FixtureError."""

    def install(directory: Path) -> None:
        fixtures.run([sys.executable, "-m", "venv", "--without-pip", str(directory)], CACHE)
        command = [sys.executable, "-m", "pip", "--python", str(directory / "bin" / "python"), "install", "-q"]
        found = ["--no-index", "--find-links", str(wheels()), "--require-hashes", "-r", str(LOCK)]
        fixtures.run([*command, *found], CACHE)

    wheels()
    return _kept(f"site-venv-{fixtures.digest(LOCK, sys.version)}", install)


def npm_cache() -> Path:
    """npm's cache with every package of the lock, and ``node_modules`` beside it. Raises FixtureError."""

    def download(directory: Path) -> None:
        directory.mkdir()
        for name in ("package.json", "package-lock.json"):
            shutil.copy(PACKAGES.parent / name, directory)
        fixtures.run(["npm", "ci", *NPM, "--cache", str(directory / "cache")], directory)
        # On a host it is whichever user builds that reads it and writes to it.
        fixtures.run(["chmod", "-R", "a+rwX", str(directory / "cache")], directory)

    return _kept(f"site-npm-{fixtures.digest(PACKAGES, *NPM)}", download)


def dist(tag: str, api_base: str = API_BASE) -> Path:
    """A release's built front end. Raises FixtureError, also for the release whose build fails."""

    def build(directory: Path) -> None:
        tree = directory.parent / "tree"
        write_source(tag, tree)
        frontend = tree / "frontend"
        (frontend / "node_modules").symlink_to(npm_cache() / "node_modules")
        told = {"VITE_API_BASE": api_base, "VITE_RELEASE": tag}
        fixtures.run(["npm", "run", "build", "--silent", "--", "--outDir", str(directory)], frontend, told)

    npm_cache()
    return _kept(f"site-dist-{tag}-{_digest(tag, api_base)}", build)


def archive(tag: str, api_base: str = API_BASE) -> Path:
    """A release as a build delivers it: its tree, with ``frontend/dist``, as a tar.gz. Same source, same bytes.

    Raises FixtureError.
    """

    def pack(path: Path) -> None:
        tree = path.parent / "tree"
        write_source(tag, tree)
        shutil.copytree(built, tree / "frontend" / "dist")
        with (
            path.open("wb") as file,
            gzip.GzipFile("", "wb", mtime=0, fileobj=file) as packed,
            tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
        ):
            for entry in sorted(tree.rglob("*")):
                tar.add(entry, str(entry.relative_to(tree)), recursive=False, filter=_plain)

    built = dist(tag, api_base)
    return _kept(f"site-{tag}-{_digest(tag, api_base)}.tar.gz", pack)


def host_arguments() -> list[str]:
    """Arguments of ``podman run`` that give a host the packages of both locks, and pip, uv and npm the settings.

    The host installs from them, without a network; what it writes to them stays its own. It also gets this machine's
    Node.js and npm, in a second instead of a minute. Raises FixtureError.
    """
    settings = _kept("site-settings-2", _write_settings)
    node = Path(shutil.which("node") or "/usr/bin/node").resolve()
    modules = fixtures.run(["npm", "root", "--global", "--silent"], CACHE).strip()
    files = {
        settings / "pip.conf": "/etc/pip.conf",
        settings / "uv.toml": "/etc/uv/uv.toml",
        settings / "npmrc": "/usr/local/etc/npmrc",
        settings / "npm": "/usr/local/bin/npm",
        node: "/usr/local/bin/node",
        Path(modules, "npm"): "/usr/local/lib/node_modules/npm",
        wheels(): WHEELS,
    }
    arguments = ["--volume", f"{npm_cache() / 'cache'}:{NPM_CACHE}:O"]
    for source, path in files.items():
        arguments += ["--volume", f"{source}:{path}:ro"]
    return arguments


def _write_settings(directory: Path) -> None:
    directory.mkdir()
    texts = {
        "pip.conf": f"[global]\nno-index = true\nfind-links = {WHEELS}\n",
        "uv.toml": f'no-index = true\nfind-links = ["{WHEELS}"]\n',
        "npmrc": f"cache={NPM_CACHE}\noffline=true\naudit=false\nfund=false\nupdate-notifier=false\n",
        "npm": '#!/bin/sh\nexec node /usr/local/lib/node_modules/npm/bin/npm-cli.js "$@"\n',
    }
    for name, text in texts.items():
        (directory / name).write_text(text, encoding="utf-8")
    (directory / "npm").chmod(0o755)


def _digest(tag: str, api_base: str) -> str:
    layers = [SOURCE / layer for layer in ("base", *release_of(tag).layers)]
    return fixtures.digest(tag, api_base, *layers)


def _plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = entry.mtime = 0
    entry.uname = entry.gname = ""
    entry.mode = 0o755 if entry.isdir() or entry.mode & 0o100 else 0o644
    return entry


def main() -> int:
    """The command line; returns the exit code."""
    print(wheels())
    print(npm_cache())
    return 0


if __name__ == "__main__":
    sys.exit(main())
