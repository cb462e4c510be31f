# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Finds the release that the site's hosts should run."""

from __future__ import annotations

from ..module_utils.build_requirements.model import Needs
from ..module_utils.builds.model import BuiltArtifact
from ..module_utils.common.command import command
from ..module_utils.common.errors import SlipwayError
from ..module_utils.gates.notes import Notes
from ..module_utils.hosts.model import Release
from ..module_utils.kinds.site import SITE
from ..module_utils.record.history import group_key
from ..module_utils.record.hosts import last_good_release
from .backend_release import ran_last
from .context import Context
from .rollback_goal import find_goal
from .site_environment import check_environment
from .site_tag import built_release, image_of, wanted_release


def find_site_release(context: Context, kind: str, host: str) -> tuple[Release, Notes | None, Needs | None] | None:
    """The release that the site's hosts should run, the notes that the environment requires, and what its build needs.

    :param kind: ``deploy``, ``rollback`` or ``boot``.
    :param host: one of them; the variables are the same on all.
    :return: ``None`` if only other hosts have another one to roll back to: these stay unchanged.
    :raises SlipwayError: there is none, or the environment does not accept it.
    """
    check_environment(context, host)
    if kind == "deploy":
        release, notes, needs = wanted_release(context, host)
    else:
        earlier, notes, needs = _earlier(context, host) if kind == "rollback" else _last_good(context), None, None
        if earlier is None:
            return None
        release = earlier
    _check_secrets(context, host, release)
    return release, notes, needs


def built_site_release(context: Context, host: str, built: BuiltArtifact) -> tuple[Release, Notes | None, Needs | None]:
    """The release of a build, as :func:`find_site_release` returns one.

    :raises SlipwayError: it is not what the build says, or the environment does not accept it.
    """
    check_environment(context, host)
    found = built_release(context, host, built)
    _check_secrets(context, host, found[0])
    return found


def _check_secrets(context: Context, host: str, release: Release) -> None:
    if release.image and context.of_group(host, "secrets"):
        # They belong to root, unlike the user in the container.
        what = "site_secrets are credentials of systemd, which a container cannot read"
        raise SlipwayError(
            what, context.group_file(host), "Write them to site_environment or site_files, or leave site_image out"
        )


def migrates_site(context: Context, host: str, release: Release) -> bool:
    """Whether the database must be checked for migrations of a release."""
    engine = str(context.of_group(host, "migrations") or "alembic")
    return engine != "none" and (context.settings.force or not ran_last(context, release))


def _earlier(context: Context, host: str) -> Release | None:
    goal = find_goal(context)
    document = goal.releases.get(SITE.name)
    if document:
        return Release.from_record(SITE.name, {**document, "chosen": f"release {goal.label}"})
    runs = goal.runs.get(group_key(SITE.name))
    if runs is not None and runs.get("tag"):
        digest = str(runs.get("digest") or "")
        commit = digest.removeprefix("commit:") if digest.startswith("commit:") else None
        image = image_of(context, host) if commit is None else None
        return Release(
            *(SITE.name, str(runs["tag"]), digest, "", str(runs["tag"])),
            commit=commit,
            chosen=goal.label,
            image=str(image) if image else None,
        )
    if len(context.hosts_by_kind) > 1:
        return None
    what = f"{context.environment} has no release of the site to go back to"
    raise SlipwayError(
        what,
        "rollback",
        f"Deploy the release that should run: {command('deploy', context.environment, site_release='…')}",
    )


def _last_good(context: Context) -> Release:
    """The release for a host that is added later: what the others run, never one that is being deployed."""
    document = last_good_release(context.store, context.environment, SITE.name)
    if document is None:
        what = f"nothing was deployed to the site of {context.environment} yet: this host has nothing to boot"
        raise SlipwayError(what, f"{context.store.url}/{context.environment}/releases", "Deploy once, then boot again")
    return Release.from_record(SITE.name, {**document, "chosen": f"release {document['record']}"})
