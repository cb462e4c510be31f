# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rules of an environment, and the patterns of paths in them."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.changes.detect import Choices
from ansible_collections.slipway.deploy.plugins.module_utils.changes.paths import pattern
from ansible_collections.slipway.deploy.plugins.module_utils.changes.rules import parse_rules, ruled
from ansible_collections.slipway.deploy.plugins.module_utils.changes.services import Service
from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError

from .builders import chains, pom, root

SERVICES = ["user-service", "task-service"]
FILES = {
    "pom.xml": root(["user", "task"]),
    "user/pom.xml": pom("user"),
    "user/README.md": "1",
    "task/pom.xml": pom("task"),
    "docker/user-service/Dockerfile": "1",
    "docker/mail-service/Dockerfile": "1",
    "docker/base/Dockerfile": "1",
    ".github/workflows/ci.yml": "1",
    "Größe.txt": "1",
}


@pytest.mark.parametrize(
    ("text", "path", "fits"),
    [
        ("docker/*", "docker/a", True),
        ("docker/*", "docker/a/b", False),
        ("docker/**", "docker/a/b", True),
        ("docker/", "docker/a/b", True),
        ("./docker/", "docker/a", True),
        ("docker", "docker/a", False),
        ("**/*.md", "README.md", True),
        ("**/*.md", "a/b/README.md", True),
        ("**/*.md", "a/b/README.mdx", False),
        ("a?c.{yml,yaml}", "abc.yaml", True),
        ("a+(b).txt", "a+(b).txt", True),
        ("a+(b).txt", "aa(b).txt", False),
        ("docker/{service}/{service}.conf", "docker/a/a.conf", True),
        ("docker/{service}/{service}.conf", "docker/a/b.conf", False),
        ("[ab]", "a", False),
        ("a{b", "a{b", True),
    ],
)
def test_a_pattern(text: str, path: str, fits: bool) -> None:
    assert bool(pattern(text).fullmatch(path)) is fits


@pytest.mark.parametrize(
    ("rules", "path", "reached"),
    [
        ([{"paths": ["docker/{service}/**"]}], "docker/user-service/Dockerfile", {"user-service"}),
        ([{"paths": ["docker/base/**"], "services": "all"}], "docker/base/Dockerfile", set(SERVICES)),
        ([{"paths": ["docker/**"], "services": ["task-service"]}], "docker/base/Dockerfile", {"task-service"}),
        ([{"paths": "**/*.md", "services": "none"}], "user/README.md", set()),
        ([{"paths": ["user/**"], "services": ["task-service"]}], "user/README.md", set(SERVICES)),
        # The first one counts, and one whose service is no service does not fit.
        (
            [{"paths": ["docker/{service}/**"]}, {"paths": ["docker/**"], "services": ["task-service"]}],
            "docker/mail-service/Dockerfile",
            {"task-service"},
        ),
        ([{"paths": ["Größe.*"], "services": ["user-service"]}], "Größe.txt", {"user-service"}),
    ],
)
def test_a_rule_reaches_its_services(rules: list[dict[str, Any]], path: str, reached: set[str]) -> None:
    services = [Service("user-service", ("user",)), Service("task-service", ("task",))]
    choices = Choices(parse_rules(rules, SERVICES), "none")
    assert chains(FILES, {**FILES, path: "2"}, services, choices).keys() == reached


def test_a_rule_says_why() -> None:
    rules = parse_rules([{"paths": ["docker/base/**"], "services": "all", "why": "base image"}], SERVICES)
    said = ruled(rules, "docker/base/Dockerfile", SERVICES)
    assert said is not None
    assert (said.services, said.why) == (None, "base image")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"paths": []}, "it is not a list"),
        ([{}], "rule 1: it has no paths"),
        (["docker/**"], "rule 1: it has no paths"),
        ([{"paths": ["docker/**"]}], "it does not say which services it reaches. Write services: all, none or a list"),
        ([{"paths": ["docker/**"], "services": []}], "it does not say which services it reaches"),
        (
            [{"paths": ["docker/**"], "services": ["user-servce"]}],
            "there is no service user-servce. Did you mean user-service?",
        ),
        ([{"paths": ["docker/**"], "service": "all"}], "service is not a field of a rule. Did you mean services?"),
        ([{"paths": ["../docker"], "services": "all"}], "'../docker' does not begin at the repository's root"),
        ([{"paths": [1], "services": "all"}], "paths is not a list of texts"),
    ],
)
def test_a_wrong_rule_is_refused(value: Any, said: str) -> None:
    with pytest.raises(SlipwayError) as raised:
        parse_rules(value, SERVICES)
    assert said in str(raised.value)
    assert str(raised.value).startswith("changes_rules")
