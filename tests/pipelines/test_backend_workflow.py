# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The workflow of a backend, run by act against the sandbox, up to a deploy that is refused: there is no host."""

from __future__ import annotations

import json

from tests.pipelines.test_fleet_workflow import ROUTER
from tests.publish.conftest import BUCKET, WRAPPER, files_of
from tests.support.act import Actions, allowed, called
from tests.support.source import commit, git

JVM = "starxtechnologysolutions/Umigo"


def test_a_merge_is_published_and_a_deploy_that_is_refused_is_reported(actions: Actions) -> None:
    place = actions.repositories / JVM
    (place / "backend").mkdir(parents=True)
    git(place, "init", "-q", "-b", "develop")
    (place / "backend" / "mvnw").write_text(WRAPPER)
    (place / "backend" / "mvnw").chmod(0o755)
    head = commit(place, files_of("1.2.0-SNAPSHOT", "1"))
    sandbox = actions.deploys.sandbox
    sandbox.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": sandbox.region})
    sandbox.control("calls", {}, "DELETE")
    change = {"repository": JVM, "ref": "refs/heads/develop", "commit": head}
    run = actions.run(ROUTER, "repository_dispatch", {"client_payload": {"change": change}})
    good = dict.fromkeys(("Route", "Publish", "Gates", "Recover", "Notify", "Summary"), "success")
    assert (run.code, run.results) == (1, {**good, "Deploy": "failure"}), run.text
    (listed,) = sandbox.client("s3").list_objects_v2(Bucket=BUCKET)["Contents"]
    assert listed["Key"] == f"develop/backend-v1.2.0-SNAPSHOT-{head[:7]}/app.jar"
    manifest = max((actions.deploys.state / "local" / "builds").glob("*.json"))
    assert json.loads(manifest.read_text(encoding="utf-8"))["artifacts"]["backend"]["result"] == "built"
    assert "local: no gates declared" in run.jobs["Gates"].text
    assert manifest.stem in run.jobs["Deploy"].text
    assert "::error::" in run.jobs["Deploy"].text
    assert "## ! local: the build succeeded, the deploy failed" in run.jobs["Summary"].text
    assert f"build {manifest.stem}" in run.jobs["Summary"].text
    assert called(actions.deploys) - allowed("detect", "build", "deploy") == set()
