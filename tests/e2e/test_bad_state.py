# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A state store that cannot be used, and documents in it that cannot be read or gone on with."""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any

import pytest

from tests.e2e.bad_input import (
    REGISTRY,
    STATE,
    Arrange,
    Place,
    Row,
    both,
    fault,
    lines_of,
    refuses,
    row,
    untouched,
    variable,
)
from tests.support.deploys import NEW

LACKS = "Restore it from the store's versions, or move it away"
POINTER = 'It should be {"record": "<id>"} with the newest of the names below local/releases/'
LOCK = (
    "Look at it there; when no deploy runs, replace it: ansible-playbook playbooks/lock.yml -e env=local "
    "-e state=broken -e force=true -e reason='it cannot be read'"
)
RIGHTS = "Give this user the right to read and write there, or let state_store name another directory"


def stored(key: str, body: object) -> Arrange:
    return lambda place: place.store(key, body if isinstance(body, str) else json.dumps(body))


def record(body: object) -> Arrange:
    """The newest record is this."""
    return both(stored("releases/r1.json", body), stored("current.json", {"record": "r1"}))


def target(**changes: Any) -> dict[str, Any]:
    """A target of a record that can be read."""
    arn = "arn:aws:ecs:eu-west-1:000000000000:task-definition/sdt-local-user-service:1"
    image = f"{REGISTRY}/sdt/local/user-service@sha256:{'0' * 64}"
    return {
        "kind": "ecs_service",
        "name": "user-service",
        "wave": 4,
        "cluster": "sdt-local-cluster",
        "service": "sdt-local-user-service",
        "from": {"task_definition": arn, "image": image, "tag": "8d20c11", "digest": image.partition("@")[2]},
        "to": {"task_definition": arn, "image": image, "tag": NEW, "digest": None},
        "state": "in_flight",
        **changes,
    }


def document(**changes: Any) -> dict[str, Any]:
    """A record that can be read, of a deploy that never ended."""
    made = {
        "schema": "slipway/record/1",
        "id": "r1",
        "environment": "local",
        "kind": "deploy",
        "label": NEW,
        "started_at": 1.8e9,
        "phase": "rolling_out",
        "outcome": None,
        "targets": [target()],
        "unchanged": [],
        **changes,
    }
    return {key: value for key, value in made.items() if value != "absent"}


ROWS = [
    row(
        "bucket that does not exist",
        "s3://sdt-locla-slipway/slipway/clock: cannot read its clock: the bucket does not exist. "
        "Create it, or correct state_store (and aws_region, account_id)",
        arrange=variable("state_store", "s3://sdt-locla-slipway/slipway"),
    ),
    row(
        "record that is half a document",
        f"{STATE}/local/releases/r1.json: the record is damaged: "
        f"Unterminated string starting at: line 1 column 12 (char 11). {LACKS}",
        arrange=record('{"schema": "slip'),
    ),
    row(
        "pointer that is not valid JSON",
        f"{STATE}/local/current.json: the pointer to the newest record is damaged. {POINTER}",
        arrange=stored("current.json", '{"rec'),
    ),
    row(
        "lock that is not valid JSON",
        f"{STATE}/local/lock.json: the lock cannot be read: it is not valid JSON. {LOCK}",
        arrange=stored("lock.json", '{"schema": "slip'),
    ),
    row(
        "clock that is ahead of the store's",
        "s3://sdt-local-slipway/slipway: this machine's clock is 600 s ahead of the state store's. "
        "Set the clock (timedatectl set-ntp true); AWS refuses requests that are five minutes off",
        arrange=both(variable("state_store", "s3://sdt-local-slipway/slipway"), fault("date", "s3", seconds=-600)),
    ),
]


@pytest.mark.parametrize("row", ROWS)
def test_it_ends_before_any_change_in_one_line(place: Place, row: Row) -> None:
    refuses(place, row)


def test_an_unfinished_deploy_is_shown_and_nothing_else_is_done(place: Place) -> None:
    record(document())(place)
    place.sandbox.control("calls", {"reset": True})
    ran = place.run("deploy.yml", "-e", "env=local")
    assert ran.code == 2
    assert "in flight   user-service" in ran.text
    assert lines_of(ran)[-1] == (
        "local: the deploy r1 is unfinished. Resume it: ansible-playbook deploy.yml -e env=local -e resume=finish "
        "or ansible-playbook deploy.yml -e env=local -e resume=undo"
    )
    untouched(place)


def test_a_directory_that_cannot_be_written_to(place: Place) -> None:
    place.state.mkdir(mode=0o500)
    if os.geteuid() == 0:
        # Root writes everywhere, unless this right is taken away.
        place.prefix = ("setpriv", "--bounding-set=-dac_override", "--")
    said = f"{STATE}/.clock: the state store cannot be used: permission denied. {RIGHTS}"
    refuses(place, Row("not writable", (said,)))


def test_a_directory_without_space(place: Place) -> None:
    place.state.mkdir()
    own = () if os.geteuid() == 0 else ("--user", "--map-root-user")
    full = 'mount -t tmpfs -o size=4k tmpfs "$0" && head -c 4096 /dev/zero > "$0/full" && exec "$@"'
    place.prefix = ("unshare", "--mount", *own, "sh", "-c", full, str(place.state))
    if subprocess.run([*place.prefix, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this machine does not let a test mount a file system of its own")
    said = (
        f"{STATE}/local/lock.json: the state store cannot be used: no space is left. "
        "Free space there, or let state_store name another directory"
    )
    refuses(place, Row("full", (said,)))


def test_a_lock_that_cannot_be_read_is_replaced_as_the_line_says(place: Place) -> None:
    place.store("lock.json", "{")
    said = ("-e", "env=local", "-e", "state=broken", "-e", "force=true", "-e", '{"reason": "it was half a document"}')
    replaced = place.run("playbooks/lock.yml", *said)
    assert replaced.code == 0, replaced.text
    assert place.run("deploy.yml", "-e", "env=local", "--limit", "user-service", "--check").code == 0


def test_records_that_a_life_cycle_removed_do_not_matter(place: Place) -> None:
    record(document(outcome="succeeded", phase="closed", previous="r0"))(place)
    ran = place.run("deploy.yml", "-e", "env=local", "--check")
    assert ran.code == 0, ran.text
