# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An undo that was asked for and done is done, on every screen; one that a failure made is a failure."""

from __future__ import annotations

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.notify import github, slack, summary
from ansible_collections.slipway.deploy.plugins.module_utils.record.model import undo_was_asked
from ansible_collections.slipway.deploy.plugins.module_utils.render.card import card
from ansible_collections.slipway.deploy.plugins.module_utils.render.plan import plan
from ansible_collections.slipway.deploy.plugins.module_utils.render.recap import recap

from . import samples

ASKED = {"at": samples.STARTED + 80, "choice": "undo", "actor": {"user": "maria"}}
INTERRUPTED = {"what": "the run was interrupted, and an undo was requested", "target": None, "phase": "resuming"}


def screens(record: samples.Doc) -> str:
    """Everything that is said of a record."""
    message = slack.end(record)
    return "\n".join([*recap(record, 120), *card(record, 120), message.text, summary.summary(record)])


@pytest.mark.parametrize("cause", [INTERRUPTED, samples.undone()["cause"]], ids=["interrupted", "failed before"])
def test_an_undo_that_was_asked_for_is_done(cause: samples.Doc) -> None:
    record = {**samples.undone(), "cause": cause, "resumed": [ASKED]}
    assert undo_was_asked(record)
    said = screens(record)
    assert "FAILED" not in said
    assert "failed and was undone" not in said
    assert "UNDONE, as requested" in said
    assert "was undone, as requested" in said
    assert slack.colour(record) == slack.GREEN
    assert "was undone, as requested" in github._headline(record)


@pytest.mark.parametrize(
    ("outcome", "resumed"),
    [
        ("undone", []),
        ("undone", [{**ASKED, "choice": "finish"}]),
        ("undone", [ASKED, {**ASKED, "choice": "finish"}]),
        ("undone", "damaged"),
        ("undone", ["damaged"]),
        ("needs_person", [ASKED]),
        ("held", [ASKED]),
        (None, [ASKED]),
    ],
)
def test_everything_else_is_what_it_was(outcome: str | None, resumed: object) -> None:
    assert not undo_was_asked({**samples.undone(), "outcome": outcome, "resumed": resumed})


def test_a_check_leaves_nothing_to_a_record_that_it_does_not_write() -> None:
    record = samples.fleet(120)
    assert "(see the record)" in "\n".join(plan(record, samples.STARTED, 120))
    whole = "\n".join(plan(record, samples.STARTED, 120, whole=True))
    assert "(see the record)" not in whole
    assert all(item["name"] in whole for item in record["targets"])
