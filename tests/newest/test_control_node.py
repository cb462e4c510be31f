# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A control node with Debian 13's Python and the newest of all packages: the unit tests and a deploy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.fixtures import run
from tests.support.hosts import ROOT, Host, Hosts

#: Debian 13's; a wheel for another one is not found in the host.
PYTHON = "3.13"
#: What a deploy needs, the sandbox, and what the unit tests import. No version is pinned: that is the lane's point.
PACKAGES = (
    *("ansible-core>=2.21", "boto3", "git-cliff", "jinja2", "pyyaml", "ruff", "squawk-cli", "uv", "moto[server]"),
    *("hypothesis", "jsonschema", "markdown-it-py", "pyte", "pytest", "pytest-mock", "pytest-xdist"),
)
#: Programs that they bring, beside Ansible's own.
PROGRAMS = ("git-cliff", "ruff", "squawk", "uv")
VENV = "/opt/newest"
PROJECT = "/slipway"
COLLECTION = f"{PROJECT}/collections/ansible_collections/slipway/deploy"


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The newest packages for the host's Python, fetched on this machine, which has the network and the cache."""
    directory = tmp_path_factory.mktemp("newest")
    target = ("--target", str(directory), "--python-version", PYTHON, "--only-binary", ":all:")
    run(["uv", "pip", "install", "--quiet", *target, *PACKAGES], ROOT)
    return directory


@pytest.fixture(scope="module")
def node(packages: Path) -> Iterator[Host]:
    """A host with the project, whose changes to it are dropped, and a virtual environment of the newest packages."""
    with Hosts() as hosts:
        volumes = ("--volume", f"{ROOT}:{PROJECT}:O", "--volume", f"{packages}:/packages:O")
        host = hosts.start("control-node", image=hosts.settings["MOL_IMAGE_13"], arguments=volumes)
        # What the project needs on a control node, beside Python.
        host.run(
            "apt-get -q update && apt-get -qy -o Acquire::Retries=3 install --no-install-recommends git python3-venv"
        )
        host.run(
            f"python3 -m venv --without-pip {VENV} && "
            f"echo /packages > {VENV}/lib/python{PYTHON}/site-packages/packages.pth && "
            f"ln -s {' '.join(f'/packages/bin/{name}' for name in PROGRAMS)} {VENV}/bin/ && "
            # The interpreter that installed them is this machine's.
            f"for name in /packages/bin/ansible*; do "
            f"sed '1s,.*,#!{VENV}/bin/python,' $name > {VENV}/bin/${{name##*/}}; done && chmod +x {VENV}/bin/ansible*"
        )
        yield host


def test_the_newest_ansible_core_is_used(node: Host, packages: Path) -> None:
    (metadata,) = packages.glob("ansible_core-*.dist-info")
    version = metadata.name.removeprefix("ansible_core-").removesuffix(".dist-info")
    said = node.run(f"{VENV}/bin/ansible --version")
    assert f"[core {version}]" in said
    assert f"python version = {PYTHON}." in said


def test_the_unit_tests_pass(node: Host) -> None:
    node.run(f"cd {COLLECTION} && {VENV}/bin/python -m pytest -q -n 2")


def test_twelve_services_are_deployed_and_the_second_run_changes_nothing(node: Host) -> None:
    node.run(f"cd {PROJECT} && {VENV}/bin/python -m pytest -q tests/e2e/test_deploy.py -k twelve_services")
