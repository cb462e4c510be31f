# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Names in the collection: tests are found by what they test, and no topic is named as a module of Python is."""

from __future__ import annotations

import sys
from pathlib import Path

COLLECTION = Path(__file__).resolve().parents[2] / "collections" / "ansible_collections" / "slipway" / "deploy"
#: Tests of a topic as a whole, or of what holds for all files of it, below tests/unit/plugins.
WHOLE = {
    "action/test_documentation.py": "the documented options of every action are its arguments",
    "module_utils/bundle/test_bundle.py": "what goes into a bundle, and that it is made the same each time",
    "module_utils/changes/test_histories.py": "what a commit reaches, each case a history of git",
    "module_utils/checks/test_chain.py": "checks that take values from one another's answers, against a server",
    "module_utils/hosts/test_links_of_record.py": "from the record to a host's links, over three topics",
    "module_utils/render/test_damaged_records.py": "every screen of a damaged record",
    "module_utils/render/test_goldens.py": "every screen as it is kept",
    "module_utils/render/test_step.py": "status and history of what does not run as it was released",
    "module_utils/render/test_truth.py": "what no screen may ever say",
    "module_utils/render/test_undo_asked.py": "an undo that was asked for, on every screen",
    "module_utils/render/test_verbs.py": "the screens of status, history and logs as they are kept",
    "module_utils/test_python_on_hosts.py": "the Python of the oldest host understands what runs there",
    "module_utils/versions/test_versions.py": "versions.json from its reading to its writing",
}


def mirrors(test: Path) -> bool:
    """Whether a file of the same place has the test's name, or one that a word on the tested side follows."""
    directory = COLLECTION / test.relative_to(COLLECTION / "tests" / "unit").parent
    words = test.stem.removeprefix("test_").split("_")
    names = ("_".join(words[:count]) for count in range(len(words), 0, -1))
    return any((directory / f"{name}.py").is_file() for name in names)


def test_each_file_of_unit_tests_mirrors_a_source_file() -> None:
    unit = COLLECTION / "tests" / "unit"
    tests = sorted(unit.rglob("test_*.py"))
    assert len(tests) > 100
    lost = {str(test.relative_to(unit / "plugins")) for test in tests if not mirrors(test)}
    assert lost == set(WHOLE)


def test_no_topic_hides_a_module_of_the_standard_library() -> None:
    """pylint takes ``http`` for the topic where a file imports the module, as ``plugins`` is no package."""
    topics = {path.name for path in (COLLECTION / "plugins" / "module_utils").iterdir() if path.is_dir()}
    assert len(topics) > 30
    assert topics & sys.stdlib_module_names == set()
