# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Credentials that expire in the middle of a deploy: said at once, nothing is decided, the next run goes on."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.fault.test_reader_gone import TWO
from tests.support.deploys import NEW, OLD, Deploys, wait_for
from tests.support.pace import scaled

BUCKET = "slipway-state"
CHOICES = {"finish": NEW, "undo": OLD}


def document(deploys: Deploys, store: str, name: str) -> dict[str, Any]:
    """The lock, or the newest record, from either kind of state store."""
    if store == "directory":
        return deploys.lock() if name == "lock" else deploys.record()
    s3 = deploys.sandbox.client("s3")
    prefix = "state/local/lock.json" if name == "lock" else "state/local/releases/"
    keys = sorted(item["Key"] for item in s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix)["Contents"])
    found: dict[str, Any] = json.loads(s3.get_object(Bucket=BUCKET, Key=keys[-1])["Body"].read())
    return found


def updated(deploys: Deploys) -> bool:
    """Whether both services were pointed at their new revision."""
    return sum(call["action"] == "UpdateService" for call in deploys.mutations()) == 2


@pytest.mark.parametrize(("store", "choice"), [("directory", "finish"), ("directory", "undo"), ("S3", "finish")])
def test_credentials_that_expire_in_mid_wave(deploys: Deploys, store: str, choice: str) -> None:
    """What ECS finishes meanwhile is adopted."""
    if store == "S3":
        here = {"LocationConstraint": deploys.sandbox.region}
        deploys.sandbox.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration=here)
        deploys.variables["state_store"] = f"s3://{BUCKET}/state"
    deploys.sandbox.control("services/sdt-local-bff-service", {"start": 8})
    with deploys.started("deploy.yml", *TWO) as process:
        wait_for("both are in flight", lambda: updated(deploys) or process.poll() is not None)
        deploys.sandbox.control("faults", {"kind": "expired_token", "service": "*"})
        output, _none = process.communicate(timeout=scaled(90))
    assert process.returncode == 2, output
    said = [line for line in output.splitlines() if "the AWS credentials have expired" in line]
    assert len(said) == 1, output
    assert "deploy.yml -e env=local -e resume=finish or ansible-playbook deploy.yml -e env=local" in said[0]

    deploys.sandbox.control("faults", {}, "DELETE")
    record = document(deploys, store, "record")
    assert (record["outcome"], record["cause"]) == (None, None), output
    resumed = deploys.run("deploy.yml", "-e", f"resume={choice}")
    assert resumed.code == 0, resumed.text
    assert {deploys.running()[name] for name in ("user-service", "bff-service")} == {CHOICES[choice]}
    assert document(deploys, store, "lock")["state"] == "free"
