# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is left to do until a repository carries a tag: a table, and that a tag is never moved."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.git.plan import Seen, steps

TAG = "backend-v0.2.0"
HERE, THERE = "1" * 40, "2" * 40
CLEAN = Seen("backend", "/src/Umigo", "origin", HERE)


@pytest.mark.parametrize(
    ("seen", "todo"),
    [
        (CLEAN, ("tag", "push")),
        (replace(CLEAN, local=HERE), ("push",)),
        (replace(CLEAN, remote_tag=HERE), ()),
        (replace(CLEAN, local=HERE, remote_tag=HERE), ()),
        (replace(CLEAN, remote_tag=HERE, identity=False), ()),
    ],
)
def test_what_is_left_to_do(seen: Seen, todo: tuple[str, ...]) -> None:
    assert steps(TAG, seen) == todo


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (replace(CLEAN, changes=("a", "b", "c", "d")), "changes that are not committed (a, b, c, …)"),
        (replace(CLEAN, published=False), "commit 111111111111 is on no branch of origin"),
        (replace(CLEAN, identity=False), "git has no user name and email address for the tag"),
        (replace(CLEAN, remote_tag=THERE), "backend-v0.2.0 is commit 222222222222 on origin, not 111111111111"),
        (replace(CLEAN, local=THERE), "is commit 222222222222 here, not 111111111111, and origin does not have it"),
        (replace(CLEAN, local=THERE, remote_tag=HERE), "is commit 222222222222 here, but 111111111111 on origin"),
    ],
)
def test_what_is_not_fit_is_said(seen: Seen, said: str) -> None:
    with pytest.raises(SlipwayError) as raised:
        steps(TAG, seen)
    assert str(raised.value).startswith("backend (/src/Umigo): ")
    assert said in str(raised.value)


@given(
    st.builds(
        Seen,
        name=st.just("backend"),
        place=st.just("/src"),
        remote=st.just("origin"),
        commit=st.sampled_from([HERE, THERE]),
        changes=st.sampled_from([(), ("a",)]),
        published=st.booleans(),
        local=st.sampled_from([None, HERE, THERE]),
        remote_tag=st.sampled_from([None, HERE, THERE]),
        identity=st.booleans(),
    )
)
def test_a_tag_is_never_moved(seen: Seen) -> None:
    try:
        todo = steps(TAG, seen)
    except SlipwayError:
        return
    assert seen.local in (None, seen.commit)
    assert seen.remote_tag in (None, seen.commit)
    assert ("tag" in todo) <= (seen.local is None)
    assert ("push" in todo) == (seen.remote_tag is None)
