# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Notifications to a GitHub that runs on this machine: releases, comments, and its bad days."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.notify.github_channel import Posted, post
from ansible_collections.slipway.deploy.plugins.module_utils.secret_values.source import Secrets
from ansible_collections.slipway.deploy.tests.unit.plugins.module_utils.render import site_samples
from ansible_collections.slipway.deploy.tests.unit.plugins.module_utils.render.site_samples import COMMIT, TAG
from tests.support.github import GitHub
from tests.support.stub import Answer, Call

MARK = f"<!-- slipway:production:{TAG} -->"
NOTES = "# Notes\r\n\r\nFixes the import\r\n"


@pytest.fixture(name="github")
def github_fixture() -> Iterator[GitHub]:
    """A private repository with a release and a pull request."""
    with GitHub("salitemihret/register") as github:
        github.add_release(TAG, NOTES)
        github.add_issue(7, commit=COMMIT)
        yield github


def posted(
    github: GitHub, record: Any = None, previous: Posted | None = None, value: str = "", **settings: Any
) -> Posted:
    """Post a record, by default one of a deploy that went well."""
    waits: list[float] = []
    given = {"repository": github.repository, "api": github.url, "token": {"env": "GITHUB_TOKEN"}, **settings}
    outcome = post(
        given,
        record or site_samples.succeeded(),
        Secrets({"GITHUB_TOKEN": value or github.token}),
        previous=previous.to_record() if previous else None,
        pause=waits.append,
    )
    assert github.token not in json.dumps(outcome.to_record()) + repr(outcome)
    assert sum(waits) <= 30
    return outcome


def body(github: GitHub) -> str:
    """The body of the tag's release."""
    return str(github.releases[0]["body"])


def comments(github: GitHub) -> list[str]:
    """The comments on the pull request."""
    return [one["body"] for one in github.comments_of(7)]


def test_a_release_gets_a_section_and_keeps_its_notes(github: GitHub) -> None:
    first = posted(github, site_samples.planned())
    assert (first.errors, first.release) == ((), github.releases[0]["id"])
    assert body(github).startswith(f"{NOTES}")
    assert "began" in body(github)
    second = posted(github, previous=first)
    assert (second.errors, second.url) == ((), f"https://github.com/salitemihret/register/releases/tag/{TAG}")
    assert body(github).startswith(NOTES)
    assert body(github).count(MARK) == 1
    assert "succeeded" in body(github)
    assert "began" not in body(github)


def test_what_stands_there_already_is_not_written_again(github: GitHub) -> None:
    posted(github)
    writes = len(github.writes())
    posted(github)
    assert len(github.writes()) == writes


def test_one_comment_is_edited(github: GitHub) -> None:
    first = posted(github, site_samples.planned(), issue=7)
    github.add_comment(7, "When will it be there?")
    second = posted(github, previous=first, issue=7)
    assert (first.comment, first.errors) == (second.comment, ())
    assert [text.startswith(MARK) for text in comments(github)] == [True, False]
    assert "succeeded" in comments(github)[0]
    assert body(github) == NOTES


def test_the_comment_of_an_earlier_run_is_found_among_hundreds(github: GitHub) -> None:
    for number in range(130):
        github.add_comment(7, f"comment {number}")
    first = posted(github, site_samples.planned(), issue=7)
    for number in range(130):
        github.add_comment(7, f"> {MARK}\ncomment {number}")
    second = posted(github, issue=7)
    assert (second.comment, second.errors) == (first.comment, ())
    assert sum(text.startswith(MARK) for text in comments(github)) == 1
    assert len(github.writes()) == 2
    assert [call.path for call in github.calls].count("/user") == 1


def test_a_comment_that_was_removed_or_is_somebody_elses(github: GitHub) -> None:
    first = posted(github, issue=7)
    github.comments.clear()
    github.add_comment(7, f"{MARK}\nan imitation", "mallory")
    second = posted(github, previous=first, issue=7)
    assert second.errors == ()
    assert [text == f"{MARK}\nan imitation" for text in comments(github)] == [True, False]


