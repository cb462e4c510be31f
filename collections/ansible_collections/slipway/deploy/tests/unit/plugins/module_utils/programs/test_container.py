# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A program of an image: how podman is called, and how it gets what is hidden."""

from __future__ import annotations

import getpass
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.programs import container
from ansible_collections.slipway.deploy.plugins.module_utils.programs.container import Box, arguments, read_image_file
from ansible_collections.slipway.deploy.plugins.module_utils.programs.run import Account, account, hidden

IMAGE = f"registry.example.org/salitemihret/backend@sha256:{'0' * 64}"
BOX = Box(IMAGE, "slipway-alembic", "/app/server", 1800)


def test_how_podman_is_called():
    words = arguments(["python", "-B"], BOX, Account("salitemihret", 998, 997, "/"), [12, 13])
    assert words[:4] == ["/bin/sh", "-c", 'exec "$@" 3</proc/self/fd/12 4</proc/self/fd/13', "sh"]
    assert {"--user=998:997", "--preserve-fds=2", "--cap-drop=all", "--timeout=1801", "--rm"} <= set(words)
    assert words[-5:] == [IMAGE, "python", "-B", "/proc/self/fd/3", "/proc/self/fd/4"]


@pytest.mark.parametrize("opened", [0, 7])
def test_hidden_files_get_the_numbers_that_podman_passes_on(opened):
    """The shell's part of the command line, with ``cat`` in podman's place."""
    owner = account(getpass.getuser(), "user")
    with ExitStack() as stack:
        for _number in range(opened):
            stack.enter_context(Path("/dev/null").open())
        given = [stack.enter_context(hidden(text, owner)) for text in (b"first ", b"second")]
        words = arguments([], BOX, owner, given)[:4]
        read = subprocess.run(
            [*words, "cat", "/proc/self/fd/3", "/proc/self/fd/4"], pass_fds=given, check=True, capture_output=True
        )
    assert read.stdout == b"first second"


def test_the_image_of_a_release(tmp_path):
    path = tmp_path / "image.env"
    assert read_image_file(str(path)) == ""
    path.write_text(f"SLIPWAY_IMAGE={IMAGE}\n")
    assert read_image_file(str(path)) == IMAGE
    for text in ("", f"IMAGE={IMAGE}", "SLIPWAY_IMAGE=registry.example.org/a:tag"):
        path.write_text(text)
        with pytest.raises(SlipwayError, match="does not contain SLIPWAY_IMAGE="):
            read_image_file(str(path))


def test_a_host_without_podman(monkeypatch):
    monkeypatch.setattr(container, "PODMAN", sys.executable + "-nowhere")
    said = container.missing(IMAGE)
    assert said is not None
    assert "the host has no podman" in str(said)
