# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rows of what goes wrong with a backend host: how it is brought about, what is said, and what the record makes of it.

One for each step at which a deploy fails: what else fails at that step is said by the same module, whose own tests have
it (molecule/source_checkout, artifact, jvm_service, database_migration; the unit tests of artifact and migration).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.backend.place import Place
from tests.support.host_place import BadInput
from tests.support.postgres import PostgresError
from tests.support.umigo import BRANCH, BUCKET, jar, sha256, tag_of

#: The release that serves before, during and after each row.
SERVES = "0.2.0"
TOKEN = "/shared/github/pat-readonly"
REDIS = "/dev/backend/SPRING_REDIS_HOST"
OLD_JAVA = "/opt/old/java"
#: For what is not about migrations: to look at them takes Maven's time.
NO_MIGRATIONS = {"backend_migrations": "none"}


@contextmanager
def parameter_missing(place: Place) -> Iterator[None]:
    place.aws.client("ssm").delete_parameter(Name=REDIS)
    yield
    place.parameter(REDIS, "redis.dev.internal")


@contextmanager
def token_revoked(place: Place) -> Iterator[None]:
    token = place.git.token
    place.git.revoke()
    yield
    place.git.token = token


@contextmanager
def another_jar(place: Place) -> Iterator[None]:
    """The jar is not what the file beside it says, and the store itself has no digest of it."""
    s3, key = place.aws.client("s3"), f"{BRANCH}/{tag_of('0.6.0')}/app.jar"
    s3.put_object(Bucket=BUCKET, Key=key, Body=jar("0.6.0").read_bytes()[:-1] + b"!")
    s3.put_object(Bucket=BUCKET, Key=f"{key}.sha256", Body=sha256(jar("0.6.0")).encode())
    yield
    s3.delete_object(Bucket=BUCKET, Key=f"{key}.sha256")
    place.umigo.publish(s3, BUCKET, "0.6.0")


@contextmanager
def old_java(place: Place) -> Iterator[None]:
    place.host.write(OLD_JAVA, "#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n", "0755")
    place.set_variables(jvm_service_java=OLD_JAVA)
    yield
    place.set_variables(jvm_service_java=None)


@contextmanager
def database_down(place: Place) -> Iterator[None]:
    place.database.stop()
    yield
    place.database.start()


@contextmanager
def repaired_by_a_person(place: Place) -> Iterator[None]:
    """What the half-way migration leaves is there to be seen, and then cleaned up as its failure says."""
    yield
    assert place.database.query("SELECT email FROM customers") is not None
    place.database.query("ALTER TABLE customers DROP COLUMN email")
    with suppress(PostgresError):
        place.database.query("DELETE FROM flyway_schema_history WHERE version = '3'")


@contextmanager
def dies_soon(place: Place) -> Iterator[None]:
    """Sooner after its start than a process has to stay up."""
    place.parameter("/dev/backend/UMIGO_DIES_AFTER_SECONDS", "6")
    place.set_variables(backend_stable_for=12)
    yield
    place.aws.client("ssm").delete_parameter(Name="/dev/backend/UMIGO_DIES_AFTER_SECONDS")
    place.set_variables(backend_stable_for=2)


REQUIRED = "inventories/dev: runtime_parameters_required"
ROWS = [
    # Refused by the plan: of a host, …
    BadInput(
        "parameter missing",
        "0.6.0",
        (f"<host>: {REQUIRED}: a required parameter is missing: SPRING_REDIS_HOST. Create {REDIS}",),
        parameter_missing,
        variables=NO_MIGRATIONS,
    ),
    BadInput(
        "Java too old",
        "0.6.0",
        (f"<host>: {OLD_JAVA}: Java 11 is too old. Install Java 17 or newer, or set jvm_service_java",),
        old_java,
        variables=NO_MIGRATIONS,
    ),
    # … and of the release's migrations.
    BadInput(
        "token revoked",
        "0.6.0",
        (
            f"<host>: <url>: the server refused the token of SSM {TOKEN} (revoked, expired or mistyped). ",
            f"Put a token that may read the repository into SSM {TOKEN}. /opt/umigo/source stays at commit ",
        ),
        token_revoked,
    ),
    BadInput(
        "database down",
        "0.6.0",
        ("<host>: the database cannot be reached (", "Check that it is up, its URL and the security groups"),
        database_down,
    ),
    # Failed and undone: while the release is staged, …
    BadInput(
        "another jar than its digest says",
        "0.6.0",
        (
            "s3://umigo-artifacts/backend/loginCRM/backend-v0.6.0/app.jar: its digest is sha256:",
            "It was replaced after its release was made: do not deploy it",
            "nothing had been changed yet",
        ),
        another_jar,
        outcome="undone",
        variables=NO_MIGRATIONS,
    ),
    # … the database is migrated, …
    BadInput(
        "migration that fails half-way",
        "0.5.0",
        ("the migration failed: ", "email"),
        repaired_by_a_person,
        outcome="undone",
    ),
    # … and the host is switched.
    BadInput(
        "service that dies",
        "0.4.0",
        ("<host>  backend-v0.4.0 → backend-v0.2.0", "the connection pool is exhausted, giving up"),
        dies_soon,
        outcome="undone",
        variables=NO_MIGRATIONS,
    ),
]
