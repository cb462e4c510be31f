# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rows of what goes wrong with hosts: how it is brought about, what is said, and what the record makes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from tests.backend.place import Place
from tests.support.postgres import PostgresError
from tests.support.umigo import BRANCH, BUCKET, jar, sha256, tag_of

#: The release that serves before, during and after each row.
SERVES = "0.2.0"
TOKEN = "/shared/github/pat-readonly"
REDIS = "/dev/backend/SPRING_REDIS_HOST"
OLD_JAVA = "/opt/old/java"
FILLER = "/app/releases/filler"
#: What the tests of the migration leave out: it is not what they are about.
NO_MIGRATIONS = {"backend_migrations": "none"}

Arrange = Callable[[Place], AbstractContextManager[None]]


@dataclass(frozen=True)
class Row:
    """One bad input.

    :ivar said: what a line says, each; ``<host>`` and ``<url>`` stand for this place's.
    :ivar outcome: the record's; ``None`` when it ends before there is one.
    """

    name: str
    version: str
    said: tuple[str, ...]
    arrange: Arrange
    outcome: str | None = None
    variables: dict[str, Any] = field(default_factory=dict)


@contextmanager
def nothing(_place: Place) -> Iterator[None]:
    """The version alone is what is wrong."""
    yield


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
def repository_absent(place: Place) -> Iterator[None]:
    place.set_variables(backend_repository=place.git.url("nobody/nothing"))
    yield
    place.set_variables(backend_repository=place.repository)


def _key(version: str) -> str:
    return f"{BRANCH}/{tag_of(version)}/app.jar"


@contextmanager
def never_tagged(place: Place) -> Iterator[None]:
    """Built, but its tag was never pushed."""
    place.umigo.publish_as(place.aws.client("s3"), BUCKET, "0.6.0", "0.9.0")
    yield


@contextmanager
def another_digest_said(place: Place) -> Iterator[None]:
    """The file beside the jar names another digest than the store has of it."""
    s3 = place.aws.client("s3")
    s3.put_object(Bucket=BUCKET, Key=f"{_key('0.6.0')}.sha256", Body=b"0" * 64)
    yield
    s3.delete_object(Bucket=BUCKET, Key=f"{_key('0.6.0')}.sha256")


@contextmanager
def another_jar(place: Place) -> Iterator[None]:
    """The jar is not what the file beside it says, and the store itself has no digest of it."""
    s3 = place.aws.client("s3")
    s3.put_object(Bucket=BUCKET, Key=_key("0.6.0"), Body=jar("0.6.0").read_bytes()[:-1] + b"!")
    s3.put_object(Bucket=BUCKET, Key=f"{_key('0.6.0')}.sha256", Body=sha256(jar("0.6.0")).encode())
    yield
    s3.delete_object(Bucket=BUCKET, Key=f"{_key('0.6.0')}.sha256")
    place.umigo.publish(s3, BUCKET, "0.6.0")


@contextmanager
def truncated(place: Place) -> Iterator[None]:
    rule = {"kind": "truncate", "service": "s3", "action": "GetObject", "path": "app.jar", "bytes": 100_000}
    place.aws.control("faults", rule)
    yield
    place.aws.control("faults", {}, "DELETE")


@contextmanager
def disk_full(place: Place) -> Iterator[None]:
    """The releases' own file system, which is a small one."""
    host = place.members[0]
    host.run(f"dd if=/dev/zero of={FILLER} bs=1M 2>/dev/null || true")
    yield
    host.run(f"rm {FILLER}")


@contextmanager
def old_java(place: Place) -> Iterator[None]:
    place.members[0].write(OLD_JAVA, "#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n", "0755")
    place.set_variables(jvm_service_java=OLD_JAVA)
    yield
    place.set_variables(jvm_service_java=None)


@contextmanager
def vanished(place: Place) -> Iterator[None]:
    place.members[0].vanish()
    yield
    place.members[0].reappear()


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
    place.set_variables(backend_stable_for=3)


REQUIRED = "inventories/dev: runtime_parameters_required"
STAYS = "/opt/umigo/source stays at commit "
ROWS = [
    Row(
        "parameter missing",
        "0.6.0",
        (f"<host>: {REQUIRED}: a required parameter is missing: SPRING_REDIS_HOST. Create {REDIS}",),
        parameter_missing,
    ),
    Row(
        "token revoked",
        "0.6.0",
        (
            f"<host>: <url>: the server refused the token of SSM {TOKEN} (revoked, expired or mistyped). ",
            f"Put a token that may read the repository into SSM {TOKEN}. {STAYS}",
        ),
        token_revoked,
    ),
    Row(
        "repository absent",
        "0.6.0",
        (
            f"nobody/nothing.git: there is no such repository, or the token of SSM {TOKEN} may not see it. ",
            f"Check its URL and the token. {STAYS}",
        ),
        repository_absent,
    ),
    Row(
        "tag absent",
        "0.9.0",
        ("<host>: <url>: there is no branch or tag backend-v0.9.0. Push it first, or write one that is there, ",),
        never_tagged,
    ),
    Row(
        "release absent",
        "0.9.9",
        (
            "backend-v0.9.9/app.jar: the tag backend-v0.9.9 has no artifact on the branch backend/loginCRM. There are ",
            "build the tag, or deploy one of these",
        ),
        nothing,
    ),
    Row("digests that disagree", "0.6.0", ("backend-v0.6.0/app.jar",), another_digest_said),
    Row(
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
    Row(
        "truncated download",
        "0.6.0",
        (
            "s3://umigo-artifacts/backend/loginCRM/backend-v0.6.0/app.jar: the download failed 4 times: ",
            "Check the network and the store, then run this again",
            "nothing had been changed yet",
        ),
        truncated,
        outcome="undone",
        variables=NO_MIGRATIONS,
    ),
    Row(
        "disk full",
        "0.6.0",
        (": the disk is full: ", "Free space there, then run this again", "nothing had been changed yet"),
        disk_full,
        outcome="undone",
        variables=NO_MIGRATIONS,
    ),
    Row(
        "Java too old",
        "0.6.0",
        (f"<host>: {OLD_JAVA}: Java 11 is too old. Install Java 17 or newer, or set jvm_service_java",),
        old_java,
        variables=NO_MIGRATIONS,
    ),
    Row(
        "database down",
        "0.6.0",
        ("<host>: the database cannot be reached (", "Check that it is up, its URL and the security groups"),
        database_down,
    ),
    Row("host that is gone", "0.6.0", ("<host>: the host cannot be reached: ",), vanished),
    Row(
        "migration that fails half-way",
        "0.5.0",
        ("the migration failed: ", "email"),
        repaired_by_a_person,
        outcome="undone",
    ),
    Row(
        "service that dies",
        "0.4.0",
        ("<host>  backend-v0.4.0 → backend-v0.2.0", "the connection pool is exhausted, giving up"),
        dies_soon,
        outcome="undone",
        variables=NO_MIGRATIONS,
    ),
]
