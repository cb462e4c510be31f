# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Flyway's configuration file, read back as Flyway and the JDBC driver read it."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.migration.flyway.config import (
    Connection,
    check_credentials,
    check_settings,
    check_url,
    hidden_words,
    render,
)

URL = "jdbc:postgresql://db:5432/umigo"


def as_flyway_reads(content):
    """ConfigUtils.loadConfigurationFromString of Flyway 11, without its variables and continued lines."""
    assert "${" not in content
    lines = [line.strip() for line in content.split("\n")]
    assert not any(line.endswith("\\") for line in lines)
    return dict(line.split("=", 1) for line in lines if line)


def credentials(values):
    if "flyway.user" in values:
        return values["flyway.user"], values["flyway.password"]
    query = dict(part.split("=", 1) for part in values["flyway.url"].split("?", 1)[1].split("&"))
    return unquote(query["user"]), unquote(query["password"])


_VALUES = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1)


@given(_VALUES, _VALUES)
def test_credentials_survive(user, password):
    values = as_flyway_reads(render(Connection(URL, user, password), ["/m"], {}))
    assert credentials(values) == (user, password)


@given(_VALUES.filter(lambda text: "${" not in text and text == text.strip() and not text.endswith("\\")))
def test_what_the_file_can_hold_is_not_in_the_url(password):
    values = as_flyway_reads(render(Connection(URL, "umigo", password), ["/m"], {}))
    assert values["flyway.url"] == URL


def test_a_url_with_a_query():
    values = as_flyway_reads(render(Connection(f"{URL}?ssl=true", "umigo", "a\\"), ["/m", "/n"], {}))
    assert values["flyway.url"] == f"{URL}?ssl=true&user=umigo&password=a%5C"
    assert values["flyway.locations"] == "filesystem:/m,filesystem:/n"


def test_what_nobody_may_change():
    values = as_flyway_reads(render(Connection(URL, "u", "p"), ["/m"], {"table": "h", "flyway.outOfOrder": True}))
    assert values["flyway.table"] == "h"
    assert values["flyway.outOfOrder"] == "true"
    assert values["flyway.cleanDisabled"] == "true"
    assert values["flyway.postgresql.transactional.lock"] == "false"
    assert values["flyway.failOnMissingLocations"] == "true"


@pytest.mark.parametrize(
    "settings",
    [
        {"cleanDisabled": False},
        {"flyway.cleanDisabled": False},
        {"url": URL},
        {"password": "canary"},
        {"a b": 1},
        {"x\nflyway.url": 1},
        {"initSql": "SELECT 1\nflyway.cleanDisabled=false"},
        {"initSql": "${HOME}"},
        {"postgresql.transactional.lock": True},
    ],
)
def test_settings_that_are_refused(settings):
    with pytest.raises(SlipwayError) as caught:
        check_settings(settings, "settings")
    assert "canary" not in str(caught.value)


def test_settings_that_are_not():
    check_settings({"defaultSchema": "umigo", "placeholders.owner": "umigo", "connectRetries": 3}, "settings")


@pytest.mark.parametrize(
    "url", ["", "jdbc:mysql://h/d", "postgresql://h/d", f"{URL}\nflyway.x=1", f"{URL}?x=${{HOME}}"]
)
def test_urls_that_are_refused(url):
    with pytest.raises(SlipwayError) as caught:
        check_url(url, "url")
    assert "HOME" not in str(caught.value)


@pytest.mark.parametrize("password", ["", "a\nb", "a\tb", "\x00"])
def test_credentials_that_are_refused(password):
    with pytest.raises(SlipwayError, match="password: it is empty or has a control character"):
        check_credentials("umigo", password)


def test_what_must_not_be_seen():
    words = hidden_words(Connection(f"{URL}?user=x&password=in%20url", "umigo", "a b"))
    assert words == ("in%20url", "a%20b", "a b")
