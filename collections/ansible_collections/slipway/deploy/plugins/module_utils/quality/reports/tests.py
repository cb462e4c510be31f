# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reports of tests in JUnit's XML, as pytest, Surefire, Gradle, Vitest and Jest write it. Pure."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from ..model import Finding, Report
from .parse import line, number, parse_xml

_ROOTS = ("testsuites", "testsuite")
_BAD = ("failure", "error")
#: Failures that only a suite counts; each of them is a finding.
_MOST = 10_000


def junit(content: bytes, _errors: str = "") -> Report:
    """The failed tests. Failures that only a suite's attributes count are findings as well."""
    root = parse_xml(content)
    if root.tag not in _ROOTS:
        raise ValueError(f"it is not a report of JUnit but <{root.tag}>")
    cases = list(root.iter("testcase"))
    failed = [_finding(case) for case in cases if any(child.tag in _BAD for child in case)]
    left = sum(1 for case in cases if any(child.tag == "skipped" for child in case))
    more = min(_counted(root) - len(failed), _MOST)
    failed += [Finding("failure", line(root.get("name")) or "a suite", message="its suite counts it")] * more
    return Report(tuple(failed), audited=len(cases) - left, left=left)


def _finding(case: ET.Element) -> Finding:
    bad = next(child for child in case if child.tag in _BAD)
    about = ".".join(part for part in (case.get("classname"), case.get("name")) if part)
    at = case.get("line")
    place = int(at) if at and at.isdecimal() and len(at) < 9 else 0
    return Finding(bad.tag, line(about) or "a test", "", line(bad.get("message")), (), case.get("file") or "", place)


def _counted(suite: ET.Element) -> int:
    """The failures by the attributes of suites: a suite's own, or those of the suites in it if they are more."""
    own = sum(number(suite.get(name) or 0, name) for name in ("failures", "errors"))
    return max(own, sum(_counted(child) for child in suite if child.tag == "testsuite"))
