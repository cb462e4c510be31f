# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What must exist before a plan is carried out. Pure: a plan in, requirements out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..common.errors import SlipwayError
from ..fleet.planned import Change, Plan
from ..fleet.taskdef import container_of, short_arn
from ..image.reference import ecr_account, parse_image
from .capacity import Capacity, platform_of, platform_wanted
from .references import SECRET, Reference, parse_credential_spec, parse_reference, parse_registry_login, parse_s3_arn

__all__ = ["ImageNeed", "Requirements", "platform_of", "requirements"]


@dataclass(frozen=True)
class ImageNeed:
    """An image that must exist in its registry.

    ``platform`` is ``""`` for any, or if the instances of ``capacity`` decide it.

    ``undo``: only an undo needs it, so its absence does not prevent the deploy. ``login``: it is pulled with
    ``repositoryCredentials``, so the registry may hide it without a login.
    """

    registry: str
    repository: str
    version: str
    platform: str = ""
    undo: bool = False
    login: bool = False
    capacity: Capacity | None = None

    def __str__(self) -> str:
        name = f"{self.registry}/{self.repository}" if self.registry else self.repository
        return f"{name}@{self.version}" if self.version.startswith("sha256:") else f"{name}:{self.version}"


@dataclass(frozen=True)
class Requirements:
    """Each requirement, with the names of the services that have it.

    :ivar references: secrets and parameters.
    :ivar log_groups: (group, region); the region is ``""`` for the environment's own.
    :ivar files: environment files and credential specs as (bucket, key).
    :ivar file_systems: file systems of volumes as (kind, id, access point); the kind is ``efs`` or ``fsx``.
    :ivar rights: (role, actions) → resources that the role needs these actions on.
    :ivar errors: errors that are known without a query.
    :ivar unverifiable: what cannot be checked.
    """

    clusters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    images: Mapping[ImageNeed, tuple[str, ...]] = field(default_factory=dict)
    references: Mapping[Reference, tuple[str, ...]] = field(default_factory=dict)
    log_groups: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    files: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    file_systems: Mapping[tuple[str, str, str], tuple[str, ...]] = field(default_factory=dict)
    rights: Mapping[tuple[str, tuple[str, ...]], tuple[str, ...]] = field(default_factory=dict)
    errors: tuple[SlipwayError, ...] = ()
    unverifiable: tuple[str, ...] = ()


def requirements(plan: Plan, *, region: str, account_id: str) -> Requirements:
    """The requirements of the plan's changes, each once.

    :param region: the environment's region, the default of references.
    :param account_id: the environment's account, likewise.
    """
    found = _Collected()
    for desired in (*(item.desired for item in plan.changes), *(item.desired for item in plan.unchanged)):
        found.add("clusters", desired.cluster, desired.name)
    for change in plan.changes:
        _images(change, found)
        _undo(change, found)
        needs = _Needs(change, region, account_id, found)
        for container in change.body.get("containerDefinitions") or ():
            needs.of_container(container)
        for volume in change.body.get("volumes") or ():
            needs.of_volume(volume)
        needs.finish()
    return found.result()


class _Collected:
    """Collects requirements: each with its services, in order."""

    def __init__(self) -> None:
        self._needs: dict[str, dict[Any, dict[str, None]]] = {}
        self.rights: dict[tuple[str, tuple[str, ...]], dict[str, None]] = {}
        self.errors: list[SlipwayError] = []
        self.unverifiable: dict[str, None] = {}

    def add(self, kind: str, key: Any, name: str) -> None:
        self._needs.setdefault(kind, {}).setdefault(key, {})[name] = None

    def result(self) -> Requirements:
        kinds = {kind: {key: tuple(names) for key, names in keys.items()} for kind, keys in self._needs.items()}
        return Requirements(
            **kinds,
            rights={key: tuple(resources) for key, resources in self.rights.items()},
            errors=tuple(self.errors),
            unverifiable=tuple(self.unverifiable),
        )


def _images(change: Change, found: _Collected) -> None:
    """The deployed image, and those of other containers that this deploy changes too (shipped drift)."""
    platform = platform_wanted(change.desired.cluster, change.observed, change.body)
    for container in change.body.get("containerDefinitions") or ():
        name = str(container.get("name", ""))
        before = container_of(change.running.body, name)
        same = before is not None and before.get("image") == container.get("image")
        if same and name != change.desired.container:
            continue
        _image(container, platform, change, found)


def _image(
    container: Mapping[str, Any], platform: str | Capacity, change: Change, found: _Collected, undo: bool = False
) -> None:
    text = str(container.get("image", ""))
    try:
        image = parse_image(text)
    except SlipwayError as error:
        found.errors.append(SlipwayError(error.what, change.desired.name, error.remedy))
        return
    login = bool(container.get("repositoryCredentials")) and ecr_account(image.host) is None
    capacity = platform if isinstance(platform, Capacity) else None
    stated = "" if isinstance(platform, Capacity) else platform
    need = ImageNeed(image.registry, image.repository, image.version, stated, undo, login, capacity)
    found.add("images", need, change.desired.name)


def _undo(change: Change, found: _Collected) -> None:
    """The image that an undo would start."""
    image = change.before.image
    if change.before.digest and image:
        container = container_of(change.running.body, change.desired.container) or {}
        pinned = {**container, "image": str(parse_image(image).at(change.before.digest))}
        _image(pinned, "", change, found, undo=True)
    elif image:
        found.unverifiable[f"{change.desired.name}: the digest that runs is unknown: an undo goes by tag"] = None


