# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which service of which cluster the inventory names: by name, or by ARN as Terraform outputs it. Pure.

An ARN is ``arn:aws:ecs:region:account:service/cluster/name``, for older services without the cluster.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..common.errors import SlipwayError

_PARTS = 6


@dataclass(frozen=True)
class Identity:
    """A service or a cluster. Parts that the text lacks are ``""``."""

    name: str
    cluster: str = ""
    region: str = ""
    account: str = ""


def parse_service(text: str) -> Identity | None:
    """The service of a name or an ARN, ``None`` for an ARN of something else."""
    found = _parse(text, "service")
    if found is None or not found.cluster:
        return found
    cluster, _slash, name = found.name.rpartition("/")
    return Identity(name, cluster, found.region, found.account) if "/" not in cluster and name else None


def parse_cluster(text: str) -> Identity | None:
    """The cluster of a name or an ARN, ``None`` for an ARN of something else."""
    found = _parse(text, "cluster")
    return None if found is not None and "/" in found.name else found


def cluster_name(text: str) -> str:
    """A cluster's name, whether it is written as a name or as an ARN."""
    return text.rpartition("/")[2]


def _parse(text: str, kind: str) -> Identity | None:
    if not text.startswith("arn:"):
        return Identity(text)
    parts = text.split(":", _PARTS - 1)
    if len(parts) != _PARTS or parts[2] != "ecs" or not parts[5].startswith(f"{kind}/"):
        return None
    name = parts[5].removeprefix(f"{kind}/")
    if not name:
        return None
    return Identity(name, "?" if "/" in name else "", parts[3], parts[4])


def identify(service: str, cluster: str, region: str, account: str, where: str) -> tuple[str, str]:
    """The names of the service and of its cluster, as ECS's API expects them.

    :param cluster: the variable ``ecs_cluster``; may be empty if the service's ARN contains the cluster.
    :param region: the environment's region, ``""``: not compared. ``account`` likewise.
    :raises SlipwayError: an ARN is of something else, or of another cluster, region or account.
    """
    wanted, place = parse_service(service), parse_cluster(cluster)
    if wanted is None:
        remedy = "Write its name, or arn:aws:ecs:<region>:<account>:service/<cluster>/<name>"
        raise SlipwayError(f"ecs_service {service} is not the ARN of an ECS service", where, remedy)
    if place is None:
        remedy = "Write its name, or arn:aws:ecs:<region>:<account>:cluster/<name>"
        raise SlipwayError(f"ecs_cluster {cluster} is not the ARN of an ECS cluster", where, remedy)
    for name, found in (("ecs_service", wanted), ("ecs_cluster", place)):
        for what, theirs, ours in (("region", found.region, region), ("account", found.account, account)):
            if theirs and ours and theirs != ours:
                variable = "aws_region" if what == "region" else "account_id"
                problem = f"{name} is of {what} {theirs}, but the environment is of {ours}"
                raise SlipwayError(problem, where, f"Correct {name}, or {variable}")
    if wanted.cluster and place.name and wanted.cluster != place.name:
        problem = f"ecs_service is of cluster {wanted.cluster}, but ecs_cluster is {place.name}"
        raise SlipwayError(problem, where, f"Set ecs_cluster: {wanted.cluster} for it, or correct ecs_service")
    return wanted.name, cluster or wanted.cluster
