# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One image, from a commit to the registry: ECR's login and rules in front of a real registry, and what goes wrong.

Without ``ansible-playbook``: tests/e2e/test_build.py has the whole way.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import stat
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.aws.client import AwsSettings, make_clients
from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.image.reference import ImageRef
from ansible_collections.slipway.deploy.plugins.module_utils.image.registry import Login, read_blob, read_manifest
from ansible_collections.slipway.deploy.plugins.module_utils.image_builds.api import Ecr
from ansible_collections.slipway.deploy.plugins.module_utils.image_builds.build import Outcome, Work, begin, build, tag
from ansible_collections.slipway.deploy.plugins.module_utils.image_builds.engines import Push
from ansible_collections.slipway.deploy.plugins.module_utils.image_builds.model import CYCLONEDX, Planned, Recipe, Seen
from ansible_collections.slipway.deploy.plugins.module_utils.image_builds.tags import Tags
from sandbox.testing import Sandbox
from tests.support.hosts import podman
from tests.support.source import commit, git

REGISTRY = "000000000000.dkr.ecr.eu-west-1.amazonaws.com"
ADDRESS = "https://git.example.org/acme/one-image"
ELSEWHERE = f"{ADDRESS}-moved"
BOM = json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": []})
EXCLUDED = ("develop", "latest")
COMMAND = ("sh", "-c", f"umask 077; echo \"$SOURCE_DATE_EPOCH $MAVEN_OPTS\" > app/made; printf '%s' '{BOM}' > bom.json")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(seed="none") as running:
        yield running
    for address in (ADDRESS, ELSEWHERE):
        podman("image", "prune", "--force", "--filter", f"label=org.opencontainers.image.source={address}")


@pytest.fixture
def ecr(sandbox: Sandbox) -> Iterator[Ecr]:
    """ECR with one repository."""
    sandbox.control("reset", {})
    settings = AwsSettings("local", "eu-west-1", "000000000000", None, sandbox.endpoint, "sandbox", "sandbox")
    made = Ecr(make_clients(settings), REGISTRY, "ecr_registry")
    made.create("acme/one", EXCLUDED)
    yield made
    sandbox.control("faults", {}, "DELETE")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    place = tmp_path / "clone"
    place.mkdir()
    git(place, "init", "-q", "-b", "develop")
    commit(place, {"app/x": "1", "Dockerfile": "FROM scratch\nCOPY app /app/\nENV A=1\nUSER 1000\n"})
    return place


def work_in(directory: Path, ecr: Ecr, clone: Path) -> Work:
    """What the builds of a run share, ready."""
    login = ecr.login()
    directory.mkdir()
    found = Work(
        "podman",
        Push(login.host, login.insecure, str(directory / "login")),
        Login(login.basic, insecure=login.insecure),
        clone,
        git(clone, "rev-parse", "HEAD"),
        ADDRESS,
        directory,
        directory.with_suffix(".logs"),
        60.0,
        lambda: False,
    )
    begin(found, login.password)
    return found


def planned(work: Work, digest: str = "", **more: Any) -> Planned:
    given = {"dockerfile": "Dockerfile", "version": "1.2.0", **more}
    recipe = Recipe("one", ImageRef("acme/one", REGISTRY), Tags((work.commit, "v1.2.0"), EXCLUDED), **given)
    return Planned(recipe, "build", digest=digest)


def see(ecr: Ecr, work: Work) -> Seen:
    return ecr.see(ecr.repositories()["acme/one"], work.commit, (work.commit, "v1.2.0", *EXCLUDED))


