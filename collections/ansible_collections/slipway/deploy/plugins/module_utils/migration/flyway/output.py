# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Parses Flyway's output, from its command line or through Maven, which adds levels to the lines.

Tried with Flyway 11.8 and its Maven plugin. Flyway's JSON is not used: Maven lacks it, and it omits what the
database says, which is how its clock is read. Pure; Python 3.8.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from ...common.errors import SlipwayError
from ...common.redact import redact
from ..model import Failure, Row

CLOCK = "slipway_clock"
CLOCK_SQL = """\
DO $$ BEGIN
  RAISE INFO 'slipway_clock %', to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
  RAISE INFO 'slipway_schema create=% empty=% name=%',
    has_schema_privilege(current_schema(), 'CREATE'),
    NOT EXISTS (
      SELECT FROM pg_class c LEFT JOIN pg_depend d ON d.objid = c.oid AND d.deptype = 'e'
       WHERE c.relnamespace = current_schema()::regnamespace AND d.objid IS NULL AND c.relkind IN ('r', 'p', 'v', 'S')
      UNION ALL
      SELECT FROM pg_proc f LEFT JOIN pg_depend d ON d.objid = f.oid AND d.deptype = 'e'
       WHERE f.pronamespace = current_schema()::regnamespace AND d.objid IS NULL),
    current_schema();
END $$;
"""
"""Has PostgreSQL say its time, and what Flyway finds in the schema that it works in (it puts it first in the path).

INFO reaches the client whatever ``client_min_messages`` is.
"""

_LEVEL = re.compile(r"^\[(?:INFO|WARNING|ERROR)\] ?")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_CLOCK = re.compile(rf"{CLOCK} (\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{{6}}Z)")
_SCHEMA = re.compile(r"slipway_schema create=(t|f) empty=(t|f) name=(.+)")
_NO_HISTORY = re.compile(r"Schema history table \S+ does not exist yet")
_SCRIPT = re.compile(r"(?:Script|Migration) (\S+\.\w+) failed")
_CALLBACK = re.compile(r"while executing (\w+) callback")
_UNPARSED = re.compile(r"Unable to parse statement in (\S+?)(?: \(.*?\))? at line (\d+)")
_PLACEHOLDER = re.compile(r"No value provided for placeholder: *(\$\{[^}]*\}|\S+?)[.,]? ")
_FIELD = re.compile(r"(SQL State|Message|Line)\s*:\s*(.*)")
_NEEDED = ("Version", "Description", "State")
_LAST_LINES = re.compile(r"-> \[Help|Need more flexibility|To see the full stack trace|Caused by:")
REPAIR = "Undo what it left half-done by hand, then run flyway repair, then this again"

_ADVICE = ("-> ", "Either revert", "Please remove", "To fix this error", "If you removed", "To ignore", "To allow")
NOT_EMPTY = (
    "If what is there is what the migrations up to a version make, set baselineOnMigrate: true and baselineVersion in"
    " database_migration_settings; else migrate an empty schema"
)
_MAY_NOT = (
    "Let the database's owner run GRANT CREATE ON SCHEMA {schema} TO the user that migrates (from PostgreSQL 15 on"
    " nobody but the owner may create in public), then run this again"
)
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
        r"No (?:Flyway )?database (?:plugin )?found to handle|Unsupported Database: PostgreSQL",
        "Flyway's module for PostgreSQL is missing",
        "Add org.flywaydb:flyway-database-postgresql to the dependencies of flyway-maven-plugin (from Flyway 10 on)",
    ),
    (
        r"Unable to instantiate JDBC driver|No suitable driver|Unable to autodetect JDBC driver",
        "the PostgreSQL driver is missing",
        "Add org.postgresql:postgresql to the dependencies of flyway-maven-plugin; the command line needs drivers/",
    ),
    (r"Found non-empty schema", "the schema is not empty and has no history of Flyway", NOT_EMPTY),
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
    """The database's time in UTC, as ISO 8601 with microseconds; ``None`` if it is not in the output."""
    found = _CLOCK.search(output)
    return found[1] if found else None


class Schema(NamedTuple):
    """The schema that Flyway works in. ``fresh``: it has no Flyway history yet."""

    name: str
    creatable: bool
    empty: bool
    fresh: bool


def read_schema(output: str) -> Schema | None:
    """The schema from the callback of ``info``; ``None`` if it does not exist yet, or was not reported."""
    found = _SCHEMA.search(output)
    if found is None or found[3].strip() == "<NULL>":
        return None
    return Schema(found[3].strip(), found[1] == "t", found[2] == "t", _NO_HISTORY.search(output) is not None)


def may_not_create(schema: str) -> Failure:
    """Whether the user may not create tables, as from PostgreSQL 15 on without owning the database."""
    return Failure(f"the database's user may not create tables in the schema {schema}", _MAY_NOT.format(schema=schema))


