# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A third kind of host is a directory of tasks, a file of group_vars, a class and a line in the registry."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.inventory.project import ROOT, Project, Ran, make_project

PLUGINS = Path("collections/ansible_collections/slipway/deploy/plugins")
HEAD = '"""A Node service behind nginx."""\n\nfrom __future__ import annotations\n\n'
#: What the class and the registry need.
CODE = {
    PLUGINS / "module_utils/kinds/node.py": HEAD
    + "from .model import Kind\n\nNODE = Kind('node', texts=('root', 'source'), default_port=3000)\n",
    PLUGINS / "plugin_utils/kinds/node.py": HEAD
    + """\
from ...module_utils.hosts.model import Release
from ..rollback_goal import find_goal
from .model import Found, HostKind


class ThisKind(HostKind):
    def find_release(self, context, verb, host):
        if verb == "rollback":
            return Found(Release.from_record("node", find_goal(context).releases["node"]))
        tag = context.of_group(host, "release")
        return Found(Release("node", tag, f"commit:{tag}", "", tag, chosen="-e node_release"))

    def migrates(self, context, host, release):
        return context.of_group(host, "migrations") is not None
""",
}
GROUP_VARS = """\
__kind: node
__serial: [1, 100%]
__service: "{{ node_service }}-{{ inventory_hostname }}"
__units: ["{{ __service }}.service"]
__connection: ssh
__place: "{{ node_root }}/{{ inventory_hostname }}"
__readiness: {url: "http://127.0.0.1:3000/health", timeout: 5, stable_for: 1}
__serving: []
__link: "{{ __place }}/current"
__target_group: ""
__target_timeout: 60
__log_files: []
__database_variables: []
"""
TASKS = {
    "observe": """\
- name: Compare the configuration
  ansible.builtin.set_fact:
    __configuration: {changed: false, names: {}, links: [], generation: ""}
""",
    "observe_migrations": """\
- name: Keep what is pending
  ansible.builtin.set_fact:
    __looked:
      schema_before: "1"
      pending: [{version: "{{ node_migrations }}", description: change, compatible: true}]
""",
    "migrate": """\
- name: Migrate
  ansible.builtin.lineinfile:
    path: "{{ node_root }}/../ran/order"
    line: "migrate node {{ node_migrations }}"
    create: true
    mode: "0644"

- name: Keep the result
  ansible.builtin.set_fact:
    __migration_result:
      schema_after: "{{ node_migrations }}"
      applied: [{version: "{{ node_migrations }}", description: change, compatible: true}]
""",
    "stage": """\
- name: Make the release's directory
  ansible.builtin.file:
    path: "{{ __place }}/releases/{{ __turn.release.release }}"
    state: directory
    mode: "0755"

- name: Copy the sources
  ansible.builtin.copy:
    src: "{{ node_source }}/"
    dest: "{{ __place }}/releases/{{ __turn.release.release }}/"
    mode: "0644"

- name: Install the packages
  ansible.builtin.command:
    cmd: npm ci --offline --no-audit --no-fund
    chdir: "{{ __place }}/releases/{{ __turn.release.release }}"
    creates: node_modules
""",
    "switch": """\
- name: Write the unit
  ansible.builtin.copy:
    content: "[Service]\\nExecStart=node {{ __link }}/server.js\\n"
    dest: "{{ __place }}/{{ __service }}.service"
    mode: "0644"

- name: Run the release
  slipway.deploy.service_release:
    name: "{{ __service }}"
    links: [{path: "{{ __link }}", target: "{{ __place }}/releases/{{ __turn.release.release }}"}]
    release:
      id: "{{ __turn.release.release }}"
      tag: "{{ __turn.release.tag }}"
      digest: "{{ __turn.release.digest }}"
    readiness: "{{ __readiness }}"
""",
    "prune": """\
- name: Remove the release that failed
  ansible.builtin.file:
    path: "{{ __place }}/releases/{{ __failed }}"
    state: absent
  when: __closed.outcome == 'undone'
""",
}
#: The real module needs systemd, whose tests are in tests/backend. This one keeps what runs in a file.
SERVICE_RELEASE = """\
import json
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

SPEC = {name: {"type": kind} for name, kind in (
    ("name", "str"), ("state", "str"), ("wait", "int"), ("links", "list"), ("files", "dict"), ("release", "dict"),
    ("returning", "list"), ("readiness", "dict"), ("reason", "str"),
)}


def main():
    module = AnsibleModule(SPEC, supports_check_mode=True)
    given = module.params
    path = Path("STATE", given["name"])
    kept = json.loads(path.read_text()) if path.exists() else {"runs": None, "links": None}
    if given["state"] == "shown":
        module.exit_json(changed=False, active=kept["runs"] is not None, files={}, differs=[], releases=[], **kept)
    if not given["state"] and path.with_suffix(".broken").exists():
        module.fail_json(msg="it did not become ready", state="undone", reason="GET /health answered 500", log=[])
    runs = {**given["release"], "release": given["release"].get("id") or given["release"]["release"]}
    with Path("STATE", "order").open("a") as order:
        print(given["name"], runs["tag"], file=order)
    path.write_text(json.dumps({"runs": runs, "links": {link["path"]: link["target"] for link in given["links"]}}))
    module.exit_json(changed=True, state="switched", reason=given["reason"] or "")


main()
"""
HOSTS = """\
node:
  hosts:
    web-1:
    web-2:
"""
NODE = """\
node_service: shop
node_root: {root}/hosts
node_source: {root}/source
ansible_connection: local
ansible_python_interpreter: "{{{{ ansible_playbook_python }}}}"
"""
LOCK = (
    '{"name": "shop", "version": "1.0.0", "lockfileVersion": 3, "packages": {"": {"name": "shop", "version": "1.0.0"}}}'
)
ASK = """\
- name: Ask
  hosts: host_targets
  gather_facts: false
  tasks:
    - name: Find the release
      slipway.deploy.hosts_release:
      run_once: true
      register: found
    - name: Show it
      ansible.builtin.debug:
        msg: "{{ __kind }} {{ __service }} {{ found.kinds.node.release.tag }} {{ found.hosts | join(' ') }}"
      run_once: true
"""


