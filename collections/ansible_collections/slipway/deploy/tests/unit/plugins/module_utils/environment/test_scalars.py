# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Values that YAML changes are refused where a text or a number is wanted."""

from __future__ import annotations

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.environment.known import NUMBERS, TEXTS
from ansible_collections.slipway.deploy.plugins.module_utils.environment.source import read_source

CHANGED = ["1.10", "0012345", "on", "no", "True", "1:20", "null", "~", "2024-01-02", "1.0e+5", "0x1F", "1_000", ".inf"]
KEPT = ["'1.10'", '"on"', "8d20c11", "1e5", "12345", "0", "v1.10", "!!str 1.10", '"{{ x }}"', "089"]


def _lines(text: str) -> list[str]:
    return [str(error) for error in read_source(text, "f.yml", variables=True).errors]


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_every_text_refuses_what_is_changed(name: str) -> None:
    for value in CHANGED:
        lines = _lines(f"---\n{name}: {value}\n")
        assert len(lines) == 1, (name, value)
        assert lines[0].startswith(f"f.yml:2: {name} is "), lines
    for value in KEPT:
        assert _lines(f"{name}: {value}\n") == [], (name, value)


@pytest.mark.parametrize("name", sorted(NUMBERS))
def test_every_number_refuses_other_notations(name: str) -> None:
    for value in ("0600", "1:20", "1_000", "0x10", "on", "null", "2024-01-02"):
        assert len(_lines(f"{name}: {value}\n")) == 1, (name, value)
    for value in ("600", "0.5", "'600'", "'{{ x }}'"):
        assert _lines(f"{name}: {value}\n") == [], (name, value)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (
            "service_image_tag: 1.10\n",
            ['f.yml:1: service_image_tag is a number, because 1.10 is not in quotes. Write service_image_tag: "1.10"'],
        ),
        ("to:\n", ["f.yml:1: to is null. Write a text, or leave it out"]),
        (
            "image_tag:\n  api: 1.10\n  task-service: null\n  bff: 12\n",
            [
                'f.yml:2: image_tag.api is a number, because 1.10 is not in quotes. Write api: "1.10"',
                "f.yml:3: image_tag.task-service is null. Write a text, or leave it out",
            ],
        ),
        (
            "aws_secret_access_key: 0012\n",
            [
                (
                    "f.yml:1: aws_secret_access_key is a number, because … is not in quotes. "
                    'Write aws_secret_access_key: "…"'
                )
            ],
        ),
        (
            "site_environment: {PIN: 0012, A: 1, B: true, C: x, D: on}\n",
            [
                "f.yml:1: site_environment: PIN is a number, because it is not in quotes. Write it in quotes",
                "f.yml:1: site_environment: D is true or false, because it is not in quotes. Write it in quotes",
            ],
        ),
        ("smoke_checks: [{json: {state: on, reason: 1.10}}]\nmine: 1.10\n", []),
    ],
)
def test_the_line_says_how_to_write_it(text: str, lines: list[str]) -> None:
    assert _lines(text) == lines


def test_an_inventory_is_looked_through() -> None:
    text = """\
fleet:
  vars: {default_image_tag: 1.10}
  children:
    priority_1:
      hosts:
        user-service: {service_image_tag: 0012345, service_port: 0o8}
        task-service:
"""
    assert [str(error).partition(". ")[0] for error in read_source(text, "fleet.yml").errors] == [
        "fleet.yml:2: default_image_tag is a number, because 1.10 is not in quotes",
        "fleet.yml:6: service_image_tag is a number, because 0012345 is not in quotes",
    ]
