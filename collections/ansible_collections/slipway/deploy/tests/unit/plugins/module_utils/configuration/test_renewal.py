# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a release goes back to: its own settings, with the secrets and parameters of now."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.configuration.generations import Owner, switch, write
from ansible_collections.slipway.deploy.plugins.module_utils.configuration.model import Configuration, Delivered, Place
from ansible_collections.slipway.deploy.plugins.module_utils.configuration.renewal import renewed
from ansible_collections.slipway.deploy.plugins.module_utils.configuration.write_renewal import renew, write_renewed
from ansible_collections.slipway.deploy.plugins.module_utils.parameters.gather import renewable
from ansible_collections.slipway.deploy.plugins.module_utils.parameters.model import read_wanted

FILE = "/etc/x/licence"
PROPERTIES = {"UMIGO_KEY_PATH": "key"}


def configuration(
    literal: str, parameter: str, secret: str, file: str = "f", more: dict[str, str] | None = None
) -> Configuration:
    environment = {"MODE": literal, "URL": parameter, **(more or {})}
    me = Delivered(file.encode(), os.environ.get("USER", "root"), "root", 0o640)
    return Configuration(environment, {"password": secret.encode(), "key": b"k"}, PROPERTIES, {FILE: me})


def names(configuration: Configuration) -> list[str]:
    """As the inventory says it: MODE is its own, the rest is kept elsewhere."""
    wanted = read_wanted(path="/dev/x/", environment={"MODE": "m"}, secrets=[], required=[], where="here")
    return renewable(wanted, configuration)


@pytest.mark.parametrize(
    ("before", "now", "after"),
    [
        pytest.param(("a", "u", "old"), ("a", "u", "new"), ("a", "u", "new"), id="a secret was rotated"),
        pytest.param(("a", "u1", "s"), ("a", "u2", "s"), ("a", "u2", "s"), id="a parameter was changed"),
        pytest.param(("a", "u", "s"), ("b", "u", "s"), ("a", "u", "s"), id="the inventory was changed"),
        pytest.param(("a", "u1", "old"), ("b", "u2", "new"), ("a", "u2", "new"), id="all of it"),
        pytest.param(("a", "u", "s", "f1"), ("a", "u", "s", "f2"), ("a", "u", "s", "f2"), id="a delivered file"),
    ],
)
def test_what_the_inventory_says_goes_back_and_nothing_else(
    before: tuple[str, ...], now: tuple[str, ...], after: tuple[str, ...]
) -> None:
    new = configuration(*now)
    assert renewed(configuration(*before), new, names(new)) == configuration(*after)


def test_what_is_new_stays_out_and_what_is_gone_stays() -> None:
    old = configuration("a", "u", "s", more={"OLD": "1"})
    new = configuration("a", "u", "s", more={"NEW": "2"})
    assert renewed(old, new, names(new)) == old


@pytest.mark.parametrize("systemd", [245, 249, 252])
@pytest.mark.parametrize("more", [{}, {"SPRING_CONFIG_IMPORT": "optional:file:/x"}, {"HARD": "p\"a's$s\\w %o#rd é "}])
def test_on_a_host_it_is_a_generation_of_its_own(tmp_path: Path, systemd: int, more: dict[str, str]) -> None:
    place = Place("svc", str(tmp_path / "svc"), systemd)
    dropin = tmp_path / "systemd" / "10.conf"

    def written(found: Configuration) -> str:
        return write(
            Configuration(found.environment, found.credentials, found.properties), place, Owner(), dropin
        ).generation

    before = written(configuration("a", "u1", "old", more=more))
    switch(place, before)
    now = configuration("b", "u2", "new", more=more)
    wanted = written(now)
    back = renew(now, names(now), place, before)
    assert back is not None
    assert write_renewed(back, Owner())
    assert not write_renewed(back, Owner()), "a second time nothing is written"
    assert back.generation == written(configuration("a", "u2", "new", more=more)), "as if the inventory had said it"
    assert back.generation not in (before, wanted)
    assert stat.S_IMODE(Path(back.generation, "env").stat().st_mode) == 0o600


def test_there_is_none_where_it_would_be_the_same_or_nothing_ran(tmp_path: Path) -> None:
    place = Place("svc", str(tmp_path / "svc"), 252)
    now = configuration("b", "u", "s")
    assert renew(now, names(now), place, str(tmp_path / "svc/generations/gone")) is None
    plain = Configuration({"MODE": "a", "URL": "u"}, {"password": b"s"})
    before = write(plain, place, Owner(), tmp_path / "10.conf").generation
    assert renew(now, names(now), place, before) is None