def test_the_image_is_of_the_commit_and_has_the_same_digest_elsewhere(ecr: Ecr, clone: Path, tmp_path: Path) -> None:
    work = work_in(tmp_path / "first", ecr, clone)
    mode = stat.S_IMODE(Path(work.push.login_file("podman")).stat().st_mode)
    assert mode == 0o600
    item = planned(work, command=COMMAND, sbom="bom.json")
    done = build(work, item)
    assert done.error == ""
    assert see(ecr, work) == Seen(ecr.repositories()["acme/one"], {work.commit: done.digest}, done.sbom)
    image = work.pushed(item.recipe)
    manifest = read_manifest(image, work.commit, work.login).document
    config = json.loads(read_blob(image, manifest["config"]["digest"], work.login))
    assert config["config"]["Labels"] == {
        "org.opencontainers.image.revision": work.commit,
        "org.opencontainers.image.version": "1.2.0",
        "org.opencontainers.image.source": ADDRESS,
    }
    attached = read_manifest(image, done.sbom, work.login).document
    assert (attached["artifactType"], attached["subject"]["digest"]) == (CYCLONEDX, done.digest)
    assert read_blob(image, attached["layers"][0]["digest"], work.login).decode() == BOM
    layer = gzip.decompress(read_blob(image, manifest["layers"][0]["digest"], work.login))
    with tarfile.open(fileobj=io.BytesIO(layer)) as files:
        made = files.extractfile("app/made")
        assert made is not None
        seconds = git(clone, "show", "-s", "--format=%ct", "HEAD")
        assert made.read().decode().startswith(f"{seconds} ")
        assert {member.mtime for member in files} == {0}
    assert not (work.place / "one").exists()
    assert (work.tree / "app" / "made").exists() is False

    # Another clone, with other times and modes and changed files, on a registry that has nothing.
    other = tmp_path / "other"
    git(tmp_path, "clone", "-q", str(clone), str(other))
    (other / "app" / "x").write_text("changed")
    assert tag(work, item.recipe, done.digest, ["v1.2.0", "develop"]) == ""
    ecr._client.delete_repository(repositoryName="acme/one", force=True)
    ecr.create("acme/one", EXCLUDED)
    before = os.umask(0o077)
    try:
        again = build(work_in(tmp_path / "second", ecr, other), item)
    finally:
        os.umask(before)
    assert again.digest == done.digest


def test_tags_move_only_if_they_may(ecr: Ecr, clone: Path, tmp_path: Path) -> None:
    first = work_in(tmp_path / "first", ecr, clone)
    one = planned(first)
    old = build(first, one).digest
    commit(clone, {"app/x": "2"})
    second = work_in(tmp_path / "second", ecr, clone)
    new = build(second, planned(second)).digest
    assert tag(first, one.recipe, old, ["v1.2.0", "develop"]) == ""
    assert tag(second, one.recipe, new, ["develop"]) == ""
    error = tag(second, one.recipe, new, ["v1.2.0"])
    assert "'v1.2.0' already exists in the 'acme/one' repository and cannot be overwritten" in error
    assert see(ecr, second).tags == {second.commit: new, "v1.2.0": old, "develop": new}
    # Nor does the engine's own push move one: the commit of another run, with other content.
    moved = build(replace(first, source=ELSEWHERE), one)
    assert "cannot be overwritten because the tag is immutable" in moved.error
    assert moved.digest == ""


def test_a_bill_of_materials_that_is_missing_is_attached_to_the_image_that_is_there(
    ecr: Ecr, clone: Path, tmp_path: Path, sandbox: Sandbox
) -> None:
    work = work_in(tmp_path / "work", ecr, clone)
    item = planned(work, command=COMMAND, sbom="bom.json")
    sandbox.control("faults", {"kind": "reset", "service": "registry", "action": "PutManifest", "skip": 1})
    broken = build(work, item)
    assert "the registry cannot be reached" in broken.error
    sandbox.control("faults", {}, "DELETE")
    found = see(ecr, work)
    assert found.sbom == ""
    sandbox.control("calls", {}, "DELETE")
    done = build(work, replace(item, digest=found.tags[work.commit]))
    assert done.error == ""
    assert see(ecr, work).sbom == done.sbom
    # The image itself was not pushed again.
    assert sandbox.control("calls")["counts"].get("registry:PatchBlob", 0) == 0


def test_packages_that_the_image_records_are_its_bill_of_materials(ecr: Ecr, clone: Path, tmp_path: Path) -> None:
    commit(clone, {"app/x-1.0.dist-info/METADATA": "Name: x\nVersion: 1.0\n"})
    work = work_in(tmp_path / "work", ecr, clone)
    item = planned(work)
    done = build(work, item)
    assert done.error == ""
    image = work.pushed(item.recipe)
    layer = read_manifest(image, done.sbom, work.login).document["layers"][0]
    assert layer["mediaType"] == CYCLONEDX
    document = json.loads(read_blob(image, layer["digest"], work.login))
    assert [item["purl"] for item in document["components"]] == ["pkg:pypi/x@1.0"]
    assert document["metadata"]["component"]["version"] == work.commit