@pytest.mark.parametrize("installation", [False, True])
@pytest.mark.parametrize("moderates", [False, True])
def test_only_ones_own_comment_is_edited(github: GitHub, installation: bool, moderates: bool) -> None:
    github.installation, github.moderates = installation, moderates
    github.login = "github-actions[bot]" if installation else "slipway-bot"
    github.add_comment(7, f"{MARK}\nan imitation", "mallory")
    first = posted(github, issue=7)
    second = posted(github, issue=7)
    assert (first.errors, second.errors, second.comment) == ((), (), first.comment)
    assert [text == f"{MARK}\nan imitation" for text in comments(github)] == [True, False]
    assert all(call.path.endswith(f"/comments/{first.comment}") for call in github.writes() if call.method == "PATCH")


def test_a_token_that_nobody_names_edits_nothing_that_it_did_not_write_in_this_run(github: GitHub) -> None:
    github.installation, github.login = True, ""
    github.add_comment(7, f"{MARK}\nan imitation", "mallory")
    first = posted(github, issue=7)
    second = posted(github, previous=first, issue=7)
    assert (second.comment, second.errors) == (first.comment, ())
    assert [text == f"{MARK}\nan imitation" for text in comments(github)] == [True, False]


def test_another_pull_request_gets_a_comment_of_its_own(github: GitHub) -> None:
    github.add_issue(8)
    first = posted(github, issue=7)
    second = posted(github, previous=first, issue="#8")
    assert (second.issue, second.errors) == (8, ())
    assert len(github.comments_of(8)) == 1


def test_the_pull_request_that_brought_the_commit(github: GitHub) -> None:
    outcome = posted(github, issue="auto", release=True)
    assert (outcome.issue, outcome.errors) == (7, ())
    assert len(comments(github)) == 1
    assert MARK in body(github)
    record = site_samples.succeeded()
    record["releases"]["site"]["commit"] = "0" * 40
    assert "GitHub refuses it: No commit found" in posted(github, record, issue="auto").errors[0]


def test_the_release_is_told_although_the_issue_is_not(github: GitHub) -> None:
    outcome = posted(github, issue=99, release=True)
    assert outcome.errors == ("GitHub has no issue or pull request 99 there, or the token does not see it",)
    assert outcome.release
    assert MARK in body(github)


def test_a_tag_without_a_release(github: GitHub) -> None:
    github.releases.clear()
    github.add_release(TAG, draft=True)
    assert posted(github).errors == (f"GitHub has no release of {TAG} there, or the token does not see it",)


@pytest.mark.parametrize(
    ("token", "read_only", "locked", "settings", "said"),
    [
        ("wrong", False, False, {}, "GitHub does not take the token"),
        ("", True, False, {}, "the token may not write there (it needs Contents or Issues and Pull requests, read and"),
        ("", False, True, {"issue": 7}, "the token may not write there"),
        ("", False, False, {"repository": "salitemihret/other"}, f"GitHub has no release of {TAG} there, or the token"),
        ("", False, False, {"token": {"env": "NOT_SET"}}, "github.token: the environment variable NOT_SET is not set"),
        ("", False, False, {"token": "ghp_s3cret"}, "github.token: this is not a source of a secret"),
        ("", False, False, {"api": "http://api.github.example.org"}, "the address is not https"),
        ("", False, False, {"api": "http://127.0.0.1:1"}, "connection refused"),
        ("to\nken", False, False, {}, "github.token: this cannot be sent as a token"),
    ],
)
def test_what_github_refuses_is_a_line(
    github: GitHub, token: str, read_only: bool, locked: bool, settings: Any, said: str
) -> None:
    github.read_only = read_only
    github.issues[7]["locked"] = locked
    outcome = posted(github, value=token, **settings)
    assert len(outcome.errors) == 1
    assert outcome.errors[0].startswith(said)
    assert outcome.said()[0].startswith(f"the GitHub notification failed: {said}")
    assert "s3cret" not in repr(outcome)
    assert body(github) == NOTES


