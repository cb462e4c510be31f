# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Verifies everything that a plan needs, for all services, before the first change. Changes nothing, reads no secret.

What cannot be checked (a permission that the caller lacks, an image whose platform cannot be read) is *unverifiable*:
the environment's policy decides whether that warns or fails. It never silently counts as good.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from ..aws.client import AwsSettings, Clients
from ..aws.errors import error_code, is_denied
from ..common.errors import SlipwayError, SlipwayErrors, raise_all
from ..fleet import api
from ..fleet.image_config import read_config
from ..fleet.parse import platform_name
from ..fleet.planned import Change, Plan
from ..fleet.registration import build_registration, undo_needs_clone
from .capacity import platform_of_instance, unfit
from .references import SECRET, Reference
from .requirements import ImageNeed, Requirements, requirements

WORKERS = 8


@dataclass(frozen=True)
class Verified:
    """What was checked (a count per kind), what could not be, and the errors."""

    checked: Mapping[str, int] = field(default_factory=dict)
    platforms: tuple[str, ...] = ()
    unverifiable: tuple[str, ...] = ()
    errors: tuple[SlipwayError, ...] = ()

    def require(self, unverifiable: str = "warn") -> None:
        """Raise the errors that prevent the deploy.

        :param unverifiable: the environment's policy: ``warn`` or ``fail``.
        :raises SlipwayErrors: errors, or (policy ``fail``) something that could not be checked.
        """
        errors = list(self.errors)
        if unverifiable == "fail":
            remedy = "Allow the check, or set verify_unverifiable: warn"
            errors += [SlipwayError(f"cannot be verified: {item}", remedy=remedy) for item in self.unverifiable]
        raise_all(errors)

    def as_dict(self) -> dict[str, object]:
        """The record's document."""
        return {
            "checked": dict(self.checked),
            "platforms": list(self.platforms),
            "unverifiable": list(self.unverifiable),
        }


class Unverifiable(Exception):
    """Something could not be checked; the message says what and why."""


def check_account(clients: Clients, settings: AwsSettings) -> None:
    """The credentials must belong to the environment's account.

    :raises SlipwayError: they belong to another, or AWS rejects them.
    """
    account = api.caller_account(clients)
    if account != settings.account_id:
        raise SlipwayError(
            f"the credentials belong to account {account}, but {settings.environment} is account {settings.account_id}",
            f"inventories/{settings.environment}/group_vars/all.yml",
            "Use the profile of that account (aws_profile), or correct account_id",
        )


def verify(plan: Plan, clients: Clients, settings: AwsSettings) -> Verified:
    """Check everything that the plan needs; return all failures, raise none."""
    needs = requirements(plan, region=settings.region, account_id=settings.account_id)
    checks = _Checks(clients, settings)
    jobs = [*checks.jobs(needs), *(_job(checks.clone, change) for change in plan.changes)]
    errors, unverifiable = list(needs.errors), list(needs.unverifiable)
    with ThreadPoolExecutor(WORKERS, thread_name_prefix="verify") as pool:
        for future in [pool.submit(job) for job in jobs]:
            try:
                future.result()
            except Unverifiable as exc:
                unverifiable.append(str(exc))
            except SlipwayErrors as exc:
                errors += exc.errors
            except SlipwayError as exc:
                errors.append(exc)
    distinct = {str(error): error for error in errors}
    wanted = [need for need in needs.images if not need.undo]
    return Verified(
        checked={
            "images": len(wanted),
            "secrets": sum(1 for item in needs.references if item.kind == SECRET),
            "parameters": sum(1 for item in needs.references if item.kind != SECRET),
            "log_groups": len(needs.log_groups),
            "files": len(needs.files),
            "roles": len({role for role, _actions in needs.rights}),
            **({"file_systems": len(needs.file_systems)} if needs.file_systems else {}),
        },
        platforms=tuple(sorted({need.platform for need in wanted if need.platform} | checks.platforms)),
        unverifiable=tuple(dict.fromkeys(unverifiable)),
        errors=tuple(distinct.values()),
    )