class _Needs:
    """What one change's containers need, and the rights that its execution role needs for it."""

    def __init__(self, change: Change, region: str, account_id: str, found: _Collected) -> None:
        self._change, self._found = change, found
        self._region = region
        self._account = account_id
        self._role = str(change.body.get("executionRoleArn") or "")
        self._partition = self._role.split(":")[1] if self._role.startswith("arn:") else "aws"
        self._has_references = False
        self._odd: dict[str, None] = {}
        self._unknown: dict[str, None] = {}
        self._rights: dict[tuple[str, ...], dict[str, None]] = {}

    def of_container(self, container: Mapping[str, Any]) -> None:
        """Add the references of a container definition."""
        log = container.get("logConfiguration") or {}
        secrets = [*(container.get("secrets") or ()), *(log.get("secretOptions") or ())]
        self._add_references(str(item.get("valueFrom", "")) for item in secrets)
        self._add_registry_login(str((container.get("repositoryCredentials") or {}).get("credentialsParameter") or ""))
        self._add_log_group(log)
        for spec in (*(container.get("credentialSpecs") or ()), *(container.get("dockerSecurityOptions") or ())):
            self._add_credential_spec(str(spec))
        for item in container.get("environmentFiles") or ():
            place = parse_s3_arn(str(item.get("value", "")))
            if place is None:
                self._odd[f"environment file {item.get('value')}"] = None
            else:
                self._add("files", place)
                self._need(("s3:GetObject",), str(item["value"]))

    def of_volume(self, volume: Mapping[str, Any]) -> None:
        """Add the references of a volume: a file system, and the login for FSx."""
        efs = volume.get("efsVolumeConfiguration") or {}
        fsx = volume.get("fsxWindowsFileServerVolumeConfiguration") or {}
        for kind, settings in (("efs", efs), ("fsx", fsx)):
            identity = str(settings.get("fileSystemId") or "")
            if identity:
                point = str((settings.get("authorizationConfig") or {}).get("accessPointId") or "")
                self._add("file_systems", (kind, identity, point))
        login = (fsx.get("authorizationConfig") or {}).get("credentialsParameter")
        self._add_references([str(login)] if login else [])

    def _add_references(self, values: Iterable[str]) -> None:
        for value in values:
            reference = parse_reference(value)
            if reference is None:
                self._odd[f"secret {value}"] = None
            else:
                self._add_reference(reference)

    def _add_reference(self, reference: Reference) -> None:
        self._has_references = True
        self._add("references", reference)
        if reference.kind != SECRET:
            region, account = reference.region or self._region, reference.account or self._account
            name = reference.id.lstrip("/")
            self._need(("ssm:GetParameters",), f"arn:{self._partition}:ssm:{region}:{account}:parameter/{name}")
        elif reference.id.startswith("arn:"):
            self._need(("secretsmanager:GetSecretValue",), reference.id)
        else:
            # Its ARN ends in a suffix that only Secrets Manager knows.
            self._unknown[f"the right to read secret {reference.id}, which is named without its ARN"] = None

    def _add_registry_login(self, value: str) -> None:
        reference = parse_registry_login(value)
        if reference is not None:
            self._add_reference(reference)
        elif value:
            self._odd[f"repositoryCredentials {value}"] = None

    def _add_credential_spec(self, value: str) -> None:
        arn = parse_credential_spec(value)
        if arn is None:
            return  # An option of another type.
        place, reference = parse_s3_arn(arn), parse_reference(arn) if arn else None
        if place is not None:
            self._add("files", place)
            self._need(("s3:GetObject",), arn)
        elif reference is not None and reference.kind != SECRET:
            self._add_reference(reference)
        elif arn:
            self._odd[f"credential spec {arn}"] = None
        else:
            self._unknown["a credential spec that the container instance has itself"] = None

    def _add_log_group(self, log: Mapping[str, Any]) -> None:
        options = log.get("options") or {}
        group = str(options.get("awslogs-group") or "")
        if log.get("logDriver") != "awslogs" or not group:
            return
        region = str(options.get("awslogs-region") or self._region)
        arn = f"arn:{self._partition}:logs:{region}:{self._account}:log-group:{group}"
        actions = ["logs:CreateLogStream", "logs:PutLogEvents"]
        if str(options.get("awslogs-create-group", "")).lower() == "true":
            actions.append("logs:CreateLogGroup")
        else:
            self._add("log_groups", (group, "" if region == self._region else region))
        self._need(tuple(actions), f"{arn}:*")

    def _need(self, actions: tuple[str, ...], resource: str) -> None:
        self._rights.setdefault(actions, {})[resource] = None

    def _add(self, kind: str, key: Any) -> None:
        self._found.add(kind, key, self._change.desired.name)

    def finish(self) -> None:
        """Add problems, and the rights that all references need."""
        name, found = self._change.desired.name, self._found
        for what in self._unknown:
            found.unverifiable[f"{name}: {what}"] = None
        for what in self._odd:
            found.unverifiable[f"{name}: {what} is of no known form"] = None
        if self._role:
            for actions, resources in self._rights.items():
                found.rights.setdefault((self._role, actions), {}).update(resources)
        elif self._has_references:
            found.errors.append(
                SlipwayError(
                    f"{short_arn(self._change.source.arn)} names secrets but has no execution role",
                    name,
                    "Set its executionRoleArn in Terraform",
                )
            )
