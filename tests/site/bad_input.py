# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rows of what goes wrong with a site: how it is brought about, what is said, and what the record makes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.site.place import Place
from tests.support.pace import scaled
from tests.support.site import (
    BRANCH,
    HALF_MIGRATED,
    INCOMPATIBLE,
    NEVER_HEALTHY,
    NO_BUILD,
    NO_LOGIN,
    SAME,
    SECOND,
    THIRD,
    TWO_HEADS,
)

#: The release that serves before, during and after each row.
SERVES = SECOND
OLD_NODE = "/opt/old-node"
FILLER = "/srv/salitemihret/releases/filler"
#: What the rows that are not about the front end leave out.
NO_PAGE = {"site_front_end": "none"}

Arrange = Callable[[Place], AbstractContextManager[None]]


@dataclass(frozen=True)
class Row:
    """One bad input.

    :ivar said: what a line says, each; ``<url>`` stands for the repository's.
    :ivar outcome: the record's; ``None`` when it ends before there is one.
    """

    name: str
    tag: str
    said: tuple[str, ...]
    arrange: Arrange
    outcome: str | None = None
    variables: dict[str, Any] = field(default_factory=dict)


@contextmanager
def nothing(_place: Place) -> Iterator[None]:
    """The command line alone is what is wrong."""
    yield


@contextmanager
def token_revoked(place: Place) -> Iterator[None]:
    token = place.git.token
    place.git.revoke()
    yield
    place.git.token = token


@contextmanager
def values_missing(place: Place) -> Iterator[None]:
    place.environ.update(DATABASE_URL="mysql://salite@db/saliteone", SENTRY_DSN="")
    told = place.variables()["site_environment"]
    place.set_variables(site_environment={name: value for name, value in told.items() if name != "REDIS_URL"})
    yield
    place.set_variables(site_environment=told)
    place.environ.clear()


@contextmanager
def disk_full(place: Place) -> Iterator[None]:
    """The releases' own file system, which is a small one."""
    place.host.run(f"dd if=/dev/zero of={FILLER} bs=1M 2>/dev/null || true")
    yield
    place.host.run(f"rm {FILLER}")


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
def squatted(place: Place) -> Iterator[None]:
    """Something else has the port that releases are tried on."""
    place.host.run("systemd-run --quiet --unit=squatter python3 -m http.server --bind 127.0.0.1 8001")
    yield
    place.host.run("systemctl stop squatter")


@contextmanager
def old_node(place: Place) -> Iterator[None]:
    """A Node.js that is older than what the front end's Vite asks for."""
    place.host.write(f"{OLD_NODE}/node", "#!/bin/sh\necho v16.20.2\n", "0755")
    yield
    place.host.run(f"rm -r {OLD_NODE}")


