# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""-e name=value as it was typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.environment.known import FREE, KNOWN
from ansible_collections.slipway.deploy.plugins.module_utils.environment.words import read_words


@pytest.mark.parametrize(
    ("argument", "variables"),
    [
        ("env=dev", {"env": "dev"}),
        ("env=dev image_tag=8d20c11", {"env": "dev", "image_tag": "8d20c11"}),
        ("  env=dev\tforce=true ", {"env": "dev", "force": "true"}),
        ("reason=why no one may deploy meanwhile", {"reason": "why no one may deploy meanwhile"}),
        ("reason=a b=c", {"reason": "a b=c"}),
        ("reason=don't; \\n it's C:\\new", {"reason": "don't; \\n it's C:\\new"}),
        ("reason='the demo lasts'", {"reason": "the demo lasts"}),
        ("reason='a' and 'b'", {"reason": "'a' and 'b'"}),
        ("reason='state=free is what I said'", {"reason": "state=free is what I said"}),
        ("reason=state=free", {"reason": "state=free"}),
        ("state=taken reason=two words", {"state": "taken", "reason": "two words"}),
        ("release_title=line one\nline two", {"release_title": "line one\nline two"}),
        ("image_tag=user-service=a, task-service=b", {"image_tag": "user-service=a, task-service=b"}),
        ("image_tag=api=a, worker=b", {"image_tag": "api=a, worker=b"}),
        ("greeting=good morning name='Ada L' x=", {"greeting": "good morning", "name": "Ada L", "x": ""}),
        ('note="say \\"hi\\" env=x" y=1', {"note": 'say \\"hi\\" env=x', "y": "1"}),
        ("reason=", {"reason": ""}),
        ("reason={{ lookup('pipe', 'id') }}", {"reason": "{{ lookup('pipe', 'id') }}"}),
        ("", {}),
    ],
)
def test_values_are_what_was_typed(argument: str, variables: dict[str, str]) -> None:
    assert read_words(argument, FREE, KNOWN) == variables


@pytest.mark.parametrize(
    ("argument", "line"),
    [
        ("dev", "-e: 'dev' is not name=value. Write -e name=value, or -e @file.yml"),
        ("1a=b", "-e: '1a=b' is not name=value. Write -e name=value, or -e @file.yml"),
        (
            "reason=a demo state=taken",
            (
                "-e reason: reason='a demo state=taken' has the word state=, which is a variable as well. "
                """Give each variable a -e of its own; a text with that word goes as -e '{"reason": "…"}'"""
            ),
        ),
        (
            "image_tag=8d20c11 force_schema=true",
            (
                "-e image_tag: image_tag='8d20c11 force_schema=true' has the word force_schema=, which is a variable "
                """as well. Give each variable a -e of its own; a text with that word goes as -e '{"image_tag": "…"}'"""
            ),
        ),
    ],
)
def test_what_could_be_meant_in_two_ways_is_refused(argument: str, line: str) -> None:
    with pytest.raises(SlipwayError) as raised:
        read_words(argument, FREE, KNOWN)
    assert str(raised.value) == line


@given(st.sampled_from(sorted(FREE)), st.text())
def test_a_text_never_sets_another_variable(name: str, text: str) -> None:
    try:
        found = read_words(f"{name}={text}", FREE, KNOWN)
    except SlipwayError:
        return
    assert list(found) == [name]
    assert found[name].strip("'\" \t\r\n\x0b\x0c\x1c\x1d\x1e\x1f\x85\xa0\u2028\u2029") in text
