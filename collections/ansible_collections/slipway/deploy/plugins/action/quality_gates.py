# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs the quality gates of a build. See modules/quality_gates.py."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..module_utils.builds.model import Build, BuiltService
from ..module_utils.builds.store import Manifest, latest_build, read_build
from ..module_utils.common.errors import SlipwayError
from ..module_utils.common.text import clean
from ..module_utils.git.run import Credentials, Git
from ..module_utils.quality.document import document, in_build, outputs
from ..module_utils.quality.judge import Outcome
from ..module_utils.quality.rows import parse_gates, parse_not_audited
from ..module_utils.quality.run import Checkout, Target, run_gates
from ..module_utils.render.quality import quality
from ..module_utils.state.model import Conflict
from ..module_utils.state.store import Store
from ..plugin_utils.action import SlipwayAction, display
from ..plugin_utils.clone import clone_at
from ..plugin_utils.console import Console
from ..plugin_utils.context import Context
from ..plugin_utils.reading import begin_reading
from ..plugin_utils.wanted_build import LATEST
from ..plugin_utils.workflow import annotate_places, write_outputs


class ActionModule(SlipwayAction):
    """Runs commands in a checkout; its only change is the manifest of the build that is named."""

    def act(self, context: Context) -> dict[str, Any]:
        """Run the gates, show their results, write them into the build; fail if one fails the build."""
        gates = parse_gates(self.arguments["gates"], context.services)
        strict = parse_not_audited(self.arguments["not_audited"], context.written("quality_not_audited"))
        if not gates:
            display.display(clean(f"{context.environment}: no gates declared (quality_gates)"))
            write_outputs(outputs([]))
            return {"changed": False, **document([], ""), "msg": "no gates declared"}
        checkout = Checkout(clone_at(str(self.arguments["path"])))
        identity = str(self.arguments["build"] or "")
        targets = [Target(name) for name in context.services if name in context.selected]
        if identity:
            begin_reading(context, account=False)
            store, environment = context.store, context.environment
            build = latest_build(store, environment) if identity == LATEST else read_build(store, environment, identity)
            identity = build.id
            _check_commit(checkout.source, build)
            # Only what the change reached was built.
            built = {name: item for name, item in build.services.items() if item.result in ("built", "unchanged")}
            targets = [Target(one.service, _image(built[one.service])) for one in targets if one.service in built]
            gates = tuple(one for one in gates if not one.artifact or one.artifact in build.artifacts)
        if context.check_mode:
            return {"changed": False, "skipped": True, "msg": "check mode: gates are not run"}
        console = Console(lambda: 0.0)
        today = datetime.now(UTC).date()
        outcomes = run_gates(gates, targets, checkout, today, strict, lambda line: console.lines([line]))
        if identity:
            _record(context.store, context.environment, identity, outcomes)
        console.lines(quality(outcomes, context.environment, strict, identity, console.width))
        write_outputs(outputs(outcomes))
        result = {"changed": bool(identity), **document(outcomes, str(checkout.source))}
        annotate_places(result["annotations"])
        if result["blocked"]:
            return {
                **result,
                "failed": True,
                "msg": f"the build does not pass its gates: {', '.join(result['blocked'])}",
            }
        return result


def _check_commit(source: Path, build: Build) -> None:
    """Refuse a checkout of something else than what was built: its gates would say nothing of the build.

    :raises SlipwayError: it is at another commit, has changes, or is no clone.
    """
    if not build.source.commit:
        return  # Promoted: its images were built from several commits.
    git, where = Git(source, "the source", Credentials()), f"source_path ({source})"
    head = git.ask("rev-parse", "HEAD")[1].strip()
    if head != build.source.commit:
        wanted = build.source.commit[:12]
        raise SlipwayError(f"it is at {head[:12]}, and the build is of {wanted}", where, f"git checkout {wanted}")
    if git.ask("status", "--porcelain", "--untracked-files=no")[1].strip():
        raise SlipwayError("it has changes that were not built", where, "Commit them and build again, or discard them")


def _image(service: BuiltService) -> str:
    return f"{service.image}@{service.digest}" if service.digest else ""


def _record(store: Store, environment: str, identity: str, outcomes: Sequence[Outcome]) -> None:
    """Write the results into the manifest; gates take minutes, so another process may have written it meanwhile."""
    for again in (True, True, True, False):
        manifest = Manifest.open(store, environment, identity)
        try:
            manifest.write(in_build(manifest.build, outcomes))
        except Conflict as error:
            if not again:
                what = f"the results are not in the manifest of {identity}: others write it"
                raise SlipwayError(what, "-e build", "Run this again when they have ended") from error
        else:
            return
