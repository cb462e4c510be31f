# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which image a tag names, as a registry over HTTP says it."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.image.registry import (
    Login,
    image_digest,
    read_image,
    read_login,
)

from .registry import BODY, DIGEST, REPOSITORY, Registry

LOGIN = base64.b64encode(b"reader:canary").decode()


@pytest.fixture(name="registry")
def registry_fixture() -> Iterator[Registry]:
    """A registry of this machine, with one image."""
    with Registry() as made:
        yield made


def ask(registry: Registry, tag: str = "staging-20261121", basic: str = "") -> str:
    return image_digest(read_image(registry.image, "site_image"), tag, Login(basic, None, insecure=True))


def test_an_open_registry(registry):
    assert ask(registry) == DIGEST
    assert registry.asked == [("HEAD", f"/v2/{REPOSITORY}/manifests/staging-20261121")]


def test_a_registry_that_says_no_digest(registry):
    registry.says_digest = False
    assert ask(registry) == DIGEST
    assert [method for method, _path in registry.asked] == ["HEAD", "GET"]
    assert BODY


@pytest.mark.parametrize("body", [b"", b"<!doctype html>", b'["schemaVersion"]', b"[" * 100_000])
def test_what_is_no_registry_names_no_image(registry, body):
    registry.says_digest, registry.body = False, body
    with pytest.raises(SlipwayError, match="returns no digest"):
        ask(registry)


@pytest.mark.parametrize("kind", ["Basic", "Bearer"])
def test_a_login(registry, kind):
    registry.wants = (kind, LOGIN)
    assert ask(registry, basic=LOGIN) == DIGEST
    for wrong in ("", base64.b64encode(b"reader:canary2").decode()):
        with pytest.raises(SlipwayError, match=r"HTTP 401.*podman login --authfile") as caught:
            ask(registry, basic=wrong)
        assert "canary" not in str(caught.value)
        assert LOGIN not in str(caught.value)


def test_a_tag_that_is_not_there(registry):
    with pytest.raises(SlipwayError, match=r"there is no image of the tag staging-20261122.*Build the tag's image"):
        ask(registry, "staging-20261122")


@pytest.mark.parametrize(
    ("status", "says"), [(500, "answers HTTP 500"), (302, "answers HTTP 302"), (403, "denies access to it")]
)
def test_a_registry_that_does_not_say(registry, status, says):
    registry.status = status
    with pytest.raises(SlipwayError, match=says):
        ask(registry)


def test_a_digest_that_is_none(registry):
    registry.digest = "sha256:x"
    with pytest.raises(SlipwayError, match="returns no digest"):
        ask(registry)


def test_no_registry_and_no_tag():
    image = read_image("127.0.0.1:1/a/b", "site_image")
    with pytest.raises(SlipwayError, match=r"127.0.0.1:1: the registry cannot be reached: Connection refused"):
        image_digest(image, "a", Login(insecure=True))
    with pytest.raises(SlipwayError, match="cannot be an image's tag"):
        image_digest(image, "a/b", Login(insecure=True))
    with pytest.raises(SlipwayError, match="contains no CA certificates"):
        image_digest(image, "a", Login(ca_file="/nonexistent"))


def test_a_login_is_not_sent_in_the_clear(registry):
    """A registry behind TLS that names a realm without it gets no login."""
    from ansible_collections.slipway.deploy.plugins.module_utils.image import registry as module

    asking = module._Registry(read_image(registry.image, "site_image"), Login(LOGIN))
    with pytest.raises(SlipwayError, match="unencrypted connection"):
        asking._token({"realm": f"http://{registry.image}"})


@pytest.mark.parametrize("text", ["", "backend", "a/b", "h.example/a:tag", "h.example/a@sha256:" + 64 * "0", "h.x/A"])
def test_what_is_no_image(text):
    with pytest.raises(SlipwayError, match=r"site_image: .* is not an image's name"):
        read_image(text, "site_image")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "cannot be read"),
        ("{", "no login for h.example"),
        ("[]", "no login for h.example"),
        (json.dumps({"auths": {"other": {"auth": LOGIN}}}), "no login for h.example"),
        (json.dumps({"auths": {"h.example": {"auth": "canary"}}}), "no login for h.example"),
    ],
)
def test_a_file_without_a_login(tmp_path: Path, content, says):
    path = tmp_path / "auth.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(SlipwayError, match=says) as caught:
        read_login(str(path), "h.example")
    assert "canary" not in str(caught.value)


def test_a_file_with_a_login(tmp_path: Path):
    path = tmp_path / "auth.json"
    path.write_text(json.dumps({"auths": {"h.example": {"auth": LOGIN}}}))
    assert read_login(str(path), "h.example") == LOGIN
