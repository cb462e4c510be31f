# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The command lines of the engines."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.image_builds.engines import (
    ENGINES,
    Image,
    Push,
    build,
    login,
    logins,
    save,
    upload,
)

HOST = "962496666337.dkr.ecr.eu-west-1.amazonaws.com"
PUSH = Push(HOST, False, "/tmp/x/login")
LOCAL = Push("127.0.0.1:4510", True, "/tmp/x/login")
IMAGE = Image(
    "/s/Dockerfile", "/s", {"org.opencontainers.image.revision": "3f9c2d1"}, {"MODULE": "$(id)"}, "linux/arm64"
)
NAME = f"{HOST}/sdt/dev/user-service:3f9c2d1"


@pytest.mark.parametrize("engine", ["podman", "buildah"])
def test_podman_and_buildah(engine: str) -> None:
    authfile = ["--authfile", "/tmp/x/login/auth.json"]
    assert login(engine, PUSH) == [engine, "login", "--username", "AWS", "--password-stdin", *authfile, HOST]
    argv = build(engine, PUSH, IMAGE, "/tmp/x/id", NAME)
    assert argv[:2] == [engine, "build"]
    assert "--timestamp 0 --identity-label=false --layers=false" in " ".join(argv)
    assert argv[-2:] == ["--", "/s"]
    assert save(engine, PUSH, "sha256:1", "/i.tar")[-1].endswith("/i.tar" if engine == "buildah" else "sha256:1")
    assert upload(engine, PUSH, "sha256:1", NAME) == [engine, "push", *authfile, "sha256:1", f"docker://{NAME}"]


def test_docker() -> None:
    config = ["docker", "--config", "/tmp/x/login"]
    assert login("docker", PUSH) == [*config, "login", "--username", "AWS", "--password-stdin", HOST]
    assert build("docker", PUSH, IMAGE, "/tmp/x/id", NAME) == [
        *(*config, "build", "--file", "/s/Dockerfile", "--iidfile", "/tmp/x/id"),
        *("--platform", "linux/arm64"),
        *("--label", "org.opencontainers.image.revision=3f9c2d1", "--build-arg", "MODULE=$(id)"),
        *("--build-arg", "SOURCE_DATE_EPOCH=0"),
        *("--tag", NAME, "--", "/s"),
    ]
    assert upload("docker", PUSH, "sha256:1", NAME) == [*config, "push", NAME]
    assert save("docker", PUSH, "sha256:1", "/i.tar") == [*config, "save", "--output", "/i.tar", "sha256:1"]
    assert PUSH.login_file("docker") == "/tmp/x/login/config.json"


@pytest.mark.parametrize(
    ("own", "podman", "docker"),
    [
        ({}, {}, {}),
        ({"auths": {"x": {"auth": "1"}}}, {"auths": {"x": {"auth": "1"}}}, {"auths": {"x": {"auth": "1"}}}),
        (
            {"credsStore": "desktop", "credHelpers": {HOST: "ecr-login", "x": "gcloud"}, "currentContext": "y"},
            {"credHelpers": {"x": "gcloud"}},
            {"credsStore": "desktop", "credHelpers": {"x": "gcloud", HOST: ""}},
        ),
        ({"auths": None, "credHelpers": []}, {}, {}),
    ],
)
def test_the_users_own_logins_are_kept_and_ours_goes_into_no_store(
    own: dict[str, Any], podman: dict[str, Any], docker: dict[str, Any]
) -> None:
    assert logins("podman", PUSH, own) == {"auths": {}, "credHelpers": {}, **podman}
    assert logins("docker", PUSH, own) == {"auths": {}, "credHelpers": {HOST: ""}, **docker}


@pytest.mark.parametrize("engine", ENGINES)
def test_only_a_registry_of_this_machine_is_reached_without_encryption(engine: str) -> None:
    for argv in (login(engine, PUSH), upload(engine, PUSH, "x", NAME), build(engine, LOCAL, Image("a", "b"), "c", "d")):
        assert "--tls-verify=false" not in argv
    for argv in (login(engine, LOCAL), upload(engine, LOCAL, "x", NAME)):
        # Docker has such an exception itself.
        assert ("--tls-verify=false" in argv) is (engine != "docker")
