# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The site's backend as container images, one for each release.

    push("staging-20261101", registry, "salitemihret/backend")      # …/salitemihret/backend:staging-20261101

What they are built on is made once a machine: Debian's Python, and the packages of the lock. The release's tree is at
``/app``. Their entry point does not exist: a command that is run with it fails.
"""

from __future__ import annotations

import shutil
import sys
import tarfile
import tempfile
from pathlib import Path

from tests.support import fixtures, site_builds
from tests.support.hosts import podman
from tests.support.registry import Registry
from tests.support.site import write_source

SUITE, PYTHON = "bookworm", "3.11"
PACKAGES = "python3,libpython3-stdlib,libstdc++6"
ENTRY_POINT = '["/no/such/entry-point"]'


def base() -> str:
    """The name of the image that the others are built on. Raises FixtureError, HostError."""
    name = f"localhost/slipway-site-base:{fixtures.digest(site_builds.LOCK, SUITE, PACKAGES, '2')}"
    with fixtures.alone("site-image"):
        if name not in podman("images", "--format", "{{.Repository}}:{{.Tag}}").split():
            with tempfile.TemporaryDirectory(dir=fixtures.CACHE) as scratch:
                root = Path(scratch, "root.tar")
                _write_root(root, Path(scratch))
                bare = podman("import", "--quiet", "--change", "ENV PATH=/usr/local/bin:/usr/bin:/bin", str(root))
                # By the interpreter itself: a container that cannot write would compile everything with each start.
                recipe = f'FROM {bare}\nRUN ["python", "-m", "compileall", "-q", "/usr/lib", "/usr/local/lib"]\n'
                podman("build", "--quiet", "--tag", name, "--file", "-", scratch, stdin=recipe)
    return name


def _write_root(archive: Path, scratch: Path) -> None:
    """A file system with Python and the packages of the lock, and nothing to install more with."""
    options = [f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in ("man", "locale", "doc")]
    command = ["mmdebstrap", "--quiet", "--variant=extract", f"--include={PACKAGES}", *options, SUITE, str(archive)]
    fixtures.run(command, scratch)
    modules = scratch / "modules"
    install = [sys.executable, "-m", "pip", "install", "-q", "--no-compile", "--target", str(modules)]
    target = ["--python-version", PYTHON, "--implementation", "cp", "--only-binary", ":all:"]
    found = ["--no-index", "--find-links", str(site_builds.wheels()), "--require-hashes", "-r", str(site_builds.LOCK)]
    fixtures.run([*install, *target, *found], scratch)
    (scratch / "python").symlink_to("/usr/bin/python3")
    with tarfile.open(archive, "a") as tar:
        tar.add(scratch / "python", "./usr/local/bin/python")
        tar.add(modules, f"./usr/local/lib/python{PYTHON}/dist-packages")


def push(tag: str, registry: Registry, repository: str) -> None:
    """Build the image of a release and upload it; this machine does not keep it. Raises FixtureError, HostError."""
    name = base()
    with tempfile.TemporaryDirectory(dir=fixtures.CACHE) as scratch:
        tree, context = Path(scratch, "tree"), Path(scratch, "context")
        write_source(tag, tree)
        shutil.copytree(tree / "server", context / "server")
        shutil.copy(tree / "RELEASE", context)
        recipe = Path(scratch, "Containerfile")
        recipe.write_text(f"FROM {name}\nCOPY . /app/\nENTRYPOINT {ENTRY_POINT}\n", encoding="utf-8")
        image = podman("build", "--quiet", "--file", str(recipe), str(context)).splitlines()[-1]
        registry.push(image, f"{repository}:{tag}")
        podman("rmi", image)
