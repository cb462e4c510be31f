# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whatever the graph: what a change reaches is all that uses it, and each chain is a way through the graph."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.changes.detect import Choices

from .builders import at, dependency, detected, pom, root

NAMES = [f"m{number}" for number in range(6)]


IMPORTED = (
    "<dependencyManagement><dependencies><dependency>"
    f"{dependency('m0', '1.0', '<type>pom</type><scope>import</scope>')}"
    "</dependency></dependencies></dependencyManagement>"
)


@st.composite
def repositories(draw: st.DrawFn) -> tuple[dict[str, str], dict[str, set[str]]]:
    """The files of a reactor, and what each module uses: those before it, so that there is no circle."""
    needs: dict[str, set[str]] = {}
    files: dict[str, str] = {}
    for number, name in enumerate(NAMES):
        before = NAMES[:number]
        chosen = draw(st.sets(st.sampled_from(before), max_size=3)) if before else set()
        parent = draw(st.sampled_from(["root", *before])) if before else "root"
        # A dependency of the parent is inherited.
        needs[name] = set(chosen) | ({parent, *needs[parent]} if parent != "root" else set())
        written = [
            dependency(item, draw(st.sampled_from(["${project.version}", "${revision}", "1.0", ""])), draw(scopes))
            for item in sorted(chosen)
        ]
        path = f"../{parent}" if parent != "root" else None
        files[f"{name}/pom.xml"] = pom(
            name, parent=parent, path=path, needs=written, packaging="pom" if parent != "root" else "jar"
        )
        files[f"{name}/src/main/x"] = "1"
    files["pom.xml"] = root(NAMES, "<properties><revision>1.0</revision></properties>")
    return files, needs


scopes = st.sampled_from(["", "<scope>test</scope>", "<scope>provided</scope>", "<optional>true</optional>"])


def closure(needs: dict[str, set[str]], name: str) -> set[str]:
    reached, todo = {name}, [name]
    while todo:
        used = todo.pop()
        for user, wanted in needs.items():
            if used in wanted and user not in reached:
                reached.add(user)
                todo.append(user)
    return reached


@given(repositories(), st.sampled_from(NAMES))
def test_all_that_uses_it_is_reached_and_nothing_else(
    made: tuple[dict[str, str], dict[str, set[str]]], name: str
) -> None:
    files, needs = made
    found = detected(files, {**files, f"{name}/src/main/x": "2"}, NAMES)
    assert {item.service for item in found.decisions if item.build} == closure(needs, name)
    for item in found.decisions:
        if item.build:
            first, *steps = item.chain
            assert (first, steps[0], steps[-1]) == (f"{name}/…/x", name, item.service)
            assert all(used in needs[user] for used, user in pairwise(steps))


@given(repositories(), st.sets(st.sampled_from(NAMES)), st.sets(st.sampled_from(NAMES)))
def test_more_changes_reach_more(
    made: tuple[dict[str, str], dict[str, set[str]]], one: set[str], other: set[str]
) -> None:
    files, _needs = made

    def reached(names: set[str]) -> set[str]:
        head = {**files, **{f"{name}/src/main/x": "2" for name in names}}
        return {item.service for item in detected(files, head, NAMES).decisions if item.build}

    assert reached(one) | reached(other) == reached(one | other)


@given(repositories(), st.data())
def test_any_edit_of_any_pom_has_an_answer(
    made: tuple[dict[str, str], dict[str, set[str]]], data: st.DataObject
) -> None:
    files, _needs = made
    path = data.draw(st.sampled_from(sorted(path for path in files if path.endswith("pom.xml"))))
    added = data.draw(
        st.sampled_from(
            [
                "<properties><p>1</p></properties>",
                "<build><finalName>x</finalName></build>",
                "<description>x</description>",
                "<profiles><profile><id>p</id><modules><module>none</module></modules></profile></profiles>",
                IMPORTED,
            ]
        )
    )
    head = {**files, path: files[path].replace("</project>", f"{added}</project>")}
    found = detected(files, head, NAMES, Choices(unclaimed="all"))
    if "description" in added or ("<profile>" in added and path == "pom.xml"):
        assert not any(item.build for item in found.decisions)
    for item in found.decisions:
        assert item.build == bool(item.chain)
        assert not item.build or item.chain[-1] == item.service


@given(repositories())
def test_the_order_of_files_does_not_matter(made: tuple[dict[str, str], dict[str, set[str]]]) -> None:
    files, _needs = made
    one, other = at(files)[1], at(dict(reversed(files.items())))[1]
    assert set(one.edges) == set(other.edges)
    assert dict(one.units) == dict(other.units)
