# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Finds the release that the backend's hosts should run."""

from __future__ import annotations

from dataclasses import replace

from ..module_utils.artifact.api import resolve_artifact
from ..module_utils.artifact.model import FILENAME
from ..module_utils.builds.model import BuiltArtifact
from ..module_utils.builds.wanted import BUILD, artifact_place
from ..module_utils.common.command import again, command
from ..module_utils.common.errors import SlipwayError
from ..module_utils.hosts.by_kind import of_kind
from ..module_utils.hosts.migrations import is_begun
from ..module_utils.hosts.model import Release
from ..module_utils.kinds.backend import BACKEND
from ..module_utils.record.history import group_key
from ..module_utils.record.hosts import last_good_release
from ..module_utils.record.journal import history
from ..module_utils.versions.store import read_version
from .action import display
from .context import Context
from .rollback_goal import find_goal

#: How many records are searched for an earlier run of the release.
LOOKED_BACK = 50


def find_backend_release(context: Context, kind: str, host: str) -> Release | None:
    """The release that the backend's hosts should run.

    :param kind: ``deploy``, ``rollback`` or ``boot``.
    :param host: one of them; the variables are the same on all.
    :return: ``None`` if there was no other one to roll back to: they stay unchanged.
    :raises SlipwayError: there is none.
    """
    find = {"deploy": _wanted, "rollback": _earlier, "boot": _last_good}[kind]
    return find(context, host)


def built_backend_release(context: Context, host: str, built: BuiltArtifact) -> Release:
    """The release of a build: the jar at its place, with its digest.

    :raises SlipwayError: it is not there, is another one, or is not in the environment's bucket.
    """
    bucket = str(context.host(host).get("artifact_bucket") or "")
    tag, branch = artifact_place(built, bucket, FILENAME, f"{context.group_file(host)}: artifact_bucket")
    release = _pinned(context, host, tag, branch, built.digest, chosen=BUILD)
    return replace(release, version=built.version, commit=built.commit or None)


def migrates_backend(context: Context, host: str, release: Release) -> bool:
    """Whether the database must be checked for migrations of a release."""
    engine = str(context.host(host).get("backend_migrations") or "maven")
    return engine != "none" and (context.settings.force or not ran_last(context, release))


def _wanted(context: Context, host: str) -> Release:
    variables = context.host(host)
    named = str(variables.get("backend_release") or "").strip()
    branch = str(variables.get("backend_branch") or "")
    if "backend_release" in variables and not named:
        # An unset variable of a pipeline: deploying the promoted release instead would be a guess.
        raise SlipwayError("backend_release is empty", "-e backend_release", "Name a tag, or leave it out")
    promoted = read_version(context.store, context.environment, BACKEND.name)
    if named and (promoted is None or promoted.tag != named):
        return _pinned(context, host, named, branch, None, chosen="-e backend_release")
    if promoted is None:
        what = f"no version of the backend is promoted to {context.environment}, and none is named"
        promote = command("promote", context.environment, backend_tag="backend-v…")
        remedy = f"Name one: {again(backend_release='backend-v…')}, or promote one: {promote}"
        raise SlipwayError(what, f"{context.store.url}/{context.environment}/versions.json", remedy)
    chosen = "-e backend_release" if named else "versions.json"
    release = _pinned(context, host, promoted.tag, promoted.branch or branch, promoted.digest, chosen=chosen)
    return Release(**{**vars(release), "version": promoted.version, "commit": promoted.commit})


def _pinned(context: Context, host: str, tag: str, branch: str, digest: str | None, *, chosen: str) -> Release:
    bucket = str(context.host(host).get("artifact_bucket") or "")
    if not bucket:
        where = f"inventories/{context.environment}/group_vars/backend.yml"
        raise SlipwayError("artifact_bucket is not set", where, "Name the bucket that the builds upload to")
    s3 = context.clients("s3")
    found = resolve_artifact(s3, bucket, tag, branch=branch or None, digest=digest, warn=display.warning)
    return Release(
        BACKEND.name, tag, found.digest, bucket, found.key, found.branch, version_id=found.version_id, chosen=chosen
    )


def _earlier(context: Context, host: str) -> Release | None:
    goal = find_goal(context)
    document = goal.releases.get(BACKEND.name)
    if document:
        return Release.from_record(BACKEND.name, {**document, "chosen": f"release {goal.label}"})
    runs = goal.runs.get(group_key(BACKEND.name))
    if runs is not None and runs.get("tag"):
        return _pinned(context, host, str(runs["tag"]), "", runs.get("digest"), chosen=goal.label)
    if not context.services and len(context.hosts_by_kind) == 1:
        what = f"{context.environment} has no release of the backend to go back to"
        again = command("deploy", context.environment, backend_release="backend-v…")
        raise SlipwayError(what, "rollback", f"Deploy the release that should run: {again}")
    return None  # No host ever ran another one: they stay unchanged.


def _last_good(context: Context, host: str) -> Release:
    """The release for a booting host: what the others run, never one that is being deployed."""
    document = last_good_release(context.store, context.environment, BACKEND.name)
    if document is None:
        what = f"nothing was deployed to the backend of {context.environment} yet: this host has nothing to boot"
        raise SlipwayError(what, f"{context.store.url}/{context.environment}/releases", "Deploy once, then boot again")
    release = Release.from_record(BACKEND.name, {**document, "chosen": f"release {document['record']}"})
    return _pinned(context, host, release.tag, release.branch, release.digest, chosen=release.chosen)


def ran_last(context: Context, release: Release) -> bool:
    """Whether the release is the last one that ran: then its migrations are applied.

    One that ran earlier may have to migrate again: the database can have been restored since.
    """
    for record in history(context.store, context.environment, LOOKED_BACK):
        ran = (record.get("releases") or {}).get(release.group) or {}
        if ran and record.get("outcome") == "succeeded":
            return bool(ran.get("digest") == release.digest)
        if is_begun(of_kind(record, release.group)):
            return False
    return False
