# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Creates the tag of a release or of a day. See modules/tag.py."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..module_utils.common.errors import SlipwayError, SlipwayErrors
from ..module_utils.git.repository import Repository, open_checkout
from ..module_utils.git.run import Credentials, Git
from ..module_utils.policy.api import Source
from ..module_utils.policy.cliff import notes
from ..module_utils.policy.model import Rules
from ..module_utils.policy.release import VERSION, Target, carry_out, day_tag, partner, release_tag, target
from ..module_utils.policy.tags import Planned
from ..module_utils.secret_values.source import Secrets
from ..plugin_utils.action import SlipwayAction
from ..plugin_utils.console import Console
from ..plugin_utils.context import Context
from ..plugin_utils.policy import clone_of, day_prefix, rules_of
from ..plugin_utils.workflow import write_outputs

#: Characters of notes that a tag keeps, and lines of them on the screen. The first tag has the whole history.
_LONGEST, _SHOWN = 50_000, 40


class ActionModule(SlipwayAction):
    """Tags on this machine and pushes; the remotes keep two runs apart."""

    def act(self, context: Context) -> dict[str, Any]:
        """Check everything, then tag and push; the tag is the result."""
        rules = rules_of(context, self.arguments)
        asked = str(self.arguments["tag"]) or VERSION
        place = clone_of(self.arguments)
        credentials = self._credentials(context)
        repository = self._open(
            str(place), rules.repository, credentials, str(self.arguments["head"]) or "HEAD", "source_path"
        )
        source = Source(Git(place, rules.repository, credentials))
        planned = self._planned(context, rules, asked, source, repository)
        targets = self._targets(rules, asked, planned, repository, credentials)
        changed = any(item.steps for item in targets)
        message = self._message(planned, place) if changed else ""
        if changed and not context.check_mode:
            carry_out(planned.name, message, targets)
        self._show(context, planned, targets, message)
        result = {"tag": planned.name, "commit": planned.commit, "since": planned.since or None}
        if not context.check_mode:
            write_outputs({**result, "since": planned.since, "created": changed})
        return {"changed": changed, **result, "message": message or None, "why": planned.why}

    def _credentials(self, context: Context) -> Credentials:
        token = self.arguments.get("token")
        secret = Secrets(os.environ, context.clients).read(token, "git_token") if token else None
        return Credentials(secret, self.arguments.get("ca_file") or None, "git_token")

    def _open(self, path: str, name: str, credentials: Credentials, commit: str, variable: str) -> Repository:
        remote = str(self.arguments["remote"])
        return open_checkout(path, name, credentials, remote, commit, (variable, "git_remote"))

    def _planned(self, context: Context, rules: Rules, asked: str, source: Source, repository: Repository) -> Planned:
        if asked == VERSION:
            return release_tag(source, repository, rules)
        today = datetime.now(UTC).date()
        return day_tag(source, repository, asked, context.environment, day_prefix(context), today)

    def _targets(
        self, rules: Rules, asked: str, planned: Planned, repository: Repository, credentials: Credentials
    ) -> list[Target]:
        """The repositories to tag, each checked: all that is wrong is said at once."""
        found: list[Target] = []
        errors: list[SlipwayError] = []
        try:
            found.append(target(repository, planned, rules.main if asked == VERSION else ""))
        except SlipwayError as error:
            errors.append(error)
        if asked == VERSION and rules.component:
            commit = str(self.arguments["infra_commit"])
            try:
                infra = self._open(
                    str(self.arguments["infra_path"]), "infra", credentials, commit or "HEAD", "infra_path"
                )
                found.append(partner(infra, planned.name, pinned=bool(commit)))
            except SlipwayError as error:
                errors.append(error)
        if errors:
            raise SlipwayErrors(errors)
        return found

    def _message(self, planned: Planned, place: Path) -> str:
        """The tag's message: a title, and below it what was committed since the tag before."""
        config = Path(str(self.arguments["config"]))
        text = notes(place, config, planned.name, planned.since_commit, planned.commit)
        if len(text) > _LONGEST:
            text = f"{text[:_LONGEST].rpartition(chr(10))[0]}\n- …"
        return f"{planned.name}\n\n{text or f'No changes since {planned.since}.'}"

    def _show(self, context: Context, planned: Planned, targets: list[Target], message: str) -> None:
        lines = [item.line(planned.name, would=context.check_mode) for item in targets]
        lines[0] += f": {planned.why}" if message else f", {planned.why}"
        said = [f"  {line}" for line in message.splitlines()[2:]]
        more = [f"  … and {len(said) - _SHOWN} lines more"] if len(said) > _SHOWN else []
        Console(lambda: 0.0).lines([*lines, *said[:_SHOWN], *more])
