# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A bundle in S3, and the SSM parameter by which a booting host finds it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from ..aws.errors import calling, error_code, is_aws_error

_ABSENT: Final = frozenset({"404", "NoSuchKey", "NotFound"})


def parameter_name(environment: str) -> str:
    """The SSM parameter that says which bundle a host of an environment boots."""
    return f"/{environment}/slipway/bundle"


def bundle_key(environment: str, bundle_id: str) -> str:
    """The key of a bundle in the artifact bucket."""
    return f"slipway/{environment}/{bundle_id}.tar.gz"


def upload(s3: Any, bucket: str, key: str, path: Path, digest: str) -> bool:
    """Put a bundle into S3 unless it is there; whether it was put.

    :param digest: SHA-256 in hexadecimal digits, kept in the object's metadata.
    """
    with calling(f"look for s3://{bucket}/{key}"):
        try:
            if s3.head_object(Bucket=bucket, Key=key).get("Metadata", {}).get("sha256") == digest:
                return False
        except Exception as error:
            if not is_aws_error(error) or error_code(error) not in _ABSENT:
                raise
    with calling(f"upload s3://{bucket}/{key}"), path.open("rb") as body:
        s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType="application/gzip", Metadata={"sha256": digest})
    return True


def write_parameter(ssm: Any, environment: str, said: Mapping[str, str]) -> bool:
    """Write the parameter unless it says the same; whether it was written."""
    name = parameter_name(environment)
    value = json.dumps(dict(said), sort_keys=True)
    with calling(f"read the parameter {name}"):
        try:
            if ssm.get_parameter(Name=name)["Parameter"]["Value"] == value:
                return False
        except Exception as error:
            if not is_aws_error(error) or error_code(error) != "ParameterNotFound":
                raise
    with calling(f"write the parameter {name}"):
        ssm.put_parameter(Name=name, Value=value, Type="String", Overwrite=True)
    return True
