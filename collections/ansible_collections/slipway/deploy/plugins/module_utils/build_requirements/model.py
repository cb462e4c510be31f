# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What building a release needs, and what a host has for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

#: A file of the release by its path in it; ``None`` when there is none.
Reader = Callable[[str], "str | None"]


@dataclass(frozen=True)
class NodeNeeds:
    """What the front end's build needs.

    :ivar where: its package.json, for errors.
    :ivar tool: npm or pnpm.
    :ivar engines: packages and the versions of Node.js that they require: ``("vite 7.1.0", "^20.19.0 || >=22.12.0")``.
    :ivar variables: the names that its ``.npmrc`` takes from the environment, such as ``NPM_TOKEN``.
    """

    where: str
    tool: str
    engines: tuple[tuple[str, str], ...] = ()
    variables: tuple[str, ...] = ()


@dataclass(frozen=True)
class PythonNeeds:
    """What the backend's environment needs.

    :ivar where: the lock file, for errors.
    :ivar requires: files and the versions of Python that they require: ``("server/pyproject.toml", ">=3.12")``.
    :ivar uv: whether only uv reads the lock file.
    :ivar indexes: the package indexes that need credentials, by URL.
    """

    where: str
    requires: tuple[tuple[str, str], ...] = ()
    uv: bool = False
    indexes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Needs:
    """What a release needs; ``None`` for a part that is not built."""

    node: NodeNeeds | None = None
    python: PythonNeeds | None = None

    def to_document(self) -> dict[str, Any]:
        """As data, for a task's result."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Needs:
        """The inverse of :meth:`to_document`."""
        node, python = document.get("node"), document.get("python")
        return cls(
            NodeNeeds(node["where"], node["tool"], _pairs(node["engines"]), tuple(node["variables"])) if node else None,
            PythonNeeds(python["where"], _pairs(python["requires"]), python["uv"], tuple(python["indexes"]))
            if python
            else None,
        )


def _pairs(rows: Any) -> tuple[tuple[str, str], ...]:
    return tuple((str(row[0]), str(row[1])) for row in rows)


@dataclass(frozen=True)
class Tools:
    """The build tools of a host. An empty text stands for a missing program.

    :ivar candidates: the versions that the host's package manager would install, by package, if known.
    """

    python: str = ""
    uv: str = ""
    node: str = ""
    candidates: Mapping[str, str] = field(default_factory=dict)
