# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The workflows of a fleet, run by act against the sandbox: from a merged change to what runs.

The first test deploys what it changes; the others put the source back, so that they may run in any order.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.notify.slack import BLUE, GREEN
from ansible_collections.slipway.deploy.tests.unit.plugins.module_utils.changes.builders import pom, root
from tests.fault.test_killed import recorded, some
from tests.pipelines.conftest import BACKEND
from tests.support.act import Actions, Run, allowed, called
from tests.support.github import GitHub
from tests.support.hosts import podman
from tests.support.images import build
from tests.support.source import commit, git
from tests.support.stub import Answer, Call, Stub

ADDRESS = "https://git.example.org/skilltracker/skill-tracker-backend"
SERVICES = ("config-server", "user-service", "task-service")
JWT = "common-security/src/main/java/app/Jwt.java"
FILES = {
    "pom.xml": root(["common-security", *SERVICES]),
    "common-security/pom.xml": pom("common-security"),
    JWT: "1",
    "config-server/pom.xml": pom("config-server"),
    "user-service/pom.xml": pom("user-service", needs=["common-security"]),
    "task-service/pom.xml": pom("task-service", needs=["common-security"]),
    **{f"{name}/app": "1" for name in SERVICES},
    **{f"{name}/Dockerfile": f"FROM scratch\nCOPY {name}/app {JWT} /\n" for name in SERVICES},
}
ROUTER = "slipway-router.yml"
#: The jobs before and after those that depend on what changed.
EARLY, LATE = ("Route", "Detect"), ("Notify", "Summary")


class Slack(Stub):
    """Slack's webhook."""

    def answer(self, call: Call) -> Answer:
        return Answer(200, "ok")


@pytest.fixture(scope="module")
def source(actions: Actions) -> Iterator[Path]:
    """The service repository, with one commit that runs everywhere."""
    place = actions.repositories / BACKEND
    place.mkdir(parents=True, exist_ok=True)
    git(place, "init", "-q", "-b", "develop")
    first = commit(place, FILES)
    for name in SERVICES:
        build(actions.deploys, name, first)
    ran = actions.deploys.run("deploy.yml", "-e", f"image_tag={first}")
    assert ran.code == 0, ran.text
    yield place
    podman("image", "prune", "--force", "--filter", f"label=org.opencontainers.image.source={ADDRESS}")


@contextmanager
def changed(source: Path, files: Mapping[str, str]) -> Iterator[str]:
    """A commit that changes files; afterwards there is another one that takes it back."""
    before = {path: (source / path).read_text(encoding="utf-8") for path in files if path in FILES}
    yield commit(source, files)
    if before:
        commit(source, before)


def behave(actions: Actions, service: str, **behaviour: Any) -> None:
    """The next tasks of a service behave like that."""
    actions.deploys.sandbox.control(f"services/sdt-local-{service}", {"behaviour": behaviour})


def running(actions: Actions) -> dict[str, str]:
    """The digest that each service runs."""
    ecs, ecr = actions.deploys.sandbox.client("ecs"), actions.deploys.sandbox.client("ecr")
    names = [f"sdt-local-{name}" for name in SERVICES]
    found = {}
    for service in ecs.describe_services(cluster="sdt-local-cluster", services=names)["services"]:
        assert len(service["deployments"]) == 1
        definition = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
        image = definition["containerDefinitions"][0]["image"].partition("/")[2]
        repository, version = image.rsplit("@" if "@" in image else ":", 1)
        key = "imageDigest" if "@" in image else "imageTag"
        details = ecr.describe_images(repositoryName=repository, imageIds=[{key: version}])["imageDetails"]
        found[service["serviceName"]] = details[0]["imageDigest"]
    return found


def event(**change: Any) -> dict[str, Any]:
    merged = {"repository": BACKEND, "ref": "refs/heads/develop", "pull_request": 7, **change}
    return {"action": "slipway", "client_payload": {"change": merged}}


def merged(actions: Actions, head: str, **how: Any) -> Run:
    actions.deploys.sandbox.control("calls", {}, "DELETE")
    return actions.run(ROUTER, "repository_dispatch", event(commit=head), **how)


def results(*good: str, **bad: str) -> dict[str, str]:
    return {**dict.fromkeys((*EARLY, *good, "Summary"), "success"), **bad}


def test_a_change_in_one_service_is_built_and_deployed(actions: Actions, source: Path) -> None:
    before, head = running(actions), commit(source, {"user-service/app": "2"})
    with Slack() as slack:
        actions.secrets["SLACK_WEBHOOK_URL"] = f"{slack.url}/services/{slack.token}"
        run = merged(actions, head)
        actions.secrets.clear()
    assert (run.code, run.results) == (0, results("Build", "Gates", "Deploy", "Health", "Notify")), run.text
    assert "user-service/app → user-service" in run.jobs["Detect"].text
    (target,) = actions.deploys.record()["targets"]
    assert (target["name"], target["to"]["tag"]) == ("user-service", head)
    assert running(actions) == {**before, "sdt-local-user-service": target["to"]["digest"]}
    assert "## ✔ local: everything succeeded" in run.jobs["Summary"].text
    assert f"pull request 7 · commit {head[:12]} · build " in run.jobs["Summary"].text
    assert [json.loads(call.body)["attachments"][0]["color"] for call in slack.calls] == [BLUE, GREEN, GREEN]
    assert slack.token not in run.text
    assert called(actions.deploys) - allowed("detect", "build", "deploy") == set()


