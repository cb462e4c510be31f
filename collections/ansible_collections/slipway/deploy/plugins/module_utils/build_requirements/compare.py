# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Compares what a release needs with what a host has. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from ..common.errors import SlipwayError
from .model import Needs, NodeNeeds, PythonNeeds, Tools
from .ranges import fits, read_version


@dataclass
class Verdict:
    """The problems, and what cannot be known before the build."""

    problems: list[SlipwayError] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


def compare(needs: Needs, tools: Tools, given: Given) -> Verdict:
    """Whether a release can be built with the host's tools and the inventory's settings."""
    verdict = Verdict()
    if needs.python:
        _compare_python(needs.python, tools, given, verdict)
    if needs.node:
        _compare_node(needs.node, tools, given, verdict)
    return verdict


@dataclass(frozen=True)
class Given:
    """The inventory's settings for a build.

    :ivar host: where it is built, for errors.
    :ivar python: the requested interpreter.
    :ivar tool: ``auto``, ``uv`` or ``pip``.
    :ivar installs_node: the packages that install Node.js if it is missing; empty if it is not installed.
    :ivar npmrc: the variables of ``.npmrc`` that have a value.
    :ivar indexes: the URLs of indexes that have credentials.
    """

    host: str
    python: str = "/usr/bin/python3"
    tool: str = "auto"
    installs_node: Sequence[str] = ()
    npmrc: Collection[str] = ()
    indexes: Collection[str] = ()


def _compare_python(needs: PythonNeeds, tools: Tools, given: Given, verdict: Verdict) -> None:
    if needs.uv and given.tool == "pip":
        remedy = "Set python_service_tool to auto, or commit what uv export writes and name it with site_lock"
        verdict.problems.append(SlipwayError("only uv reads it, and pip is to build", needs.where, remedy))
    elif needs.uv and not tools.uv:
        remedy = "Install uv there, or commit what uv export writes and name it with site_lock"
        verdict.problems.append(SlipwayError(f"only uv reads it, and {given.host} has no uv", needs.where, remedy))
    version = tools.python or tools.candidates.get("python3", "")
    for asks, wanted in needs.requires:
        if not version:
            verdict.unknown.append(f"{asks} needs Python {wanted}; {given.host} has no {given.python} yet")
        elif not _python_fits(version, wanted):
            what = f"{asks} needs Python {wanted}, and {given.host} has {version} ({given.python})"
            remedy = "Install one that fits there and name it with python_service_python"
            verdict.problems.append(SlipwayError(what, given.host, remedy))
    have = {url.rstrip("/") for url in given.indexes}
    for url in needs.indexes:
        if url.rstrip("/") not in have:
            what = f"the index {url} needs credentials, and there are none for it"
            verdict.problems.append(
                SlipwayError(what, needs.where, f"Add it to python_service_indexes: {{url: {url}}}")
            )


def _python_fits(version: str, wanted: str) -> bool:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet  # Of the control node: ansible-core needs it.

    try:
        return SpecifierSet(wanted).contains(version, prereleases=True)
    except InvalidSpecifier:
        # Such as Poetry's ^3.11: the build will report it.
        return True


def _compare_node(needs: NodeNeeds, tools: Tools, given: Given, verdict: Verdict) -> None:
    candidate = next((tools.candidates[name] for name in given.installs_node if name in tools.candidates), "")
    said = tools.node or candidate
    version = read_version(said)
    if not tools.node and not given.installs_node:
        verdict.problems.append(
            SlipwayError(f"{given.host} has no Node.js", needs.where, "Install it, or set front_end_install: true")
        )
        return
    for asks, wanted in needs.engines:
        if version is None:
            verdict.unknown.append(f"{asks} needs Node.js {wanted}; {given.host} has none yet")
            continue
        fit = fits(version, wanted)
        if fit is None:
            verdict.unknown.append(f"{asks} needs Node.js {wanted!r}, which is not a range of versions")
        elif not fit:
            has = f"{given.host} has {said}" if tools.node else f"{given.host} would get {said}"
            remedy = "Install one that fits there (front_end_path names its directory), or set site_front_end: control"
            verdict.problems.append(SlipwayError(f"{asks} needs Node.js {wanted}, and {has}", needs.where, remedy))
    missing = [name for name in needs.variables if name not in given.npmrc]
    if missing:
        remedy = f"Say where each is kept: front_end_npmrc: {{{missing[0]}: {{env: {missing[0]}}}}}"
        what = f".npmrc takes {', '.join(missing)} from the environment, and nothing gives it a value"
        verdict.problems.append(SlipwayError(what, needs.where, remedy))
