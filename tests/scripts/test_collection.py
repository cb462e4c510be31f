# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The built collection in a project that has nothing else: its roles and its playbooks are used by their full names."""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from sandbox.testing import Sandbox
from tests.support.deploys import BIN, NEW, ROOT, Deploys
from tests.support.pace import scaled

SOURCE = ROOT / "collections/ansible_collections/slipway/deploy"
# As the collection's README says.
SETTINGS = (SOURCE / "README.md").read_text(encoding="utf-8").split("```ini\n")[1].split("```")[0]


def run(*command: str | Path, cwd: Path) -> str:
    """What a command printed; it has to succeed."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env=kept | {"PATH": f"{BIN}:{os.environ['PATH']}", "ANSIBLE_HOME": str(cwd / ".ansible")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=scaled(120),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def tarball(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make collection` builds."""
    directory = tmp_path_factory.mktemp("built")
    run(ROOT / "scripts/collection.sh", directory, cwd=ROOT)
    (found,) = directory.glob("slipway-deploy-*.tar.gz")
    return found


@pytest.fixture(scope="module")
def project(tarball: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with its settings and the installed collection."""
    directory = tmp_path_factory.mktemp("project")
    (directory / "ansible.cfg").write_text(SETTINGS, encoding="utf-8")
    install = ("collection", "install", "--offline", "--no-deps", "--collections-path", "collections")
    run(BIN / "ansible-galaxy", *install, tarball, cwd=directory)
    return directory


@pytest.fixture
def deploys(project: Path) -> Iterator[Deploys]:
    """The project with the inventories of this one, and a sandbox."""
    shutil.copytree(ROOT / "inventories", project / "inventories", dirs_exist_ok=True)
    with Sandbox(speed=8) as sandbox:
        sandbox.control("reset", {})
        yield Deploys(project, sandbox)


def test_it_has_the_roles_and_playbooks_and_no_tests(tarball: Path) -> None:
    with tarfile.open(tarball) as archive:
        names = {member.name for member in archive.getmembers() if member.isfile()}
    for directory in ("roles", "playbooks"):
        here = {
            str(path.relative_to(ROOT))
            for path in (ROOT / directory).rglob("*")
            if path.is_file()
            and path.suffix in (".yml", ".j2", ".md")
            and "collections" not in path.relative_to(ROOT).parts
        }
        assert here - names == set()
    assert {"README.md", "COPYING", "CHANGELOG.md", "meta/runtime.yml", "plugins/modules/deploy_plan.py"} <= names
    unwanted = ("tests/", "pytest.ini", "playbooks/collections", "playbooks/callback_plugins")
    assert [name for name in names if name.startswith(unwanted) or "__pycache__" in name] == []


def test_a_role_is_used_by_its_full_name(project: Path) -> None:
    """Also what a role takes from another one is the collection's."""
    tasks = [
        {
            "block": [
                {
                    "ansible.builtin.include_role": {"name": "slipway.deploy.jvm_service", "tasks_from": "preflight"},
                    "vars": {"jvm_service_memory_min_mib": 1_000_000_000},
                },
                {"ansible.builtin.fail": {"msg": "it was not refused"}},
            ],
            "rescue": [
                {
                    "ansible.builtin.assert": {
                        "that": [
                            "'app needs 1000000000 (jvm_service_memory_min_mib)' in ansible_failed_result.msg",
                            "ansible_failed_task.name == 'Check that the host has enough memory'",
                        ]
                    }
                }
            ],
        }
    ]
    here = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
    play = [{"hosts": "localhost", "gather_facts": False, "vars": here, "tasks": tasks}]
    (project / "role.yml").write_text(yaml.safe_dump(play), encoding="utf-8")
    run(BIN / "ansible-playbook", "-i", "localhost,", "role.yml", cwd=project)


def test_a_playbook_is_used_by_its_full_name(deploys: Deploys) -> None:
    preview = deploys.run("slipway.deploy.deploy", "--check")
    assert preview.code == 0, preview.text
    ran = deploys.run("slipway.deploy.deploy")
    assert ran.code == 0, ran.text
    assert set(deploys.running().values()) == {NEW}
    assert deploys.record()["outcome"] == "succeeded"
    status = deploys.run("slipway.deploy.status")
    assert status.code == 0, status.text
