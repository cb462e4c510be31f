# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What commands of a source see of the caller's environment."""

from __future__ import annotations

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.programs.environment import (
    build_environment,
    without_secrets,
)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AWS_ACCESS_KEY_ID", "1"),
        ("AWS_SESSION_TOKEN", "1"),
        ("GITHUB_TOKEN", "1"),
        ("MY_TOKEN", "1"),
        ("NPM_AUTH_TOKEN", "1"),
        ("npm_config__auth", "1"),
        ("db_password", "1"),
        ("ANSIBLE_VAULT_PASSWORD_FILE", "1"),
        ("ACTIONS_ID_TOKEN_REQUEST_URL", "1"),
        ("SLIPWAY_SLACK", "1"),
        ("API_KEY", "1"),
        ("DATABASE_URL", "postgresql://app:hunter2@db.example.org/app"),
        ("DATABASE_URL", "postgresql+psycopg://app:hun/t@er@db/app"),
        ("REDIS_URL", "redis://:hunter2@cache:6379/0"),
        ("PIP_INDEX_URL", "HTTPS://ci:hunter2@pypi.example.org/simple"),
        ("MAVEN_OPTS", "-Xmx1g -Durl=https://ci:hunter2@maven.example.org/"),
        ("ANYTHING", f"ghp_{'a' * 36}"),
        ("JWT", "eyJhbGciOi.eyJzdWIiOi.c2ln"),
    ],
)
def test_what_looks_like_a_secret_is_withheld(name: str, value: str) -> None:
    assert without_secrets({name: value, "PATH": "/bin"}) == {"PATH": "/bin"}


def test_what_a_build_sees() -> None:
    kept = {
        "PATH": "/bin",
        "JAVA_HOME": "/java",
        "MAVEN_OPTS": "-Xmx1g",
        "HOME": "/root",
        "GITHUB_SHA": "abc",
        "SSH_AUTH_SOCK": "/run/agent",
        "HTTPS_PROXY": "http://proxy.example.org:3128",
        "GIT_URL": "ssh://git@example.org:22/a/b.git",
    }
    assert build_environment({**kept, "MY_TOKEN": "1"}) == {
        **kept,
        "CI": "true",
        "NO_COLOR": "1",
        "npm_config_update_notifier": "false",
    }
