# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What Flyway prints, by its command line or through Maven: the same texts, which Maven puts levels before.

Tried with Flyway 11.8 and its Maven plugin. Flyway's JSON is not used: Maven has none, and it leaves out what the
database says, which is how its clock is read. Pure; Python 3.8.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.common.redact import redact
from ansible_collections.slipway.deploy.plugins.module_utils.migration.model import Failure, Row

CLOCK = "slipway_clock"
CLOCK_SQL = f"""\
DO $$ BEGIN
  RAISE INFO '{CLOCK} %', to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
END $$;
"""
"""Has PostgreSQL say its time. INFO reaches the client whatever ``client_min_messages`` is."""

_LEVEL = re.compile(r"^\[(?:INFO|WARNING|ERROR)\] ?")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_CLOCK = re.compile(rf"{CLOCK} (\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{{6}}Z)")
_SCRIPT = re.compile(r"(?:Script|Migration) (\S+\.\w+) failed")
_FIELD = re.compile(r"(SQL State|Message|Line)\s*:\s*(.*)")
_NEEDED = ("Version", "Description", "State")
_LAST_LINES = re.compile(r"-> \[Help|Need more flexibility|To see the full stack trace|Caused by:")
_REPAIR = "Undo what it left half-done by hand, then run flyway repair, then this again"

_CONNECTION = {
    "28P01": ("the database refused the user or the password", "Correct the secret that holds them"),
    "28000": ("the database does not let this user in from here", "Correct pg_hba.conf, or the user's name"),
    "3D000": ("there is no such database", "Correct the database's URL, or create it"),
    "53300": ("the database has no connection left", "Wait, or raise max_connections"),
    "57P03": ("the database is starting or stopping", "Run this again when it is up"),
}
_UNREACHABLE = ("the database cannot be reached", "Check that it is up, its URL and the security groups")
_OTHERS = (
    (
        r"No database found to handle",
        "Flyway has no driver for this URL",
        "It is written jdbc:postgresql://host:port/name",
    ),
    (
        r"No plugin found for prefix 'flyway'",
        "the project has no Flyway plugin",
        "Add flyway-maven-plugin to its pom.xml",
    ),
    (
        r"Could not (?:transfer|resolve|find) |could not be resolved|Failed to fetch|Unknown host repo",
        "Maven cannot download what it needs",
        "Check the host's network, or use the engine flyway, which downloads nothing",
    ),
    (
        r"Unable to obtain .{0,40}lock|Number of retries exceeded while attempting",
        "another migration holds Flyway's lock",
        "Wait until it ends, then run this again",
    ),
    (
        r"java: (?:command )?not found|JAVA_HOME.*not|cannot find java",
        "Java is not installed",
        "Install a Java runtime of 17 or newer",
    ),
    (r"UnsupportedClassVersionError", "Java is too old for this Flyway", "Install a Java runtime of 17 or newer"),
    (r"No space left on device", "the disk is full", "Free space on the host, then run this again"),
)


def plain(output: str) -> list[str]:
    """The lines without colours and Maven's levels."""
    return [_LEVEL.sub("", _COLOUR.sub("", line)).rstrip() for line in output.splitlines()]


def read_clock(output: str) -> str | None:
    """The database's time in UTC, as ISO 8601 with microseconds; ``None`` when it did not say it."""
    found = _CLOCK.search(output)
    return found[1] if found else None


def read_table(output: str) -> tuple[Row, ...]:
    """The rows of the last table that ``info`` printed.

    :raises SlipwayError: when there is none, or it lacks a column.
    """
    header: list[str] | None = None
    rows: list[Row] = []
    for line in plain(output):
        if not (line.startswith("|") and line.endswith("|")):
            continue
        cells = [cell.strip() for cell in line[1:-1].split("|")]
        if "State" in cells and "Version" in cells:
            header, rows = cells, []
        elif header is not None:
            row = _row(header, cells)
            rows += [row] if row else []
    if header is None or not set(_NEEDED) <= set(header):
        raise SlipwayError("Flyway printed no table of the migrations", None, "This needs Flyway 9 or newer")
    return tuple(rows)


def _row(header: Sequence[str], cells: list[str]) -> Row | None:
    surplus = len(cells) - len(header)
    if surplus < 0:
        return None  # "No migrations found"
    at = header.index("Description")
    # A description is the only column that may have the separator in it.
    cells[at : at + surplus + 1] = [" | ".join(cells[at : at + surplus + 1])]
    named = dict(zip(header, cells))  # noqa: B905 - strict= is Python 3.10's
    return Row(named["Version"], named["Description"], named["State"])


def read_problems(output: str) -> tuple[str, ...]:
    """What ``validate`` objects to, a line for each migration; empty when it has no objection."""
    lines = plain(output)
    start = next((at for at, line in enumerate(lines) if "Validate failed:" in line), None)
    if start is None:
        return ()
    found: list[str] = []
    for line in lines[start + 1 :]:
        if _LAST_LINES.search(line) or line.startswith("BUILD") or not line:
            break
        # Its advice is to repair, which blesses whatever is there; the numbers say nothing to a person.
        if not line.startswith(("-> ", "Either revert", "Please remove", "To fix this error", "If you removed")):
            found.append(redact(line.strip()))
    return tuple(found) or ("the migrations have failed validation",)


def read_failure(output: str) -> Failure:
    """Why a command of Flyway failed."""
    lines = plain(output)
    script = next((found for line in lines for found in [_SCRIPT.search(line)] if found), None)
    fields: dict[str, str] = {}
    for line in lines:
        field = _FIELD.match(line.strip())
        if field:
            fields.setdefault(field[1], field[2].strip())
    if script is not None:
        return _script_failure(script[1], fields)
    if "Unable to obtain connection" in output or "Connection to " in output:
        what, remedy = _CONNECTION.get(fields.get("SQL State", ""), _UNREACHABLE)
        return Failure(f"{what} ({redact(fields.get('Message') or _first_error(lines)).rstrip('.')})", remedy)
    for pattern, what, remedy in _OTHERS:
        said = next((line for line in lines if re.search(pattern, line)), None)
        if said is not None:
            return Failure(f"{what} ({redact(said.strip()).rstrip('.')})", remedy)
    return Failure(f"Flyway failed: {_first_error(lines)}", "Run flyway info on the host to see the state")


def _script_failure(script: str, fields: dict[str, str]) -> Failure:
    number = fields.get("Line", "")
    line = int(number) if number.isdecimal() else None
    message = redact(re.sub(r"^ERROR:\s*", "", fields.get("Message", ""))).rstrip(".")
    place = f"{script}, line {line}" if line is not None else script
    return Failure(f"{place}: {message or 'it failed'}", _REPAIR, script, line)


def _first_error(lines: Sequence[str]) -> str:
    errors = [line for line in lines if line.startswith("ERROR:") or "Exception" in line or "Failed to execute" in line]
    chosen = next(iter(errors or [line for line in reversed(lines) if line]), "it printed nothing")
    return redact(re.sub(r"^ERROR:\s*", "", chosen))
