# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Canaries: secrets of a test, stored where secrets belong, and searched in everything that a run leaves.

They are also found in base64, hexadecimal, URL-quoted and as JSON. Places are named, canaries never are.
"""

from __future__ import annotations

import base64
import json
import secrets
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.support.pace import scaled

_SCAN = Path(__file__).with_name("leak_scan.py").read_text(encoding="utf-8")
#: What a host keeps of a run, apart from the programs that are installed there.
HOST_ROOTS = ("/etc", "/tmp", "/var/tmp", "/root", "/home", "/run", "/var/lib", "/var/log", "/app", "/opt", "/srv")
#: Where the secrets of a service belong.
HOST_ALLOWED = ("/etc/*/generations/*/env", "/etc/*/generations/*/credentials/*", "/run/credentials/*")


class Canaries:
    """Secrets by label. The value of a label is the same during the life of the object.

    :param values: labels with values of the test's own; others are generated on demand.
    """

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self.values = dict(values or {})

    def __getitem__(self, label: str) -> str:
        return self.values.setdefault(label, f"canary{secrets.token_hex(12)}")

    def forms(self) -> dict[str, list[str]]:
        """Label → what its value looks like in a file, each in hexadecimal digits."""
        return {label: [form.hex() for form in _forms(value)] for label, value in self.values.items()}

    def in_text(self, text: str, where: str) -> list[str]:
        """The places in a text, such as what a run printed: ``label: where``."""
        content = text.encode(errors="surrogateescape")
        return [f"{label}: {where}" for label, value in self.values.items() if any(f in content for f in _forms(value))]

    def in_files(self, roots: Sequence[Path | str], allowed: Sequence[str] = ()) -> list[str]:
        """The files of this machine below ``roots`` that hold one, but for the patterns ``allowed``."""
        return _scan(["python3"], self._request(roots, allowed))

    def on_host(
        self,
        python: Sequence[str],
        roots: Sequence[str] = HOST_ROOTS,
        allowed: Sequence[str] = HOST_ALLOWED,
        units: Sequence[str] = (),
    ) -> list[str]:
        """The places on a host: its files, processes and journal.

        :param python: what runs Python there: ``podman exec -i NAME python3``.
        :param units: services whose own environment may hold them.
        """
        return _scan(python, self._request(roots, allowed, units, processes=True, journal=True))

    @contextmanager
    def watched(self, units: Sequence[str] = ()) -> Iterator[list[str]]:
        """Look at all processes of this machine, those in its containers too, as long as the block runs.

        The list is filled when the block ends.

        :param units: services whose own environment may hold them.
        """
        places: list[str] = []
        process = subprocess.Popen(["python3", "-c", _SCAN], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdin is not None
            process.stdin.write(json.dumps(self._request((), (), units, processes=True, follow=True)) + "\n")
            process.stdin.flush()
            yield places
        finally:
            answer, _errors = process.communicate(timeout=scaled(60))
        places.extend(json.loads(answer))

    def _request(
        self,
        roots: Sequence[Path | str],
        allowed: Sequence[str],
        units: Sequence[str] = (),
        processes: bool = False,
        journal: bool = False,
        follow: bool = False,
    ) -> dict[str, Any]:
        return {
            "forms": self.forms(),
            "roots": [str(root) for root in roots],
            "allowed": list(allowed),
            "units": list(units),
            "processes": processes,
            "journal": journal,
            "follow": follow,
        }


def put_parameter(ssm: Any, name: str, value: str) -> None:
    """A SecureString of SSM."""
    ssm.put_parameter(Name=name, Value=value, Type="SecureString", Overwrite=True)


def put_secret(manager: Any, name: str, value: str | Mapping[str, str]) -> None:
    """A secret of Secrets Manager; a mapping becomes a JSON object."""
    text = value if isinstance(value, str) else json.dumps(dict(value))
    try:
        manager.create_secret(Name=name, SecretString=text)
    except manager.exceptions.ResourceExistsException:
        manager.put_secret_value(SecretId=name, SecretString=text)


def _forms(value: str) -> list[bytes]:
    """The forms in which a value may occur in a file."""
    raw = value.encode()
    shapes = {raw, raw.hex().encode(), quote(value, safe="").encode(), json.dumps(value)[1:-1].encode()}
    for offset in range(3):
        # Where the value stands in what was encoded decides what it looks like; its edges depend on its neighbours.
        encoded = base64.b64encode(b"\0" * offset + raw)
        shapes.add(encoded[4 if offset else 0 : (offset + len(raw)) // 3 * 4])
    return sorted(shape for shape in shapes if len(shape) >= 8)


def _scan(python: Sequence[str], request: Mapping[str, Any]) -> list[str]:
    answer = subprocess.run(
        [*python, "-c", _SCAN], input=json.dumps(request) + "\n", capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr
    places: list[str] = json.loads(answer.stdout)
    return places
