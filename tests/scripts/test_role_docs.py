# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The defaults and READMEs of roles are those of their argument specs, and the specs name what the tasks use."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
README = "# demo\n\n{begin}\n{end}\n\nMore about it.\n"
FILES = {
    "meta/argument_specs.yml": """\
argument_specs:
  main:
    short_description: Run a demo
    options:
      demo_name: &name {description: "The unit, C(x.service).", type: str, default: app}
      demo_words: {description: Words., type: list, elements: str, default: ["{a}", b]}
  prune:
    short_description: Remove old ones
    options:
      demo_name: *name
      demo_keep: {description: How many to keep | never 0., type: int, required: true}
""",
    "tasks/main.yml": "- ansible.builtin.include_tasks: run.yml\n",
    "tasks/run.yml": "- ansible.builtin.debug: {msg: '{{ __demo_command }}'}\n",
    "tasks/prune.yml": "- ansible.builtin.debug: {msg: '{{ demo_name }} {{ demo_keep }}'}\n",
    "vars/main.yml": "__demo_command: '{{ demo_name }} {{ demo_words }}'\n",
}


@pytest.fixture
def docs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script, for a directory of roles with a single one."""
    spec = importlib.util.spec_from_file_location("role_docs", ROOT / "scripts/role_docs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "ROLES", tmp_path / "roles")
    for name, text in (FILES | {"README.md": README.format(begin=module.BEGIN, end=module.END)}).items():
        path = tmp_path / "roles/demo" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return module


def test_it_generates_defaults_and_readme(docs: ModuleType) -> None:
    role = docs.ROLES / "demo"
    assert docs.main(["--check"]) == 1
    assert docs.main([]) == 0
    assert docs.main(["--check"]) == 0
    defaults = (role / "defaults/main.yml").read_text(encoding="utf-8")
    assert yaml.safe_load(defaults) == {"demo_name": "app", "demo_words": ["{a}", "b"]}
    assert "# Without a default: demo_keep.\n" in defaults
    assert "# The unit, `x.service`.\ndemo_name: app\n" in defaults
    readme = (role / "README.md").read_text(encoding="utf-8")
    assert "| `demo_keep` | int | required | How many to keep \\| never 0. |" in readme
    assert "| `prune` | Remove old ones | `demo_name`, `demo_keep` |" in readme
    assert readme.startswith("# demo\n")
    assert readme.endswith("\n\nMore about it.\n")


@pytest.mark.parametrize(
    ("file", "change", "said"),
    [
        (
            "defaults/main.yml",
            lambda text: text.replace("app", "umigo"),
            "roles/demo/defaults/main.yml is not generated",
        ),
        ("README.md", lambda text: text.replace("Words.", "Terms."), "roles/demo/README.md is not generated"),
        (
            "tasks/prune.yml",
            lambda text: text + "- ansible.builtin.debug: {msg: '{{ demo_words }}'}\n",
            "demo: prune uses demo_words, which its argument spec lacks",
        ),
        ("vars/main.yml", lambda text: text.replace("demo_words", "1"), "demo: main does not use demo_words"),
        (
            "meta/argument_specs.yml",
            lambda text: text.replace(", default: app", ""),
            "demo: main: demo_name has neither `required` nor `default`",
        ),
        ("README.md", lambda text: "# demo\n", "demo: README.md needs both lines"),
        ("tasks/prune.yml", None, "demo: there is no tasks/prune"),
    ],
    ids=["defaults", "readme", "not named", "not used", "no default", "no marks", "no tasks"],
)
def test_it_finds_what_differs(
    docs: ModuleType,
    capsys: pytest.CaptureFixture[str],
    file: str,
    change: Callable[[str], str] | None,
    said: str,
) -> None:
    assert docs.main([]) == 0
    path = docs.ROLES / "demo" / file
    if change is None:
        path.unlink()
    else:
        path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
    assert docs.main(["--check"]) == 1
    assert said in capsys.readouterr().err


def test_every_entry_point_that_is_used_has_a_spec() -> None:
    """Those that a playbook or a role of the project calls by `tasks_from`."""
    specs = {
        path.parents[1].name: yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"]
        for path in ROOT.glob("roles/*/meta/argument_specs.yml")
    }
    used = set()
    for path in [*ROOT.glob("playbooks/**/*.yml"), *ROOT.glob("roles/*/tasks/*.yml")]:
        if "collections" not in path.relative_to(ROOT).parts:
            used |= set(_calls(yaml.safe_load(path.read_text(encoding="utf-8"))))
    assert {role for role, _entry in used} >= {"jvm_service", "python_service", "artifact"}
    assert [call for call in sorted(used) if call[1] not in specs.get(call[0], {})] == []


def _calls(node: object) -> list[tuple[str, str]]:
    """The roles that tasks include, with the entry point; a name of a variable stands for the site's two roles."""
    if isinstance(node, list):
        return [call for each in node for call in _calls(each)]
    if not isinstance(node, dict):
        return []
    found = [call for each in node.values() for call in _calls(each)]
    for key in ("ansible.builtin.include_role", "ansible.builtin.import_role"):
        if key in node:
            name, entry = node[key]["name"], node[key].get("tasks_from", "main").removesuffix(".yml")
            names = ["python_service", "container_service"] if "{{" in name else [name]
            found += [(each, entry) for each in names]
    return found
