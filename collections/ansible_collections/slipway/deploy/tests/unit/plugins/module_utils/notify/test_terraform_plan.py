# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The blocks of plans in the description of a pull request."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.notify.terraform_plan import (
    LIMIT,
    Superseded,
    has_plan,
    length,
    merge,
)
from ansible_collections.slipway.deploy.plugins.module_utils.render.terraform import About, full_text
from ansible_collections.slipway.deploy.plugins.module_utils.terraform.plan import Plan, read_plan

from ..terraform.plans import content, plan, resource

DEV, MAIN = About("dev", commit="3f9c2d1", run="https://github.com/a/b/actions/runs/1"), About("main", host="m@ci")
BODY = "# Why\r\n\r\nBecause `x`\r\n"


def made(count: int = 1, action: str = "update", **more: Any) -> Plan:
    rows = [resource(f"a.r{n}", action, before={"v": f"old-{n}"}, after={"v": f"new-{n}"}) for n in range(count)]
    return read_plan(content(plan(*rows, **more)), "plan.json")


def outside(body: str) -> str:
    """What is not in a block."""
    return re.sub(r"<!-- slipway:terraform:(\S+) -->.*?<!-- /slipway:terraform:\1 -->", "", body, flags=re.DOTALL)


def test_a_block_for_each_environment_and_workspace() -> None:
    body = BODY
    for number, about in enumerate((DEV, MAIN, About("dev", "acme"), About("dev", "globex")), 1):
        body = merge(body, made(number), about)
    assert outside(body).startswith(BODY)
    assert outside(body).strip("\n") == BODY.rstrip("\n")
    names = ["dev", "main", "dev:acme", "dev:globex"]
    assert re.findall(r"<!-- slipway:terraform:(\S+) -->", body) == names
    for number, name in enumerate(names, 1):
        assert f"**0 to destroy, {number} to change, 0 to add**" in body.split(f"terraform:{name} -->")[1]
    again = merge(body, made(7), DEV)
    assert again.split("<!-- /slipway:terraform:dev -->")[1] == body.split("<!-- /slipway:terraform:dev -->")[1]
    assert "7 to change" in again
    assert merge(again, made(7), DEV) == again


def test_a_description_that_a_browser_saved_stays() -> None:
    body = merge(BODY, made(), DEV) + "\n\nAfter"
    saved = body.replace("\r\n", "\n").replace("\n", "\r\n")
    assert merge(saved, made(), DEV) == saved
    changed = merge(saved, made(2), DEV)
    assert outside(changed) == outside(saved)
    assert merge("", made(), DEV).startswith("<!-- slipway:terraform:dev -->")


def test_what_people_did_to_the_markers() -> None:
    body = merge(merge(BODY, made(), DEV), made(2), MAIN)
    without_end = body.replace("<!-- /slipway:terraform:dev -->", "")
    repaired = merge(without_end, made(3), DEV)
    # Nothing of what follows is lost, and none of main's block.
    assert "2 to change" in repaired
    assert repaired.count("<!-- slipway:terraform:dev -->") == repaired.count("<!-- /slipway:terraform:dev -->") == 1
    copied = f"{body}\n{body}"
    assert merge(copied, made(3), DEV).count("<!-- slipway:terraform:dev -->") == 1
    quoted = "Do not remove <!-- /slipway:terraform:dev --> please"
    assert merge(quoted, made(), DEV).startswith(f"{quoted}\n\n<!-- slipway")


def test_the_plan_is_first_what_it_destroys() -> None:
    rows = [resource("a.new", "create"), resource("a.old", "delete", action_reason="delete_because_no_module")]
    rows.append(resource("a.db", "delete", "create", replace_paths=[["v"]], before={"v": 1}, after={"v": 2}))
    body = merge("", read_plan(content(plan(*rows)), "plan.json"), DEV)
    counts = body.index("2 to destroy (1 of them replaced), 0 to change, 2 to add")
    old = body.index("-   a.old: destroy, because its module is no longer in the configuration")
    assert counts < old < body.index("-/+ a.db: replace: destroy, then create") < body.index("<details>")
    assert "v: 1 → 2  # forces the replacement" in body
    assert "commit 3f9c2d1 · planned 2026-11-30 19:07:30 UTC · Terraform 1.11.4" in body
    assert "the artifact terraform-plan-dev of [this run](https://github.com/a/b/actions/runs/1)" in body


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (plan(), "**no changes**"),
        (plan(output_changes={"o": {"actions": ["create"], "after": 1}}), "no resource changes, 1 output to change"),
        (plan(resource("a.a", "no-op", previous_address="a.b")), "0 to destroy, 0 to change, 0 to add, 1 moved"),
        (plan(complete=False), "the plan does not cover everything"),
        (plan(deferred_changes=[{"resource_change": resource("a.c", "create")}]), "another plan is needed after this"),
        (plan(checks=[{"address": {"to_display": "check.up"}, "status": "fail"}]), "1 check failed: check.up"),
        (plan(action_invocations=[{}]), "0 to add, 1 action to invoke"),
    ],
)
def test_what_else_is_said(document: Any, said: str) -> None:
    found = read_plan(content(document), "plan.json")
    assert said in merge("", found, DEV)
    assert said.strip("*") in full_text(found, DEV)


HOSTILE = "```\n<!-- /slipway:terraform:dev -->\n</details>@maria #12 \x1b[31m \u202e ````` <script>"


