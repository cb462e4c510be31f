# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What each service is built of: modules, workspaces, or directories that no build tool knows. Pure."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from ..common.errors import SlipwayError, raise_all
from .model import SUBMODULE, Entry, Graph, Snapshot, Unit, below

# Of a directory that no build tool knows; the names that pytest, Go and JavaScript's runners look for.
_TESTS = ("test", "tests", "e2e", "__tests__")
_TEST_FILES = r"(?:.*/)?(?:test_[^/]*\.py|[^/]*_test\.(?:py|go)|conftest\.py|[^/]*\.(?:test|spec)\.[cm]?[jt]sx?)"
#: From which similarity on two names may be the same one, misspelt.
_CLOSE = 0.6


@dataclass(frozen=True)
class Service:
    """A service of the fleet, or a kind of host.

    :ivar modules: what it is built of: names of modules or workspaces, or directories; ``.`` is the repository.
    """

    name: str
    modules: tuple[str, ...]


def modules_of(
    services: Sequence[Service], head: tuple[Snapshot, Graph], base: tuple[Snapshot, Graph] | None = None
) -> dict[str, tuple[Unit, ...]]:
    """The units that each service is built of; a directory that no build tool knows is one as well.

    None is left of a service whose modules are at the base only.

    :raises SlipwayErrors: there is no such unit, or several have the name.
    """
    found: dict[str, tuple[Unit, ...]] = {}
    errors: list[SlipwayError] = []
    for service in services:
        units: list[Unit] = []
        for module in service.modules:
            try:
                named = _named(service, directory_of(module), head)
                if not named and (base is None or not _named(service, directory_of(module), base)):
                    raise _absent(service, module, head, services)
                units += named
            except SlipwayError as error:
                errors.append(error)
        found[service.name] = tuple(units)
    raise_all(errors)
    return found


def directory_of(module: str) -> str:
    """The directory that a module's name may be; ``""`` for the repository."""
    path = posixpath.normpath(module.strip("/"))
    return "" if path == "." else path


def _named(service: Service, name: str, at: tuple[Snapshot, Graph]) -> list[Unit]:
    """The unit of a name, and with an aggregator or a plain directory those below it."""
    units = at[1].named.get(name, []) if name else []
    best = [unit for unit in units if name == unit.directory] or [unit for unit in units if name == unit.name] or units
    best = [unit for unit in best if not unit.within] or best
    if len(best) > 1:
        places = ", ".join(sorted(unit.directory or "." for unit in best)[:4])
        where = f"{service.name}, build_modules"
        raise SlipwayError(f"several modules are called {name}", where, f"Write the directory: {places}")
    if best and best[0].whole:
        return best
    directory = best[0].directory if best else name
    submodule = at[0].files.get(name, Entry("", "")).mode == SUBMODULE
    if not best and name not in at[0].directories and not submodule:
        return []
    inner = [unit for unit in at[1].units.values() if below(unit.directory, directory)]
    return [*inner, plain_unit(directory)]


def plain_unit(directory: str) -> Unit:
    """A directory that no build tool knows."""
    places = tuple(posixpath.join(directory, name) for name in _TESTS)
    return Unit(f"{directory}/", directory, directory, frozenset((directory,)), tests=places, test_files=_TEST_FILES)


def _absent(service: Service, name: str, head: tuple[Snapshot, Graph], services: Sequence[Service]) -> SlipwayError:
    what = f"there is no module, workspace or directory {name} at {head[0].commit[:12]}"
    # A module of another service is not a misspelt one of this.
    others = {module for other in services if other.name != service.name for module in (other.name, *other.modules)}
    # Maven's modules have two names, user-service and org.acme:user-service.
    free = sorted(module for module in head[1].named if module.rpartition(":")[2] not in others)
    near = max(free, key=lambda module: _alike(name, module), default="")
    close = _alike(name, near) >= _CLOSE
    remedy = f"Did you mean {near}?" if close else "Write build_modules: [directory] for this service"
    return SlipwayError(what, f"{service.name}, build_modules", remedy)


def _alike(name: str, module: str) -> float:
    """How alike two names are, 0 to 1, without a common last word: user-service and task-service are not alike."""
    one, two = name.casefold().split("-"), module.casefold().split("-")
    if len(one) > 1 and len(two) > 1 and SequenceMatcher(None, one[-1], two[-1]).ratio() >= _CLOSE:
        one, two = one[:-1], two[:-1]
    return SequenceMatcher(None, "-".join(one), "-".join(two)).ratio()
