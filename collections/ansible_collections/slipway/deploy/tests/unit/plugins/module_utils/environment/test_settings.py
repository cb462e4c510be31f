# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Settings and image tags: typed, with every mistake named at once."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError, SlipwayErrors
from ansible_collections.slipway.deploy.plugins.module_utils.environment.settings import (
    check_selected,
    desired_service,
    read_settings,
    wanted_tags,
)

SERVICES = ["api-gateway", "user-service"]
STORE = {"state_store": "/var/lib/slipway"}
HOST = {
    "ecs_cluster": "sdt-dev-cluster",
    "service_name_prefix": "sdt-dev-",
    "image_repository_prefix": "sdt/dev/",
    "ecr_registry": "962496666337.dkr.ecr.eu-west-1.amazonaws.com",
}


def test_defaults() -> None:
    settings = read_settings(STORE, "dev", SERVICES)
    assert (settings.limits.max_parallel, settings.limits.stabilise_timeout) == (4, 600)
    assert (settings.on_failure, settings.verify_unverifiable, settings.resume) == ("undo", "warn", None)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("max_parallel", 0),
        ("max_parallel", 1.5),
        ("max_parallel", "many"),
        ("max_parallel", True),
        ("stabilise_timeout", -1),
        ("stabilise_timeout", "nan"),
        ("lock_ttl", 1),
        ("lock_wait", "soon"),
        ("on_failure", "pray"),
        ("verify_unverifiable", "ignore"),
        ("resume", "maybe"),
        ("force_full_build", "perhaps"),
        ("ship_drift", "usr-service"),
        ("dismiss_drift", ["user-service", "nothing"]),
        ("state_store", ""),
        ("state_store", ["a"]),
        ("to", ""),
        ("to", "  "),
        ("to", 1.1),
        ("to", True),
        ("on_failure", False),
        ("state_store", None),
        ("lock_wait", None),
        ("force_full_build", None),
        ("reason", date(2026, 11, 30)),
        ("release_title", 1e5),
    ],
)
def test_a_wrong_value_is_named_with_what_would_be_right(name: str, value: Any) -> None:
    with pytest.raises(SlipwayErrors) as caught:
        read_settings({**STORE, name: value}, "dev", SERVICES)
    (error,) = caught.value.errors
    assert name in error.what
    assert error.where
    assert error.remedy


def test_all_wrong_values_are_said_at_once() -> None:
    with pytest.raises(SlipwayErrors) as caught:
        read_settings({"max_parallel": 0, "on_failure": "x", "lock_ttl": "y"}, "dev", SERVICES)
    assert len(caught.value.errors) == 4


@pytest.mark.parametrize(("said", "meant"), [(True, True), ("yes", True), ("False", False), ("", False)])
def test_what_counts_as_true(said: Any, meant: bool) -> None:
    assert read_settings({**STORE, "force_full_build": said}, "dev", SERVICES).force is meant


@pytest.mark.parametrize(
    "said", ["user-service", "user-service,api-gateway", ["user-service"], "user-service api-gateway"]
)
def test_drift_is_shipped_by_name(said: Any) -> None:
    settings = read_settings({**STORE, "ship_drift": said}, "dev", SERVICES)
    assert isinstance(settings.ship_drift, frozenset)
    assert "user-service" in settings.ship_drift


@pytest.mark.parametrize(
    ("value", "tags"),
    [
        (None, None),
        ("3f9c2d1", "3f9c2d1"),
        (3141592, "3141592"),
        ("user-service=a1b2c3d", {"user-service": "a1b2c3d"}),
        (" user-service = a , api-gateway = b ,", {"user-service": "a", "api-gateway": "b"}),
        ('{"user-service": "a"}', {"user-service": "a"}),
        ({"user-service": "a"}, {"user-service": "a"}),
        ("sha256:" + "a" * 64, "sha256:" + "a" * 64),
    ],
)
def test_image_tags(value: Any, tags: Any) -> None:
    assert wanted_tags(value, SERVICES) == tags


@pytest.mark.parametrize(
    "value", ["usr-service=a", "user-service=-a", "a b", "user-service=", '{"user-service"', ".a", "x" * 129]
)
def test_image_tags_that_cannot_be(value: str) -> None:
    with pytest.raises(SlipwayError) as caught:
        wanted_tags(value, SERVICES)
    assert "image_tag" in str(caught.value) or "image tag" in str(caught.value)


_TAG = "A tag is up to 128 of A-Z a-z 0-9 _ . - and does not begin with . or -"
_FORMS = "Set -e image_tag=<tag> for all, or -e image_tag=<service>=<tag>,<service>=<tag>"


