# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""``promote.yml -e from=…`` for hosts: the jar in the next environment's bucket, the site's commit under its tag."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.slipway.deploy.plugins.module_utils.record.journal import Journal
from ansible_collections.slipway.deploy.plugins.module_utils.state.local import LocalStore
from tests.promote.conftest import BUCKET, TAG, Promotions, digest, git, repository
from tests.support.deploys import Ran

NEXT = "umigo-artifacts-next"
KEY = f"main/{TAG}/app.jar"
HOSTS = {"backend": {"hosts": {"b1": {}}}, "site": {"hosts": {"s1": {}}}}


@pytest.fixture(name="site")
def site_fixture(tmp_path: Path) -> Path:
    """The site's repository, with a tag of the first environment."""
    made = repository(tmp_path / "site", {"README.md": "site\n"})
    git(made, "tag", "staging-20261101")
    git(made, "push", "--quiet", "origin", "staging-20261101")
    return made


@pytest.fixture(name="two")
def two_fixture(promotions: Promotions, site: Path) -> Promotions:
    """``local`` runs the backend and the site; ``next`` has a bucket of its own and takes tags ``prod-…``."""
    inventories = promotions.deploys.directory / "inventories"
    (inventories / "local" / "fleet.yml").unlink()
    shutil.copytree(inventories / "local", inventories / "next")
    for name, more in (("local", {}), ("next", {"site_tag_prefix": "prod"})):
        (inventories / name / "hosts.yml").write_text(yaml.safe_dump(HOSTS), encoding="utf-8")
        file = inventories / name / "group_vars" / "all.yml"
        own = {"artifact_bucket": BUCKET if name == "local" else NEXT, "site_repository": f"{site}.git", **more}
        file.write_text(yaml.safe_dump({**yaml.safe_load(file.read_text()), **own}), encoding="utf-8")
    promotions.deploys.variables.pop("artifact_bucket")
    promotions.deploys.sandbox.client("s3").create_bucket(
        Bucket=NEXT, CreateBucketConfiguration={"LocationConstraint": promotions.deploys.sandbox.region}
    )
    commit = git(site, "rev-parse", "HEAD")
    releases = {
        "backend": {"tag": TAG, "digest": digest(b"0.2.0"), "bucket": BUCKET, "key": KEY, "branch": "main"},
        "site": {"tag": "staging-20261101", "digest": f"commit:{commit}", "bucket": "", "key": "x", "commit": commit},
    }
    record = {"schema": "slipway/record/1", "id": "2026-11-20T21-04-11Z-r", "environment": "local", "phase": "closed"}
    Journal.open(
        LocalStore(promotions.deploys.state),
        {**record, "outcome": "succeeded", "label": TAG, "targets": [], "releases": releases, "previous": None},
    )
    return promotions


def promote(two: Promotions, *arguments: str) -> Ran:
    return two.deploys.run("playbooks/promote.yml", "-e", "env=next", "-e", "from=local", *arguments)


def test_the_jar_is_copied_and_the_commit_has_a_tag_of_the_next_environment(two: Promotions, site: Path) -> None:
    for words, said in (
        (("from=lokal",), "-e from: from=lokal: no such environment in inventories/"),
        ((f"backend_tag={TAG}",), "backend_tag is for the promotion of one version, not with from"),
    ):
        refused = promote(two, *(part for word in words for part in ("-e", word)))
        assert refused.code != 0
        assert said in refused.text
    s3: Any = two.deploys.sandbox.client("s3")
    s3.put_object(Bucket=NEXT, Key=KEY, Body=b"another", ChecksumAlgorithm="SHA256")
    refused = promote(two)
    assert refused.code != 0
    assert f"s3://{NEXT}/{KEY}: its digests differ" in refused.text
    commit = git(site, "rev-parse", "HEAD")
    assert "what runs has no tag of next (prod-YYYYMMDD)" in refused.text
    assert f"git tag -a <tag> {commit[:12]}" in refused.text
    assert not (two.deploys.state / "next").exists()

    s3.delete_object(Bucket=NEXT, Key=KEY)
    git(site, "tag", "--annotate", "--message", "Release", "prod-20261201")
    git(site, "push", "--quiet", "origin", "prod-20261201")
    done = promote(two, "--diff")
    assert done.code == 0, done.text
    assert "local → next · 2 of 2 releases would change next" in done.out
    assert s3.get_object(Bucket=NEXT, Key=KEY)["Body"].read() == b"0.2.0"
    assert s3.get_object(Bucket=NEXT, Key=f"{KEY}.sha256")["Body"].read().decode().startswith(digest(b"0.2.0")[7:])
    (file,) = (two.deploys.state / "next" / "builds").glob("*.json")
    artifacts = json.loads(file.read_text(encoding="utf-8"))["artifacts"]
    assert artifacts["backend"]["location"] == f"s3://{NEXT}/{KEY}"
    assert artifacts["backend"]["digest"] == digest(b"0.2.0")
    assert (artifacts["site"]["version"], artifacts["site"]["commit"]) == ("prod-20261201", commit)
