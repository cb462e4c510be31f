# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A database that is a file: ``database.py info|migrate MIGRATIONS SCHEMA``."""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path

action, directory, schema = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
applied: list[str] = json.loads(schema.read_text()) if schema.exists() else []
found = {}
for path in directory.glob("V*__*.sql"):
    match = re.match(r"V(\d+)__", path.name)
    if match:
        found[match[1]] = path.read_text()
pending = [
    {"version": version, "description": "x", "compatible": "-- slipway: backward-compatible" in text}
    for version, text in sorted(found.items())
    if version not in applied
]
before = applied[-1] if applied else ""
result = {"schema_before": before, "schema_after": before, "pending": pending, "applied": [], "started_at": "T0"}
if action == "migrate":
    for item in pending:
        if "SLOW" in found[item["version"]]:
            time.sleep(600)
        if "BROKEN" in found[item["version"]]:
            sys.exit(f"migration {item['version']} is broken")
        applied.append(item["version"])
        schema.parent.mkdir(parents=True, exist_ok=True)
        schema.write_text(json.dumps(applied))
    result.update(applied=pending, schema_after=applied[-1] if applied else "")
print(json.dumps(result))
