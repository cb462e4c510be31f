# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rows of what goes wrong with a site's host: how it is brought about, what is said, and what the record makes of it.

One or two for each step at which a deploy fails: what else fails at that step is said by the same module, whose own
tests have it (molecule/release_directory, python_service, front_end, nginx_site; the unit tests of site_release and of
backup_hook).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.site.place import Place
from tests.support.host_place import BadInput
from tests.support.pace import scaled
from tests.support.site import HALF_MIGRATED, NEVER_HEALTHY, NO_LOGIN, SAME, SECOND, THIRD, TWO_HEADS

#: The release that serves before, during and after each row.
SERVES = SECOND
OLD_NODE = "/opt/old-node"
#: What the rows that are not about the front end leave out.
NO_PAGE = {"site_front_end": "none"}


@contextmanager
def values_missing(place: Place) -> Iterator[None]:
    place.environ.update(DATABASE_URL="mysql://salite@db/saliteone", SENTRY_DSN="")
    told = place.variables()["site_environment"]
    place.set_variables(site_environment={name: value for name, value in told.items() if name != "REDIS_URL"})
    yield
    place.set_variables(site_environment=told)
    place.environ.clear()


@contextmanager
def database_down(place: Place) -> Iterator[None]:
    place.database.stop()
    yield
    place.database.start()


@contextmanager
def hook_that_fails(place: Place) -> Iterator[None]:
    """A hook whose command is refused."""
    hook = place.directory / "hooks" / "fails.yml"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("- ansible.builtin.command: {argv: [sh, -c, 'echo no room for it >&2; exit 3']}\n")
    yield
    hook.unlink()


@contextmanager
def old_node(place: Place) -> Iterator[None]:
    """A Node.js that is older than what the front end's Vite asks for."""
    place.host.write(f"{OLD_NODE}/node", "#!/bin/sh\necho v16.20.2\n", "0755")
    yield
    place.host.run(f"rm -r {OLD_NODE}")


ROWS = [
    # Refused before a host is asked, …
    BadInput(
        "values missing and wrong",
        SAME,
        (
            "site_environment: SENTRY_DSN: env SENTRY_DSN is empty. Put the secret there",
            "group_vars/site.yml: DATABASE_URL is empty or not of type postgresql_url. Write it as in postgresql",
            "group_vars/site.yml: REDIS_URL is missing, and staging needs it. Add it to site_environment, as in ",
        ),
        values_missing,
    ),
    # … by the plan, …
    BadInput(
        "Node.js too old for the project's Vite",
        THIRD,
        ("vite 6.4.6 needs Node.js ^18.0.0 || ^20.0.0 || >=22.0.0, and ", "has v16.20.2. Install one that fits there"),
        old_node,
        variables={"front_end_path": [OLD_NODE]},
    ),
    BadInput(
        "database down",
        SAME,
        ("site-1: the database cannot be reached",),
        database_down,
        variables=NO_PAGE,
    ),
    BadInput("two heads", TWO_HEADS, ("site-1: ", "0004a", "0004b"), variables=NO_PAGE),
    BadInput(
        "SQL that the lint refuses",
        HALF_MIGRATED,
        (
            "site-1: the SQL of the migrations: revision 0004, line ",
            ": constraint-missing-not-valid: ",
            "Correct the migration, or leave the rule out (alembic_migration_lint_exclude)",
        ),
        variables={**NO_PAGE, "alembic_migration_lint_fail_on": ["error", "constraint-missing-not-valid"]},
    ),
    # … and by a person who is not there.
    BadInput(
        "approval that nobody can give",
        THIRD,
        (
            f"{THIRD} is not approved: there is no terminal to ask at. Give the name of the approver: ",
            f" -e site_release={THIRD} -e approved_by=…",
        ),
        outcome="abandoned",
        variables={**NO_PAGE, "site_approval_required": True},
    ),
    # Failed and undone: while the release is staged, …
    BadInput(
        "configuration that nginx refuses",
        THIRD,
        ('unknown directive "nonsense"', "nothing had been changed yet"),
        outcome="undone",
        variables={**NO_PAGE, "nginx_site_extra": "nonsense on;"},
    ),
    # … the database is backed up and migrated, …
    BadInput(
        "backup that cannot be taken",
        HALF_MIGRATED,
        (
            "the backup before the migration failed: non-zero return code: no room for it. Correct site_backup_hook",
            "nothing had been changed yet",
        ),
        hook_that_fails,
        outcome="undone",
        variables={**NO_PAGE, "site_backup_hook": "hooks/fails.yml"},
    ),
    BadInput(
        "migration that fails half-way",
        HALF_MIGRATED,
        ("the migration failed: ", "0004"),
        outcome="undone",
        variables=NO_PAGE,
    ),
    # … the host is switched (what a spare refuses, the life cycle has), …
    BadInput(
        "health that is never green, without a spare",
        NEVER_HEALTHY,
        (f"not ready within {scaled(5)} s: HTTP 503", "staging is as it was"),
        outcome="undone",
        variables={**NO_PAGE, "site_ready_timeout": scaled(5), "site_spare": {}},
    ),
    # … and the release is checked.
    BadInput(
        "nobody can log in",
        NO_LOGIN,
        ("smoke check login failed: status ", "staging is as it was before this deploy"),
        outcome="undone",
        variables=NO_PAGE,
    ),
]
