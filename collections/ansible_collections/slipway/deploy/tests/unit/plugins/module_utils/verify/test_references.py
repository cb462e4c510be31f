# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a task definition refers to, by its text."""

from __future__ import annotations

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.verify.references import (
    Reference,
    parse_credential_spec,
    parse_reference,
    parse_registry_login,
    parse_s3_arn,
)

from .service import SECRET

SPEC = "arn:aws:s3:::sdt-dev-config/spec.json"


@pytest.mark.parametrize(
    ("value", "arn"),
    [
        (f"credentialspec:{SPEC}", SPEC),
        (f"credentialspecdomainless:{SPEC}", SPEC),
        ("credentialspec:file://spec.json", ""),
        ("label:user:x", None),
        ("no-new-privileges", None),
    ],
)
def test_credential_specs(value: str, arn: str | None) -> None:
    assert parse_credential_spec(value) == arn


@pytest.mark.parametrize(
    ("value", "reference"),
    [
        ("registry", Reference("secret", "registry", stage="AWSCURRENT")),
        ("arn:aws:ssm:eu-west-1:1:parameter/a", None),
    ],
)
def test_the_login_of_a_registry(value: str, reference: Reference | None) -> None:
    assert parse_registry_login(value) == reference


@pytest.mark.parametrize(
    ("value", "reference"),
    [
        ("/a/b", Reference("parameter", "/a/b")),
        ("plain", Reference("parameter", "plain")),
        ("arn:aws:ssm:eu-west-1:1:parameter/a/b", Reference("parameter", "/a/b", "eu-west-1", "1")),
        ("arn:aws:ssm:eu-west-1:1:parameter/a", Reference("parameter", "a", "eu-west-1", "1")),
        (SECRET, Reference("secret", SECRET, "eu-west-1", "962496666337", "AWSCURRENT")),
        (f"{SECRET}:key::", Reference("secret", SECRET, "eu-west-1", "962496666337", "AWSCURRENT")),
        (f"{SECRET}:key:AWSPREVIOUS:", Reference("secret", SECRET, "eu-west-1", "962496666337", "AWSPREVIOUS")),
        (f"{SECRET}:::v1", Reference("secret", SECRET, "eu-west-1", "962496666337", "", "v1")),
        ("arn:aws:s3:::bucket/key", None),
        ("arn:x", None),
    ],
)
def test_references(value: str, reference: Reference | None) -> None:
    assert parse_reference(value) == reference


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ("arn:aws:s3:::bucket/dir/file.env", ("bucket", "dir/file.env")),
        ("arn:aws:s3:::bucket", None),
        ("s3://bucket/file", None),
    ],
)
def test_environment_files(value: str, place: tuple[str, str] | None) -> None:
    assert parse_s3_arn(value) == place
