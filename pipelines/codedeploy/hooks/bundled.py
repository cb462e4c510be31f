# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The bundle that contains this file: the check of its files, and the virtual environment from its wheelhouse."""

from __future__ import annotations

import fcntl
import hashlib
import json
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

VENVS = Path("/opt/slipway/venvs")
_KEPT_VENVS = 3
_STAMP = ".complete"


class BundleError(Exception):
    """The bundle cannot be used; one line."""


def describe(root: Path) -> dict[str, Any]:
    """``bundle.json``."""
    try:
        found = json.loads((root / "bundle.json").read_text(encoding="utf-8"))
        if found["schema"] != "slipway/bundle/1":
            raise BundleError(f"bundle.json is of the unknown schema {found['schema']!r}")
        return {name: found[name] for name in ("group", "environment", "release", "pythons", "files")}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BundleError(f"bundle.json cannot be read ({error}): build the bundle again") from error


def check_files(root: Path, manifest: dict[str, Any]) -> None:
    """Compare every file with its digest: a bundle that was truncated or changed must not run."""
    for name, digest in manifest["files"].items():
        try:
            found = hashlib.sha256((root / name).read_bytes()).hexdigest()
        except OSError as error:
            raise BundleError(f"{name} of the bundle cannot be read ({error.strerror})") from error
        if found != digest:
            raise BundleError(f"{name} of the bundle is not what was built: upload the bundle again")


def make_venv(root: Path, manifest: dict[str, Any]) -> Path:
    """The Python of the virtual environment for this wheelhouse, which is made once, without network and ensurepip."""
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    listed = manifest["pythons"].get(version)
    if listed is None:
        raise BundleError(f"the bundle has no packages for Python {version}, only for {', '.join(manifest['pythons'])}")
    requirements = root / listed
    made_of = f"{sys.version} {platform.machine()} {sys.executable}\n".encode() + requirements.read_bytes()
    venv = VENVS / hashlib.sha256(made_of).hexdigest()[:16]
    VENVS.mkdir(mode=0o755, parents=True, exist_ok=True)
    with (VENVS / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (venv / _STAMP).exists():
            shutil.rmtree(venv, ignore_errors=True)
            _install(venv, root, requirements)
            (venv / _STAMP).touch()
        _prune(venv)
    return venv / "bin" / "python"


def _install(venv: Path, root: Path, requirements: Path) -> None:
    wheelhouse = root / "wheelhouse"
    pip = next(iter(sorted(wheelhouse.glob("pip-*.whl"))), None)
    if pip is None:
        raise BundleError("the bundle's wheelhouse has no pip")
    # symlinks: a copied interpreter would miss the security updates of the system's.
    _run([sys.executable, "-I", "-m", "venv", "--without-pip", "--symlinks", str(venv)])
    offline = ["--no-index", "--no-deps", "--no-cache-dir", "--disable-pip-version-check", "--quiet"]
    chosen = ["--require-hashes", f"--find-links={wheelhouse}", f"--requirement={requirements}"]
    _run([str(venv / "bin" / "python"), str(pip / "pip"), "install", "--root-user-action=ignore", *offline, *chosen])


def _run(command: list[str]) -> None:
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False, timeout=300
    )
    if done.returncode != 0:
        said = (done.stderr + done.stdout).strip().splitlines()[-1:] or ["no word"]
        raise BundleError(f"the virtual environment cannot be made: {said[0][:300]}")


def _prune(current: Path) -> None:
    others = [path for path in VENVS.iterdir() if path.is_dir() and path != current]
    for path in sorted(others, key=lambda item: item.stat().st_mtime, reverse=True)[_KEPT_VENVS - 1 :]:
        shutil.rmtree(path, ignore_errors=True)
