# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The variables that Slipway reads: what they hold, and which playbooks read those that are for one run. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from ..common.errors import SlipwayError
from ..common.suggest import suggest
from ..fleet.model import SERVICE_SETTINGS
from ..kinds.registry import KINDS, NAMES

_DEPLOY: Final = ("deploy", "bootstrap_host")
_RELEASE: Final = (*_DEPLOY, "rollback")
_HOSTS: Final = ("checklist", "history", "logs", "smoke_test", "status")
_PLAN: Final = ("terraform_plan",)
_BACKEND: Final = ("bundle", "codedeploy", "dev_bootstrap", "promote")
_POLICY: Final = ("conventions", "tag", "changelog")
_BUILT: Final = ("publish",)
_QUALITY: Final = ("quality_gates",)
#: The playbooks of Slipway, by the names of their files.
PLAYBOOKS: Final = frozenset(
    (
        *_QUALITY,
        "deploy_policy",
        *_RELEASE,
        *_HOSTS,
        *_BACKEND,
        *_POLICY,
        *_BUILT,
        "build",
        "lock",
        "changes",
        "route",
        "dispatch",
        "report",
        *_PLAN,
    )
)
#: Those that need no environment: an event does not name one before it is routed.
WITHOUT_ENVIRONMENT: Final = frozenset(("route", "dispatch"))
#: Those that work on a clone: the hosts of the environment are not looked for, which may need an account.
ON_CLONES: Final = frozenset(_POLICY)

#: Variables of one run and the playbooks that read them. They are said with ``-e``.
RUN: Final[Mapping[str, Collection[str]]] = {
    **dict.fromkeys(("env", "self", "self_name"), PLAYBOOKS),
    **dict.fromkeys(("image_tag", "ship_drift", "dismiss_drift"), ("deploy",)),
    "build": (
        *_QUALITY,
        *_BUILT,
        "deploy",
    ),
    **{name: _DEPLOY for kind in KINDS for name in kind.all_chosen},
    # What a promoted commit or archive is called in the next environment.
    "site_release": (*_DEPLOY, "promote"),
    **dict.fromkeys(("approved_by", "approval_ref"), _RELEASE),
    **dict.fromkeys(("release_title", "resume", "force_schema", "downgrade_schema"), _RELEASE),
    "force_full_build": (*_RELEASE, "changes", "build", "dispatch"),
    **dict.fromkeys(("dispatch_to", "dispatch_token"), ("dispatch",)),
    "report_to": ("report",),
    "source_path": (*_QUALITY, "changes", "build", *_POLICY, *_BUILT),
    "base": ("changes", "build", "conventions"),
    "head": ("changes", "build", "conventions", "tag", *_BUILT),
    "changes_file": ("changes",),
    "repository": (*_POLICY, *_BUILT),
    "branch": ("build", "conventions", *_BUILT),
    "target": ("conventions",),
    **dict.fromkeys(("plan_file", "plan_workspace", "plan_commit", "plan_directory", "pull_request"), _PLAN),
    "terraform_path": _PLAN,
    "tag": ("tag", "changelog"),
    **dict.fromkeys(("git_remote", "git_token", "git_ca_file"), ("tag",)),
    "changelog_file": ("changelog",),
    **dict.fromkeys(("github_issue", "coverage_url", "deploy_targets"), _RELEASE),
    "reason": (*_RELEASE, "lock"),
    "to": ("rollback",),
    "from": ("promote",),
    # A bundle holds one release of the backend.
    "backend_release": (*_DEPLOY, "bundle", "codedeploy"),
    "backend_tag": ("promote",),
    **dict.fromkeys(("backend_digest", "backend_commit"), ("promote",)),
    **dict.fromkeys(("infra_path", "infra_commit"), ("promote", "tag")),
    **dict.fromkeys(("promote_remote", "promote_token", "promote_ca_file", "promote_older"), ("promote",)),
    "backend_path": ("bundle", "dev_bootstrap", "promote"),
    **dict.fromkeys(("upload", "bundle_pythons", "bundle_machines", "bundle_directory"), ("bundle",)),
    **dict.fromkeys(("seed_sql", "backend_jar", "dev_environment", "dev_ready_timeout"), ("dev_bootstrap",)),
    "state": ("lock", "dev_bootstrap"),
    **dict.fromkeys(("lock_for", "force"), ("lock",)),
    "lines": ("logs",),
    "since": ("logs",),
    "logs_directory": ("logs",),
    "entries": ("history",),
    "checklist_since": ("checklist",),
    "boot": ("bootstrap_host",),
    **dict.fromkeys(("lifecycle_event", "deployment_id", "failed_event", "failed_cause"), ("codedeploy",)),
    **dict.fromkeys(("deployment_group", "application_name", "event_ends_at"), ("codedeploy",)),
    **dict.fromkeys(("bundle_path", "verdict_file"), ("codedeploy", "bootstrap_host")),
}

