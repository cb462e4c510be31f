# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a release can run on the schema that the database has. Pure.

CodeDeploy rolls back by deploying the previous revision, and tells the hooks nothing of it. What it is shows in the
database: its schema is ahead of what the release brings.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..bundle.content import version_key
from ..common.errors import SlipwayError
from ..hosts.by_kind import of_kind


def applied_migrations(records: Iterable[Mapping[str, Any]], kind: str) -> dict[str, bool]:
    """What records say of the migrations of a kind's database: version → whether an older release can still read it.

    When two disagree, the cautious one counts.
    """
    found: dict[str, bool] = {}
    for record in records:
        for item in of_kind(record, kind).get("applied") or ():
            if isinstance(item, Mapping) and item.get("version"):
                version = str(item["version"])
                found[version] = bool(item.get("compatible")) and found.get(version, True)
    return found


def is_behind(release_schema: str, database_schema: str) -> bool:
    """Whether the database has migrations that the release does not bring."""
    return version_key(database_schema) > version_key(release_schema)


def check(release_schema: str, database_schema: str, applied: Mapping[str, bool], tag: str) -> bool:
    """Whether the release is a way back (behind the database), which is then safe.

    :param applied: as :func:`applied_migrations` gives it.
    :raises SlipwayError: when the schema has moved past what the release can read, or nobody knows.
    """
    if not is_behind(release_schema, database_schema):
        return False
    low, high = version_key(release_schema), version_key(database_schema)
    between = {version: fits for version, fits in applied.items() if low < version_key(version) <= high}
    broken = sorted((version for version, fits in between.items() if not fits), key=version_key)
    remedy = "Deploy a release that brings that schema, or set codedeploy_force_schema: true when you know better"
    has = f"the database's schema is {database_schema}, {tag} brings {release_schema or 'none'}"
    if broken:
        raise SlipwayError(f"{has}: migration {', '.join(broken)} is not backward-compatible", None, remedy)
    if not any(version_key(version) == high for version in between):
        what = f"{has}: no record says whether migration {database_schema} is backward-compatible"
        raise SlipwayError(what, None, remedy)
    return True
