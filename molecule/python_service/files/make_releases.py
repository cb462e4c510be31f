# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Makes a wheel and releases whose lock file names it, and packs them with load.py: ``make_releases.py ARCHIVE``."""

from __future__ import annotations

import base64
import hashlib
import shutil
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

HERE = Path(__file__).parent
BEHAVIOURS = {"good-1": "", "good-2": "", "unready": "unready", "dies": "dies with its scheduler", "tampered": ""}


def wheel(directory: Path) -> Path:
    """A wheel with one module."""
    about = "greeting-1.0.dist-info"
    files = {
        "greeting.py": "WORD = 'hello'\n",
        f"{about}/METADATA": "Metadata-Version: 2.1\nName: greeting\nVersion: 1.0\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    digests = {name: hashlib.sha256(text.encode()).digest() for name, text in files.items()}
    record = "".join(
        f"{name},sha256={base64.urlsafe_b64encode(digests[name]).rstrip(b'=').decode()},{len(text)}\n"
        for name, text in files.items()
    )
    path = directory / "greeting-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in {**files, f"{about}/RECORD": f"{record}{about}/RECORD,,\n"}.items():
            archive.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), text)
    return path


def main() -> None:
    """Make them."""
    with tempfile.TemporaryDirectory() as directory:
        make(Path(directory, "site"))
        shutil.copy(HERE / "load.py", directory)
        with tarfile.open(sys.argv[1], "w") as archive:
            for name in ("site", "load.py"):
                archive.add(Path(directory, name), name)


def make(top: Path) -> None:
    """Make the wheel and the releases below a directory."""
    wheels = top / "wheels"
    wheels.mkdir(parents=True)
    digest = hashlib.sha256(wheel(wheels).read_bytes()).hexdigest()
    for name, behaviour in BEHAVIOURS.items():
        server = top / "releases" / name / "server"
        server.mkdir(parents=True)
        shutil.copy(HERE / "app.py", server)
        (server / "release").write_text(name)
        (server / "behaviour").write_text(behaviour)
        pinned = digest if name != "tampered" else "0" * 64
        (server / "requirements.txt").write_text(f"greeting==1.0 \\\n    --hash=sha256:{pinned}\n")


main()
