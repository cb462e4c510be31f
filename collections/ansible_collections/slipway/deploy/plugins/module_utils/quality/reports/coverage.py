# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reports of coverage: JaCoCo's and Cobertura's XML, coverage.py's JSON, lcov. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ..model import Report
from .parse import mapping, number, parse_json, parse_xml

_RECORD = re.compile("[A-Z]{2,6}")


def jacoco(content: bytes, _errors: str = "") -> Report:
    """The lines of a report of JaCoCo."""
    return _jacoco(content, "LINE")


def jacoco_branches(content: bytes, _errors: str = "") -> Report:
    """The branches of a report of JaCoCo."""
    return _jacoco(content, "BRANCH")


def _jacoco(content: bytes, kind: str) -> Report:
    root = parse_xml(content)
    if root.tag != "report":
        raise ValueError(f"it is not a report of JaCoCo but <{root.tag}>")
    for counter in root:  # Those of packages and classes are further down.
        if counter.tag == "counter" and counter.get("type") == kind:
            missed, covered = (number(counter.get(name), name) for name in ("missed", "covered"))
            return _covered(covered, missed + covered)
    return Report()


def cobertura(content: bytes, _errors: str = "") -> Report:
    """The lines of a report in Cobertura's format."""
    root = _cobertura(content)
    valid = root.get("lines-valid")
    if valid is not None:
        return _covered(number(root.get("lines-covered"), "lines-covered"), number(valid, "lines-valid"))
    # The lines of a class; those of its methods are the same ones.
    hits = [number(item.get("hits"), "hits") for item in root.iterfind(".//class/lines/line")]
    return _covered(sum(1 for hit in hits if hit), len(hits))


def cobertura_branches(content: bytes, _errors: str = "") -> Report:
    """The branches of a report in Cobertura's format."""
    root = _cobertura(content)
    names = ("branches-covered", "branches-valid")
    covered, valid = (number(root.get(name) or 0, name) for name in names)
    return _covered(covered, valid)


def _cobertura(content: bytes) -> Any:
    root = parse_xml(content)
    if root.tag != "coverage":
        raise ValueError(f"it is not a report in Cobertura's format but <{root.tag}>")
    return root


def coverage_py(content: bytes, _errors: str = "") -> Report:
    """The statements of a report of ``coverage json``."""
    totals = _totals(content)
    return _covered(number(totals["covered_lines"], "covered_lines"), number(totals["num_statements"], "statements"))


def coverage_py_branches(content: bytes, _errors: str = "") -> Report:
    """The branches of a report of ``coverage json``; none without ``--branch``."""
    totals = _totals(content)
    covered, total = (number(totals.get(name, 0), name) for name in ("covered_branches", "num_branches"))
    return _covered(covered, total)


def _totals(content: bytes) -> Any:
    totals = mapping(mapping(parse_json(content)).get("totals"), "totals")
    for name in ("covered_lines", "num_statements"):
        if name not in totals:
            raise ValueError(f"its totals have no {name}")
    return totals


def lcov(content: bytes, _errors: str = "") -> Report:
    """The lines of a tracefile; a line that several tests have counts once, and is covered by any of them."""
    hits: dict[tuple[str, str], int] = {}
    for file, name, value in _tracefile(content):
        if name == "DA":
            at, _comma, rest = value.partition(",")
            count, key = rest.partition(",")[0], (file, at)
            hits[key] = max(hits.get(key, 0), number(count, "DA"))
    return _covered(sum(1 for hit in hits.values() if hit), len(hits))


def lcov_branches(content: bytes, _errors: str = "") -> Report:
    """The branches of a tracefile."""
    taken: dict[tuple[str, str], int] = {}
    for file, name, value in _tracefile(content):
        if name == "BRDA":
            branch, _comma, count = value.rpartition(",")
            # "-": the line of the branch was never reached.
            key = (file, branch)
            taken[key] = max(taken.get(key, 0), 0 if count == "-" else number(count, "BRDA"))
    return _covered(sum(1 for hit in taken.values() if hit), len(taken))


def _tracefile(content: bytes) -> Iterator[tuple[str, str, str]]:
    """(file, record, value) of each line.

    :raises ValueError: it is not one, or ends in the middle of a file.
    """
    file, whole = "", True
    for text in content.decode("utf-8", "replace").splitlines():
        name, colon, value = text.strip().partition(":")
        if name == "SF":
            file, whole = value, False
        elif name == "end_of_record":
            whole = True
        elif name.startswith("#") or not text.strip():
            continue
        elif not colon or not _RECORD.fullmatch(name):
            raise ValueError("it is not a tracefile of lcov")
        else:
            yield file, name, value
    if not whole:
        raise ValueError("it ends in the middle of a file")


def _covered(covered: int, total: int) -> Report:
    if covered > total:
        raise ValueError(f"it covers {covered} of {total}")
    return Report(covered=covered, total=total)
