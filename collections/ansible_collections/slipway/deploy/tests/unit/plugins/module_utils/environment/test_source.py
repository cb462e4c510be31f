# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which line names what, what is written twice, and what is not valid YAML."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.environment.source import Places, read_source

FLEET = """---
fleet:
  children:
    priority_1:
      hosts:
        config-server:
          service_port: 8888
    priority_4:
      hosts:
        user-service:
        task-service: {service_port: 1}
tools:
  hosts: {builder: }
"""


def test_hosts_and_groups_have_their_line() -> None:
    source = read_source(FLEET, "fleet.yml")
    assert source.errors == ()
    assert source.plugin is None
    assert source.places.hosts == {
        "config-server": "fleet.yml:6",
        "user-service": "fleet.yml:10",
        "task-service": "fleet.yml:11",
        "builder": "fleet.yml:13",
    }
    assert source.places.groups == {
        "fleet": "fleet.yml:2",
        "priority_1": "fleet.yml:4",
        "priority_4": "fleet.yml:8",
        "tools": "fleet.yml:12",
    }


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (
            "fleet:\n  hosts:\n    a:\n    b:\n    a:\n",
            ["f.yml:5: a is written twice, first on line 3. Keep one of them"],
        ),
        ("x: [{a: 1, a: 2}]\n", ["f.yml:1: a is written twice, first on line 1. Keep one of them"]),
        ("a: 1\nb: 1\na: 2\nb: 2\n", ["f.yml:3: a is written", "f.yml:4: b is written"]),
        ("a: {x: 1}\nb: {x: 1}\n", []),
        ("a: [1\nb: 2\n", ["f.yml:2: not valid YAML: "]),
        ("a:\n\t- b\n", ["f.yml:2: not valid YAML: found character that cannot start any token"]),
        ("a: *nowhere\n", ["f.yml:1: not valid YAML: found undefined alias"]),
        ("a: 1\n---\nb: 1\n", ["f.yml:2: not valid YAML: "]),
        ("secret: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  00\n", []),
        ("$ANSIBLE_VAULT;1.1;AES256\n00\n", []),
    ],
)
def test_mistakes_are_told_with_their_line(text: str, lines: list[str]) -> None:
    found = [str(error) for error in read_source(text, "f.yml").errors]
    assert len(found) == len(lines)
    assert all(line.startswith(start) for line, start in zip(found, lines, strict=True))


@pytest.mark.parametrize("text", ["", "---\n", "# nothing\n"])
def test_an_empty_file_is_known_as_such(text: str) -> None:
    assert read_source(text, "f.yml").empty


def test_a_plugin_file_names_its_plugin_and_no_hosts() -> None:
    source = read_source("plugin: amazon.aws.aws_ec2\nregions: [eu-west-1]\n", "f.yml")
    assert (source.plugin, source.places, source.empty) == ("amazon.aws.aws_ec2", Places(), False)


def test_the_first_file_that_names_a_host_keeps_it() -> None:
    places = Places({"a": "one.yml:1"}, {})
    places.merge(Places({"a": "two.yml:1", "b": "two.yml:2"}, {"fleet": "two.yml:3"}))
    assert places == Places({"a": "one.yml:1", "b": "two.yml:2"}, {"fleet": "two.yml:3"})


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    for error in read_source(text, "f.yml").errors:
        assert "\n" not in str(error)
