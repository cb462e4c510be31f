# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The plays with batches take hosts in the inventory's order, in whichever order these answered before."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader

PLAYBOOKS = Path(__file__).parents[2] / "playbooks/plays"


@pytest.mark.parametrize(("playbook", "group"), [("switch", "slipway_switching"), ("undo", "slipway_changing")])
@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (["third", "first", "second"], ["first", "second", "third"]),
        (["third", "second"], ["second", "third"]),
        ([], []),
    ],
)
def test_hosts_are_in_the_inventorys_order(playbook: str, group: str, made: list[str], expected: list[str]) -> None:
    inventory = InventoryManager(DataLoader(), sources="first,second,third,")
    for name, members in (("host_targets", ["first", "second", "third"]), (group, made)):
        inventory.add_group(name)
        for host in members:
            inventory.add_host(host, group=name)
    (play,) = [play for play in yaml.safe_load((PLAYBOOKS / f"{playbook}.yml").read_text()) if "serial" in play]
    assert [host.name for host in inventory.get_hosts(play["hosts"])] == expected
