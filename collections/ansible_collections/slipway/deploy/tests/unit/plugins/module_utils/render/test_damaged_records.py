# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A damaged record is refused in one line when it is read, or does nobody any harm."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.hosts import progress
from ansible_collections.slipway.deploy.plugins.module_utils.notify import github, metadata, slack
from ansible_collections.slipway.deploy.plugins.module_utils.notify.summary import summary
from ansible_collections.slipway.deploy.plugins.module_utils.record import history as past
from ansible_collections.slipway.deploy.plugins.module_utils.record.model import parse
from ansible_collections.slipway.deploy.plugins.module_utils.render import plan, recap, status
from ansible_collections.slipway.deploy.plugins.module_utils.render import progress as screen
from ansible_collections.slipway.deploy.plugins.module_utils.render.card import card
from ansible_collections.slipway.deploy.plugins.module_utils.render.history import history, releases
from ansible_collections.slipway.deploy.plugins.module_utils.render.resume import resume
from ansible_collections.slipway.deploy.plugins.module_utils.render.verdict import closing
from ansible_collections.slipway.deploy.plugins.module_utils.rollout import resume as rollout_resume
from ansible_collections.slipway.deploy.plugins.module_utils.rollout.document import rollout_of, with_rollout

from . import samples, site_samples

Record = dict[str, Any]
NOW = samples.STARTED + 200
RECORDS: tuple[Record, ...] = tuple(
    json.loads(json.dumps(record))
    for record in (
        *(samples.planned(), samples.rolling(), samples.failing(), samples.undone()),
        *(samples.succeeded(), samples.held(), samples.needs_person()),
        *(site_samples.planned(), site_samples.succeeded(), site_samples.held()),
    )
)
OTHERS = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0, -1, 3, 1.5, 253402300800, 1e308, float("nan"), float("inf"), "", "x", "2026-11-20"]),
    st.sampled_from([[], {}, [None], [1], ["x"], [[]], [{}], {"": None}, {"x": 1}, {"name": 1}, {"kind": "host"}]),
)


def _overview(record: Record) -> status.Overview:
    return status.Overview("dev", "c", 12, NOW, "free", False, record)


def _rolled_back(records: list[Record]) -> None:
    try:
        past.rollback_goal(records, None, "dev")
    except SlipwayError:
        return  # No release to go back to.


def _history(record: Record) -> None:
    history(releases([record, *RECORDS[4:5]], "dev", 20, 50))


def _take_up(record: Record) -> None:
    rollout = rollout_of(record)
    with_rollout(record, rollout)
    rollout_resume.resume_rollout(rollout, "undo", {}, NOW)


#: Everything that a record is read for.
READERS: tuple[Callable[[Record], Any], ...] = (
    *(card, recap.recap, closing, summary, github.text, github.tag_of, github.commit_of, github.marker),
    *(metadata.lines, metadata.smoke, metadata.checklist, metadata.traces, metadata.facts, metadata.migrations),
    *(slack.start, slack.end, lambda record: slack.progress(record, NOW)),
    lambda record: plan.plan(record, NOW, 100),
    lambda record: screen.frame(record, NOW, 100, 20),
    lambda record: screen.events(None, record, NOW),
    lambda record: status.status(_overview(record), []),
    lambda record: resume(record, NOW),
    _history,
    _take_up,
    *(past.runs_after, past.runs_before, lambda record: past.expected_seconds([record])),
    lambda record: _rolled_back([record, *RECORDS[4:5]]),
    *(progress.to_switch, progress.to_undo, progress.finished, progress.left_behind, progress.needs_person),
    lambda record: [progress.links_before(item, "s") for item in progress.hosts_of(record)],
    lambda record: progress.give_up(record, [], "undo", NOW),
)


def places(document: Any) -> Iterator[tuple[Any, ...]]:
    """The path of every value of a document."""
    items = document.items() if isinstance(document, dict) else enumerate(document)
    for key, value in items:
        yield (key,)
        if isinstance(value, (dict, list)):
            yield from ((key, *path) for path in places(value))


PLACES = [(number, path) for number, record in enumerate(RECORDS) for path in places(record)]
#: One of each kind: of the elements of a list, the first that has the field.
KINDS = {(number, tuple(key for key in path if not isinstance(key, int))): path for number, path in reversed(PLACES)}


def damaged(number: int, path: tuple[Any, ...], change: Callable[[Any, Any], None]) -> bytes:
    """A record with the value of a path changed, as the store holds it."""
    record = copy.deepcopy(RECORDS[number])
    inner: Any = record
    for key in path[:-1]:
        inner = inner[key]
    change(inner, path[-1])
    return json.dumps(record).encode()


def parsed(body: bytes) -> Record | SlipwayError:
    """What whoever reads a record gets."""
    try:
        return parse(body, "state/dev/releases/x.json")
    except SlipwayError as error:
        return error


def read(body: bytes) -> Record | SlipwayError:
    """A record that nobody stumbles over, or one that is refused, which has to be in one line."""
    record = parsed(body)
    if isinstance(record, SlipwayError):
        assert "\n" not in str(record)
        assert str(record).startswith("state/dev/releases/x.json: th")  # "the record is damaged", or "this is no …"
    else:
        for reader in READERS:
            reader(record)
    return record


@pytest.mark.parametrize("number", range(len(RECORDS)))
def test_whole_records_are_read(number: int) -> None:
    assert read(json.dumps(RECORDS[number]).encode()) == RECORDS[number]


def test_without_any_one_field_a_record_is_refused_or_harmless() -> None:
    for (number, _names), path in KINDS.items():
        try:
            read(damaged(number, path, lambda inner, key: inner.pop(key)))
        except Exception as error:
            raise AssertionError(f"record {number} without {path}") from error


@settings(max_examples=400, deadline=None)
@given(place=st.sampled_from(PLACES), other=OTHERS)
@example(place=PLACES[0], other="nested")
def test_with_any_one_field_of_another_kind_a_record_is_refused_or_harmless(
    place: tuple[int, tuple[Any, ...]], other: Any
) -> None:
    read(damaged(*place, lambda inner, key: inner.__setitem__(key, other)))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda record: record["targets"][0].pop("kind"), "targets[0] has no kind"),
        (lambda record: record["targets"][0].pop("wave"), "targets[0] has no wave"),
        (lambda record: record["targets"][0].update(kind="host"), "targets[0] has no group"),
        (lambda record: record.update(started_at=253402300800), "started_at is 253402300800, not a time"),
        (lambda record: record.update(finished_at="yesterday"), "finished_at is 'yesterday', not a time"),
        (lambda record: record.update(targets={}), "targets is {}, not a list"),
        (lambda record: record.update(health=[{"name": "a"}]), "health[0] has no verdict"),
        (lambda record: record.pop("outcome"), "it has no outcome"),
        (lambda record: record["targets"][0].update(state="flying"), "targets[0].state is 'flying', not a state"),
    ],
)
def test_what_is_wrong_is_named(change: Callable[[Record], Any], says: str) -> None:
    record = copy.deepcopy(RECORDS[4])
    change(record)
    with pytest.raises(SlipwayError, match="the record is damaged: ") as caught:
        parse(json.dumps(record).encode(), "here")
    assert says in str(caught.value)


@pytest.mark.parametrize("depth", [40, 900, 100_000])
def test_deep_nesting_is_refused(depth: int) -> None:
    body = json.dumps(RECORDS[4])[:-1] + ', "extra": ' + "[" * depth + "]" * depth + "}"
    with pytest.raises(SlipwayError, match="nested too deeply"):
        parse(body.encode(), "here")
