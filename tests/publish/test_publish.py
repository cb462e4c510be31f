# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""``playbooks/publish.yml``: what a person sees of it, and the manifest that it writes."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from ansible_collections.slipway.deploy.plugins.module_utils.artifact.api import resolve_artifact
from tests.publish.conftest import BUCKET, Source


def test_a_release_is_published_once(source: Source, tmp_path: Path) -> None:
    saw = tmp_path / "saw"
    source.deploys.environ |= {"MVN_SAW": str(saw), "DEPLOY_TOKEN": "of-the-pipeline"}
    would = source.run("--check")
    assert would.code == 0, would.text
    assert "would build and publish backend (backend)" in would.out
    assert source.jars() == []

    done = source.run()
    assert done.code == 0, done.text
    assert source.results() == {"backend": "built", "com.acme:common": "built", "@acme/ui": "built"}
    manifest = source.manifest()
    assert manifest["result"] == "built"
    backend = manifest["artifacts"]["backend"]
    assert backend["location"] == f"s3://{BUCKET}/main/backend-v1.1.0/app.jar"
    # As a deploy and a promotion find it.
    found = resolve_artifact(source.deploys.sandbox.client("s3"), BUCKET, "backend-v1.1.0")
    assert (found.digest, found.known_from, found.branch) == (backend["digest"], ("S3",), "main")
    assert found.digest == "sha256:" + hashlib.sha256(b"backend 1").hexdigest()
    library = manifest["artifacts"]["com.acme:common"]["location"]
    assert library == "codeartifact:umigo/libraries/maven/com.acme:common:1.1.0"

    # The build could read from the registry. Its token was nowhere but in memory, and it saw no other secret.
    token = re.findall("<password>(.+?)</password>", saw.with_name("saw.settings").read_text())[0]
    places = [path.read_text(errors="replace") for path in source.deploys.directory.rglob("*.json")]
    for text in (saw.read_text(), done.text, *places):
        assert token not in text
        assert "of-the-pipeline" not in text

    source.deploys.sandbox.control("calls", method="DELETE")
    again = source.run("-e", f"build={manifest['id']}")
    assert again.code == 0, again.text
    assert source.results() == dict.fromkeys(manifest["artifacts"], "unchanged")
    assert source.calls() == []
    assert source.manifest()["id"] == manifest["id"]
    assert source.manifest()["result"] == "built"


def test_what_is_wrong_is_said_before_a_build(source: Source) -> None:
    source.version("1.2.0-SNAPSHOT", "broken")
    refused = source.run()
    assert refused.code == 2
    lines = [line for line in refused.lines if "'1.2.0-SNAPSHOT' is not X.Y.Z, as main needs. Set it to 1.2.0" in line]
    assert len(lines) == 3, refused.text
    # The build itself fails, and nothing is published.
    failed = source.run("-e", "branch=develop")
    assert failed.code == 2
    assert "the build failed (exit code 1): Broken.java:[1,1] cannot find symbol" in failed.text
    assert "Traceback" not in failed.text
    assert source.results() == {"backend": "failed", "common": "failed", "@acme/ui": "not built"}
    assert (source.manifest()["result"], source.versions(), source.jars()) == ("failed", {}, [])
