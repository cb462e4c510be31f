# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Promotes a version. See modules/promote.py."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from ..module_utils.artifact.api import resolve_artifact
from ..module_utils.artifact.model import Artifact
from ..module_utils.common.command import again
from ..module_utils.common.errors import SlipwayError, SlipwayErrors
from ..module_utils.git.plan import Seen
from ..module_utils.git.repository import Repository, fetched, open_checkout
from ..module_utils.git.run import Credentials
from ..module_utils.secret_values.source import Secrets
from ..module_utils.versions.model import Version, versions_key
from ..module_utils.versions.promotion import Promotion, check_not_older, plan
from ..module_utils.versions.store import Read, read_versions, write_version
from ..module_utils.versions.tag import Tag, parse_tag
from ..plugin_utils.action import SlipwayAction, display
from ..plugin_utils.console import Console
from ..plugin_utils.context import Context
from ..plugin_utils.kinds.registry import host_kind
from ..plugin_utils.reading import begin_reading


class ActionModule(SlipwayAction):
    """Tags on this machine; the state store's condition keeps two promotions apart."""

    ARGUMENTS: Mapping[str, Mapping[str, Any]] = {
        "group": {"type": "str", "required": True},
        "tag": {"type": "str", "default": ""},
        "bucket": {"type": "str", "default": ""},
        "branch": {"type": "str", "default": "main"},
        "digest": {"type": "str", "default": ""},
        "module": {"type": "str", "default": ""},
        "path": {"type": "str", "default": ""},
        "repository": {"type": "str", "default": ""},
        "commit": {"type": "str", "default": ""},
        "infra_path": {"type": "str", "required": True},
        "infra_commit": {"type": "str", "default": "HEAD"},
        "remote": {"type": "str", "default": "origin"},
        "token": {"type": "dict"},
        "ca_file": {"type": "path"},
        "older": {"type": "bool", "default": False},
    }

    def act(self, context: Context) -> dict[str, Any]:
        """Check everything, then tag, push and write; what was done is the result."""
        group = self.arguments["group"]
        if "site_release" in context.extra:
            what = "site_release names a site's tag in a promotion from another environment"
            raise SlipwayError(what, "-e site_release", "Name the environment as well: -e from=…, or leave it out")
        tag = parse_tag(self._said("tag", f"-e {group}_tag"), group, f"-e {group}_tag")
        bucket = self._said("bucket", "artifact_bucket")
        begin_reading(context)
        read = read_versions(context.store, context.environment)
        if not self.arguments["older"]:
            check_not_older(tag, read.document.of(group), f"-e {group}_tag")
        artifact = resolve_artifact(
            context.clients("s3"),
            bucket,
            tag.name,
            branch=self.arguments["branch"] or None,
            digest=self.arguments["digest"] or None,
            warn=display.warning,
        )
        with self._repositories(context, tag) as repositories:
            promotion = self._plan(context, tag, artifact, repositories, read)
            console = Console(context.store.now)
            if context.check_mode:
                console.lines(promotion.lines(would=True))
            elif promotion.changed:
                self._carry_out(context, promotion, repositories, read)
            if not context.check_mode:
                console.lines(promotion.lines(would=False))
        return self._result(promotion)

    def _said(self, name: str, where: str) -> str:
        value = str(self.arguments[name])
        if not value:
            group = self.arguments["group"]
            tag, other = again(**{f"{group}_tag": f"{group}-v0.2.0"}), again(**{"from": "…"})
            named = f"Name it: {tag}; or promote what runs in another environment: {other}"
            remedy = named if name == "tag" else f"Write {where}: … in group_vars"
            raise SlipwayError(f"{where.removeprefix('-e ')} is not set", where, remedy)
        return value

    @contextmanager
    def _repositories(self, context: Context, tag: Tag) -> Iterator[list[Repository]]:
        arguments = self.arguments
        token = arguments.get("token")
        secret = Secrets(os.environ, context.clients).read(token, "promote_token") if token else None
        credentials = Credentials(secret, arguments.get("ca_file"))
        remote = arguments["remote"]
        infra = open_checkout(arguments["infra_path"], "infra", credentials, remote, arguments["infra_commit"])
        if arguments["path"]:
            commit = arguments["commit"] or "HEAD"
            yield [open_checkout(arguments["path"], tag.component, credentials, remote, commit), infra]
            return
        url = self._said("repository", f"{tag.component}_repository")
        with fetched(url, tag.component, credentials, tag.name, arguments["branch"]) as application:
            yield [application.at(arguments["commit"]), infra]

    def _plan(
        self, context: Context, tag: Tag, artifact: Artifact, repositories: list[Repository], read: Read
    ) -> Promotion:
        errors: list[SlipwayError] = []
        seen: list[Seen] = []
        for repository in repositories:
            with _collected(errors):
                seen.append(repository.see(tag.name))
        with _collected(errors):
            host_kind(tag.component).check_promotion(tag, repositories[0], str(self.arguments["module"]))
        if errors:
            raise SlipwayErrors({str(error): error for error in errors}.values())
        version = Version(
            tag=tag.name,
            version=tag.version.text,
            digest=artifact.digest,
            branch=artifact.branch,
            key=artifact.key,
            commit=seen[0].commit,
            infra_commit=seen[1].commit,
            promoted_at=datetime.fromtimestamp(context.store.now(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            promoted_by=context.owner,
        )
        return plan(tag, seen, version, read.document.of(tag.component))

    def _carry_out(self, context: Context, promotion: Promotion, repositories: list[Repository], read: Read) -> None:
        """Tag here, push, write: whatever ends it half-way, the next run goes on with what is left."""
        group, todo = self.arguments["group"], list(zip(repositories, promotion.tags, strict=True))
        for repository, (seen, steps) in todo:
            if "tag" in steps:
                message = f"{group} {promotion.version.version}, promoted to {context.environment}"
                repository.tag(promotion.tag, seen.commit, message)
        for repository, (_seen, steps) in todo:
            if "push" in steps:
                repository.push(promotion.tag)
        write_version(context.store, context.environment, group, promotion.version, read)

    def _result(self, promotion: Promotion) -> dict[str, Any]:
        after = promotion.diff()["after"]
        result: dict[str, Any] = {"changed": promotion.changed, "version": after}
        if promotion.writes:
            header = versions_key("<env>").rpartition("/")[2]
            result["diff"] = {**promotion.diff(), "before_header": header, "after_header": header}
        return result


@contextmanager
def _collected(errors: list[SlipwayError]) -> Iterator[None]:
    """Keep an error for later: an operator is told everything that is wrong at once."""
    try:
        yield
    except SlipwayErrors as error:
        errors.extend(error.errors)
    except SlipwayError as error:
        errors.append(error)
