# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The screen of a promotion."""

from __future__ import annotations

from ansible_collections.slipway.deploy.plugins.module_utils.builds.promotion import Part, Promotion
from ansible_collections.slipway.deploy.plugins.module_utils.render.promotion import promotion

ONE, TWO = f"sha256:{'1' * 64}", f"sha256:{'2' * 64}"
PARTS = (
    Part(
        "api-gateway", TWO, "c" * 40, "dev/g", "staging/g", before=ONE, before_runs="b" * 40, notes=("staging/g:v1 …",)
    ),
    Part("user-service", ONE, "v1", "dev/u", "staging/u", before=ONE, before_runs="v1", present=True),
    Part("site", "commit:abcdef", "prod-20261201\x1b[31m", "x", "x", kind="site", present=True),
)


def test_what_changes_is_a_table() -> None:
    said = promotion(Promotion("dev", "staging", PARTS, ("only dev has bff",)), None)
    assert said[0] == "dev → staging · 2 of 3 releases would change staging"
    assert [" ".join(line.split()) for line in said[1:4]] == [
        "what running promoted copy",
        "api-gateway bbbbbbbbbbbb sha256:1111 cccccccccccc sha256:2222 to staging/g",
        "site - prod-20261201 commit:abcd there already",
    ]
    assert said[4:] == ["unchanged: user-service", "staging/g:v1 …", "only dev has bff"]


def test_nothing_to_promote_is_a_line() -> None:
    said = promotion(Promotion("dev", "staging", PARTS[1:2]), 40)
    assert said == ["dev → staging · nothing to promote: sta…"]