@pytest.mark.parametrize(
    ("value", "lines"),
    [
        ("a b", [f"'a b' is not a valid image tag. {_TAG}"]),
        (
            "user-servcie=3f9c2d1,api-gateway=",
            [
                "'user-servcie' is not a service. Did you mean user-service?",
                f"'' of api-gateway is not a valid image tag. {_TAG}",
            ],
        ),
        ("user-service=a,user-service=b", ["user-service is named twice. Keep one of them"]),
        (["a"], [f"image_tag is a list. {_FORMS}"]),
        (
            '{"user-service": }',
            [f"'{{\"user-service\": }}' is not valid JSON (Expecting value: line 1 column 18 (char 17)). {_FORMS}"],
        ),
    ],
)
def test_image_tags_are_refused_with_what_would_be_right(value: Any, lines: list[str]) -> None:
    with pytest.raises(SlipwayError) as caught:
        wanted_tags(value, SERVICES)
    assert str(caught.value).splitlines() == [f"-e image_tag: {line}" for line in lines]


@pytest.mark.parametrize("value", ["", "  ", {}, "{}"])
def test_an_empty_image_tag_is_never_the_default_tag(value: Any) -> None:
    with pytest.raises(SlipwayErrors, match="-e image_tag: image_tag is empty"):
        wanted_tags(value, SERVICES)


def test_an_empty_release_to_go_back_to_is_named_as_it_was_said() -> None:
    with pytest.raises(SlipwayErrors, match="-e to: to is empty"):
        read_settings({**STORE, "to": ""}, "dev", SERVICES, extra=["to"])
    with pytest.raises(SlipwayErrors, match="all.yml: to is null. Give it a value, or leave it out"):
        read_settings({**STORE, "to": None}, "dev", SERVICES)
    assert read_settings(STORE, "dev", SERVICES).to is None


@pytest.mark.parametrize(
    ("host", "tags", "tag"),
    [
        ({}, None, "latest"),
        ({"default_image_tag": "develop"}, None, "develop"),
        ({"default_image_tag": "develop", "service_image_tag": "v1"}, None, "v1"),
        ({"service_image_tag": "v1"}, "3f9c2d1", "3f9c2d1"),
        ({"service_image_tag": "v1"}, {"user-service": "3f9c2d1"}, "3f9c2d1"),
        ({"service_image_tag": "v1"}, {"api-gateway": "3f9c2d1"}, "v1"),
    ],
)
def test_the_tag_that_a_service_should_run(host: dict[str, str], tags: Any, tag: str) -> None:
    wanted = desired_service(
        "user-service", {**HOST, **host}, wave=4, selected=True, tags=tags, force=False, where="inventories/dev"
    )
    assert wanted.tag == tag
    assert (wanted.service, wanted.container) == ("sdt-dev-user-service", "user-service")
    assert wanted.repository == "sdt/dev/user-service"


def test_a_service_without_a_cluster_is_named() -> None:
    with pytest.raises(SlipwayErrors, match="ecs_cluster is not set"):
        desired_service("user-service", {}, wave=4, selected=True, tags=None, force=False, where="inventories/dev")


@pytest.mark.parametrize("group", ["backend", "site"])
def test_how_many_hosts_may_fail_is_said_under_the_groups_name(group):
    settings = read_settings({"state_store": "/tmp/x", f"{group}_failure_threshold": "2"}, "staging", [])
    assert settings.host_failure_thresholds == {"backend": 0, "site": 0, group: 2}


@pytest.mark.parametrize(
    ("value", "line"),
    [
        (1.1, "-e image_tag: image_tag is the number 1.1, not a text. Write the tag in quotes"),
        (True, "-e image_tag: image_tag is true or false, not a text. Write the tag in quotes"),
        (
            {"user-service": None},
            "-e image_tag: image_tag of user-service is null. Write the tag in quotes",
        ),
        (
            '{"user-service": 1.10}',
            "-e image_tag: image_tag of user-service is the number 1.1, not a text. Write the tag in quotes",
        ),
        (
            '{"user-service": "a", "user-service": "b"}',
            "-e image_tag: user-service is named twice. Keep one of them",
        ),
    ],
)
def test_a_tag_that_is_not_a_text_is_refused(value: Any, line: str) -> None:
    with pytest.raises(SlipwayError) as raised:
        wanted_tags(value, SERVICES)
    assert str(raised.value) == line


def test_a_tag_in_plain_digits_is_that_tag() -> None:
    assert wanted_tags({"user-service": 20261130}, SERVICES) == {"user-service": "20261130"}


def test_what_is_said_of_a_service_outside_the_limit_is_refused() -> None:
    check_selected({"image_tag": ["user-service"]}, {"user-service"}, SERVICES)
    with pytest.raises(SlipwayErrors) as raised:
        check_selected({"image_tag": ["api-gateway"], "ship_drift": ["api-gateway"]}, {"user-service"}, SERVICES)
    assert str(raised.value) == (
        "-e image_tag: api-gateway is not in --limit. Name it in --limit, or leave it out here\n"
        "-e ship_drift: api-gateway is not in --limit. Name it in --limit, or leave it out here"
    )