def add_kind(root: Path, name: str) -> None:
    """Add the kind under a name of its own: what is written of ``node`` is its files and no other."""
    files = {
        **CODE,
        Path("playbooks/plays/group_vars/node.yml"): GROUP_VARS,
        **{Path(f"playbooks/tasks/node/{step}.yml"): text for step, text in TASKS.items()},
    }
    for known, text in files.items():
        path = root / str(known).replace("node", name)
        assert not path.exists()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("NODE", name.upper()).replace("=node ", "=/node ").replace("node", name), "utf-8")
    registry = root / PLUGINS / "module_utils/kinds/registry.py"
    text = registry.read_text(encoding="utf-8")
    text = text.replace("from .model", f"from .{name} import {name.upper()}\nfrom .model")
    text = text.replace(")\n#: The groups", f", {name.upper()})\n#: The groups")
    registry.write_text(text, encoding="utf-8")


@pytest.fixture(name="project")
def project_fixture(tmp_path: Path) -> Project:
    """A copy of the project with the kind ``node`` and an environment of it."""
    project = make_project(tmp_path)
    (tmp_path / "collections").unlink()
    skipped = shutil.ignore_patterns("__pycache__", "tests")
    for name in ("collections", "playbooks", "roles", "filter_plugins"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=skipped, symlinks=True)
    add_kind(tmp_path, "node")
    project.write("web/environment.yml", "plugin: slipway.deploy.environment\n")
    project.write("web/hosts.yml", HOSTS)
    project.write("web/group_vars/all.yml", f"state_store: {tmp_path}/state\n")
    project.write("web/group_vars/node.yml", NODE.format(root=tmp_path))
    (tmp_path / "playbooks/plays/ask_release.yml").write_text(ASK, encoding="utf-8")
    return project


@pytest.fixture(name="running")
def running_fixture(project: Project) -> Project:
    """The project with a stand-in for systemd, and the sources of the service."""
    (project.root / "ran").mkdir()
    module = project.root / PLUGINS / "modules/service_release.py"
    module.write_text(SERVICE_RELEASE.replace("STATE", str(project.root / "ran")), encoding="utf-8")
    (project.root / "source").mkdir()
    (project.root / "source/package.json").write_text('{"name": "shop", "version": "1.0.0"}', encoding="utf-8")
    (project.root / "source/package-lock.json").write_text(json.dumps(LOCK), encoding="utf-8")
    (project.root / "source/server.js").write_text("", encoding="utf-8")
    return project


def deploy(project: Project, playbook: str = "deploy", *words: str, **variables: str) -> Ran:
    """Run a playbook for the environment."""
    given = [word for name, value in variables.items() for word in ("-e", f"{name}={value}")]
    return project.run("ansible-playbook", f"playbooks/{playbook}.yml", "-e", "env=web", *words, *given)


def runs(project: Project) -> dict[str, str]:
    """What each host runs."""
    files = {path.name: path for path in (project.root / "ran").glob("shop-*-?")}
    return {name: json.loads(path.read_text())["runs"]["tag"] for name, path in sorted(files.items())}


def test_its_hosts_are_targets(project: Project) -> None:
    groups = project.inventory("-e", "env=web")
    assert groups["node"]["hosts"] == ["web-1", "web-2"]
    assert "node" in groups["host_targets"]["children"]


def test_its_release_is_found_by_its_class_and_its_variables_beside_the_plays(project: Project) -> None:
    ran = project.run("ansible-playbook", "playbooks/plays/ask_release.yml", "-e", "env=web", "-e", "node_release=v7")
    assert (ran.code, ran.out.strip()) == (0, "node shop-web-1 v7 web-1 web-2"), ran.err