#: Variables of one run that are about services, or about the hosts of a group.
ABOUT: Final[Mapping[str, str]] = {
    **dict.fromkeys(("image_tag", "ship_drift", "dismiss_drift"), "fleet"),
    **{name: kind.name for kind in KINDS for name in kind.all_chosen},
}
#: Of what belongs to Ansible, or to the program that starts it: AWX, its upstream's older name, and Semaphore add these
#: to every job.
_OF_OTHERS: Final = ("ansible_", "awx_", "tower_", "semaphore_")
#: The groups that the playbooks work on; the others take the environment as a whole, without ``--limit``.
TARGETS: Final[Mapping[str, Collection[str]]] = {
    **dict.fromkeys(
        ("deploy", "rollback", "checklist", "smoke_test", "status", "logs", "changes", "build"), ("fleet", *NAMES)
    ),
    "quality_gates": ("fleet", *NAMES),
    "deploy_policy": ("fleet",),
    **dict.fromkeys(("history", "lock", "report"), ("fleet", *NAMES, "database")),
    **dict.fromkeys(("bootstrap_host", "codedeploy"), NAMES),
}

#: Texts that a person, a pipeline or an event writes: read as they are, to the end of the ``-e``.
FREE: Final = frozenset(
    (
        *("image_tag", "ship_drift", "dismiss_drift", "backend_tag", "to", "from"),
        *("release_title", "reason", "approved_by", "approval_ref", "github_issue", "coverage_url"),
        *("plan_workspace", "plan_commit", "pull_request"),
        *("since", "checklist_since", "backend_commit", "infra_commit", "backend_digest", "base", "head"),
        *("branch", "target", "build"),
        "tag",
        *(name for kind in KINDS for name in kind.all_chosen),
    )
)

_FLEET_TEXTS: Final = (
    *("account_id", "aws_region", "aws_profile", "aws_endpoint_url", "aws_access_key_id", "aws_secret_access_key"),
    *("ecs_cluster", "ecs_service", "container_name", "image_repository", "ecr_registry", "image_repository_prefix"),
    *("service_name_prefix", "log_group_prefix", "log_group", "default_image_tag", "service_image_tag"),
    *("on_failure", "verify_unverifiable", "state_store", "alb_name", "smoke_base_url", "artifact_bucket"),
)


def _of_service(*kinds: type) -> frozenset[str]:
    return frozenset(name for name, (_name, kind) in SERVICE_SETTINGS.items() if kind in kinds)


