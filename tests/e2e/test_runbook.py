# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The commands of runbooks/fleet.md, taken from its text, in the situations that it describes."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

import pytest

from tests.fault.test_killed import recorded, some
from tests.support.definitions import widen
from tests.support.deploys import NEW, OLD, ROOT, SERVICES, Deploys, Ran, wait_for
from tests.support.images import build

RUNBOOK = (ROOT / "runbooks" / "fleet.md").read_text(encoding="utf-8")


@dataclass
class Section:
    """A section's commands, run one after the other."""

    deploys: Deploys
    title: str

    def commands(self) -> list[list[str]]:
        """The section's commands without ``ansible-playbook`` and the environment, which the test has its own of."""
        text = re.split(r"^## ", RUNBOOK, flags=re.MULTILINE)
        (section,) = [part for part in text if part.startswith(self.title)]
        lines = [line for block in re.findall(r"```bash\n(.*?)```", section, re.DOTALL) for line in block.splitlines()]
        return [[word for word in shlex.split(line)[1:] if word != "env=dev"] for line in lines]

    def run(self) -> list[Ran]:
        """Run them all."""
        return [self.deploys.run(playbook, *_without_bare_e(arguments)) for playbook, *arguments in self.commands()]


def _without_bare_e(arguments: list[str]) -> list[str]:
    """The arguments without the ``-e`` that stood before the environment."""
    kept = [
        word
        for word, following in zip(arguments, [*arguments[1:], "-e"], strict=True)
        if not (word == "-e" and following.startswith("-"))
    ]
    return kept[:-1] if kept and kept[-1] == "-e" else kept


def test_every_command_of_the_runbook_is_run_here() -> None:
    titles = re.findall(r"^## (.*)$", RUNBOOK, re.MULTILINE)
    assert titles == [
        "Incident: what runs, what is wrong?",
        "The new release is bad: go back",
        "A deploy was killed, or its machine is gone",
        "The environment is locked",
        'A deploy ended as "needs a person"',
        "A deploy is held",
        "Drift: a task definition was edited",
    ]


@pytest.mark.parametrize("title", ["Incident", 'A deploy ended as "needs a person"', "A deploy is held"])
def test_looking_and_deploying_again(deploys: Deploys, title: str) -> None:
    for ran in Section(deploys, title).run():
        assert ran.code == 0, ran.text


def test_going_back(deploys: Deploys) -> None:
    assert deploys.run("deploy.yml").code == 0
    build(deploys, "user-service", "77aa11c")
    assert deploys.run("deploy.yml").code == 0
    codes = [ran.code for ran in Section(deploys, "The new release is bad").run()]
    assert codes == [0, 0, 0, 0]
    assert deploys.running() == dict.fromkeys(SERVICES, NEW)


def test_a_killed_deploy(deploys: Deploys) -> None:
    with deploys.started("deploy.yml") as process:
        wait_for("a service is in flight", lambda: recorded(deploys, some("in_flight", 2)))
        process.kill()
        process.wait()
    (ran,) = Section(deploys, "A deploy was killed").run()
    assert ran.code == 0, ran.text
    assert deploys.running() == dict.fromkeys(SERVICES, OLD)


def test_the_lock(deploys: Deploys) -> None:
    taken = deploys.run("playbooks/lock.yml", "-e", "state=taken", "-e", "reason=test")
    assert taken.code == 0, taken.text
    for ran in Section(deploys, "The environment is locked").run():
        assert ran.code == 0, ran.text
    assert deploys.lock()["state"] == "free"


def test_drift(deploys: Deploys) -> None:
    widen(deploys)
    for ran in Section(deploys, "Drift").run():
        assert ran.code == 0, ran.text
