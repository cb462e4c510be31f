# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""-e env=…, -i inventories/… and --limit, as Ansible's own programs answer them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.inventory.project import ROOT, Project

SERVICES = {
    "config-server": (1, 8888),
    "discovery-server": (2, 8761),
    "api-gateway": (3, 8080),
    "bff-service": (4, 8081),
    "user-service": (4, 8082),
    "task-service": (4, 8083),
    "analytics-service": (4, 8084),
    "payment-service": (4, 8085),
    "gamification-service": (4, 8086),
    "practice-service": (4, 8087),
    "feedback-service": (4, 8088),
    "notification-service": (4, 8089),
}
THERE = "(there are dev, local, production, staging)"


def test_either_way_of_naming_dev_gives_the_same_twelve_services(project: Project) -> None:
    by_variable = project.inventory("-e", "env=dev")
    by_directory = project.inventory("-i", "inventories/dev")
    assert by_variable == by_directory
    hostvars = by_variable["_meta"]["hostvars"]
    assert {name: hostvars[name]["service_port"] for name in hostvars} == {
        name: port for name, (_wave, port) in SERVICES.items()
    }
    for name, (wave, _port) in SERVICES.items():
        assert name in by_variable[f"priority_{wave}"]["hosts"]
        assert hostvars[name]["ecs_cluster"] == "sdt-dev-cluster"
        assert hostvars[name]["env"] == "dev"
        assert hostvars[name]["account_id"] == "962496666337"


def test_another_environment_has_its_own_variables(project: Project) -> None:
    hostvars = project.inventory("-e", "env=local")["_meta"]["hostvars"]
    assert set(hostvars) == set(SERVICES)
    assert {(one["ecs_cluster"], one["account_id"], one["env"]) for one in hostvars.values()} == {
        ("sdt-local-cluster", "000000000000", "local")
    }


def test_precedence_is_the_same_either_way(project: Project) -> None:
    """group_vars/all of a directory beats what a group of the inventory file says, and host_vars beat both."""
    project.write("dev/more.yml", "priority_4:\n  vars: {log_group_prefix: /nine, only_here: file}\n")
    project.write("dev/group_vars/priority_4.yml", "only_here: group_vars\n")
    project.write("dev/host_vars/user-service.yml", "log_group_prefix: /seven\n")
    by_variable = project.inventory("-e", "env=dev")
    assert by_variable == project.inventory("-i", "inventories/dev")
    hostvars = by_variable["_meta"]["hostvars"]
    assert hostvars["user-service"]["log_group_prefix"] == "/seven"
    assert hostvars["task-service"]["log_group_prefix"] == "/ecs/sdt/dev/"
    assert hostvars["task-service"]["only_here"] == "group_vars"


def test_nothing_of_another_environment_is_read(project: Project) -> None:
    project.write("local/fleet.yml", "no: [yaml\n")
    project.write("local/group_vars/all.yml", "no: [yaml\n")
    assert project.run("ansible-playbook", "empty.yml", "-e", "env=dev").code == 0


TAGGED = """\
DOCUMENTATION = "{name: tagged, short_description: x, options: {plugin: {type: str}}}"
from ansible.plugins.inventory import BaseInventoryPlugin
class InventoryModule(BaseInventoryPlugin):
    NAME = "tagged"
    def parse(self, inventory, loader, path, cache=True):
        inventory.set_variable("user-service", "tag", "{{ 1 + 1 }}")
"""


def test_a_value_from_outside_is_no_template_whatever_was_read_before(project: Project) -> None:
    project.write("dev/a.toml", 'fleet.vars = {ours = "{{ 1 + 1 }}"}\n')
    project.write("dev/z.yml", "plugin: tagged\n")
    project.write("../inventory_plugins/tagged.py", TAGGED)
    found = project.inventory("-e", "env=dev", "--playbook-dir", ".")["_meta"]["hostvars"]["user-service"]
    assert (found["ours"], found["tag"]) == ("{{ 1 + 1 }}", {"__ansible_unsafe": "{{ 1 + 1 }}"})


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ([], f"env is missing: run ansible-playbook empty.yml -e env=… {THERE}"),
        (
            ["--limit", "a,!b", "-i", "inventories"],
            (
                "-i inventories selects all environments, but a run is for one. "
                "Instead, run ansible-playbook empty.yml -e env=… --limit 'a,!b'"
            ),
        ),
        (
            ["-e", "env=dev", "--limit", "zzz"],
            (
                "--limit zzz: no such service, host or group in the inventory. "
                "ansible-inventory --graph -e env=dev lists them"
            ),
        ),
        (["-e", "env=dve"], f"env=dve: no such environment in inventories/ {THERE}. Did you mean dev?"),
        (["-e", "@vars.yml"], f"env=dve: no such environment in inventories/ {THERE}. Did you mean dev?"),
        (["-e", "@nowhere.yml"], "-e @nowhere.yml: cannot be read (No such file or directory). Correct its name"),
        (["-e", "@bad.yml"], "-e @bad.yml:2: not valid YAML: did not find expected node content"),
        (
            ["-i", "inventories/dev", "-e", "env=local"],
            (
                "-i inventories/dev and -e env=local name different environments, but a run is for one. "
                "Leave one of them out"
            ),
        ),
        (
            ["-i", "inventories/dev", "--limit", "user-service:payments"],
            "--limit payments: no such service, host or group in the inventory. Did you mean payment-service?",
        ),
    ],
)
def test_a_wrong_word_is_answered_in_one_line(project: Project, arguments: list[str], line: str) -> None:
    (project.root / "vars.yml").write_text("env: dve\n", encoding="utf-8")
    (project.root / "bad.yml").write_text("env: [\n", encoding="utf-8")
    ran = project.run("ansible-playbook", "empty.yml", *arguments)
    assert (ran.code, ran.out, ran.err) == (4, "", f"{line}\n")


