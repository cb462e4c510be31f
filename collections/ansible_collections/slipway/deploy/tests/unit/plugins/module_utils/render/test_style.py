# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Colour as a layer over plain lines."""

from __future__ import annotations

import re

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.render.card import card
from ansible_collections.slipway.deploy.plugins.module_utils.render.plan import plan
from ansible_collections.slipway.deploy.plugins.module_utils.render.progress import frame
from ansible_collections.slipway.deploy.plugins.module_utils.render.style import Style, wants_colour

from . import samples

SCREENS = [
    *card(samples.undone()),
    *plan(samples.planned(), samples.STARTED),
    *frame(samples.rolling(), samples.STARTED + 72, 100, 20),
]


def test_colour_changes_nothing_but_colour() -> None:
    painted = Style(True).paint(SCREENS)
    assert painted != SCREENS
    assert [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in painted] == SCREENS


def test_every_colour_is_reset_on_its_line() -> None:
    for line in Style(True).paint(SCREENS):
        assert line.count("\x1b[0m") * 2 == line.count("\x1b")


def test_off_is_plain() -> None:
    assert Style().paint(SCREENS) == SCREENS


@pytest.mark.parametrize(
    ("environ", "terminal", "wanted"),
    [
        ({"TERM": "xterm"}, True, True),
        ({"TERM": "xterm"}, False, False),
        ({"TERM": "dumb"}, True, False),
        ({"TERM": "xterm", "NO_COLOR": "1"}, True, False),
        ({"TERM": "xterm", "NO_COLOR": ""}, True, True),
        ({"TERM": "xterm", "CI": "true"}, True, False),
    ],
)
def test_when_colour_is_wanted(environ: dict[str, str], terminal: bool, wanted: bool) -> None:
    assert wants_colour(environ, terminal) is wanted
