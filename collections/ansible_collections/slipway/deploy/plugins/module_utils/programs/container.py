# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs a program of a container image by podman, with files that it reads from memory (see :mod:`.run`)."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from ..common.errors import SlipwayError
from ..files.atomic import filing
from . import run as program
from .run import Account, Finished, path_of

PODMAN = "/usr/bin/podman"
#: The variable that a release's file has its image in.
VARIABLE = "SLIPWAY_IMAGE"
_PINNED = re.compile(r"[^\s@]+/[^\s@]+@sha256:[0-9a-f]{64}")
_QUICK = 60.0
_ROOT = "root"
# podman passes what is open from 3 on, and nothing in between: the files of the caller get these numbers.
_SHELL = "/bin/sh"
_FIRST = 3


class Box(NamedTuple):
    """A container that is removed when its program ends.

    :param name: must be unique among running containers.
    :param directory: the program's working directory in the image.
    :param timeout: seconds after which it is stopped, by podman itself even if the caller is gone.
    """

    image: str
    name: str
    directory: str
    timeout: float


def read_image_file(path: str) -> str:
    """The image that runs a release, ``registry/repository@digest``; empty if the file does not exist.

    :raises SlipwayError: it has another content.
    """
    if not Path(path).is_file():
        return ""
    with filing("read it", path):
        name, _equals, image = Path(path).read_text(encoding="utf-8").strip().partition("=")
    if name != VARIABLE or not _PINNED.fullmatch(image):
        raise SlipwayError(
            f"it does not contain {VARIABLE}=registry/repository@sha256:…", path, "Make the release again"
        )
    return image


def missing(image: str) -> SlipwayError | None:
    """A requirement to run an image that the host lacks, or ``None``."""
    if not Path(PODMAN).is_file():
        return SlipwayError("the host has no podman", PODMAN, "Install it first (container_service)")
    if _podman(["image", "exists", image]).code:
        return SlipwayError("the image is not on this host", image, "Pull it first (container_service)")
    return None


def run(words: Sequence[str], box: Box, owner: Account, descriptors: Sequence[int]) -> Finished:
    """Run a program to its end; its last arguments are paths of the hidden files.

    :param descriptors: the hidden files, in the order in which they were made.
    :raises SlipwayError: podman cannot be started.
    """
    root = program.account(_ROOT, "user")
    argv = arguments(words, box, owner, descriptors)
    try:
        return program.run(argv, root, program.base_environment(root), box.timeout, descriptors=descriptors)
    finally:
        # A killed podman leaves its container running.
        _podman(["rm", "--force", "--ignore", "--time=0", box.name])


def arguments(words: Sequence[str], box: Box, owner: Account, descriptors: Sequence[int]) -> list[str]:
    """The command line. Pure. It contains no secret."""
    numbers = range(_FIRST, _FIRST + len(descriptors))
    # A lower number is never one of those that are still to be moved: they were opened in this order.
    moved = " ".join(f"{number}<{path_of(given)}" for number, given in enumerate(descriptors, _FIRST))
    return [
        *(_SHELL, "-c", f'exec "$@" {moved}', "sh"),
        *(PODMAN, "run", "--rm", "--replace", f"--name={box.name}", f"--timeout={math.ceil(box.timeout) + 1}"),
        *(f"--user={owner.uid}:{owner.gid}", "--network=host", "--pull=never", "--log-driver=none", "--read-only"),
        *("--cap-drop=all", "--security-opt=no-new-privileges", f"--preserve-fds={len(descriptors)}"),
        *(f"--workdir={box.directory}", "--env=PYTHONDONTWRITEBYTECODE=1", "--entrypoint=", box.image, *words),
        *(path_of(number) for number in numbers),
    ]


def _podman(words: Sequence[str]) -> Finished:
    root = program.account(_ROOT, "user")
    return program.run([PODMAN, *words], root, program.base_environment(root), _QUICK)