WHOLE = "The playbooks of Slipway have no tags: a deploy without one of its steps is not a deploy"


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        (
            ["-e", "image_tga=8d20c11"],
            ["-e image_tga: image_tga is not a variable of deploy.yml or of the environment. Did you mean image_tag?"],
        ),
        (
            ["-e", "image_tag=a", "-e", '{"lock_wai": 3, "to": "x"}'],
            [
                "-e lock_wai: lock_wai is not a variable of deploy.yml or of the environment. Did you mean lock_wait?",
                "-e to: deploy.yml does not use to. It is a variable of rollback.yml",
            ],
        ),
        (["--tags", "deploy"], [f"--tags deploy cannot be used. {WHOLE}. Choose with --limit"]),
        (["--skip-tags", "a,b"], [f"--skip-tags a,b cannot be used. {WHOLE}. Leave it out"]),
        (["--limit", ""], ["--limit is empty. Name services, hosts or groups, or leave it out"]),
        (
            ["--limit", "localhost"],
            ["--limit selects nothing that deploy.yml works on. Name hosts of fleet, or leave it out"],
        ),
        (
            ["-e", "site_release=x"],
            ["-e site_release: dev has no hosts in the group site. Leave site_release out"],
        ),
        (
            ["-e", "{image_tag: 1.10, lock_wait: 0600}"],
            [
                '-e: image_tag is a number, because 1.10 is not in quotes. Write image_tag: "1.10"',
                (
                    "-e: lock_wait: 0600 is not read as it is written. "
                    "Write lock_wait: and a number in plain digits, or leave it out"
                ),
            ],
        ),
        (
            ["-e", "@more.json"],
            ["-e @more.json:1: to is null. Write a text, or leave it out"],
        ),
    ],
)
def test_what_nothing_understands_is_refused(project: Project, arguments: list[str], lines: list[str]) -> None:
    (project.root / "more.json").write_text('{"to": null}', encoding="utf-8")
    (project.root / "empty.yml").rename(project.root / "deploy.yml")
    ran = project.run("ansible-playbook", "deploy.yml", "-e", "env=dev", *arguments)
    assert (ran.code, ran.out, ran.err) == (4, "", "".join(f"{line}\n" for line in lines))


def test_variables_of_the_environment_and_of_roles_are_known(project: Project) -> None:
    (project.root / "roles").symlink_to(ROOT / "roles")
    (project.root / "empty.yml").rename(project.root / "deploy.yml")
    project.write("dev/host_vars/user-service.yml", 'mine: "{{ of_ci | default(1) }}"\n')
    words = ["mine=2", "of_ci=good morning", "jvm_service_port=1", "ansible_user=x", "max_parallel=2"]
    given = [part for word in words for part in ("-e", word)]
    ran = project.run("ansible-playbook", "deploy.yml", "-e", "env=dev", *given)
    assert ran.code == 0, ran.err


def test_what_holds_for_the_environment_is_not_said_of_a_service(project: Project) -> None:
    project.write("dev/host_vars/user-service.yml", "stabilise_timeout: 900\n")
    ran = project.run("ansible-playbook", "empty.yml", "-e", "env=dev")
    assert (ran.code, ran.err) == (
        4,
        (
            "inventories/dev (host user-service): stabilise_timeout is set for user-service, but it applies to the "
            "environment. Write it in inventories/dev/group_vars/all.yml\n"
        ),
    )


def test_hosts_of_several_sources_have_what_is_written_for_all(project: Project) -> None:
    """Also those that a source names without the group ``all``."""
    project.remove("staging/hosts.yml")
    project.write("staging/named.yml", "all: {hosts: {web-8: {}}}\nsite: {hosts: {web-8: {}}}\n")
    project.write("staging/bare.yml", "site: {hosts: {web-9: {site_connection: none}}}\n")
    ran = project.run("ansible-playbook", "empty.yml", "-e", "env=staging")
    assert ran.code == 0, ran.err


def test_a_file_of_variables_without_an_ending_is_read_as_well(project: Project) -> None:
    project.write("dev/group_vars/fleet/tags", "service_image_tag: 0012345\n# {{ mine }}\n")
    ran = project.run("ansible-playbook", "empty.yml", "-e", "env=dev")
    assert (ran.code, ran.err) == (
        4,
        (
            "inventories/dev/group_vars/fleet/tags:1: service_image_tag is a number, because 0012345 is not in quotes. "
            'Write service_image_tag: "0012345"\n'
        ),
    )


