# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A developer's checkout of the backend: where its module is, and its ``.env``."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..common.errors import SlipwayError
from ..files.atomic import content_is, filing, write_atomic
from ..git.command import git

ENV_FILE = ".env"
_PLAIN = re.compile(r"[A-Za-z0-9_./:@%+=,-]+")


@dataclass(frozen=True)
class Checkout:
    """A module directory with a Maven wrapper."""

    module: Path

    @property
    def env_file(self) -> Path:
        """Where its environment is written."""
        return self.module / ENV_FILE

    @property
    def migrations(self) -> Path:
        """Flyway's SQL files."""
        return self.module / "src" / "main" / "resources" / "db" / "migration"


def find_checkout(path: str, module: str, where: str) -> Checkout:
    """The backend's module in ``path``, which is the repository's or the module's own directory.

    :raises SlipwayError: there is none.
    """
    given = Path(path).expanduser().absolute()
    if not given.is_dir():
        raise SlipwayError(f"{given} is not a directory", where, "Clone the backend, and name its checkout")
    for directory in (given / module, given):
        if (directory / "pom.xml").is_file():
            if not (directory / "mvnw").is_file():
                raise SlipwayError(f"{directory} has no mvnw", where, "Make one there: mvn wrapper:wrapper")
            return Checkout(directory)
    wanted = f"{module}/pom.xml" if module else "pom.xml"
    raise SlipwayError(
        f"{given} has no {wanted}", where, "Name the backend's checkout, or its module with backend_module"
    )


def render(environment: Mapping[str, str], origin: str) -> str:
    """An environment as a file that a shell reads, sorted by name. Pure.

    :param origin: where the values come from, for the file's comment.
    """
    lines = [f"# {origin}; ansible-playbook playbooks/dev_bootstrap.yml overwrites it.", "# set -a; . ./.env; set +a"]
    lines += [f"{name}={_quoted(environment[name])}" for name in sorted(environment)]
    return "\n".join(lines) + "\n"


def _quoted(value: str) -> str:
    return value if _PLAIN.fullmatch(value) else shlex.quote(value)


def write_environment(checkout: Checkout, text: str, *, check: bool) -> bool:
    """Write the file, readable by its owner only and ignored by git; return whether it changes.

    :raises SlipwayError: when it cannot be written, or git tracks it.
    """
    content = text.encode()
    changed = not content_is(checkout.env_file, content) or checkout.env_file.stat().st_mode & 0o077 != 0
    if changed and not check:
        _hide_from_git(checkout)
        write_atomic(checkout.env_file, content)
    return changed


def _hide_from_git(checkout: Checkout) -> None:
    if _git(checkout, "ls-files", "--error-unmatch", "--", ENV_FILE)[0] == 0:
        remedy = f"git rm --cached {ENV_FILE}, and change what secrets were in it"
        raise SlipwayError("git tracks this file, so the secrets would be committed", str(checkout.env_file), remedy)
    if _git(checkout, "check-ignore", "--quiet", "--", ENV_FILE)[0] != 1:
        return  # It is ignored, or this is not a checkout of git.
    exclude = checkout.module / _git(checkout, "rev-parse", "--git-path", "info/exclude")[1].strip()
    with filing("add .env to it", exclude):
        exclude.parent.mkdir(exist_ok=True)
        with exclude.open("a", encoding="utf-8") as file:
            file.write(f"{ENV_FILE}\n")


def _git(checkout: Checkout, *arguments: str) -> tuple[int, str]:
    if shutil.which("git") is None:
        return 127, ""
    done = git(checkout.module, arguments)
    return done.code, done.output
