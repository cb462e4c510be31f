# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.image.reference import (
    ImageRef,
    ecr_account,
    is_digest,
    is_tag,
    parse_image,
    short_digest,
)

DIGEST = "sha256:" + "0a" * 32


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("nginx", ImageRef("nginx")),
        ("nginx:1.27", ImageRef("nginx", tag="1.27")),
        ("library/nginx", ImageRef("library/nginx")),
        ("localhost/nginx:x", ImageRef("nginx", "localhost", "x")),
        ("localhost:5000/a/b:x", ImageRef("a/b", "localhost:5000", "x")),
        ("public.ecr.aws/xray/daemon:3.x", ImageRef("xray/daemon", "public.ecr.aws", "3.x")),
        (f"r.example.com/a@{DIGEST}", ImageRef("a", "r.example.com", digest=DIGEST)),
        (f"r.example.com/a:t@{DIGEST}", ImageRef("a", "r.example.com", "t", DIGEST)),
    ],
)
def test_parse(text: str, parts: ImageRef) -> None:
    assert parse_image(text) == parts
    assert str(parts) == text


@pytest.mark.parametrize("text", ["", ":x", "a:", "a@", "A/b", "a b", "a@sha256:12", "a::b", "a//b", "r.io/"])
def test_what_is_no_reference(text: str) -> None:
    with pytest.raises(SlipwayError, match="is not an image reference"):
        parse_image(text)


names = st.from_regex(r"[a-z0-9]{1,8}([._-][a-z0-9]{1,4})?(/[a-z0-9]{1,8}){0,2}", fullmatch=True)
tags = st.one_of(st.just(""), st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}", fullmatch=True))
digests = st.one_of(st.just(""), st.from_regex(r"sha256:[0-9a-f]{64}", fullmatch=True))


@given(names, st.sampled_from(["r.example.com", "localhost", "127.0.0.1:5000"]), tags, digests)
def test_what_is_written_is_read_again(repository: str, registry: str, tag: str, digest: str) -> None:
    image = ImageRef(repository, registry, tag, digest)
    assert parse_image(str(image)) == image
    assert parse_image(str(image.at(DIGEST))) == ImageRef(repository, registry, "", DIGEST)


@given(st.text(max_size=40))
def test_any_text_is_an_image_or_an_error(text: str) -> None:
    with suppress(SlipwayError):
        assert str(parse_image(text)) == text.strip()


def test_words() -> None:
    assert is_digest(DIGEST)
    assert not is_digest("3f9c2d1")
    assert is_tag("3f9c2d1")
    assert not is_tag("a/b")
    assert short_digest(DIGEST) == "sha256:0a0a"
    assert short_digest("") == ""
    assert ecr_account("962496666337.dkr.ecr.eu-west-1.amazonaws.com") == ("962496666337", "eu-west-1")
    assert ecr_account("public.ecr.aws") is None
