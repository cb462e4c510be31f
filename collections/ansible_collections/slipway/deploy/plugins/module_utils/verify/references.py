# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""External references of a task definition: secrets, parameters, files. Pure.

The forms are those of the ECS developer guide, "Pass sensitive data to an Amazon ECS container".
"""

from __future__ import annotations

from dataclasses import dataclass

SECRET = "secret"  # noqa: S105 - the kind's name, not a password
PARAMETER = "parameter"


@dataclass(frozen=True, order=True)
class Reference:
    """A secret of Secrets Manager or a parameter of SSM.

    :ivar id: the secret's ARN without the parts that ECS appends, or the parameter's name.
    :ivar region: the region in its ARN, ``""`` for a name.
    :ivar stage: the version stage, ``""`` for a parameter or with a version.
    """

    kind: str
    id: str
    region: str = ""
    account: str = ""
    stage: str = ""
    version: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"

    @property
    def name(self) -> str:
        """Its display name."""
        return self.id.split(":", 6)[6] if self.id.startswith("arn:") and self.id.count(":") >= 6 else self.id


def parse_reference(value: str) -> Reference | None:
    """What a ``valueFrom`` (or a ``credentialsParameter``) names, or ``None`` for an ARN of another service.

    A secret's ARN may end with ``:json-key:version-stage:version-id``, each part possibly empty.
    """
    if not value.startswith("arn:"):
        return Reference(PARAMETER, value)
    parts = value.split(":")
    if len(parts) < 6:
        return None
    service, region, account = parts[2], parts[3], parts[4]
    if service == "ssm" and parts[5].startswith("parameter"):
        return Reference(PARAMETER, _parameter_name(":".join(parts[5:])), region, account)
    if service == "secretsmanager" and parts[5] == "secret" and len(parts) > 6:
        _key, stage, version = [*parts[7:], "", "", ""][:3]
        stage = stage or ("" if version else "AWSCURRENT")
        return Reference(SECRET, ":".join(parts[:7]), region, account, stage, version)
    return None


def parse_registry_login(value: str) -> Reference | None:
    """What ``repositoryCredentials.credentialsParameter`` names: a secret, by its ARN or, in the same region, its name.

    ``None`` when it is neither.
    """
    if not value.startswith("arn:"):
        return Reference(SECRET, value, stage="AWSCURRENT") if value else None
    found = parse_reference(value)
    return found if found is not None and found.kind == SECRET else None


def parse_credential_spec(value: str) -> str | None:
    """The ARN (of an S3 object or an SSM parameter) of a gMSA credential spec.

    ``""`` for one on the container instance (``file://…``), ``None`` for anything else.
    """
    kind, colon, place = value.partition(":")
    if not colon or kind not in ("credentialspec", "credentialspecdomainless"):
        return None
    return place if place.startswith("arn:") else ""


def _parameter_name(resource: str) -> str:
    """The name in ``parameter/name``: a hierarchy keeps its leading slash, a plain name has none."""
    name = resource.removeprefix("parameter/")
    return f"/{name}" if "/" in name else name


def parse_s3_arn(value: str) -> tuple[str, str] | None:
    """Bucket and key of an environment file's ARN, or ``None`` for anything else."""
    parts = value.split(":", 5)
    if len(parts) != 6 or parts[2] != "s3" or "/" not in parts[5]:
        return None
    bucket, _slash, key = parts[5].partition("/")
    return bucket, key