def test_a_change_in_the_library_whose_deploy_fails_is_undone(actions: Actions, source: Path) -> None:
    before = running(actions)
    behave(actions, "user-service", fail="crash", count=3)
    with changed(source, {JWT: "2"}) as head:
        run = merged(actions, head)
    assert (run.code, run.results) == (1, results("Build", "Gates", "Recover", "Notify", Deploy="failure")), run.text
    assert "common-security/…/Jwt.java → common-security → task-service" in run.jobs["Detect"].text
    assert '::set-output:: services=["user-service", "task-service"]' in run.jobs["Detect"].text
    assert running(actions) == before
    assert "## ! local: the build succeeded, the deploy failed" in run.jobs["Summary"].text
    assert "::error title=local%3A undone::FAILED user-service" in run.jobs["Deploy"].text


def test_a_change_that_reaches_no_service_is_skipped(actions: Actions, source: Path) -> None:
    with changed(source, {"user-service/src/test/java/Test.java": "1"}) as head:
        run = merged(actions, head)
    assert (run.code, run.results) == (0, results()), run.text
    assert "## ✔ local: no change; nothing is built or deployed" in run.jobs["Summary"].text
    assert called(actions.deploys) - allowed("detect") == set()


def test_a_build_that_fails_deploys_nothing(actions: Actions, source: Path) -> None:
    records = len(actions.deploys.records())
    with changed(source, {"task-service/Dockerfile": "FROM scratch\nCOPY nothing /\n"}) as head:
        run = merged(actions, head)
    assert (run.code, run.results) == (1, results("Notify", Build="failure")), run.text
    assert "## ✘ local: the build failed; nothing was deployed" in run.jobs["Summary"].text
    assert "::error::" in run.jobs["Build"].text
    assert len(actions.deploys.records()) == records
    assert called(actions.deploys) - allowed("detect", "build") == set()


def test_a_deploy_that_is_cancelled_is_undone(actions: Actions, source: Path) -> None:
    """act kills the step at once, as a runner that is lost does."""
    before = running(actions)
    behave(actions, "config-server", start=4000, count=1)
    in_flight = ("a service is in flight", lambda: recorded(actions.deploys, some("in_flight", 1)))
    with changed(source, {"config-server/app": "2"}) as head:
        run = merged(actions, head, cancel=in_flight)
    assert (run.code, run.results) == (1, results("Build", "Gates", "Recover", "Notify", Deploy="failure")), run.text
    assert running(actions) == before
    assert actions.deploys.record()["outcome"] == "undone"
    assert "the deploy did not end; what it had changed was undone" in run.jobs["Summary"].text


def test_an_event_that_is_refused(actions: Actions) -> None:
    run = actions.run(ROUTER, "repository_dispatch", event(commit="a" * 40, ref="refs/heads/$(touch pwned)"))
    assert (run.code, run.results) == (1, {"Route": "failure"})
    assert "is not safe to pass on" in run.jobs["Route"].text
    assert "::error::" in run.jobs["Route"].text
    assert not list(actions.directory.parent.rglob("pwned"))


def test_a_merge_is_reported_and_routed(actions: Actions) -> None:
    """The event that the trigger sends is the one that the router reads; a title is not sent."""
    pull = {"merged": True, "merge_commit_sha": "a" * 40, "number": 7, "base": {"ref": "main"}, "title": "{{ 7 * 7 }}"}
    started = {"action": "closed", "pull_request": pull, "repository": {"full_name": BACKEND}}
    devops = "skilltracker/skill-tracker-devops"
    (actions.repositories / devops).parent.mkdir(parents=True, exist_ok=True)
    (actions.repositories / devops).symlink_to(actions.directory)
    with GitHub(devops) as github:
        actions.environ["GITHUB_API_URL"] = github.url
        actions.secrets["SLIPWAY_TOKEN"] = github.token
        actions.variables["SLIPWAY_REPOSITORY"] = devops
        run = actions.run("slipway-trigger.yml", "pull_request", started)
        assert (run.code, run.results) == (0, {"Dispatch": "success"}), run.text
        assert github.token not in run.text
        (sent,) = github.events
    change = {"repository": BACKEND, "ref": "refs/heads/main", "commit": "a" * 40, "pull_request": 7}
    assert sent["client_payload"] == {"change": {**change, "force_full_build": False}}
    run = actions.run(ROUTER, "repository_dispatch", sent)
    assert "pipelines/routes.yml: refs/heads/main of" in run.jobs["Route"].text
