# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.build_requirements.indexes import index_urls, read_indexes
from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.secret_values.source import Secrets

URL = "https://packages.example.org/simple/"
SECRETS = Secrets({"PASSWORD": "p@ss/word", "TOKEN": "t"})


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ({"url": URL}, URL),
        ({"url": URL, "username": "me"}, "https://me@packages.example.org/simple/"),
        (
            {"url": URL, "username": "me", "password": {"env": "PASSWORD"}},
            "https://me:p%40ss%2Fword@packages.example.org/simple/",
        ),
        ({"url": URL, "token": {"env": "TOKEN"}}, "https://__token__:t@packages.example.org/simple/"),
    ],
)
def test_credentials_go_into_the_url(row: Any, found: str) -> None:
    assert read_indexes(SECRETS, [row]) == [found]
    assert index_urls([row]) == [URL]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("https://host/simple/", "it is not a list"),
        ([{}], "it has no url"),
        ([URL], "it has no url"),
        ([{"url": URL, "user": "me"}], "user is not known; there are password, token, url, username"),
        ([{"url": "https://me:secret@host/simple/"}], "its url has credentials in it"),
        ([{"url": "ftp://host/simple/"}], "its url is not an HTTP URL"),
        ([{"url": URL, "token": {"env": "A"}, "password": {"env": "B"}}], "it has a password and a token"),
        ([{"url": URL, "username": 7}], "its username is not a text"),
    ],
)
def test_what_is_not_understood_is_refused_without_a_value(rows: Any, said: str) -> None:
    with pytest.raises(SlipwayError, match=said) as refused:
        index_urls(rows)
    assert "secret" not in str(refused.value)


def test_a_password_in_place_is_refused_without_it() -> None:
    with pytest.raises(SlipwayError, match="not a source of a secret") as refused:
        read_indexes(SECRETS, [{"url": URL, "username": "me", "password": "hunter22"}])
    assert "hunter22" not in str(refused.value)
