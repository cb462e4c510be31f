# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Plans of Terraform in the description of a pull request, on a GitHub that runs on this machine."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from random import Random
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.notify.github_api import GitHub as Api
from ansible_collections.slipway.deploy.plugins.module_utils.notify.github_api import GitHubError
from ansible_collections.slipway.deploy.plugins.module_utils.notify.pull_request import Written, write_part
from ansible_collections.slipway.deploy.plugins.module_utils.notify.terraform_plan import Superseded, has_plan, merge
from ansible_collections.slipway.deploy.plugins.module_utils.render.terraform import About
from ansible_collections.slipway.deploy.plugins.module_utils.terraform.plan import read_plan
from ansible_collections.slipway.deploy.tests.unit.plugins.module_utils.terraform.plans import content, plan, resource
from tests.support.github import GitHub
from tests.support.stub import Answer, Call

BODY = "# Why\r\n\r\nBecause\r\n"


@pytest.fixture(name="github")
def github_fixture() -> Iterator[GitHub]:
    """A private repository with a pull request."""
    with GitHub("acme/infrastructure") as github:
        github.add_issue(12, body=BODY)
        yield github


def written(
    github: GitHub,
    environment: str = "dev",
    count: int = 1,
    planned: str = "2026-11-30T19:07:30Z",
    pause: Callable[[float], object] | None = None,
    token: str = "",
) -> Written:
    """Write the plan of an environment."""
    rows = [resource(f"a.{environment}{number}", "create") for number in range(count)]
    found = read_plan(content(plan(*rows, timestamp=planned)), "plan.json")
    about = About(environment)
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        (pause or (lambda _seconds: None))(seconds)

    api = Api(github.url, github.repository, token or github.token, wait, "terraform_plan.repository")
    done = write_part(
        api, 12, lambda body: merge(body, found, about), lambda body: has_plan(body, found, about), Superseded, wait
    )
    assert sum(waits) <= 60
    return done


def body(github: GitHub) -> str:
    return str(github.issues[12]["body"])


def blocks(github: GitHub) -> list[str]:
    return re.findall(r"<!-- slipway:terraform:(\S+) -->", body(github))


def test_one_block_for_each_environment_and_the_same_once(github: GitHub) -> None:
    assert written(github) == Written(True, "https://github.com/acme/infrastructure/pull/12")
    assert written(github, "main").changed
    assert blocks(github) == ["dev", "main"]
    assert body(github).startswith(BODY)
    writes = len(github.writes())
    assert not written(github).changed
    assert len(github.writes()) == writes


def test_a_description_that_is_empty(github: GitHub) -> None:
    github.issues[12]["body"] = None
    written(github)
    assert blocks(github) == ["dev"]


def test_a_stale_write_of_another_environment_is_noticed(github: GitHub) -> None:
    real = github.answer
    stale = [f"{BODY}\r\nedited by hand"]

    def interfering(call: Call) -> Answer:
        given = real(call)
        if call.method == "PATCH" and stale:
            github.issues[12]["body"] = stale.pop()
        return given

    github.answer = interfering  # type: ignore[method-assign]
    assert written(github).changed
    assert body(github).startswith(f"{BODY}\r\nedited by hand")
    assert blocks(github) == ["dev"]


def test_a_block_that_is_lost_each_time_is_an_error(github: GitHub) -> None:
    real = github.answer

    def interfering(call: Call) -> Answer:
        given = real(call)
        if call.method == "PATCH":
            github.issues[12]["body"] = BODY
        return given

    github.answer = interfering  # type: ignore[method-assign]
    with pytest.raises(GitHubError, match="others are writing pull request 12: the plan was lost 8 times"):
        written(github)
    assert body(github) == BODY


class Turns:
    """A clock for threads: one runs at a time, the one that is due first. No time passes in reality."""

    def __init__(self, count: int) -> None:
        self.alive = count
        self.due: dict[int, float] = {}
        self.now = 0.0
        self.changed = threading.Condition()

    def sleep(self, who: int, seconds: float) -> None:
        with self.changed:
            self.due[who] = self.now + seconds
            self.changed.notify_all()
            self.changed.wait_for(
                lambda: len(self.due) == self.alive and min((at, name) for name, at in self.due.items())[1] == who
            )
            self.now = self.due.pop(who)

    def end(self) -> None:
        with self.changed:
            self.alive -= 1
            self.changed.notify_all()


class Slow:
    """A pull request on a slow GitHub, for one of several writers."""

    def __init__(self, who: int, turns: Turns, shared: dict[str, Any], latency: Iterator[float]) -> None:
        self.who, self.turns, self.shared, self.latency = who, turns, shared, latency

    def wait(self, seconds: float) -> None:
        self.turns.sleep(self.who, seconds)

    def pull(self, _number: int) -> dict[str, Any]:
        self.wait(next(self.latency))
        found = dict(self.shared)
        self.wait(next(self.latency))
        return found

    def edit_pull(self, _number: int, text: str) -> None:
        self.wait(next(self.latency))
        self.shared["body"] = text
        self.wait(next(self.latency))

    def write(self) -> None:
        name = f"env-{self.who}"
        found = read_plan(content(plan(resource(f"a.{name}", "create"))), "plan.json")
        about = About(name)
        write_part(
            cast(Api, self),
            12,
            lambda text: merge(text, found, about),
            lambda text: has_plan(text, found, about),
            Superseded,
            self.wait,
        )


