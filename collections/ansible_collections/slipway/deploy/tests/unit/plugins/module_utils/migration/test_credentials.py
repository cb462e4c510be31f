# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where the connection is read from."""

from __future__ import annotations

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.migration.credentials import read_plain, read_value
from ansible_collections.slipway.deploy.plugins.module_utils.secret_values.source import Secrets

SECRETS = Secrets({"DB": '{"username": "umigo", "password": "canary", "port": 5432, "empty": ""}', "PLAIN": "canary"})


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ({"env": "PLAIN"}, "canary"),
        ({"env": "DB", "key": "password"}, "canary"),
        ({"env": "DB", "key": "port"}, "5432"),
    ],
)
def test_read_value(source, value):
    assert read_value(SECRETS, source, "password") == value


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ({"env": "DB", "key": "absent"}, "has no key absent"),
        ({"env": "DB", "key": "empty"}, "has no key empty"),
        ({"env": "PLAIN", "key": "password"}, "is not a JSON object"),
        ({"key": "password"}, "not a source of a secret"),
        ("canary", "not a source of a secret"),
        (None, "not a source of a secret"),
    ],
)
def test_what_cannot_be_read(source, says):
    with pytest.raises(SlipwayError, match=says) as caught:
        read_value(SECRETS, source, "password")
    assert "canary" not in str(caught.value)


def test_read_plain():
    assert read_plain(SECRETS, " umigo ", "username") == "umigo"
    assert read_plain(SECRETS, {"env": "DB", "key": "username"}, "username") == "umigo"
    with pytest.raises(SlipwayError, match="it is empty"):
        read_plain(SECRETS, " ", "username")
