# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import json

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.terraform.outputs import (
    Declared,
    Output,
    read_declared,
    read_file,
    resolve,
)

SHOWN = "inventories/dev/terraform.json"


@pytest.mark.parametrize("value", [{"x": {"value": 1}}, {"x": {"value": None, "sensitive": False}}, {}])
def test_what_terraform_writes_is_read(value):
    assert set(read_file(json.dumps(value), SHOWN)) == set(value)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"x": 1}', '{"x": {}}', "null"])
def test_anything_else_is_one_line(text):
    with pytest.raises(SlipwayError) as error:
        read_file(text, SHOWN)
    assert str(error.value).startswith(f"{SHOWN}: is no")
    assert "\n" not in str(error.value)


def test_everything_that_is_wrong_is_named():
    declared = Declared("terraform.json", "", {"a": "A", "b": "B", "c": "C", "d": "D"})
    outputs = {"A": Output(1), "C": Output(sensitive=True)}
    with pytest.raises(SlipwayError) as error:
        resolve(declared, outputs, SHOWN, ["a"])
    lines = str(error.value).splitlines()
    assert lines[0].startswith(f"{SHOWN}: has no B (b), no D (d)")
    assert lines[1].startswith(f"{SHOWN}: is secret and must not become a variable: C")
    assert lines[2].startswith("terraform_outputs: is also set in group_vars: a")
    assert resolve(Declared("f", "", {"a": "A"}), outputs, SHOWN, []) == {"a": 1}


def test_a_declaration_is_read():
    assert read_declared({"ssm": "/dev/terraform/", "variables": {"a": "A"}}, "x") == Declared(
        "", "/dev/terraform", {"a": "A"}
    )
    for wrong in (None, [], {}, {"file": "/etc/x", "variables": {"a": "A"}}, {"ssm": "dev", "variables": {"a": "A"}}):
        with pytest.raises(SlipwayError):
            read_declared(wrong, "x")
    with pytest.raises(SlipwayError, match="maps env, which cannot be"):
        read_declared({"file": "x", "variables": {"env": "A"}}, "x")
