# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs a checklist's questions on a machine: a unit's state, a Redis, a program's exit code.

Used on managed hosts, so Python 3.8 and its standard library, and on the control node. Answers are not judged here:
each is a mapping with what was found, or with ``error``, and with the seconds that it ``took``.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..common.errors import SlipwayError
from ..common.redact import redact
from ..programs.run import run_command
from ..systemd import environment_file, systemctl
from . import redis_client
from .readiness import status_of

_WORKERS = 8
_OUTPUT = 64 * 1024
_LINE = 160
_UNIT = ("LoadState", "ActiveState", "SubState", "NRestarts")
#: Suffixes of unit names; a name without one is a service.
_SUFFIXES = (".service", ".socket", ".timer", ".path", ".mount", ".target")


def ask_all(questions: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Ask several questions concurrently; return the answers in their order. Nothing here raises."""
    if not questions:
        return []
    with ThreadPoolExecutor(max_workers=_WORKERS, thread_name_prefix="probe") as pool:
        return list(pool.map(ask, questions))


def ask(question: Mapping[str, Any]) -> dict[str, Any]:
    """Ask one question; return its answer.

    :param question: ``kind`` (``systemd``, ``redis``, ``http`` or ``command``), ``timeout``, ``wait`` (seconds
        before it is asked), and what the function of that kind reads.
    """
    time.sleep(float(question.get("wait") or 0))
    begun = time.monotonic()
    try:
        found = _KINDS[question["kind"]](question)
    except SlipwayError as error:
        found = {"error": str(error)}
    except (OSError, ValueError) as error:
        found = {"error": f"it could not be asked ({type(error).__name__})"}
    return {**found, "took": round(time.monotonic() - begun, 3)}


def _systemd(question: Mapping[str, Any]) -> dict[str, Any]:
    name = unit_name(question["unit"])
    argv = ["systemctl", "show", *(f"--property={item}" for item in _UNIT), "--", name]
    done = run_command(argv, float(question["timeout"]), together=True)
    if done.late or done.code != 0:
        raise SlipwayError("systemd does not answer", name, "Is systemd this host's init?")
    said = dict(line.partition("=")[::2] for line in done.output.splitlines())
    restarts = said.get("NRestarts", "")
    return {
        "loaded": said.get("LoadState") == "loaded",
        "active": said.get("ActiveState", ""),
        "sub": said.get("SubState", ""),
        "restarts": int(restarts) if restarts.isdigit() else 0,
    }


def unit_name(name: str) -> str:
    """A unit's full name."""
    return name if name.endswith(_SUFFIXES) else f"{name}.service"


def _redis(question: Mapping[str, Any]) -> dict[str, Any]:
    url = question.get("url") or _of_service(question)
    address = redis_client.parse_url(url, "url")
    command = [str(word) for word in question["command"]]
    timeout, password = float(question["timeout"]), question.get("password") or ""
    reply = redis_client.ask(address, command, timeout, password, question.get("ca_file") or None)
    return {"value": reply if isinstance(reply, (int, str)) else None, "at": time.time()}


def _of_service(question: Mapping[str, Any]) -> str:
    """The address in a service's EnvironmentFile or its unit's credentials."""
    name, variable = question["unit"], question["variable"]
    unit = systemctl.show(name)
    for path in unit.environment_files:
        with suppress(OSError):
            found = environment_file.read(Path(path).read_bytes().decode("utf-8", "replace")).get(variable)
            if found:
                return found
    for path in systemctl.credential_files(unit):
        with suppress(OSError):
            if Path(path).name == variable and Path(path).stat().st_size:
                return Path(path).read_text(encoding="utf-8").strip()
    what = f"{variable} is in no environment file and no credential of {name}.service"
    raise SlipwayError(what, None, f"Set {variable}, or give url")


def _command(question: Mapping[str, Any]) -> dict[str, Any]:
    argv = [str(word) for word in question["argv"]]
    try:
        done = run_command(argv, float(question["timeout"]), together=True)
    except FileNotFoundError:
        return {"error": f"there is no {argv[0]}"}
    except OSError as error:
        return {"error": f"{argv[0]} cannot be run: {(error.strerror or type(error).__name__).lower()}"}
    if done.late:
        return {"error": f"it did not finish within {question['timeout']:g} s"}
    said = next((line.strip() for line in done.output[:_OUTPUT].splitlines() if line.strip()), "")
    return {"code": done.code, "said": redact(said, _LINE)}


def _http(question: Mapping[str, Any]) -> dict[str, Any]:
    """The status of one request to this host itself; its certificate is not verified."""
    code, why = status_of(question["url"], str(question.get("host") or ""), float(question["timeout"]))
    return {"status": code} if code else {"error": why}


_KINDS = {"systemd": _systemd, "redis": _redis, "command": _command, "http": _http}
