# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The documented format of smoke checks and checklist rows is the one that the code accepts."""

from __future__ import annotations

import re
from dataclasses import MISSING, fields
from typing import Any

import pytest
import yaml

from ansible_collections.slipway.deploy.plugins.doc_fragments.checks import ModuleDocFragment
from ansible_collections.slipway.deploy.plugins.module_utils.checks import declared, declared_body, probes_declared
from ansible_collections.slipway.deploy.plugins.module_utils.checks.declared import parse_check
from ansible_collections.slipway.deploy.plugins.module_utils.checks.document import RULES
from ansible_collections.slipway.deploy.plugins.module_utils.checks.probes import Probe
from ansible_collections.slipway.deploy.plugins.module_utils.checks.probes_declared import parse_checklist
from ansible_collections.slipway.deploy.plugins.module_utils.checks.smoke import SmokeCheck
from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError

Doc = dict[str, Any]


def suboptions(text: str, option: str) -> dict[str, Doc]:
    """The documented keys of a row."""
    found: dict[str, Doc] = yaml.safe_load(text)["options"][option]["suboptions"]
    return found


CHECK = suboptions(ModuleDocFragment.DOCUMENTATION, "smoke_checks")
ROW = suboptions(ModuleDocFragment.CHECKLIST, "checklist")

#: The shortest row of each kind.
SHORTEST: dict[str, Doc] = {
    "http": {"path": "/"},
    "import_wizard": {"path": "/"},
    "scheduler": {"key": "beat", "max_age": 120, "url": "redis://localhost"},
    "sentry": {"organization": "stmary", "token": {"env": "TOKEN"}},
    "redis_queue": {"key": "queue", "url": "redis://localhost"},
    "systemd": {},
    "command": {"argv": ["true"]},
}
REQUESTS = ("http", "import_wizard")


def parsed(kind: str, **more: Any) -> Probe:
    """A row of a kind."""
    (probe,) = parse_checklist([{"name": "row", "kind": kind, **SHORTEST[kind], **more}], "here")
    return probe


def accepted(kind: str) -> set[str]:
    """The keys that a row of a kind takes, by the message that refuses another one."""
    with pytest.raises(SlipwayError) as refused:
        parsed(kind, zzz=1)
    listed = re.search(r"Use one of ([\w, ]+)", str(refused.value))
    assert listed
    return {"name", "kind", *listed[1].split(", "), *(["url"] if kind in REQUESTS else [])}


def plain(value: Any) -> Any:
    """A default as documentation has it."""
    return list(value) if isinstance(value, tuple) else value


def test_the_keys_of_a_check() -> None:
    assert set(CHECK) == {field.name for field in fields(SmokeCheck)}
    assert [key for key, doc in CHECK.items() if doc.get("required")] == ["path"]


def test_the_defaults_of_a_check() -> None:
    minimal = parse_check({"path": "/"}, "here")
    documented = {key: doc["default"] for key, doc in CHECK.items() if "default" in doc}
    assert {key: plain(getattr(minimal, key)) or type(value)() for key, value in documented.items()} == documented
    # What is not documented has no default, or one that depends on other keys.
    others = {field.name for field in fields(SmokeCheck) if field.default not in (None, MISSING)} - set(documented)
    assert others == {"method", "trace"}


@pytest.mark.parametrize("key", sorted(CHECK))
def test_every_key_of_a_check_is_validated(key: str) -> None:
    with pytest.raises(SlipwayError, match=rf"here\.{key}"):
        parse_check({"path": "/", key: object()}, "here")


def test_the_choices_of_a_check() -> None:
    assert tuple(CHECK["method"]["choices"]) == declared._METHODS
    assert tuple(CHECK["send"]["suboptions"]) == declared_body._KINDS
    assert set(CHECK["auth"]["suboptions"]) == {"user", "password"}
    assert set(RULES) <= set(re.findall(r"C\((\w+)\)", " ".join(CHECK["json"]["description"])))


def test_the_kinds_of_rows() -> None:
    assert ROW["kind"]["choices"] == list(probes_declared.KINDS) == list(SHORTEST)


def test_the_keys_of_rows() -> None:
    # A scheduler is a request or a heartbeat; the shortest one is the latter.
    assert set(ROW) == set().union(*map(accepted, SHORTEST))
    assert [key for key, doc in ROW.items() if doc.get("required")] == ["name", "kind"]


def test_the_request_of_a_row_is_documented_as_that_of_a_check() -> None:
    differing = {"name", "timeout", "retries", "path"}
    assert {key: ROW[key] for key in CHECK if key not in differing} == {
        key: doc for key, doc in CHECK.items() if key not in differing
    }


def test_the_choices_of_rows() -> None:
    assert ROW["type"]["choices"] == list(probes_declared._LENGTHS)
    assert ROW["levels"]["choices"] == list(probes_declared._LEVELS)
    for via in ROW["via"]["choices"]:
        assert parsed("command", via=via).via == via


def test_the_defaults_of_rows() -> None:
    found: list[tuple[str, Any]] = [
        ("below", getattr(parsed("redis_queue").spec, "below", None)),
        ("levels", plain(getattr(parsed("sentry").spec, "levels", None))),
        ("projects", plain(getattr(parsed("sentry").spec, "projects", None))),
        ("wait", parsed("command").wait),
        ("type", "list" if parsed("redis_queue") == parsed("redis_queue", type="list") else None),
    ]
    own = {key: doc["default"] for key, doc in ROW.items() if "default" in doc and key not in CHECK}
    assert dict(found) == own


def test_the_defaults_that_depend_on_the_kind() -> None:
    requests = [getattr(parsed(kind).spec, "check", None) for kind in REQUESTS]
    assert [(check.timeout, check.retries, check.method) for check in requests if check] == [
        (5.0, 5, "GET"),
        (5.0, 0, "POST"),
    ]
    assert parsed("command").timeout == 10.0
    assert "By default V(5) for a request and V(10)" in ROW["timeout"]["description"]
    assert "By default V(5), and V(0) for V(import_wizard)" in ROW["retries"]["description"]
