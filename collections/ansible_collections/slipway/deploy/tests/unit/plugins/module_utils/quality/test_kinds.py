# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Readers of reports: what each says, and what none of them takes for a report."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.quality.kinds import BRANCHES, KINDS
from ansible_collections.slipway.deploy.plugins.module_utils.quality.model import Report

BULK = "npm http fetch POST 200 https://registry.npmjs.org/-/npm/v1/security/advisories/bulk 110ms\n"
DOCTYPE = '<!DOCTYPE report PUBLIC "-//JACOCO//DTD Report 1.1//EN" "report.dtd">'


def read(kind: str, content: Any, errors: str = "") -> Report:
    text = content if isinstance(content, str) else json.dumps(content)
    reader = KINDS[kind].read
    assert reader
    return reader(text.encode(), errors)


@pytest.mark.parametrize(
    ("content", "audited", "failed", "left"),
    [
        ("<testsuite><testcase name='a'/></testsuite>", 1, 0, 0),
        ("<testsuites><testsuite><testcase name='a'><failure/></testcase></testsuite></testsuites>", 1, 1, 0),
        ("<testsuites><testsuite><testcase/><testcase><error/></testcase></testsuite></testsuites>", 2, 1, 0),
        ("<testsuite><testcase><skipped/></testcase><testcase/></testsuite>", 1, 0, 1),
        ("<testsuite tests='0'/>", 0, 0, 0),
        # Surefire: a test that passed at its second run, and one that never did.
        ("<testsuite><testcase><flakyFailure/></testcase></testsuite>", 1, 0, 0),
        ("<testsuite><testcase><failure/><rerunFailure/></testcase></testsuite>", 1, 1, 0),
        # Failures without a test case.
        ("<testsuites failures='1' errors='1'><testsuite><testcase/></testsuite></testsuites>", 1, 2, 0),
        ("<testsuites><testsuite errors='1'/><testsuite failures='1'/></testsuites>", 0, 2, 0),
        ("<testsuites failures='0' errors='0'><testsuite errors='1'/></testsuites>", 0, 1, 0),
        ("<x:testsuite xmlns:x='urn:x'><x:testcase><x:failure/></x:testcase></x:testsuite>", 1, 1, 0),
    ],
)
def test_junit(content: str, audited: int, failed: int, left: int) -> None:
    found = read("junit", content)
    assert (found.audited, len(found.findings), found.left) == (audited, failed, left)


COBERTURA = """<coverage line-rate="0.5"><packages><package><classes><class><methods><method><lines>
<line number="1" hits="1"/></lines></method></methods><lines><line number="1" hits="1"/><line number="2" hits="0"/>
</lines></class></classes></package></packages></coverage>"""
LCOV = "TN:\nSF:a.ts\nDA:1,1\nDA:2,0\nBRDA:1,0,0,1\nBRDA:1,0,1,-\nLF:2\nLH:1\nend_of_record\n"
JACOCO = (
    f"<?xml version='1.0'?>{DOCTYPE}<report name='x'>"
    "<package name='p'><counter type='LINE' missed='9' covered='0'/></package>"
    "<counter type='INSTRUCTION' missed='5' covered='5'/><counter type='LINE' missed='1' covered='3'/>"
    "<counter type='BRANCH' missed='2' covered='2'/></report>"
)
COVERAGE_PY = {"totals": {"covered_lines": 8, "num_statements": 10, "covered_branches": 1, "num_branches": 4}}


@pytest.mark.parametrize(
    ("kind", "content", "lines", "branches"),
    [
        ("jacoco", JACOCO, (3, 4), (2, 4)),
        ("jacoco", "<report name='x'/>", (0, 0), (0, 0)),
        ("cobertura", '<coverage lines-valid="5" lines-covered="4"/>', (4, 5), (0, 0)),
        (
            "cobertura",
            '<coverage lines-valid="5" lines-covered="4" branches-valid="2" branches-covered="1"/>',
            (4, 5),
            (1, 2),
        ),
        ("cobertura", COBERTURA, (1, 2), (0, 0)),
        ("coverage-py", COVERAGE_PY, (8, 10), (1, 4)),
        ("coverage-py", {"totals": {"covered_lines": 8, "num_statements": 10}}, (8, 10), (0, 0)),
        ("lcov", LCOV, (1, 2), (1, 2)),
        # Two tests of one file.
        ("lcov", LCOV + "SF:a.ts\nDA:2,4\nend_of_record\n", (2, 2), (1, 2)),
        ("lcov", LCOV + "SF:b.ts\nDA:1,0,hash\nend_of_record\n", (1, 3), (1, 2)),
        ("lcov", "", (0, 0), (0, 0)),
    ],
)
def test_coverage(kind: str, content: Any, lines: tuple[int, int], branches: tuple[int, int]) -> None:
    found = read(kind, content)
    assert (found.covered, found.total) == lines
    text = content if isinstance(content, str) else json.dumps(content)
    found = BRANCHES[kind](text.encode(), "")
    assert (found.covered, found.total) == branches


RUFF = [{"code": "F401", "filename": "/a/b.py", "location": {"row": 3, "column": 1}, "message": "unused"}]