class _Checks:
    """One method per kind of check; each returns on success and raises otherwise."""

    def __init__(self, clients: Clients, settings: AwsSettings) -> None:
        self._clients = clients
        self._settings = settings
        #: The instances of clusters.
        self.platforms: set[str] = set()

    def jobs(self, needs: Requirements) -> list[Callable[[], None]]:
        """Everything to check, in any order."""
        parameters = {item: names for item, names in needs.references.items() if item.kind != SECRET}
        secrets = {item: names for item, names in needs.references.items() if item.kind == SECRET}
        near = {item: names for item, names in parameters.items() if self._is_near(item)}
        return [
            lambda: check_account(self._clients, self._settings),
            *(_job(self._cluster, cluster) for cluster in needs.clusters),
            *(_job(self._image, need, names) for need, names in needs.images.items()),
            *(_job(self._secret, item, names) for item, names in secrets.items()),
            *(_job(self._far, item, names) for item, names in parameters.items() if item not in near),
            *(
                _job(self._parameters, {item: near[item] for item in part})
                for part in api.chunks(list(near), api.PARAMETERS_A_CALL)
            ),
            *(_job(self._log_group, group, region, names) for (group, region), names in needs.log_groups.items()),
            *(_job(self._file, bucket, key, names) for (bucket, key), names in needs.files.items()),
            *(_job(self._file_system, *key, names) for key, names in needs.file_systems.items()),
            *(_job(self._rights, role, actions, found) for (role, actions), found in needs.rights.items()),
        ]

    def clone(self, change: Change) -> None:
        """Check that the new revision can be registered. It is read again: ECS may return more fields than earlier."""
        target = change.as_dict()
        if change.after.task_definition is None:
            build_registration(self._clients, target, "verify")
        if not change.running_active or undo_needs_clone(target):
            back = {**target, "clone_of": change.running.arn, "to": target["from"]}
            if change.after.task_definition is not None or change.source.arn != change.running.arn:
                build_registration(self._clients, back, "verify")

    def _is_near(self, item: Reference) -> bool:
        """Whether the environment's own clients can be used: another region needs other clients."""
        return item.region in ("", self._settings.region) and item.account in ("", self._settings.account_id)

    def _far(self, item: Reference, names: tuple[str, ...]) -> None:
        raise Unverifiable(f"{_who(names)}: {item} is in another region or account ({item.region} {item.account})")

    def _cluster(self, cluster: str) -> None:
        status = api.describe_cluster(self._clients, cluster)
        if status != "ACTIVE":
            raise SlipwayError(
                f"cluster {cluster} is {status}",
                f"inventories/{self._settings.environment}/group_vars/all.yml",
                "Check ecs_cluster and aws_region",
            )

    def _image(self, need: ImageNeed, names: tuple[str, ...]) -> None:
        try:
            image = api.resolve_image(self._clients, need.registry, need.repository, need.version)
        except SlipwayError as error:
            raise _softened(error, f"{_who(names)}: image {need}") from error
        if image.unverifiable:
            raise Unverifiable(f"{_who(names)}: image {need} ({image.unverifiable})")
        if not image.digest and need.login:
            why = f"{image.problem}, or only for the login of repositoryCredentials, which is not read"
            raise Unverifiable(f"{_who(names)}: image {need} ({why})")
        if not image.digest and need.undo:
            raise Unverifiable(f"{_who(names)}: the image that runs ({need}) is gone: an undo could not start it")
        if not image.digest:
            remedy = "Push it, or use another tag"
            raise SlipwayError(f"image {need} does not exist ({image.problem})", _who(names), remedy)
        machines = {need.platform} if need.platform else self._machines(need, names)
        if not machines:
            return
        platforms = set(image.platforms.values()) or {self._platform_of_single(need, image.config, names)}
        lacking = unfit(platforms, machines)
        built = ", ".join(sorted(platforms))
        if len(lacking) == len(machines):
            raise SlipwayError(
                f"image {need} is for {built}, but its tasks run on {', '.join(lacking)}",
                _who(names),
                "Build it for that platform, or change runtimePlatform",
            )
        if lacking:
            where = f"instances of the cluster are {', '.join(lacking)} as well, and no constraint keeps its tasks off"
            raise Unverifiable(f"{_who(names)}: image {need} is for {built}; {where}")

    def _machines(self, need: ImageNeed, names: tuple[str, ...]) -> set[str]:
        """The platforms of the instances where its tasks may be placed; empty if irrelevant."""
        capacity = need.capacity
        if capacity is None:
            return set()
        what = f"{_who(names)}: the platform that image {need} needs"
        try:
            found = api.container_instances(self._clients, capacity.cluster, capacity.expressions)
        except SlipwayError as error:
            raise Unverifiable(f"{what} ({error_code(error) or error.what})") from error
        mine = [
            item for item in found if not capacity.providers or item.get("capacityProviderName") in capacity.providers
        ]
        platforms = {platform_of_instance(item) for item in mine}
        if not mine:
            raise Unverifiable(f"{what} (there is no container instance yet that could show it)")
        if "" in platforms:
            raise Unverifiable(f"{what} (a container instance does not report its architecture)")
        self.platforms |= platforms
        return platforms

    def _platform_of_single(self, need: ImageNeed, config: str, names: tuple[str, ...]) -> str:
        what = f"{_who(names)}: the platform of image {need}"
        if not config:
            raise Unverifiable(f"{what} (its manifest names no config)")
        try:
            endpoint = self._settings.endpoint_url
            platform = platform_name(read_config(self._clients, need.registry, need.repository, config, endpoint))
        except (SlipwayError, OSError) as error:
            raise Unverifiable(f"{what} ({' '.join(str(error).split())[:160]})") from error
        if not platform:
            raise Unverifiable(f"{what} (its config does not name one)")
        return platform

    def _secret(self, item: Reference, names: tuple[str, ...]) -> None:
        if item.region not in ("", self._settings.region):
            self._far(item, names)
        try:
            known = api.describe_secret(self._clients, item.id)
        except SlipwayError as error:
            raise _softened(error, f"{_who(names)}: {item}") from error
        if known is None:
            raise SlipwayError(f"{item} does not exist", _who(names), "Create it, or correct valueFrom in Terraform")
        if known.get("DeletedDate"):
            raise SlipwayError(f"{item} is scheduled for deletion", _who(names), "Restore it, or use another")
        versions = known.get("VersionIdsToStages")
        if versions is None:
            what = f"AWS names no version of {item}: it has no value yet, or the answer was cut short"
            raise SlipwayError(what, _who(names), "Put a value into it, or run this again")
        stages = {stage for held in versions.values() for stage in held}
        if (item.version and item.version not in versions) or (item.stage and item.stage not in stages):
            wanted = item.version or item.stage
            raise SlipwayError(f"{item} has no version {wanted}", _who(names), "Put a value into it")

    def _parameters(self, wanted: Mapping[Reference, tuple[str, ...]]) -> None:
        everyone = tuple(dict.fromkeys(name for names in wanted.values() for name in names))
        try:
            known = api.existing_parameters(self._clients, sorted({_bare(item.id) for item in wanted}))
        except SlipwayError as error:
            raise _softened(error, f"{_who(everyone)}: {len(wanted)} parameters") from error
        missing = [
            SlipwayError(f"{item} does not exist", _who(names), "Create it, or correct valueFrom in Terraform")
            for item, names in wanted.items()
            if _bare(item.id) not in known
        ]
        if missing:
            raise SlipwayErrors(missing)

    def _log_group(self, group: str, region: str, names: tuple[str, ...]) -> None:
        if region:
            raise Unverifiable(f"{_who(names)}: log group {group} is in {region}")
        try:
            exists = api.log_group_exists(self._clients, group)
        except SlipwayError as error:
            raise _softened(error, f"{_who(names)}: log group {group}") from error
        if not exists:
            raise SlipwayError(
                f"log group {group} does not exist, so its tasks could not start",
                _who(names),
                "Create it in Terraform, or set awslogs-create-group",
            )

    def _file(self, bucket: str, key: str, names: tuple[str, ...]) -> None:
        try:
            exists = api.object_exists(self._clients, bucket, key)
        except SlipwayError as error:
            raise _softened(error, f"{_who(names)}: file s3://{bucket}/{key}") from error
        if not exists:
            raise SlipwayError(f"file s3://{bucket}/{key} does not exist", _who(names), "Upload it")

    def _file_system(self, kind: str, identity: str, access_point: str, names: tuple[str, ...]) -> None:
        what = f"file system {identity}" + (f" with access point {access_point}" if access_point else "")
        try:
            exists = api.file_system_exists(self._clients, kind, identity, access_point)
        except SlipwayError as error:
            raise Unverifiable(f"{_who(names)}: {what} ({error_code(error) or 'it cannot be asked for'})") from error
        if not exists:
            raise SlipwayError(f"{what} does not exist", _who(names), "Create it, or correct the volume in Terraform")

    def _rights(self, role: str, actions: tuple[str, ...], resources: tuple[str, ...]) -> None:
        try:
            denied = api.simulate(self._clients, role, actions, resources)
        except SlipwayError as error:
            if error_code(error) in {"NoSuchEntity", "NoSuchEntityException"}:
                raise SlipwayError(
                    f"role {role} does not exist", "executionRoleArn", "Create it in Terraform"
                ) from error
            why = error_code(error) or error.what
            raise Unverifiable(f"rights of {role} to {', '.join(actions)} (SimulatePrincipalPolicy: {why})") from error
        sure = [str(item) for item in denied if item.is_sure]
        if sure:
            raise SlipwayError(
                f"the execution role may not {', '.join(sure[:5])}", role, "Allow it in the role's policy"
            )
        if denied:
            keys = ", ".join(sorted({key for item in denied for key in item.missing}))
            why = f"its policies depend on {keys}" if keys else "only the policy of the resource could allow it"
            pairs = ", ".join(str(item) for item in denied[:5])
            raise Unverifiable(f"whether {role} may {pairs} ({why})")


def _job(function: Callable[..., None], *arguments: object) -> Callable[[], None]:
    return lambda: function(*arguments)


def _bare(name: str) -> str:
    """A parameter's name as DescribeParameters filters it; a version or label (``name:3``) is not part of it."""
    return name.partition(":")[0]


def _who(names: tuple[str, ...]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _softened(error: SlipwayError, what: str) -> Exception:
    """A denied read is unverifiable; any other failure stays a failure."""
    return Unverifiable(f"{what} (access denied)") if is_denied(error) else error
