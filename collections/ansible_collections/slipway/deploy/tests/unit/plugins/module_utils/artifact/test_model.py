# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which key is a tag's artifact, and what its digest is."""

from __future__ import annotations

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.artifact.model import (
    Artifact,
    absent,
    agreed,
    branch_of,
    check_tag,
    matching_keys,
    nearest_tags,
    one_of,
    read_digest,
    recorded_digest,
    release_id,
    tags_of,
)
from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError

A, B = "sha256:" + "a" * 64, "sha256:" + "b" * 64

TAGS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,12}", fullmatch=True)
BRANCHES = st.lists(TAGS, min_size=1, max_size=4).map("/".join)


@given(BRANCHES, TAGS)
def test_a_key_is_read_from_its_end(branch: str, tag: str) -> None:
    key = f"{branch}/{tag}/app.jar"
    assert matching_keys([key], tag) == [key]
    assert branch_of(key, tag) == branch
    assert tags_of([key]) == [tag]


@given(BRANCHES, TAGS, TAGS)
def test_another_tag_never_matches(branch: str, tag: str, other: str) -> None:
    """Neither as the end of a longer tag, nor as a part of a branch, nor beside a file of another name."""
    keys = [
        f"{branch}/x{tag}/app.jar",
        f"{branch}/{tag}/{other}/app.jar",
        f"{branch}/{tag}/app.jar.sha256",
        f"{tag}/app.jar",
        f"/{tag}/app.jar",
    ]
    assert matching_keys(keys, tag) in ([], [f"{branch}/{tag}/{other}/app.jar"] if other == tag else [])


@given(st.binary(max_size=64))
def test_what_s3_keeps_is_the_digest(body: bytes) -> None:
    digest = hashlib.sha256(body)
    said = base64.b64encode(digest.digest()).decode()
    assert recorded_digest({"ChecksumSHA256": said}) == f"sha256:{digest.hexdigest()}"
    assert recorded_digest({"ChecksumSHA256": said, "ChecksumType": "FULL_OBJECT"}) == f"sha256:{digest.hexdigest()}"
    assert recorded_digest({"ChecksumSHA256": said, "ChecksumType": "COMPOSITE"}) is None
    assert recorded_digest({"ChecksumSHA256": f"{said}-3"}) is None


@pytest.mark.parametrize("head", [{}, {"ChecksumSHA256": None}, {"ChecksumSHA256": "AAAA"}, {"ChecksumSHA256": "?"}])
def test_what_s3_does_not_keep(head: dict[str, str]) -> None:
    assert recorded_digest(head) is None


@pytest.mark.parametrize("text", ["a" * 64, A, "A" * 64, f"{'a' * 64}  app.jar\n", f"{'a' * 64} *app.jar\n"])
def test_the_forms_of_a_digest(text: str) -> None:
    assert read_digest(text, "here") == A


@pytest.mark.parametrize("text", ["", "\n", "a" * 63, "a" * 65, "md5:" + "a" * 64, "<html>"])
def test_what_is_no_digest(text: str) -> None:
    with pytest.raises(SlipwayError, match="here: this is not a SHA-256 digest"):
        read_digest(text, "here")


@pytest.mark.parametrize("tag", ["", "a/b", "..", ".hidden", "a b", "a\nb", "-x"])
def test_tags_that_are_refused(tag: str) -> None:
    with pytest.raises(SlipwayError, match="cannot be the tag"):
        check_tag(tag)


def test_a_release_is_named_by_tag_and_digest() -> None:
    assert release_id("backend-v0.2.0", "sha256:0a1b2c3d4e5f" + "0" * 52) == "backend-v0.2.0-0a1b2c3d4e5f"


def test_digests_have_to_agree() -> None:
    assert agreed({}, "x") is None
    assert agreed({"S3": A, "the sidecar": A}, "x") == A
    with pytest.raises(SlipwayError, match="its digests differ: S3 says sha256:aaa.*the sidecar says sha256:bbb"):
        agreed({"S3": A, "the sidecar": B}, "x")


def artifact(branch: str, digest: str) -> Artifact:
    return Artifact("b", f"{branch}/v1/app.jar", branch, "v1", digest, 1)


def test_several_branches_with_the_same_are_one() -> None:
    assert one_of([artifact("main", A), artifact("x/y", A)]).branch == "main"


def test_several_branches_with_others_are_listed() -> None:
    with pytest.raises(SlipwayError, match="s3://b/main/v1/app.jar .*s3://b/x/y/v1/app.jar .*set the branch"):
        one_of([artifact("main", A), artifact("x/y", B)])


def test_an_absent_tag_names_the_nearest() -> None:
    keys = [f"main/backend-v0.{n}.0/app.jar" for n in range(9)]
    said = str(absent("b", "backend-v0.2.1", "main", keys))
    assert said.startswith("s3://b/main/backend-v0.2.1/app.jar: the tag backend-v0.2.1 has no artifact")
    assert "backend-v0.2.0" in said
    assert "There are no artifacts on any branch" in str(absent("b", "v1", None, ["x", "slipway/dev/y.tar.gz"]))
    assert nearest_tags(["alpha", "beta"], "zzz") == ["beta", "alpha"]
