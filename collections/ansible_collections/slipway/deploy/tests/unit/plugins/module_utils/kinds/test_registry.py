# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The kinds of host: their names and variables."""

from __future__ import annotations

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.kinds.model import Kind
from ansible_collections.slipway.deploy.plugins.module_utils.kinds.registry import KINDS, NAMES, kind_named


def test_names_are_unique() -> None:
    assert len(set(NAMES)) == len(KINDS)
    assert [kind_named(name) for name in NAMES] == list(KINDS)


def test_a_kind_has_the_variables_of_all_and_its_own() -> None:
    kind = Kind(
        "node",
        texts=("lock",),
        truths=("nginx",),
        numbers=("keep",),
        structures=("shared",),
        tables=("pages",),
        lists=("names",),
        of_group=("lock",),
        chosen=("archive",),
    )
    assert {"node_service", "node_release", "node_lock"} <= kind.all_texts
    assert {"node_smoke_trace", "node_codedeploy_agent", "node_nginx"} == kind.all_truths
    assert {"node_ready_timeout", "node_keep"} <= kind.all_numbers
    assert {"node_environment", "node_shared"} <= kind.all_structures
    assert {"node_serial", "node_lock"} <= kind.all_of_group
    assert (kind.all_tables, kind.all_lists) == ({"node_environment", "node_pages"}, {"node_required", "node_names"})
    assert kind.all_chosen == {"node_release", "node_archive"}


@pytest.mark.parametrize("kind", KINDS, ids=NAMES)
def test_no_variable_holds_two_types(kind: Kind) -> None:
    sets = [kind.all_texts, kind.all_truths, kind.all_numbers]
    assert sum(len(found) for found in sets) == len(frozenset().union(*sets))