def test_text_of_a_plan_stays_text() -> None:
    rows = [
        resource(f'a.b["{HOSTILE}"]', "delete", before={HOSTILE: HOSTILE}, action_reason=HOSTILE),
        resource("a.c", "update", before={"x": HOSTILE}, after={"x": f"{HOSTILE}2"}, importing={"id": HOSTILE}),
    ]
    checks = [{"address": {"to_display": HOSTILE}, "status": "error"}]
    found = read_plan(content(plan(*rows, checks=checks, terraform_version=HOSTILE, timestamp=HOSTILE)), "plan.json")
    body = merge("", found, DEV)
    assert body.count("<!-- /slipway:terraform:dev -->") == 1
    assert merge(body, found, DEV) == body
    assert "\x1b" not in body
    assert "\u202e" not in body
    fences = re.findall(r"^(`{3,})(diff)?$", body, flags=re.MULTILINE)
    assert [kind for _ticks, kind in fences] == ["diff", "", "diff", ""]
    # Outside of the fences nothing is markup.
    plain = re.sub(r"(?s)(`{6})diff\n.*?\n\1\n", "", body)
    assert not re.search(r"@maria|<script|#12", plain)
    assert plain.count("</details>") == 1
    assert "\x1b" not in full_text(found, DEV)


@pytest.mark.parametrize("count", [50, 400, 2_000])
@pytest.mark.parametrize("action", ["update", "delete"])
def test_a_large_plan_is_cut_and_says_so(count: int, action: str) -> None:
    found = made(count, action)
    body = merge(BODY, found, DEV)
    assert length(body) <= 25_000
    assert f"{count} to {'change' if action == 'update' else 'destroy'}" in body
    assert ("Cut to fit into the description" in body) == (count > 400)
    assert full_text(found, DEV).count("old-") == count


def test_a_long_value_is_cut_to_where_it_differs() -> None:
    common, long = "c" * 5_000, "d" * 5_000
    rows = [resource("a.a", "update", before={"v": f"{common}old{long}"}, after={"v": f"{common}new{long}"})]
    found = read_plan(content(plan(*rows)), "plan.json")
    body = merge("", found, DEV)
    assert re.search(r"v: …c{40}oldd+… \(\d+ more characters\) → …c{40}newd+… \(", body)
    assert length(body) < 2_000
    assert f"{common}new{long}" in full_text(found, DEV)


def test_other_blocks_make_room_but_keep_their_counts() -> None:
    body = BODY
    customers = [About("dev", f"customer-{number}") for number in range(24)]
    for number, about in enumerate(customers, 1):
        body = merge(body, made(200 + number), about)
        assert length(body) <= LIMIT
    assert body.startswith(BODY)
    for number in range(1, 25):
        assert f"{200 + number} to change" in body
    assert "The changes are not shown here, because the description is full" in body
    assert body.count("<details>") == body.count("</details>") >= 1
    assert merge(body, made(224), customers[-1]) == body


@pytest.mark.parametrize(("filler", "fits"), [(LIMIT - 2_000, True), (LIMIT - 300, False), (LIMIT, False)])
def test_a_description_without_room(filler: int, fits: bool) -> None:
    body = "x" * filler
    if fits:
        merged = merge(body, made(500), DEV)
        assert length(merged) <= LIMIT
        assert merged.startswith(body)
        return
    with pytest.raises(SlipwayError, match="characters, too few for the plan. Shorten the description") as caught:
        merge(body, made(500), DEV)
    assert str(caught.value).startswith("pull_request: the description leaves ")


def test_characters_beyond_the_first_plane_count_twice() -> None:
    assert length(merge("😀" * 31_000, made(500), DEV)) <= LIMIT


def test_a_plan_in_the_wrong_block_and_an_older_one() -> None:
    body = merge(BODY, made(), DEV)
    with pytest.raises(SlipwayError, match="this is the plan of dev, which is in the description already"):
        merge(body, made(), MAIN)
    with pytest.raises(Superseded, match=r"a newer plan, of 2026-11-30T19:07:30Z; this one is of 2026-11-29T"):
        merge(body, made(2, timestamp="2026-11-29T19:07:30Z"), DEV)
    assert has_plan(body, made(), DEV)
    assert not has_plan(body, made(), MAIN)
    assert not has_plan(body, made(2), DEV)


NAME = st.text("ab-.:% é", min_size=1, max_size=6)


@given(NAME, st.one_of(st.just(""), NAME), NAME, st.one_of(st.just(""), NAME))
def test_no_two_environments_share_a_block(one: str, first: str, other: str, second: str) -> None:
    abouts = [About(one, first), About(other, second)]
    assert (abouts[0].key == abouts[1].key) == ((one, first) == (other, second))
    assert (abouts[0].artifact == abouts[1].artifact) == ((one, first) == (other, second))
    assert "--" not in abouts[0].key
    assert has_plan(merge("", made(), abouts[0]), made(), abouts[0])


PIECES = st.lists(
    st.sampled_from(
        [
            *("text\r\n", "\n\n", "<!-- slipway:terraform:dev -->", "<!-- /slipway:terraform:dev -->", "<!-- "),
            *("<!-- slipway:terraform:main -->", "<!-- /slipway:terraform:main -->", "-->", "```\n", "é"),
        ]
    ),
    max_size=8,
)


@given(PIECES, st.lists(st.sampled_from([DEV, MAIN]), min_size=1, max_size=4))
def test_whatever_stands_there_a_block_is_written_once(pieces: list[str], writers: list[About]) -> None:
    body = "".join(pieces)
    for number, about in enumerate(writers, 1):
        before = body
        body = merge(body, made(number), about)
        assert has_plan(body, made(number), about)
        assert merge(body, made(number), about) == body
        for piece in ("text\r\n", "é"):
            inside = "".join(re.findall(rf"<!-- slipway:terraform:{about.key} -->.*?<!-- /slipway", before, re.DOTALL))
            assert body.count(piece) >= before.count(piece) - inside.count(piece)