#: Settings that hold one text. YAML must not have made a number, a date or a truth of it.
TEXTS: Final = frozenset(
    (
        *_FLEET_TEXTS,
        *_of_service(str),
        *(name for kind in KINDS for name in kind.all_texts),
        *("env", "self", "self_name", "state", "resume", "lock_for", "ec2_instance_id"),
        *("backend_jar", "backend_path", "seed_sql", "infra_path", "promote_remote", "promote_ca_file"),
        *("bundle_directory", "logs_directory", "source_checkout_dest", "deploy_targets", "summary_file"),
        *("source_path", "changes_unclaimed", "dispatch_to", "report_to"),
        "changes_file",
        *("repository", "git_remote", "git_ca_file", "changelog_file"),
        *("source_repository", "build_engine", "build_dockerfile", "build_context", "build_sbom", "build_platform"),
        *("quality_not_audited", "secret_prefix"),
        *("lifecycle_event", "deployment_id", "failed_event", "bundle_path", "verdict_file"),
        *("plan_file", "plan_directory", "terraform_path"),
        *FREE,
    )
)
_TRUTHS: Final = (
    *("force", "force_full_build", "force_schema", "downgrade_schema", "promote_older", "upload", "boot"),
    "changes_tests",
    *("codedeploy_force_schema", "codedeploy_load_balancer", "smoke_trace"),
    *_of_service(bool),
    *(name for kind in KINDS for name in kind.all_truths),
)
_NUMBERS: Final = (
    *("max_parallel", "stabilise_timeout", "failed_tasks_threshold", "lock_ttl", "lock_wait"),
    *_of_service(int, float),
    *("lines", "entries", "dev_ready_timeout", "codedeploy_wait", "codedeploy_limit", "build_timeout"),
    "build_parallel",
    *(name for kind in KINDS for name in kind.all_numbers),
)
#: Settings that hold a number or a truth.
NUMBERS: Final = frozenset(_NUMBERS)
TRUTHS: Final = frozenset(_TRUTHS)
_STRUCTURES: Final = (
    "terraform_plan",
    *("smoke_checks", "slack", "github", "terraform_outputs", "bundle_pythons", "bundle_machines", "dev_environment"),
    *("deploy_hooks", "promote_token", "changes_rules", "build_modules", "dispatch_token"),
    *("repository_rules", "git_token"),
    *("codeartifact", "publish_packages", "build_command", "build_args", "build_tags"),
    "quality_gates",
    *(name for kind in KINDS for name in kind.all_structures),
)
#: Every variable that is not the option of a role.
KNOWN: Final = frozenset((*RUN, *TEXTS, *NUMBERS, *TRUTHS, *_STRUCTURES))

#: Settings of the environment as a whole: a run has one of each, whatever service or host it works on.
OF_ENVIRONMENT: Final = frozenset(
    (
        "terraform_plan",
        *("account_id", "aws_region", "aws_profile", "aws_endpoint_url", "aws_access_key_id", "aws_secret_access_key"),
        *("max_parallel", "stabilise_timeout", "failed_tasks_threshold", "on_failure", "verify_unverifiable"),
        *("state_store", "lock_ttl", "lock_wait", "alb_name", "smoke_base_url", "slack", "github", "summary_file"),
        *("quality_gates", "quality_not_audited", "secret_prefix"),
        *("default_image_tag", "service_name_prefix", "terraform_outputs", "deploy_hooks"),
        *("changes_rules", "changes_unclaimed", "changes_tests", "repository_rules"),
        *("codeartifact", "publish_packages", "build_timeout"),
        *("source_repository", "build_engine", "build_parallel", "build_tags"),
    )
)
#: Settings of a group of hosts as a whole: a release, its migrations and its gates are of all of them.
OF_GROUP: Final = frozenset(("artifact_bucket", *(name for kind in KINDS for name in kind.all_of_group)))


def check_known(
    name: str, playbook: str | None, own: Collection[str], options: Collection[str] = ()
) -> SlipwayError | None:
    """What is wrong with the name of an extra variable, if anything is.

    Known is what Slipway reads, what belongs to Ansible (``ansible_*``) or to what starts it (``awx_*``), and what the
    environment's own files give a value or use in a template.

    :param playbook: the playbook of Slipway that is run; ``None`` for one of the user's own.
    :param own: the variables of the environment's own files.
    """
    # What the hook of a bundle hands over comes from the same bundle.
    if playbook == "codedeploy" or name.startswith(_OF_OTHERS) or name in own or name in options:
        return None
    readers = RUN.get(name)
    if readers is not None:
        if playbook is None or playbook in readers:
            return None
        names = " and ".join(f"{reader}.yml" for reader in sorted(readers))
        return SlipwayError(f"{playbook}.yml does not use {name}", f"-e {name}", f"It is a variable of {names}")
    if name in KNOWN or playbook is None:
        return None
    usable = [known for known, readers in RUN.items() if playbook in readers]
    remedy = (
        suggest(name, usable)
        or suggest(name, sorted({*KNOWN, *own, *options}))
        or "A variable of your own needs a value in the environment's group_vars"
    )
    return SlipwayError(f"{name} is not a variable of {playbook}.yml or of the environment", f"-e {name}", remedy)