def read_table(output: str) -> tuple[Row, ...]:
    """The rows of the last table that ``info`` printed.

    :raises SlipwayError: it is missing, or lacks a column.
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
    # Only a description may contain the separator.
    cells[at : at + surplus + 1] = [" | ".join(cells[at : at + surplus + 1])]
    named = dict(zip(header, cells))  # noqa: B905 - strict= is Python 3.10's
    return Row(named["Version"], named["Description"], named["State"])


def read_problems(output: str) -> tuple[str, ...]:
    """The problems that ``validate`` found, one line for each migration."""
    lines = plain(output)
    start = next((at for at, line in enumerate(lines) if "Validate failed:" in line), None)
    if start is None:
        return ()
    found: list[str] = []
    for line in lines[start + 1 :]:
        if _LAST_LINES.search(line) or line.startswith("BUILD") or not line:
            break
        # Its advice is to repair, which accepts any state; checksums are of no use to a reader.
        if not line.startswith(_ADVICE):
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
    unparsed = _UNPARSED.search(output)
    if script is not None or unparsed is not None:
        return _script_failure(script[1] if script else "", fields, output, unparsed)
    if fields.get("SQL State") == "42501":
        return _denied(fields.get("Message", ""), "")
    if "Unable to obtain connection" in output or "Connection to " in output:
        what, remedy = _CONNECTION.get(fields.get("SQL State", ""), _UNREACHABLE)
        return Failure(f"{what} ({redact(fields.get('Message') or _first_error(lines)).rstrip('.')})", remedy)
    for pattern, what, remedy in _OTHERS:
        said = next((line for line in lines if re.search(pattern, line)), None)
        if said is not None:
            return Failure(f"{what} ({redact(said.strip()).rstrip('.')})", remedy)
    offenders = [line[3:].strip() for line in lines if line.startswith("-> ")]
    if offenders:
        return Failure(f"{_first_error(lines)}: {redact(', '.join(offenders))}", "Give each its own version or name")
    return Failure(f"Flyway failed: {_first_error(lines)}", "Run flyway info on the host to see the state")


def _script_failure(script: str, fields: dict[str, str], output: str, unparsed: re.Match[str] | None) -> Failure:
    if unparsed is not None and not script:
        script = unparsed[1].rpartition("/")[2]
        fields = {"Line": unparsed[2], "Message": _reason_of(output, unparsed)}
    number = fields.get("Line", "")
    line = int(number) if number.isdecimal() else None
    message = redact(re.sub(r"^ERROR:\s*", "", fields.get("Message", ""))).rstrip(".")
    callback = _CALLBACK.search(output)
    place = f"{'the callback ' if callback else ''}{script}{f', line {line}' if line is not None else ''}"
    missing = _PLACEHOLDER.search(output + " ")
    if missing is not None:
        return no_value(place, missing[1])._replace(script=script, line=line)
    remedy = _denied(message, script).remedy if fields.get("SQL State") == "42501" else REPAIR
    if callback:
        remedy = f"The callback is run again with the next deploy: correct {script}, then run this again"
    return Failure(f"{place}: {message or 'it failed'}", remedy, script, line)


def no_value(place: str, placeholder: str) -> Failure:
    """The error for a placeholder without a value.

    :param placeholder: as written, with ``${`` and ``}``.
    """
    remedy = (
        f"Set placeholders.{placeholder.strip('${}')} in database_migration_settings, or placeholderReplacement: false"
        " where it is part of the SQL, then run this again"
    )
    return Failure(f"{place}: there is no value for the placeholder {placeholder}", remedy)


def _reason_of(output: str, unparsed: re.Match[str]) -> str:
    rest = output[unparsed.end() :].partition("\n")[0]
    return re.sub(r"^[^.]*\. (?:See \S+ for more information\. )?", "", rest).strip()


def _denied(message: str, script: str) -> Failure:
    schema = re.search(r"permission denied for schema (\S+)", message)
    if schema and not script:
        return may_not_create(schema[1])
    said = redact(re.sub(r"^ERROR:\s*", "", message)).rstrip(".")
    remedy = (
        _MAY_NOT.format(schema=schema[1]) if schema else "Give the user that migrates the right, then run this again"
    )
    return Failure(f"the database does not allow it ({said})", remedy)


def _first_error(lines: Sequence[str]) -> str:
    errors = [line for line in lines if line.startswith("ERROR:") or "Exception" in line or "Failed to execute" in line]
    # Maven's level was that of the first one.
    found = [line for line in lines if line.startswith("Found more than one ")]
    chosen = next(iter(errors or found or [line for line in reversed(lines) if line]), "it printed nothing")
    return redact(re.sub(r"^ERROR:\s*", "", chosen))
