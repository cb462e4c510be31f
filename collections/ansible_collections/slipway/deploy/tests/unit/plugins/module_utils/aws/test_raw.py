# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from typing import Any

import botocore.session
import pytest
from botocore.model import ShapeResolver
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.aws.raw import unknown_fields

ECS: Any = botocore.session.get_session().get_service_model("ecs")
TASK_DEFINITION = ECS.shape_for("TaskDefinition")


@pytest.mark.parametrize(
    ("raw", "unknown"),
    [
        ({"family": "a", "containerDefinitions": [{"name": "app", "image": "x"}]}, []),
        ({"quantum": {"qubits": 2}}, ["quantum"]),
        ({"quantum": False}, ["quantum"]),
        ({"quantum": []}, ["quantum"]),
        ({"quantum": None}, []),
        (
            {"containerDefinitions": [{"name": "a"}, {"logConfiguration": {"mode": 1}}]},
            ["containerDefinitions[1].logConfiguration.mode"],
        ),
        ({"containerDefinitions": [{"dockerLabels": {"any": "key", "at": "all"}}]}, []),
        (
            {"containerDefinitions": [{"dockerLabels": {"any": {"deeper": 1}}}]},
            ["containerDefinitions[0].dockerLabels.any"],
        ),
        (
            {"volumes": [{"efsVolumeConfiguration": {"fileSystemId": "fs", "new": 1}}]},
            ["volumes[0].efsVolumeConfiguration.new"],
        ),
        ({"cpu": {"units": 256}}, ["cpu"]),
    ],
)
def test_unknown_fields(raw: dict[str, Any], unknown: list[str]) -> None:
    assert unknown_fields(raw, TASK_DEFINITION) == unknown


def test_documents_are_free_form() -> None:
    shapes: Any = {
        "Document": {"type": "structure", "members": {}, "document": True},
        "Answer": {"type": "structure", "members": {"d": {"shape": "Document"}}},
    }
    shape = ShapeResolver(shapes).get_shape_by_name("Answer")
    assert unknown_fields({"d": {"anything": [1]}, "e": 1}, shape) == ["e"]


KNOWN = sorted(TASK_DEFINITION.members["containerDefinitions"].member.members)


@given(
    st.dictionaries(st.text(min_size=1, max_size=12).filter(lambda name: name not in KNOWN), st.integers(), max_size=5)
)
def test_every_added_field_is_found(extra: dict[str, int]) -> None:
    found = unknown_fields({"containerDefinitions": [{"name": "app", **extra}]}, TASK_DEFINITION)
    assert found == sorted(f"containerDefinitions[0].{name}" for name in extra)
