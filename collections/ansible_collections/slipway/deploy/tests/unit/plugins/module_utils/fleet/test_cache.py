# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.fleet.cache import TaskDefinitionCache
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.taskdef import describe_differences, same_content

ARN = "arn:aws:ecs:eu-west-1:962496666337:task-definition/sdt-dev-user-service:18"
BODY = {
    "taskDefinitionArn": ARN,
    "family": "sdt-dev-user-service",
    "status": "ACTIVE",
    "memory": "512",
    "containerDefinitions": [
        {
            "name": "app",
            "image": "r.io/app:1",
            "environment": [{"name": "DB_URL", "value": "s3cret-env"}],
            "command": ["--password=s3cret-command"],
            "entryPoint": ["s3cret-entry"],
            "dockerLabels": {"token": "s3cret-label"},
            "healthCheck": {"command": ["CMD", "s3cret-check"], "interval": 5},
            "logConfiguration": {
                "logDriver": "splunk",
                "options": {"splunk-token": "s3cret-log", "awslogs-group": "/ecs/app"},
            },
        }
    ],
}
TAGS = [{"key": "slipway:release", "value": "r1"}, {"key": "team", "value": "learning"}]


def files(directory: Path) -> list[Path]:
    return sorted(path for path in directory.iterdir() if path.suffix == ".json")


def test_what_was_put_is_read_by_another_run(tmp_path: Path) -> None:
    first = TaskDefinitionCache(tmp_path / "cache")
    definition = first.redacted(BODY, TAGS, ())
    assert first.get(ARN) is None
    first.put(definition)
    assert first.get(ARN) == definition
    assert TaskDefinitionCache(tmp_path / "cache").get(ARN) == definition
    assert definition.own == {"slipway:release": "r1"}
    assert "status" not in definition.body


@pytest.mark.parametrize("on_disk", [True, False])
def test_another_scope_is_another_entry(tmp_path: Path, on_disk: bool) -> None:
    cache = TaskDefinitionCache(tmp_path if on_disk else None)
    cache.put(cache.redacted(BODY, TAGS, ()), "http://127.0.0.1:4510 1.5 ")
    assert cache.get(ARN) is None
    assert cache.get(ARN, "http://127.0.0.1:4510 2.5 ") is None
    assert cache.get(ARN, "http://127.0.0.1:4510 1.5 ") is not None


def test_no_secret_reaches_memory_or_disk(tmp_path: Path) -> None:
    cache = TaskDefinitionCache(tmp_path)
    definition = cache.redacted(BODY, TAGS, ())
    cache.put(definition)
    assert "s3cret" not in repr(definition)
    assert "s3cret" not in "".join(path.read_text(errors="replace") for path in tmp_path.iterdir())
    container = definition.body["containerDefinitions"][0]
    assert container["logConfiguration"]["options"]["awslogs-group"] == "/ecs/app"
    assert "s3cret-env" in json.dumps(BODY), "the argument must not be changed"


CONTAINER = {"name": "app", "image": "r.io/app:1"}
HOLDERS = [
    {
        "volumes": [
            {"name": "d", "dockerVolumeConfiguration": {"driver": "local", "driverOpts": {"o": "password=s3cret"}}}
        ]
    },
    {"volumes": [{"name": "d", "dockerVolumeConfiguration": {"driverOpts": {"memory": "s3cret", "image": "s3cret"}}}]},
    {"volumes": [{"name": "d", "dockerVolumeConfiguration": {"labels": {"name": "s3cret"}}}]},
    {"volumes": [{"name": "d", "host": {"sourcePath": "//host/s3cret"}}]},
    {"proxyConfiguration": {"type": "APPMESH", "properties": [{"name": "token", "value": "s3cret"}]}},
    {"containerDefinitions": [{**CONTAINER, "dockerSecurityOptions": ["label:user:s3cret"]}]},
    {"containerDefinitions": [{**CONTAINER, "systemControls": [{"namespace": "kernel.x", "value": "s3cret"}]}]},
    {"containerDefinitions": [{**CONTAINER, "resourceRequirements": [{"type": "GPU", "value": "s3cret"}]}]},
    {"containerDefinitions": [{**CONTAINER, "extraHosts": [{"hostname": "db", "ipAddress": "s3cret"}]}]},
    {"containerDefinitions": [{**CONTAINER, "workingDirectory": "/s3cret"}]},
    {"containerDefinitions": [{**CONTAINER, "linuxParameters": {"tmpfs": [{"mountOptions": ["o=s3cret"]}]}}]},
    {"containerDefinitions": [{**CONTAINER, "firelensConfiguration": {"type": "x", "options": {"k": "s3cret"}}}]},
    {
        "containerDefinitions": [
            {**CONTAINER, "logConfiguration": {"logDriver": "gelf", "options": {"driver": "s3cret"}}}
        ]
    },
    {"containerDefinitions": [{**CONTAINER, "fieldOfTomorrow": {"deep": [{"token": "s3cret"}]}}]},
    {"fieldOfTomorrow": "s3cret"},
]


