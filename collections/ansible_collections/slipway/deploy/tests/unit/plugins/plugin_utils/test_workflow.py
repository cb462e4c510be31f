# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The files and lines of a step of GitHub Actions."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.plugin_utils.workflow import (
    annotate,
    pushed,
    read_event,
    write_outputs,
)


def test_outputs_are_appended_and_only_if_a_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "outputs"
    path.write_text("before=1\n", encoding="ascii")
    write_outputs({"changed": True, "names": ["a"]}, {"GITHUB_OUTPUT": str(path)})
    write_outputs({"changed": False}, {})
    assert path.read_text(encoding="ascii") == 'before=1\nchanged=true\nnames=["a"]\n'
    with pytest.raises(SlipwayError, match="the outputs were not written: Is a directory"):
        write_outputs({"changed": True}, {"GITHUB_OUTPUT": str(tmp_path)})


@pytest.mark.parametrize(
    ("ref", "expected"),
    [
        ("refs/heads/develop", ("develop", "")),
        ("refs/heads/release/1.2", ("release/1.2", "")),
        ("refs/tags/backend-v0.2.0", ("", "backend-v0.2.0")),
        ("refs/pull/7/merge", ("", "")),
        ("", ("", "")),
    ],
)
def test_what_was_pushed(ref: str, expected: tuple[str, str]) -> None:
    assert pushed({"SLIPWAY_REF": ref}) == expected


def test_the_event_is_read_from_the_environment_or_a_file(tmp_path: Path) -> None:
    path = tmp_path / "event.json"
    path.write_text("{}", encoding="ascii")
    assert read_event({"SLIPWAY_EVENT": "[]", "GITHUB_EVENT_PATH": str(path)}) == (b"[]", "SLIPWAY_EVENT")
    assert read_event({"SLIPWAY_EVENT_FILE": str(path), "GITHUB_EVENT_PATH": "/x"}) == (b"{}", "SLIPWAY_EVENT_FILE")
    assert read_event({"GITHUB_EVENT_PATH": str(path)}) == (b"{}", "GITHUB_EVENT_PATH")
    for environ, said in (({}, "there is no event"), ({"SLIPWAY_EVENT_FILE": "/nowhere"}, "No such file or directory")):
        with pytest.raises(SlipwayError, match=said):
            read_event(environ)


def test_an_annotation_is_one_line_and_only_in_github_actions(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    annotate(["failed: 100 %", "\x1b[31mnext ::error::x"], "dev")
    annotate([])
    monkeypatch.delenv("GITHUB_ACTIONS")
    annotate(["failed"])
    assert capsys.readouterr().out == "::error title=dev::failed: 100 %25%0Anext : :error::x\n"
