# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The block that is drawn in place, on an emulated terminal."""

from __future__ import annotations

import pyte
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.common.text import truncate
from ansible_collections.slipway.deploy.plugins.module_utils.render.progress import frame
from ansible_collections.slipway.deploy.plugins.module_utils.render.screen import Screen, Terminal
from ansible_collections.slipway.deploy.plugins.module_utils.render.style import Style

from . import samples


class Emulator:
    """A terminal that turns a newline into carriage return and newline, as a tty does."""

    def __init__(self, width: int, height: int) -> None:
        self.screen = pyte.Screen(width, height)
        self._stream = pyte.Stream(self.screen)

    def write(self, text: str) -> None:
        self._stream.feed(text.replace("\n", "\r\n"))

    @property
    def lines(self) -> list[str]:
        shown = [line.rstrip() for line in self.screen.display]
        while shown and not shown[-1]:
            shown.pop()
        return shown


def test_frames_replace_each_other() -> None:
    terminal, screen = Emulator(40, 10), Screen(40, 10)
    terminal.write("$ ansible-playbook deploy.yml\n")
    terminal.write(screen.draw(0, ["one", "two", "three"]))
    terminal.write(screen.draw(3, ["uno", "due"]))
    assert terminal.lines == ["$ ansible-playbook deploy.yml", "uno", "due"]
    terminal.write("after\n")
    assert terminal.lines[-1] == "after"


def test_a_notice_and_an_echoed_key_disappear_with_the_next_frame() -> None:
    terminal, screen = Emulator(40, 10), Screen(40, 10)
    terminal.write(screen.draw(0, ["one", "two"]))
    terminal.write("^C")
    terminal.write(screen.notice("stopping; " + "x" * 60))
    assert terminal.lines[:2] == ["one", "two"]
    assert terminal.lines[2].startswith("stopping;")
    assert len(terminal.lines) == 3
    terminal.write(screen.draw(2, ["one", "two", "three"]))
    assert terminal.lines == ["one", "two", "three"]


def test_text_above_the_block_stays() -> None:
    terminal, screen = Emulator(40, 10), Screen(40, 10)
    terminal.write(screen.draw(0, ["one", "two"]))
    terminal.write(screen.above(2, ["a warning"], ["one", "two"]))
    terminal.write(screen.draw(2, ["uno"]))
    assert terminal.lines == ["a warning", "uno"]


def test_a_block_taller_than_the_terminal_is_cut_not_scrolled() -> None:
    terminal, screen = Emulator(20, 5), Screen(20, 5)
    many = [f"line {number}" for number in range(9)]
    terminal.write(screen.draw(0, many))
    terminal.write(screen.draw(screen.count(many), many))
    assert terminal.lines == many[:4]


def test_a_rollout_in_colour_is_drawn_again_in_place() -> None:
    terminal, screen, style = Emulator(80, 24), Screen(80, 24), Style(True)
    drawn = 0
    for record in (samples.planned(), samples.rolling(), samples.failing(), samples.undone()):
        lines = style.paint(frame(record, samples.STARTED + 72, 80, screen.room))
        terminal.write(screen.draw(drawn, lines))
        drawn = screen.count(lines)
    assert terminal.lines[0] == "dev · 3f9c2d1 · undoing: 3 back · 1:12 elapsed"
    assert sum(line.startswith("↺") for line in terminal.lines) == 3


FRAMES = st.lists(st.lists(st.text("ab ✔…→日本é", max_size=30), max_size=8), min_size=1, max_size=5)


@settings(max_examples=60)
@given(FRAMES)
def test_the_last_frame_is_what_stands(frames: list[list[str]]) -> None:
    terminal, screen = Emulator(24, 6), Screen(24, 6)
    terminal.write("first\n")
    drawn = 0
    for lines in frames:
        terminal.write(screen.draw(drawn, lines))
        drawn = screen.count(lines)
    end = terminal.screen.cursor.y
    shown = [line.rstrip() for line in terminal.screen.display]
    assert terminal.screen.cursor.x == 0
    assert shown[end - drawn : end] == [truncate(line, 24).rstrip() for line in frames[-1][:drawn]]
    assert not any(shown[end:])


@pytest.mark.parametrize("value", [None, "", "x", "80x24", "80x24:2", "-80x24:1", "5x24:0", "80x2:0", "80x24:1:1"])
def test_what_is_no_terminal_means_plain_lines(value: str | None) -> None:
    assert Terminal.parse(value) is None


@pytest.mark.parametrize(
    ("environ", "is_terminal", "said"),
    [
        ({"TERM": "xterm"}, True, "80x24:1"),
        ({"TERM": "xterm", "NO_COLOR": "1"}, True, "80x24:0"),
        ({"TERM": "xterm"}, False, None),
        ({"TERM": "dumb"}, True, None),
        ({}, True, None),
        ({"TERM": "xterm", "CI": "true"}, True, None),
    ],
)
def test_what_the_environment_asks_for(environ: dict[str, str], is_terminal: bool, said: str | None) -> None:
    terminal = Terminal.of(environ, is_terminal, 80, 24)
    assert (terminal.export() if terminal else None) == said


def test_a_terminal_survives_its_environment_variable() -> None:
    assert Terminal.parse(Terminal(100, 30, True).export()) == Terminal(100, 30, True)


@pytest.mark.parametrize(
    ("states", "shown"),
    [
        (("planned", "planned", "planned"), "wave 1 of 2 (priority 3)"),
        (("stable", "in_flight", "planned"), "wave 2 of 2 (priority 7)"),
        (("stable", "stable", "stable"), "wave 2 of 2 (priority 7)"),
    ],
)
def test_a_wave_is_counted_and_its_priority_named(states: tuple[str, ...], shown: str) -> None:
    """Only the priorities that roll out are waves; hosts have their turn after all of them."""
    record = samples.planned()
    record["targets"] = [
        {**item, "wave": wave, "state": state}
        for item, wave, state in zip(record["targets"], (3, 7, 7), states, strict=True)
    ]
    record["targets"].append({**record["targets"][0], "name": "host-1", "kind": "host", "wave": 1000})
    assert f" · {shown}" in frame(record, samples.STARTED, None, 10)[0]
