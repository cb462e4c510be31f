# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where secrets are read from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.secret_values.source import Secrets

WHERE = "slack.webhook"


def _refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "s3cret"}}, "GetParameter")


class _Aws:
    """Answers as the two services do."""

    def __init__(self, service: str) -> None:
        self.service = service

    def get_parameter(self, Name: str, WithDecryption: bool) -> dict[str, Any]:  # noqa: N803 - AWS's parameter names
        if Name in ("/denied", "/absent"):
            raise _refused("AccessDeniedException" if Name == "/denied" else "ParameterNotFound")
        assert self.service == "ssm"
        assert WithDecryption
        return {"Parameter": {"Value": "from-ssm"}}

    def get_secret_value(self, SecretId: str) -> dict[str, Any]:  # noqa: N803 - AWS's parameter names
        assert self.service == "secretsmanager"
        return {"SecretBinary": b"\xff"} if SecretId == "binary" else {"SecretString": "from-secretsmanager"}


def file(tmp_path: Path, body: bytes, mode: int = 0o600) -> str:
    path = tmp_path / "token"
    path.write_bytes(body)
    path.chmod(mode)
    return str(path)


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ({"env": "TOKEN"}, "from-env"),
        ({"ssm": "/slack/token"}, "from-ssm"),
        ({"secretsmanager": "slack"}, "from-secretsmanager"),
    ],
)
def test_sources(source: dict[str, str], value: str) -> None:
    assert Secrets({"TOKEN": "from-env\n"}, _Aws).read(source, WHERE) == value


def test_a_file_of_one_person(tmp_path: Path) -> None:
    assert Secrets({}).read({"file": file(tmp_path, b"from-file\n")}, WHERE) == "from-file"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("s3cret", "this is not a source of a secret"),
        (None, "this is not a source of a secret"),
        ({}, "this is not a source of a secret"),
        ({"vault": "x"}, "this is not a source of a secret. Write one of env, file, ssm, secretsmanager: name"),
        ({"env": "A", "file": "b"}, "this is not a source of a secret"),
        ({"env": 7}, "this is not a source of a secret"),
        ({"env": "NOT_SET"}, "the environment variable NOT_SET is not set"),
        ({"env": "EMPTY"}, "env EMPTY is empty"),
        ({"file": "/does/not/exist"}, "/does/not/exist could not be read (No such file or directory)"),
        ({"file": "/dev/null"}, "/dev/null is not a file"),
        ({"ssm": "/denied"}, "ssm /denied could not be read (AccessDeniedException)"),
        ({"ssm": "/absent"}, "ssm /absent does not exist. Create it, or correct its name"),
        ({"secretsmanager": "binary"}, "secretsmanager binary contains no text"),
    ],
)
def test_what_is_wrong_is_said_without_any_value(source: Any, said: str) -> None:
    with pytest.raises(SlipwayError) as caught:
        Secrets({"EMPTY": "\n"}, _Aws).read(source, WHERE)
    assert str(caught.value).startswith(f"{WHERE}: {said}")
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("body", "mode", "said"),
    [
        (b"s3cret", 0o640, "other users can read"),
        (b"s3cret", 0o604, "other users can read"),
        (b"\xff\xfe", 0o600, "contains no text"),
        (b"\n", 0o600, "is empty"),
        (b"x" * 70_000, 0o600, "is too long for a secret"),
    ],
)
def test_files_that_will_not_do(tmp_path: Path, body: bytes, mode: int, said: str) -> None:
    with pytest.raises(SlipwayError, match=said):
        Secrets({}).read({"file": file(tmp_path, body, mode)}, WHERE)


def test_aws_is_said_to_be_absent() -> None:
    with pytest.raises(SlipwayError, match="ssm is not available here. Use env or file"):
        Secrets({}).read({"ssm": "/x"}, WHERE)


def test_what_is_absent_on_this_machine(tmp_path: Path) -> None:
    secrets = Secrets({"SET": "x", "EMPTY": "", "NEWLINE": "\n"})
    there, empty = file(tmp_path, b"x"), tmp_path / "empty"
    empty.touch(0o600)
    absent = [None, {"env": "UNSET"}, {"env": "EMPTY"}, {"env": "NEWLINE"}, {"file": "/nowhere"}, {"file": str(empty)}]
    present = ["", "x", 0, {"env": "SET"}, {"file": there}, {"file": "/"}, {"ssm": "/x"}, {"env": "UNSET", "key": "k"}]
    assert [source for source in absent if not secrets.absent(source)] == []
    assert [source for source in present if secrets.absent(source)] == []


SECRETS = Secrets({"DB": '{"username": "umigo", "password": "canary", "port": 5432, "empty": ""}', "PLAIN": "canary"})


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ({"env": "PLAIN"}, "canary"),
        ({"env": "DB", "key": "password"}, "canary"),
        ({"env": "DB", "key": "port"}, "5432"),
    ],
)
def test_a_key_of_a_json_object(source: dict[str, str], value: str) -> None:
    assert SECRETS.read(source, "password") == value


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ({"env": "DB", "key": "absent"}, "has no key absent"),
        ({"env": "DB", "key": "empty"}, "env DB, key empty is empty"),
        ({"env": "PLAIN", "key": "password"}, "is not a JSON object"),
        ({"key": "password"}, "not a source of a secret"),
        ("canary", "not a source of a secret"),
        (None, "not a source of a secret"),
    ],
)
def test_a_key_that_cannot_be_read(source: Any, says: str) -> None:
    with pytest.raises(SlipwayError, match=says) as caught:
        SECRETS.read(source, "password")
    assert "canary" not in str(caught.value)


def test_what_may_be_written_in_place() -> None:
    assert SECRETS.read_plain(" umigo ", "username") == "umigo"
    assert SECRETS.read_plain({"env": "DB", "key": "username"}, "username") == "umigo"
    with pytest.raises(SlipwayError, match="it is empty"):
        SECRETS.read_plain(" ", "username")