def failed(work: Work, **more: Any) -> Outcome:
    done = build(work, planned(work, **more))
    assert done.error
    assert "Traceback" not in done.error
    assert (done.digest, done.tags) == ("", ())
    return done


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"dockerfile": "Nothing"}, "no such file or directory"),
        ({"command": ("no-such-program",)}, "cannot start no-such-program: no such file or directory"),
        (
            {"command": ("sh", "-c", "seq 100; echo '\x1b[31m::error::x'; exit 3")},
            "94\n95\n96\n97\n98\n99\n100\n: :error::x",
        ),
        ({"command": ("false",)}, "false ended with code 1"),
        ({"sbom": "bom.json"}, "the bill of materials cannot be read (No such file or directory)"),
        ({"sbom": "Dockerfile"}, "it is not valid JSON"),
        ({"command": ("cp", "/dev/stdin", "bom.json"), "sbom": "bom.json"}, "it is not valid JSON"),
    ],
)
def test_a_build_that_fails(ecr: Ecr, clone: Path, tmp_path: Path, more: dict[str, Any], said: str) -> None:
    assert said in failed(work_in(tmp_path / "work", ecr, clone), **more).error


def test_what_takes_too_long_or_is_stopped(ecr: Ecr, clone: Path, tmp_path: Path) -> None:
    work = replace(work_in(tmp_path / "work", ecr, clone), timeout=0.01)
    assert failed(work, command=("sleep", "60")).error == "it did not end within 0.01 s (build_timeout)"
    assert failed(replace(work, stopping=lambda: True), command=("sleep", "60")).error == "it was stopped"


def test_a_login_that_expires_and_a_registry_that_is_down(
    ecr: Ecr, clone: Path, tmp_path: Path, sandbox: Sandbox
) -> None:
    work = work_in(tmp_path / "work", ecr, clone)
    sandbox.control("registry", {"expire": True})
    assert "Your authorization token has expired. Reauthenticate and try again. (HTTP 403)" in failed(work).error
    assert "Your authorization token has expired" in tag(work, planned(work).recipe, f"sha256:{'1' * 64}", ["x"])
    again = work_in(tmp_path / "again", ecr, clone)
    down = {"kind": "error", "service": "registry", "action": "PutManifest", "status": 503, "code": "UNAVAILABLE"}
    sandbox.control("faults", down)
    assert "503" in failed(again).error
    assert see(ecr, again).tags == {}
    sandbox.control("faults", {}, "DELETE")
    assert build(again, planned(again)).error == ""
    sandbox.control("faults", {"kind": "reset", "service": "registry"})
    with pytest.raises(
        SlipwayError, match="podman cannot log in to the registry: .*Check the registry and the network"
    ):
        work_in(tmp_path / "third", ecr, clone)


def test_a_full_disk(ecr: Ecr, clone: Path, tmp_path: Path) -> None:
    commit(clone, {"large": "x" * 400_000})
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(small)], check=True)
    try:
        with pytest.raises(
            SlipwayError, match="cannot be written: no space is left on the disk. Free space there, or let TMPDIR"
        ):
            work_in(small / "work", ecr, clone)
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_what_is_no_registry_of_ecr(ecr: Ecr, sandbox: Sandbox) -> None:
    settings = AwsSettings("local", "eu-west-1", "000000000000", None, sandbox.endpoint, "sandbox", "sandbox")
    with pytest.raises(SlipwayError, match="'docker.io' is not a registry of ECR"):
        Ecr(make_clients(settings), "docker.io", "ecr_registry")
    # Its own repository is as it was created, and gets its policy once.
    assert ecr.repositories()["acme/one"].excluded == EXCLUDED
    assert not ecr.has_lifecycle("acme/one")
    ecr.set_lifecycle("acme/one")
    assert ecr.has_lifecycle("acme/one")
    ecr.set_rule("acme/one", ())
    assert ecr.repositories()["acme/one"].mutability == "IMMUTABLE"
