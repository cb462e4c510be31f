# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tries a release on a spare port of this host, as a transient unit, and removes it completely."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from ..common.errors import SlipwayError
from ..files.atomic import ensure_directory, filing, read_link, remove_tree, write_atomic
from ..network import ports
from ..probes.readiness import Wanted
from ..systemd import environment_file, systemctl
from . import spare_unit
from .apply import Proof
from .service import Service

#: Seconds after which systemd stops a spare whose trial was killed.
_GRACE = 60
_UNITS = Path("/etc/systemd/system")
_RUN = Path("/run/slipway")
_DIRECTORIES = tuple(Path(path) for path in ("/var/lib", "/var/log", "/var/cache"))
_CONFIGURATION = "10-configuration.conf"


class Spare(NamedTuple):
    """What to try.

    :param name: the service.
    :param command: the command, with its port.
    :param links: link → target, as planned for the switch.
    :param configuration: the link to the live generation of the service's configuration.
    :param environment: variables of the spare only; they override all others.
    """

    name: str
    command: Sequence[str]
    links: Mapping[str, str]
    configuration: str
    port: int
    environment: Mapping[str, str]
    wanted: Wanted

    @property
    def unit(self) -> str:
        """The transient unit, without ``.service``."""
        return f"{self.name}-spare"

    @property
    def environment_path(self) -> Path:
        """The file of its own variables while it runs."""
        return _RUN / f"{self.unit}.env"


def check(spare: Spare) -> None:
    """Refuse a spare that cannot be tried.

    :raises SlipwayError: naming the process on the port, or the invalid variable.
    """
    for name, value in spare.environment.items():
        fault = environment_file.fault(name, value)
        if fault:
            raise SlipwayError(f"{name} {fault}", "environment", "Correct it")
    for listener in ports.listeners(spare.port):
        if listener.unit != f"{spare.unit}.service":
            what = f"the spare port {spare.port} is taken by {listener}"
            raise SlipwayError(what, f"{spare.name}.service", "Stop it, or choose another spare port")


def attempt(spare: Spare) -> Proof:
    """Run the release until it is ready and stays so, then stop it in any case.

    :raises SlipwayError: it cannot be started.
    """
    check(spare)
    service = Service(spare.unit, Path("/nonexistent"), spare.wanted, [])
    put_away(spare)  # A killed trial may have left one.
    try:
        settings = spare_unit.read_settings(_texts(spare))
        ensure_directory(_RUN, 0o755)
        write_atomic(spare.environment_path, environment_file.render(spare.environment).encode())
        said = systemctl.run_transient(arguments(spare, settings))
        if said:
            raise SlipwayError(f"systemd does not start the spare: {said}", f"{spare.unit}.service")
        return service.prove(settled=False)
    finally:
        put_away(spare)


def put_away(spare: Spare) -> None:
    """Stop the spare, and remove its files."""
    unit = f"{spare.unit}.service"
    systemctl.stop(unit)
    systemctl.forget_failure(unit)
    # systemd forgets a transient unit when it ends, including its directories.
    for directory in _DIRECTORIES:
        remove_tree(directory / spare.unit)
    with filing("remove it", spare.environment_path):
        if spare.environment_path.exists():
            spare.environment_path.unlink()


def arguments(spare: Spare, settings: Sequence[spare_unit.Setting]) -> list[str]:
    """The arguments of systemd-run. Pure."""
    seconds = round(spare.wanted.timeout + spare.wanted.stable_for + _GRACE)
    return [
        "--quiet",
        f"--unit={spare.unit}",
        "--service-type=exec",
        f"--description=Tries a release of {spare.name}",
        *spare_unit.properties(settings, spare.name, spare.unit, spare.links),
        # The last file wins.
        f"--property=EnvironmentFile={spare.environment_path}",
        f"--property=RuntimeMaxSec={seconds}",
        "--",
        *spare_unit.command(spare.command, spare.links),
    ]


def _texts(spare: Spare) -> list[str]:
    """The unit file, its drop-ins, and that of the configuration that will be switched to."""
    directory = _UNITS / f"{spare.name}.service.d"
    paths = [_UNITS / f"{spare.name}.service"]
    paths += [path for path in sorted(directory.glob("*.conf")) if path.name != _CONFIGURATION]
    generation = spare.links.get(spare.configuration) or read_link(spare.configuration)
    if generation:
        paths.append(Path(generation) / "unit.conf")
    texts = []
    for path in paths:
        with filing("read it", path):
            texts.append(path.read_text(encoding="utf-8", errors="replace"))
    return texts


def refused(spare: Spare, proof: Proof) -> str:
    """Why the release is not activated, in one line."""
    reason = re.sub(r"\s+", " ", proof.reason)
    return (
        f"{spare.name}.service: the release does not become ready on the spare port {spare.port}: {reason}. "
        "The old release keeps running: correct the release or its configuration"
    )