ROWS = [
    Row(
        "tag of another form",
        "staging-2026110",
        (
            "-e site_release: 'staging-2026110' is not a tag of staging: it does not have the form <prefix>-YYYYMMDD",
            "Deploy staging-20261122, or tag the commit: git tag -a staging-",
        ),
        nothing,
    ),
    Row(
        "tag of another environment",
        "prod-20261109",
        ("-e site_release: prod-20261109 is a tag of production, not of staging. Deploy staging-20261122, or ",),
        nothing,
    ),
    Row("tag that is not there", "staging-20261231", ("there is no tag staging-20261231. ",), nothing),
    Row(
        "branch",
        BRANCH,
        (f"-e site_release: {BRANCH} is a branch, and staging takes tags only. Deploy staging-20261122, or ",),
        nothing,
    ),
    Row("no tag", "", ("-e site_release: no release is named. Deploy staging-20261122, or tag the commit: ",), nothing),
    Row(
        "Node.js too old for the project's Vite",
        THIRD,
        ("vite 6.4.6 needs Node.js ^18.0.0 || ^20.0.0 || >=22.0.0, and ", "has v16.20.2. Install one that fits there"),
        old_node,
        variables={"front_end_path": [OLD_NODE]},
    ),
    Row(
        "extras of a lock file that has none to choose",
        THIRD,
        ("server/requirements.lock: extras and groups are chosen of a uv.lock", "Compile it with --extra postgres"),
        nothing,
        variables={"python_service_extras": ["postgres"]},
    ),
    Row(
        "notes missing",
        SAME,
        (
            f"-e site_release: {SAME} has no release notes, and staging needs them. Write them below the title of the ",
            f"docs/releases/{SAME}.md at the tag, or in GitHub's release",
        ),
        nothing,
        variables={"site_notes_required": True},
    ),
    Row(
        "approval that nobody can give",
        THIRD,
        (
            f"{THIRD} is not approved: there is no terminal to ask at. Give the name of the approver: ",
            f" -e site_release={THIRD} -e approved_by=…",
        ),
        nothing,
        outcome="abandoned",
        variables={**NO_PAGE, "site_approval_required": True},
    ),
    Row(
        "values missing and wrong",
        SAME,
        (
            "site_environment: SENTRY_DSN: env SENTRY_DSN is empty. Put the secret there",
            "group_vars/site.yml: DATABASE_URL is empty or not of type postgresql_url. Write it as in postgresql",
            "group_vars/site.yml: REDIS_URL is missing, and staging needs it. Add it to site_environment, as in ",
        ),
        values_missing,
    ),
    Row("token revoked", SAME, ("<url>): the remote does not accept these credentials",), token_revoked),
    Row("two heads", TWO_HEADS, ("site-1: ", "0004a", "0004b"), nothing),
    Row("database down", SAME, ("site-1: the database cannot be reached",), database_down),
    Row(
        "port of the spare is taken",
        THIRD,
        ("the port 8001 is taken by python3", "Stop it, or set python_service_port or the port of "),
        squatted,
    ),
    Row(
        "disk full",
        INCOMPATIBLE,
        ("the disk is full. Free space ", ", then run this again"),
        disk_full,
        variables=NO_PAGE,
    ),
    Row(
        "migration that fails half-way",
        HALF_MIGRATED,
        ("the migration failed: ", "0004"),
        nothing,
        outcome="undone",
        variables=NO_PAGE,
    ),
    Row(
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
    Row(
        "hook that is not there",
        HALF_MIGRATED,
        ("site_backup_hook: hooks/nowhere.yml: there is no such file. Put the tasks into inventories/staging/hooks/",),
        nothing,
        variables={"site_backup_hook": "hooks/nowhere.yml"},
    ),
    Row(
        "SQL that the lint refuses",
        HALF_MIGRATED,
        (
            "site-1: the SQL of the migrations: revision 0004, line ",
            ": constraint-missing-not-valid: ",
            "Correct the migration, or leave the rule out (alembic_migration_lint_exclude)",
        ),
        nothing,
        variables={"alembic_migration_lint_fail_on": ["error", "constraint-missing-not-valid"]},
    ),
    Row(
        "front end that cannot be built",
        NO_BUILD,
        ("frontend: the build failed", "nothing had been changed yet"),
        nothing,
        outcome="undone",
    ),
    Row(
        "configuration that nginx refuses",
        THIRD,
        ('unknown directive "nonsense"', "nothing had been changed yet"),
        nothing,
        outcome="undone",
        variables={**NO_PAGE, "nginx_site_extra": "nonsense on;"},
    ),
    Row(
        "certificate missing",
        THIRD,
        ("/etc/ssl/nowhere.pem", "not on the host, and nginx would refuse the site. Get a first certificate "),
        nothing,
        variables={
            **NO_PAGE,
            "site_certificate": "/etc/ssl/nowhere.pem",
            "site_certificate_key": "/etc/ssl/nowhere.key",
        },
    ),
    Row(
        "health that is never green",
        NEVER_HEALTHY,
        (f"not well on the spare port 8001: not ready within {scaled(5)} s: HTTP 503", "staging is as it was"),
        nothing,
        outcome="undone",
        variables={**NO_PAGE, "site_ready_timeout": scaled(5)},
    ),
    Row(
        "health that is never green, without a spare",
        NEVER_HEALTHY,
        (f"not ready within {scaled(5)} s: HTTP 503", "staging is as it was"),
        nothing,
        outcome="undone",
        variables={**NO_PAGE, "site_ready_timeout": scaled(5), "site_spare": {}},
    ),
    Row(
        "nobody can log in",
        NO_LOGIN,
        ("smoke check login failed: status ", "staging is as it was before this deploy"),
        nothing,
        outcome="undone",
        variables=NO_PAGE,
    ),
]