LIMIT = {"message": "API rate limit exceeded for user ID 1."}
SECOND = {"message": "You have exceeded a secondary rate limit."}


@pytest.mark.parametrize(
    ("status", "headers", "message"),
    [
        (429, {"Retry-After": "2"}, LIMIT),
        (403, {"Retry-After": "2"}, SECOND),
        (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(time.time()) + 2)}, {"message": "no"}),
        (502, {}, {"message": "Server Error"}),
    ],
)
def test_it_waits_for_a_moment(github: GitHub, status: int, headers: Any, message: Any) -> None:
    github.fail(status, 2, message, **headers)
    assert posted(github).errors == ()
    assert MARK in body(github)


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({"Retry-After": "600"}, "GitHub limits the rate of requests, for another 10 min"),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(time.time()) + 3600)}, "GitHub limits the rate"),
    ],
)
def test_it_does_not_wait_for_long(github: GitHub, headers: Any, said: str) -> None:
    github.fail(403, 9, LIMIT, **headers)
    outcome = posted(github, issue=7, previous=Posted(issue=7, comment=1))
    assert outcome.errors[0].startswith(said)
    # A limit on editing is not a reason for another comment.
    assert (len(comments(github)), outcome.comment) == (0, 1)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (301, "the repository has moved: correct github.repository"),
        (410, f"GitHub has no release of {TAG} any more"),
        (500, "GitHub answered 500"),
    ],
)
def test_other_answers(github: GitHub, status: int, said: str) -> None:
    github.fail(status, 9, {"message": "no"}, Location="https://elsewhere.example.org/")
    assert posted(github).errors == (said,)


def test_pull_requests_without_a_number_are_none(github: GitHub) -> None:
    github.answer = lambda _call: Answer(200, [{}, None])  # type: ignore[method-assign]
    assert posted(github, issue="auto").errors == (f"there is no pull request of commit {COMMIT[:12]}",)


def test_a_comment_is_not_made_twice_when_its_answer_is_lost(github: GitHub) -> None:
    real = github.answer

    def lost(call: Call) -> Answer:
        given = real(call)
        return Answer(502, {"message": "Bad Gateway"}) if call.method == "POST" else given

    github.answer = lost  # type: ignore[method-assign]
    assert posted(github, site_samples.planned(), issue=7).errors == ("GitHub answered 502",)
    github.answer = real  # type: ignore[method-assign]
    assert posted(github, issue=7).errors == ()
    assert len(comments(github)) == 1


def test_nothing_is_lost_when_others_write_at_the_same_time(github: GitHub) -> None:
    real = github.answer
    saved = [f"{NOTES}\nedited by hand"]

    def interfering(call: Call) -> Answer:
        given = real(call)
        if call.method == "PATCH" and saved:
            # Somebody had the page open, and saves what stood there before.
            github.releases[0]["body"] = saved.pop()
        return given

    github.answer = interfering  # type: ignore[method-assign]
    assert posted(github).errors == ()
    assert body(github).startswith(f"{NOTES}\nedited by hand")
    assert MARK in body(github)


def test_a_section_that_is_lost_each_time_is_said(github: GitHub) -> None:
    real = github.answer

    def interfering(call: Call) -> Answer:
        given = real(call)
        if call.method == "PATCH":
            github.releases[0]["body"] = NOTES
        return given

    github.answer = interfering  # type: ignore[method-assign]
    assert posted(github).errors == (f"others are writing the release of {TAG}: the section was lost 3 times",)
    assert body(github) == NOTES


def test_github_keeps_other_newlines(github: GitHub) -> None:
    real = github.answer

    def keeping(call: Call) -> Answer:
        given = real(call)
        if call.method == "PATCH":
            given.body["body"] = given.body["body"].replace("\r\n", "\n").replace("\n", "\r\n")
        return given

    github.answer = keeping  # type: ignore[method-assign]
    assert posted(github).errors == ()
    assert len(github.writes()) == 1


def test_nothing_is_posted_without_settings() -> None:
    assert post(None, site_samples.succeeded(), Secrets({})) == Posted()
