# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Gates with the real pip-audit, npm and coverage.py; where they ask a database, it is a stub on loopback."""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.quality.rows import parse_gates
from ansible_collections.slipway.deploy.plugins.module_utils.quality.run import Checkout, run_gates
from tests.support.stub import Answer, Call, Stub

BIN = Path(sys.executable).parent
ADVISORY = {
    "id": 1106913,
    "url": "https://github.com/advisories/GHSA-35jh-r3h4-6jhm",
    "title": "Command Injection in lodash",
    "severity": "high",
    "vulnerable_versions": "<4.17.21",
}
PACKAGE = {
    "name": "app",
    "version": "1.0.0",
    "lockfileVersion": 3,
    "packages": {
        "": {"name": "app", "version": "1.0.0", "dependencies": {"lodash": "4.17.20"}},
        "node_modules/lodash": {"version": "4.17.20"},
    },
}
FEED = "/v1/query"


class Databases(Stub):
    """OSV's query (https://google.github.io/osv.dev/post-v1-query/) and the registry's bulk advisories of npm."""

    def answer(self, call: Call) -> Answer:
        """The advisories that are known of jinja2 2.10 and of lodash before 4.17.21."""
        body = gzip.decompress(call.body) if call.headers.get("content-encoding") == "gzip" else call.body
        if call.path == FEED:
            name = json.loads(body)["package"]["name"]
            affected = {"package": {"name": name, "ecosystem": "PyPI"}, "ranges": []}
            vulnerability = {"id": "PYSEC-2019-217", "aliases": ["CVE-2019-10906"], "affected": [affected]}
            return Answer(200, {"vulns": [vulnerability]} if name == "jinja2" else {})
        if call.path == "/-/npm/v1/security/advisories/bulk":
            return Answer(200, {"lodash": [ADVISORY]} if "4.17.20" in json.loads(body).get("lodash", []) else {})
        return Answer(404, {})


@pytest.fixture(scope="module")
def databases() -> Iterator[Databases]:
    """The stub."""
    with Databases() as running:
        yield running


def verdict(source: Path, *rows: dict[str, Any]) -> list[tuple[str, str]]:
    """The verdicts of gates, and why."""
    found = run_gates(parse_gates(list(rows), []), [], Checkout(source), date(2026, 11, 30), strict=True)
    return [(item.row.verdict, item.result.detail) for item in found]


def pip_audit(databases: Databases, *words: str, **fields: Any) -> dict[str, Any]:
    own = ["--format=json", "--no-deps", "--disable-pip", "--progress-spinner=off", "-r", "requirements.txt"]
    command = [str(BIN / "pip-audit"), *own, "-s", "osv", "--osv-url", f"{databases.url}{FEED}", *words]
    return {"name": "pip-audit", "kind": "pip-audit", "command": command, **fields}


def test_pip_audit(tmp_path: Path, databases: Databases) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("jinja2==2.10\nidna==3.10\n")
    allow = [{"id": "CVE-2019-10906", "until": "2026-12-31", "reason": "no sandbox"}]
    # Nothing is audited by --dry-run, which says "No known vulnerabilities found" and ends with 0.
    assert verdict(tmp_path, pip_audit(databases), {**pip_audit(databases, "--dry-run"), "name": "dry"}) == [
        ("fail", "1 finding: PYSEC-2019-217 (jinja2)"),
        ("not audited", "no package was audited"),
    ]
    assert verdict(tmp_path, pip_audit(databases, allow=allow)) == [
        ("pass", "2 packages; CVE-2019-10906 allowed until 2026-12-31: no sandbox")
    ]
    for status, body, said in ((500, None, "ended with code 1"), (200, {"vulns": [{"id": "X"}]}, "missing 'affected'")):
        databases.fail(status, body=body)
        ((found, why),) = verdict(tmp_path, pip_audit(databases))
        assert found == "not audited"
        assert said in why


def test_pip_audit_that_skips(tmp_path: Path) -> None:
    """pip-audit itself ends with 0 and "No known vulnerabilities found" for what it cannot find."""
    editable = tmp_path / "site" / "ours-1.0.dist-info"
    editable.mkdir(parents=True)
    (editable / "METADATA").write_text("Metadata-Version: 2.1\nName: ours\nVersion: 1.0\n")
    (editable / "direct_url.json").write_text('{"url": "file:///src/ours", "dir_info": {"editable": true}}')
    words = ["--format=json", "--skip-editable", "--progress-spinner=off", "--path", "site"]
    row = {"name": "p", "kind": "pip-audit", "command": [str(BIN / "pip-audit"), *words]}
    ((found, why),) = verdict(tmp_path, row)
    assert (found, why) == ("not audited", "1 of 1 package not audited (ours: distribution marked as editable)")


def npm(databases: Databases, *words: str, **fields: Any) -> dict[str, Any]:
    command = ["npm", "audit", "--json", f"--registry={databases.url}/", *words]
    return {"name": "npm audit", "kind": "npm-audit", "command": command, **fields}


def test_npm_audit(tmp_path: Path, databases: Databases) -> None:
    (tmp_path / "package.json").write_text(json.dumps(PACKAGE["packages"][""]))  # type: ignore[index]
    ((found, why),) = verdict(tmp_path, npm(databases))
    assert (found, why.partition(":")[0]) == ("not audited", "ENOLOCK This command requires an existing lockfile.")
    (tmp_path / "package-lock.json").write_text(json.dumps(PACKAGE))
    found = verdict(
        tmp_path,
        npm(databases, severity="high"),
        npm(databases, severity="critical", name="critical"),
        # npm itself ends with 0 and a report without vulnerabilities.
        {**npm(databases, "--offline"), "name": "offline"},
        {**npm(databases, "--loglevel=silent", severity="critical"), "name": "silent"},
    )
    assert found[:2] == [
        ("fail", "1 finding: GHSA-35jh-r3h4-6jhm (lodash)"),
        ("pass", "1 package; 1 below critical"),
    ]
    assert {word for word, _why in found[2:]} == {"not audited"}
    databases.fail(405, times=2)
    ((found_, why),) = verdict(tmp_path, npm(databases))
    assert found_ == "not audited"
    assert "405" in why


def test_coverage(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("def a(x):\n    if x:\n        return 1\n    return 2\n\n\na(1)\n")
    script = "coverage run --branch app.py && coverage json -q && coverage xml -q && coverage lcov -q"
    run = {"name": "run", "kind": "exit-code", "command": ["sh", "-c", f"PATH={BIN}:$PATH; {script}"]}
    kinds = {"coverage-py": "coverage.json", "cobertura": "coverage.xml", "lcov": "coverage.lcov"}
    rows = [
        {"name": f"{kind} {of}", "kind": kind, "report": report, "minimum": minimum, "of": of}
        for kind, report in kinds.items()
        for of, minimum in (("lines", 80), ("branches", 51))
    ]
    lines, branches = ("pass", "80.0 % of lines, at least 80 %"), ("fail", "50.0 % of branches, at least 51 %")
    assert verdict(tmp_path, run, *rows) == [("pass", "ended with code 0"), *[lines, branches] * 3]