@pytest.mark.parametrize(
    ("content", "errors", "ids", "doubt"),
    [
        ([], "", [], False),
        ([], "warning: No Python files found under the given path(s)\n", [], True),
        (RUFF, "", ["F401"], False),
        ([{**RUFF[0], "code": None}], "", ["invalid-syntax"], False),
    ],
)
def test_ruff(content: Any, errors: str, ids: list[str], doubt: bool) -> None:
    found = read("ruff", content, errors)
    assert ([item.id for item in found.findings], bool(found.doubt)) == (ids, doubt)


IGNORED = {
    "ruleId": None,
    "fatal": False,
    "severity": 1,
    "message": "File ignored because of a matching ignore pattern.",
}
WARNED = {"ruleId": "no-var", "severity": 1, "message": "Unexpected var", "line": 2}
BROKEN = {"ruleId": None, "fatal": True, "severity": 2, "message": "Parsing error"}


@pytest.mark.parametrize(
    ("files", "audited", "levels"),
    [
        ([], 0, []),
        ([[]], 1, []),
        ([[IGNORED]], 0, []),
        ([[IGNORED], [WARNED]], 1, ["warning"]),
        ([[BROKEN, WARNED]], 1, ["error", "warning"]),
    ],
)
def test_eslint(files: list[Any], audited: int, levels: list[str]) -> None:
    document = json.dumps([{"filePath": "/a.ts", "messages": messages} for messages in files])
    # pnpm prints the script before the report, and its exit code after it.
    for text in (document, f"\n> app@1.0.0 lint /src\n> eslint -f json\n\n{document}\n ELIFECYCLE  Command failed.\n"):
        found = read("eslint", text)
        assert (found.audited, [item.severity for item in found.findings]) == (audited, levels)


def test_several_reports_in_one_output_are_refused() -> None:
    """As `npm run lint --workspaces` prints them: findings of the second must not be lost."""
    clean, bad = ([{"filePath": "/a.ts", "messages": messages}] for messages in ([], [BROKEN]))
    for second in (clean, bad):
        with pytest.raises(ValueError, match="it has 2 JSON documents"):
            read("eslint", f"> a\n{json.dumps(clean)}\n\n> b\n{json.dumps(second, indent=2)}\n")


PIP_OK = {"name": "idna", "version": "3.10", "vulns": []}
PIP_BAD = {"name": "jinja2", "version": "2.10", "vulns": [{"id": "PYSEC-2019-217", "aliases": ["CVE-2019-10906"]}]}
PIP_SKIPPED = {"name": "ours", "skip_reason": "Dependency not found on PyPI and could not be audited: ours (1.0)"}


@pytest.mark.parametrize(
    ("dependencies", "audited", "found", "skipped"),
    [
        ([], 0, [], []),
        ([PIP_OK], 1, [], []),
        ([PIP_OK, PIP_BAD], 2, ["PYSEC-2019-217"], []),
        ([PIP_OK, PIP_SKIPPED], 1, [], ["ours"]),
        ([PIP_SKIPPED], 0, [], ["ours"]),
    ],
)
def test_pip_audit(dependencies: list[Any], audited: int, found: list[str], skipped: list[str]) -> None:
    report = read("pip-audit", {"dependencies": dependencies, "fixes": []})
    assert report.audited == audited
    assert [item.id for item in report.findings] == found
    assert [item.name for item in report.skipped] == skipped


VIA = {
    "source": 1106913,
    "name": "lodash",
    "url": "https://github.com/advisories/GHSA-35jh-r3h4-6jhm",
    "severity": "high",
    "title": "Command Injection",
}


def npm(packages: Any, total: int = 2) -> dict[str, Any]:
    return {"auditReportVersion": 2, "vulnerabilities": packages, "metadata": {"dependencies": {"total": total}}}


PNPM = {
    "advisories": {"1": {"module_name": "lodash", "severity": "moderate", "id": 1, "cves": ["CVE-2021-23337"]}},
    "metadata": {"totalDependencies": 7},
}


@pytest.mark.parametrize(
    ("content", "errors", "found", "audited", "doubt"),
    [
        (npm({}), BULK, [], 2, ""),
        # --offline: a clean report, exit code 0, and nobody was asked.
        (npm({}), "", [], 2, "did not ask"),
        (npm({}), BULK.replace("200", "405"), [], 2, "did not ask"),
        (npm({}, 0), "", [], 0, ""),
        (npm({"lodash": {"severity": "high", "via": [VIA]}}), BULK, ["GHSA-35jh-r3h4-6jhm"], 2, ""),
        (
            npm({"lodash": {"via": [VIA]}, "app": {"severity": "high", "via": ["lodash"]}}),
            BULK,
            ["GHSA-35jh-r3h4-6jhm"],
            2,
            "",
        ),
        (npm({"app": {"severity": "high", "via": ["lodash"]}}), BULK, ["?"], 2, ""),
        ({"message": "405 Method Not Allowed - POST https://…", "error": {"summary": ""}}, "", [], None, "405"),
        ({"error": {"code": "ENOLOCK", "summary": "no lockfile"}}, "", [], None, "ENOLOCK no lockfile"),
        ({"error": {"code": "ERR_PNPM_AUDIT_BAD_RESPONSE", "message": "responded with 405"}}, "", [], None, "405"),
        (PNPM, "", ["1"], 7, ""),
        ({"advisories": {}, "metadata": {"dependencies": 3}}, "", [], 3, ""),
    ],
)
def test_npm_audit(content: Any, errors: str, found: list[str], audited: int | None, doubt: str) -> None:
    report = read("npm-audit", content, errors)
    assert ([item.id for item in report.findings], report.audited) == (found, audited)
    assert doubt in report.doubt if doubt else not report.doubt


