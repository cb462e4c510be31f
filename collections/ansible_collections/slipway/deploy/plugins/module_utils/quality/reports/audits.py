# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reports of scanners: pip-audit, npm audit (and pnpm's), Trivy. Pure.

A package that a scanner skipped, and an audit that asked nobody, are no result: see the `doubt` and `skipped` of
:class:`..model.Report`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..model import SEVERITIES, Finding, Report, Skipped
from .parse import line, mapping, number, parse_json, rows, rows_of

_SAME = {"medium": "moderate", "negligible": "info"}
# npm's line for a request that was answered, with its log level http.
_ASKED = re.compile(r"^npm http fetch POST 2\d\d \S+/-/npm/v1/security/(?:advisories/bulk|audits)", re.MULTILINE)
# A vulnerability that pip-audit got from its database and left out of the report, because it lacks a field.
_LEFT_OUT = re.compile(r"^WARNING:pip_audit\._service\.\w+:(.*)$", re.MULTILINE)
_NOT_ASKED = "npm did not ask the registry for advisories (offline?)"
_PACKAGES = ("os-pkgs", "lang-pkgs")


def severity(value: Any) -> str:
    """A scanner's severity in our scale; empty if it is unknown."""
    word = str(value or "").lower()
    word = _SAME.get(word, word)
    return word if word in SEVERITIES else ""


def pip_audit(content: bytes, errors: str = "") -> Report:
    """The vulnerabilities in ``pip-audit --format=json``, which has no severities.

    :param errors: its log.
    """
    found: list[Finding] = []
    skipped: list[Skipped] = []
    document = mapping(parse_json(content))
    if "dependencies" not in document:
        raise ValueError("it is not a report of pip-audit")
    dependencies = rows(document["dependencies"], "dependencies")
    for item in dependencies:
        name = line(item.get("name"))
        if "skip_reason" in item:
            skipped.append(Skipped(name, line(item["skip_reason"])))
        elif "vulns" not in item:
            raise ValueError(f"{name} has neither vulns nor skip_reason")
        else:
            found += [_of_pip(name, one) for one in rows(item["vulns"], "vulns")]
    left_out = _LEFT_OUT.search(errors)
    doubt = line(left_out[1]) if left_out else ""
    return Report(tuple(found), len(dependencies) - len(skipped), tuple(skipped), doubt=doubt)


def _of_pip(name: str, item: Mapping[str, Any]) -> Finding:
    aliases = item.get("aliases")
    names = tuple(str(one) for one in aliases) if isinstance(aliases, list) else ()
    return Finding(line(item.get("id")) or "?", name, "", line(item.get("description")), names)


def npm_audit(content: bytes, errors: str = "") -> Report:
    """The vulnerabilities in ``npm audit --json`` or ``pnpm audit --json``.

    :param errors: npm's log with its level ``http``, which shows whether it asked the registry.
    """
    document = mapping(parse_json(content))
    if document.get("auditReportVersion") == 2:
        return _npm(document, errors)
    if "advisories" in document and "metadata" in document:
        return _pnpm(document)
    error = mapping(document.get("error") or {}, "error")
    said = document.get("message") or error.get("summary") or error.get("message") or ""
    code = error.get("code") or ""
    if said or code:
        return Report(doubt=line(f"{code} {said}"))
    raise ValueError("it is not a report of npm audit")


def _npm(document: Mapping[str, Any], errors: str) -> Report:
    found: dict[tuple[str, str], Finding] = {}
    packages = mapping(document.get("vulnerabilities"), "vulnerabilities")
    for name, item in packages.items():
        package = mapping(item, name)
        via = package.get("via")
        for one in via if isinstance(via, list) else []:
            if isinstance(one, Mapping):  # A text is a package whose own entry has the advisory.
                made = _advisory(str(one.get("name") or name), one)
                found[made.id, made.about] = made
    metadata = mapping(document.get("metadata"), "metadata")
    total = number(mapping(metadata.get("dependencies"), "dependencies").get("total", 0), "total")
    if packages and not found:  # Never lose one whose advisory is not shown.
        found = {("", name): Finding("?", name, severity(item.get("severity"))) for name, item in packages.items()}
    asked = bool(_ASKED.search(errors))
    return Report(tuple(found.values()), total, doubt="" if asked or not total else _NOT_ASKED)


def _pnpm(document: Mapping[str, Any]) -> Report:
    found = [
        _advisory(str(item.get("module_name") or "?"), item)
        for item in (mapping(one, "an advisory") for one in mapping(document["advisories"], "advisories").values())
    ]
    metadata = mapping(document["metadata"], "metadata")
    counted = [metadata.get(name) for name in ("totalDependencies", "dependencies") if name in metadata]
    total = number(counted[0], "dependencies") if counted and isinstance(counted[0], int) else None
    return Report(tuple(found), total)


def _advisory(name: str, item: Mapping[str, Any]) -> Finding:
    url = str(item.get("url") or "")
    ids = [
        str(item.get("github_advisory_id") or ""),
        url.rpartition("/")[2],
        str(item.get("source") or item.get("id") or ""),
    ]
    cves = item.get("cves")
    ids += [str(one) for one in cves] if isinstance(cves, list) else []
    known = [one for one in dict.fromkeys(ids) if one] or ["?"]
    return Finding(
        line(known[0]), line(name), severity(item.get("severity")), line(item.get("title")), tuple(known[1:])
    )


def trivy(content: bytes, _errors: str = "") -> Report:
    """The vulnerabilities, misconfigurations and secrets in ``trivy … --format json``."""
    document = mapping(parse_json(content))
    if document.get("SchemaVersion") != 2:
        raise ValueError("it is not a report of Trivy (SchemaVersion 2)")
    results = rows_of(document, "Results")
    scanned = [item for item in results if item.get("Class") in _PACKAGES]
    packages = sum(len(rows_of(item, "Packages")) for item in scanned)
    image = document.get("ArtifactType") == "container_image"
    audited = packages or len(scanned if image else results)
    system = mapping(mapping(document.get("Metadata") or {}, "Metadata").get("OS") or {}, "OS")
    ended = (Skipped(line(f"{system.get('Family')} {system.get('Name')}"), "its security updates have ended"),)
    found = tuple(one for item in results for one in _of_trivy(item))
    return Report(found, audited, ended if system.get("EOSL") else ())


def _of_trivy(result: Mapping[str, Any]) -> Iterator[Finding]:
    target = line(result.get("Target"))
    for item in rows_of(result, "Vulnerabilities"):
        name = f"{item.get('PkgName')} {item.get('InstalledVersion') or ''}"
        yield Finding(
            line(item.get("VulnerabilityID")) or "?",
            line(name),
            severity(item.get("Severity")),
            line(item.get("Title")),
        )
    for item in rows_of(result, "Misconfigurations"):
        if item.get("Status", "FAIL") == "FAIL":
            ids = [line(item.get(key)) for key in ("ID", "AVDID") if item.get(key)] or ["?"]
            yield Finding(
                ids[0], target, severity(item.get("Severity")), line(item.get("Title")), tuple(ids[1:]), target
            )
    for item in rows_of(result, "Secrets"):
        yield Finding(
            line(item.get("RuleID")) or "?", target, severity(item.get("Severity")), line(item.get("Title")), (), target
        )