def test_a_text_that_is_taken_from_a_variable_is_read_as_it_is_written(project: Project) -> None:
    project.write(
        "dev/host_vars/user-service.yml", 'service_image_tag: "{{ ours | default(wanted) }}"\nours: 0012345\n'
    )
    ran = project.run("ansible-playbook", "empty.yml", "-e", "env=dev")
    assert (ran.code, ran.err) == (
        4,
        (
            "inventories/dev/host_vars/user-service.yml:2: ours is a number, because 0012345 is not in quotes. Write "
            'ours: "0012345"\n'
        ),
    )


def test_a_text_of_a_role_that_yaml_changes_is_refused(project: Project) -> None:
    (project.root / "roles").symlink_to(ROOT / "roles")
    project.write("dev/group_vars/site.yml", "python_service_python_version: 3.10\npython_service_tasks_max: 10\n")
    ran = project.run("ansible-playbook", "empty.yml", "-e", "env=dev")
    assert (ran.code, ran.err) == (
        4,
        (
            "inventories/dev/group_vars/site.yml:1: python_service_python_version is a number, because 3.10 is not in "
            'quotes. Write python_service_python_version: "3.10"\n'
        ),
    )


def test_an_extra_variable_is_not_a_template(project: Project) -> None:
    text = "{{ lookup('pipe', 'touch executed') }} it's"
    (project.root / "empty.yml").write_text(
        "- hosts: user-service\n  gather_facts: false\n  tasks:\n"
        "    - ansible.builtin.copy: {content: '{{ [note, more.deep, whole, file] | join }}', dest: '{{ at }}'}\n"
        "      delegate_to: localhost\n",
        encoding="utf-8",
    )
    (project.root / "more.yml").write_text(f'file: "{text}"\n', encoding="utf-8")
    given = [f"note={text}", f'{{"more": {{"deep": "{text}"}}}}', f'whole="{text}"', "@more.yml"]
    words = [part for word in (*given, f"at={project.root}/written") for part in ("-e", word)]
    ran = project.run("ansible-playbook", "empty.yml", "-e", "env=dev", *words)
    assert ran.code == 0, ran.out + ran.err
    assert (project.root / "written").read_text(encoding="utf-8") == text * 4
    assert not (project.root / "executed").exists()


def _spoil(name: str, old: str, new: str) -> Callable[[Project], None]:
    def spoil(project: Project) -> None:
        text = (project.root / "inventories" / name).read_text(encoding="utf-8")
        assert old in text
        project.write(name, text.replace(old, new, 1))

    return spoil


@pytest.mark.parametrize(
    ("spoil", "line"),
    [
        (
            _spoil("dev/fleet.yml", "        user-service:", "        bff-service:"),
            "inventories/dev/fleet.yml:21: bff-service is written twice, first on line 19. Keep one of them",
        ),
        (
            _spoil("dev/fleet.yml", "priority_4", "priority_high"),
            (
                "inventories/dev/fleet.yml:17: priority_high: the priority is not a number. "
                "Name the group priority_<number>, such as priority_4"
            ),
        ),
        (
            _spoil("dev/fleet.yml", "service_port: 8081", "service_port: [8081"),
            "inventories/dev/fleet.yml:21: not valid YAML: did not find expected ',' or ']'",
        ),
        (
            _spoil("dev/group_vars/all.yml", "max_parallel: 4", "max_parallel: 4\nmax_parallel: 5"),
            "inventories/dev/group_vars/all.yml:16: max_parallel is written twice, first on line 15. Keep one of them",
        ),
        (
            lambda project: project.write("dev/fleet.yml", "fleet:\n"),
            (
                "inventories/dev: no service in group fleet and no host in backend, site or database. "
                "List the services in fleet.yml, each in a group priority_<number> below fleet; "
                "hosts come from aws_ec2.yml"
            ),
        ),
        (
            lambda project: project.remove("dev/fleet.yml"),
            "inventories/dev: contains no inventory source. Add a fleet.yml",
        ),
        (
            lambda project: project.write("dev/more.yml", "plugin: amazon.aws.no_such_plugin\n"),
            (
                "inventories/dev/more.yml: inventory config '{root}/inventories/dev/more.yml' "
                "specifies unknown plugin 'amazon.aws.no_such_plugin'"
            ),
        ),
        (
            lambda project: project.remove("dev/environment.yml"),
            (
                "inventories/dev: env=dev: the directory contains no environment.yml. "
                "Copy that of another environment, or inventories/environment.yml"
            ),
        ),
    ],
)
def test_an_inventory_that_is_no_fleet_ends_in_one_line(
    project: Project, spoil: Callable[[Project], None], line: str
) -> None:
    spoil(project)
    ran = project.run("ansible-inventory", "--graph", "-e", "env=dev")
    assert (ran.code, ran.out, ran.err) == (4, "", f"{line.format(root=project.root)}\n")