@settings(max_examples=15)
@given(st.integers(2, 5), st.randoms(use_true_random=False))
def test_environments_that_write_at_once_lose_no_block(count: int, chance: Random) -> None:
    turns, shared = Turns(count), {"body": BODY}
    errors: list[BaseException] = []

    def run(who: int) -> None:
        try:
            Slow(who, turns, shared, iter(chance.random, None)).write()
        except BaseException as error:  # noqa: BLE001 - for the test's thread
            errors.append(error)
        finally:
            turns.end()

    threads = [threading.Thread(target=run, args=(who,)) for who in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert {f"env-{who}" for who in range(count)} == set(
        re.findall(r"<!-- slipway:terraform:(\S+) -->", shared["body"])
    )
    assert shared["body"].startswith(BODY)


def test_a_newer_plan_of_the_same_environment_stays(github: GitHub) -> None:
    written(github, planned="2026-11-30T20:00:00Z")
    with pytest.raises(Superseded, match="the description has a newer plan, of 2026-11-30T20:00:00Z"):
        written(github, count=2)
    # A newer one that comes while this one waits has replaced it: that is no error.
    ends = [lambda: str(written(github, count=4, planned="2026-11-30T22:00:00Z"))]
    written(github, count=3, planned="2026-11-30T21:00:00Z", pause=lambda _seconds: ends.pop()() if ends else None)
    assert "4 to add" in body(github)


LIMIT = {"message": "API rate limit exceeded for user ID 1."}


@pytest.mark.parametrize(
    ("status", "headers", "message"),
    [
        (429, {"Retry-After": "2"}, LIMIT),
        (403, {"Retry-After": "2"}, {"message": "You have exceeded a secondary rate limit."}),
        (502, {}, {"message": "Server Error"}),
    ],
)
def test_it_waits_and_reads_again_before_it_writes(github: GitHub, status: int, headers: Any, message: Any) -> None:
    real = github.answer
    refused = [Answer(status, message, headers)]

    def limited(call: Call) -> Answer:
        if call.method == "PATCH" and refused:
            # Meanwhile somebody edits the description.
            github.issues[12]["body"] = f"{BODY}edited"
            return refused.pop()
        return real(call)

    github.answer = limited  # type: ignore[method-assign]
    github.fail(status, 1, message, **headers)
    assert written(github).changed
    assert body(github).startswith(f"{BODY}edited\n\n<!--")


def test_an_answer_that_is_lost_is_looked_for(github: GitHub) -> None:
    real = github.answer
    lost = [Answer(502, {"message": "Bad Gateway"})]

    def losing(call: Call) -> Answer:
        given = real(call)
        return lost.pop() if call.method == "PATCH" and lost else given

    github.answer = losing  # type: ignore[method-assign]
    assert written(github).changed
    assert len([call for call in github.calls if call.method == "PATCH"]) == 1


@pytest.mark.parametrize(
    ("setup", "said"),
    [
        ({"token": "wrong"}, "GitHub does not take the token"),
        ({"read_only": True}, "the token may not write there (it needs Contents or Issues and Pull requests"),
        ({"remaining": 0}, "GitHub limits the rate of requests, for another"),
        ({"remaining": 1}, "GitHub limits the rate of requests, for another"),
        ({"pull": False}, "GitHub has no pull request 12 there, or the token does not see it"),
        ({"fail": 301}, "the repository has moved: correct terraform_plan.repository"),
        ({"fail": 410}, "GitHub has no pull request 12 any more"),
        ({"fail": 422}, "GitHub refuses it"),
        ({"fail": 503}, "GitHub answered 503"),
        ({"fail": 200}, "GitHub's answer cannot be read"),
    ],
)
def test_what_github_refuses_is_a_line_and_writes_nothing(github: GitHub, setup: dict[str, Any], said: str) -> None:
    for name in ("read_only", "remaining"):
        setattr(github, name, setup.get(name, getattr(github, name)))
    if "pull" in setup:
        github.issues[12].pop("pull_request")
    github.fail(setup.get("fail", 0), 9 if "fail" in setup else 0)
    with pytest.raises(GitHubError) as caught:
        written(github, token=setup.get("token", ""))
    assert str(caught.value).startswith(said)
    assert github.writes() == []


def test_no_server_is_a_line(github: GitHub) -> None:
    found = read_plan(content(plan()), "plan.json")
    api = Api("http://127.0.0.1:1", github.repository, github.token, lambda _seconds: None)
    with pytest.raises(GitHubError, match="connection refused"):
        write_part(api, 12, lambda text: merge(text, found, About("dev")), lambda _text: True, Superseded)