@pytest.mark.parametrize("holder", HOLDERS, ids=[str(index) for index in range(len(HOLDERS))])
def test_whatever_may_hold_a_secret_is_concealed_and_still_compared(holder: dict[str, Any], tmp_path: Path) -> None:
    cache = TaskDefinitionCache(tmp_path)
    other = json.loads(json.dumps({**BODY, **holder}).replace("s3cret", "rotated"))
    one, two = cache.redacted({**BODY, **holder}, TAGS, ()), cache.redacted(other, TAGS, ())
    cache.put(one)
    assert "s3cret" not in repr(one) + "".join(path.read_text(errors="replace") for path in tmp_path.iterdir())
    assert not same_content(one.body, two.body)
    said = describe_differences(one.body, two.body)
    assert said
    assert not any(word in " ".join(said) for word in ("s3cret", "rotated", "hmac"))


def test_what_the_plan_verifies_stays() -> None:
    arn = "arn:aws:secretsmanager:eu-west-1:1:secret:x"
    container = {
        **CONTAINER,
        "secrets": [{"name": "A", "valueFrom": arn}],
        "environmentFiles": [{"type": "s3", "value": "arn:aws:s3:::bucket/a.env"}],
        "repositoryCredentials": {"credentialsParameter": arn},
        "credentialSpecs": ["credentialspecdomainless:arn:aws:s3:::bucket/spec.json"],
        "logConfiguration": {"logDriver": "awslogs", "secretOptions": [{"name": "t", "valueFrom": arn}]},
    }
    fsx = {"fileSystemId": "fs-1", "authorizationConfig": {"credentialsParameter": arn, "domain": "corp"}}
    body = {"containerDefinitions": [container], "volumes": [{"fsxWindowsFileServerVolumeConfiguration": fsx}]}
    definition = TaskDefinitionCache(None).redacted({**BODY, **body}, TAGS, ())
    assert {key: definition.body[key] for key in body} == body


def test_entries_that_an_older_version_wrote_in_clear_are_removed(tmp_path: Path) -> None:
    old = tmp_path / f"{'a' * 40}.json"
    old.write_text('{"schema": "slipway/task-definition/1", "body": {"driverOpts": "s3cret"}}')
    cache = TaskDefinitionCache(tmp_path)
    assert not old.exists()
    cache.put(cache.redacted(BODY, TAGS, ()))
    assert TaskDefinitionCache(tmp_path).get(ARN) is not None


def test_equal_values_stay_equal_and_keys_differ(tmp_path: Path) -> None:
    one, again, other = TaskDefinitionCache(tmp_path), TaskDefinitionCache(tmp_path), TaskDefinitionCache(None)
    assert one.conceal("x") == again.conceal("x")
    assert one.conceal("x") != one.conceal("y")
    assert one.conceal("x") != other.conceal("x")


def test_modes(tmp_path: Path) -> None:
    cache = TaskDefinitionCache(tmp_path / "cache")
    cache.put(cache.redacted(BODY, TAGS, ()))
    assert (tmp_path / "cache").stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "cache").iterdir()} == {0o600}


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b'{"schema": "other"}', b"\xff\xfe", b'{"schema": "slipway/task-definition/1"}'],
)
def test_a_corrupt_entry_is_ignored_and_written_again(tmp_path: Path, content: bytes) -> None:
    cache = TaskDefinitionCache(tmp_path)
    cache.put(cache.redacted(BODY, TAGS, ()))
    (entry,) = files(tmp_path)
    entry.write_bytes(content)
    assert cache.get(ARN) is None
    cache.put(cache.redacted(BODY, TAGS, ()))
    assert cache.get(ARN) is not None


def test_an_entry_of_another_key_or_arn_is_not_used(tmp_path: Path) -> None:
    cache = TaskDefinitionCache(tmp_path)
    cache.put(cache.redacted(BODY, TAGS, ()))
    (entry,) = files(tmp_path)
    (tmp_path / "key").unlink()
    assert TaskDefinitionCache(tmp_path).get(ARN) is None
    entry.write_text(entry.read_text().replace(ARN, ARN + "0"))
    assert cache.get(ARN) is None


def test_a_definition_with_unknown_fields_is_not_kept(tmp_path: Path) -> None:
    cache = TaskDefinitionCache(tmp_path)
    cache.put(cache.redacted(BODY, TAGS, ("futureTop",)))
    assert files(tmp_path) == []


def test_a_disk_that_cannot_be_written_costs_nothing_but_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    cache = TaskDefinitionCache(tmp_path / "file" / "cache")
    cache.put(cache.redacted(BODY, TAGS, ()))
    assert cache.get(ARN) is None


def test_without_a_directory_it_lives_in_memory() -> None:
    cache = TaskDefinitionCache(None)
    cache.put(cache.redacted(BODY, TAGS, ()))
    assert cache.get(ARN) is not None