def trivy(results: Any, image: bool = True, **more: Any) -> dict[str, Any]:
    kind = "container_image" if image else "filesystem"
    return {"SchemaVersion": 2, "ArtifactType": kind, "Results": results, **more}


CVE = {"VulnerabilityID": "CVE-2026-1", "PkgName": "openssl", "Severity": "MEDIUM"}
OS = {"Target": "debian 12", "Class": "os-pkgs", "Packages": [{"Name": "a"}, {"Name": "b"}]}


@pytest.mark.parametrize(
    ("content", "audited", "found", "skipped"),
    [
        (trivy(None), 0, [], 0),
        (trivy([OS]), 2, [], 0),
        (trivy([{"Class": "os-pkgs"}]), 1, [], 0),
        (trivy([{**OS, "Vulnerabilities": [CVE]}]), 2, [("CVE-2026-1", "moderate")], 0),
        (trivy([{**OS, "Vulnerabilities": [{**CVE, "Severity": "UNKNOWN"}]}]), 2, [("CVE-2026-1", "")], 0),
        # Only secrets were looked for: no package was.
        (trivy([{"Class": "secret", "Secrets": [{"RuleID": "aws", "Severity": "HIGH"}]}]), 0, [("aws", "high")], 0),
        (trivy([OS], Metadata={"OS": {"Family": "debian", "Name": "9", "EOSL": True}}), 2, [], 1),
        (
            trivy(
                [{"Class": "config", "Misconfigurations": [{"ID": "DS-1", "Severity": "LOW", "Status": "FAIL"}]}], False
            ),
            1,
            [("DS-1", "low")],
            0,
        ),
        (trivy([{"Class": "config", "Misconfigurations": [{"ID": "DS-1", "Status": "PASS"}]}], False), 1, [], 0),
    ],
)
def test_trivy(content: Any, audited: int, found: list[Any], skipped: int) -> None:
    report = read("trivy", content)
    assert (report.audited, len(report.skipped)) == (audited, skipped)
    assert [(item.id, item.severity) for item in report.findings] == found


READERS = [name for name, kind in KINDS.items() if kind.read]
ENTITIES = "<!DOCTYPE x [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]><testsuite>&b;</testsuite>"


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize(
    "content",
    [
        "not a report",
        "<html/>",
        "<testsuite><testcase>",
        "<report><counter type='LINE' missed='x' covered='1'/></report>",
        "<coverage lines-valid='1' lines-covered='2'/>",
        "{",
        "null",
        "3",
        '{"dependencies": [{"name": "a"}]}',
        '{"totals": {}}',
        '[{"x": 1}]',
        "[" * 100_000,
        "SF:a\nDA:1,1\n",
        "SF:a\nDA:1,x\nend_of_record",
        ENTITIES,
        ENTITIES.replace("testsuite", "coverage"),
    ],
)
def test_what_is_no_report_is_refused(kind: str, content: str) -> None:
    with pytest.raises(ValueError, match="."):
        read(kind, content)


NAMES = (
    *("dependencies", "vulns", "name", "totals", "covered_lines", "num_statements", "auditReportVersion", "via"),
    *("vulnerabilities", "metadata", "total", "Results", "SchemaVersion", "Vulnerabilities", "code", "aliases"),
    *("filename", "location", "filePath", "messages", "advisories", "error", "Metadata", "OS"),
)


NAMES = (
    *("dependencies", "vulns", "name", "totals", "covered_lines", "num_statements", "auditReportVersion", "via"),
    *("vulnerabilities", "metadata", "total", "Results", "SchemaVersion", "Vulnerabilities", "code", "aliases"),
    *("filename", "location", "filePath", "messages", "advisories", "error", "Metadata", "OS"),
)


@given(kind=st.sampled_from(READERS), data=st.data())
def test_any_bytes_are_a_report_or_a_value_error(kind: str, data: st.DataObject) -> None:
    values = st.recursive(
        st.none() | st.integers(-2, 2) | st.text("ab<", max_size=3),
        lambda inner: (
            st.lists(inner, max_size=2)
            | st.dictionaries(
                st.sampled_from(NAMES),
                inner | st.just(2),
                max_size=4,
            )
        ),
        max_leaves=8,
    )
    content = data.draw(st.binary(max_size=40) | values.map(lambda value: json.dumps(value).encode()))
    reader = KINDS[kind].read
    assert reader
    try:
        report = reader(content, "")
    except ValueError:
        return
    assert isinstance(report, Report)