def test_its_variables_are_known_to_a_deploy(project: Project) -> None:
    ran = deploy(project, node_relase="v7")
    assert ran.code == 4
    assert "node_release" in ran.err, "the right name is suggested"
    refused = deploy(project, "status", node_release="v7")
    assert (refused.code, "deploy.yml" in refused.err) == (4, True)


def test_its_life_cycle(running: Project) -> None:
    first = deploy(running, node_release="v1")
    assert first.code == 0, first.out + first.err
    assert runs(running) == {"shop-web-1": "v1", "shop-web-2": "v1"}
    release = next((running.root / "hosts/web-1/releases").iterdir())
    assert (release / "server.js").exists()
    again = deploy(running, node_release="v1")
    assert (again.code, "nothing" in again.out.lower()) == (0, True), again.out
    # The second host never becomes ready with v2: the first one, which runs it already, goes back.
    broken = running.root / "ran/shop-web-2.broken"
    broken.touch()
    failed = deploy(running, node_release="v2")
    assert failed.code != 0
    assert "GET /health answered 500" in failed.out
    assert runs(running) == {"shop-web-1": "v1", "shop-web-2": "v1"}
    broken.unlink()
    assert deploy(running, node_release="v2").code == 0
    back = deploy(running, "rollback")
    assert back.code == 0, back.out + back.err
    assert runs(running) == {"shop-web-1": "v1", "shop-web-2": "v1"}


@pytest.fixture(name="both")
def both_fixture(running: Project) -> Project:
    """The project with a second new kind, ``worker``, beside the first in one environment, each with its database."""
    root = running.root
    add_kind(root, "worker")
    hosts = "worker:\n  hosts:\n    job-1:\n    job-2:\n"
    running.write("web/hosts.yml", HOSTS + hosts)
    node = NODE.format(root=root)
    running.write("web/group_vars/node.yml", node + 'node_migrations: "2"\n')
    running.write("web/group_vars/worker.yml", node.replace("node_", "worker_") + 'worker_migrations: "7"\n')
    return running


def order(project: Project) -> list[str]:
    """What was migrated and switched since it was asked the last time."""
    path = project.root / "ran/order"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    path.unlink(missing_ok=True)
    return lines


def record(project: Project) -> Any:
    """The newest record."""
    return json.loads(max((project.root / "state/web/releases").iterdir()).read_text(encoding="utf-8"))


def test_two_kinds_in_one_environment(both: Project) -> None:
    planned = deploy(both, "deploy", "--check", node_release="v1", worker_release="w1")
    assert planned.code == 0, planned.out + planned.err
    assert "v1 and w1" in planned.out
    assert order(both) == []
    first = deploy(both, node_release="v1", worker_release="w1")
    assert first.code == 0, first.out + first.err
    assert order(both) == [
        *("migrate node 2", "migrate worker 7"),
        *("shop-web-1 v1", "shop-web-2 v1", "shop-job-1 w1", "shop-job-2 w1"),
    ]
    kept = record(both)
    assert {kind: of["tag"] for kind, of in kept["releases"].items()} == {"node": "v1", "worker": "w1"}
    assert {kind: (of["state"], of["to"]) for kind, of in kept["migrations"].items()} == {
        "node": ("done", "2"),
        "worker": ("done", "7"),
    }
    assert kept["label"] == "v1 and w1"
    # A failure of the second kind takes the first back as well, the last ones first.
    broken = both.root / "ran/shop-job-2.broken"
    broken.touch()
    failed = deploy(both, node_release="v2", worker_release="w2")
    assert failed.code != 0
    assert "GET /health answered 500" in failed.out
    assert order(both)[-3:] == ["shop-job-1 w1", "shop-web-2 v1", "shop-web-1 v1"]
    assert set(runs(both).values()) == {"v1", "w1"}
    broken.unlink()
    # Each kind can go alone: by its release, or by --limit.
    alone = deploy(both, worker_release="w2")
    assert alone.code == 0, alone.out + alone.err
    assert list(record(both)["releases"]) == ["worker"]
    limited = deploy(both, "deploy", "--limit", "node", node_release="v2")
    assert limited.code == 0, limited.out + limited.err
    assert [line for line in order(both) if "migrate" not in line] == [
        *("shop-job-1 w2", "shop-job-2 w2", "shop-web-1 v2", "shop-web-2 v2"),
    ]
    # All together go back to what ran before the last of these.
    back = deploy(both, "rollback")
    assert back.code == 0, back.out + back.err
    assert order(both) == ["shop-web-1 v1", "shop-web-2 v1"]
    assert deploy(both, "rollback", to="v1 and w1").code == 0
    assert order(both) == ["shop-job-1 w1", "shop-job-2 w1"]
    status = deploy(both, "status")
    assert status.code == 0, status.out + status.err
