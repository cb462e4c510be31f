# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which parameter the token is taken from."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.git.token import find_token

BOTH = ["/dev/github/pat", "/shared/github/pat-readonly"]


class Store:
    """The Parameter Store: a value, or the code of the error that it answers with."""

    def __init__(self):
        self.asked = []
        self.values = {}

    def get_parameter(self, Name, WithDecryption):  # noqa: N803 - AWS's parameter names
        assert WithDecryption
        self.asked.append(Name)
        value = self.values.get(Name, ClientError({"Error": {"Code": "ParameterNotFound"}}, "GetParameter"))
        if isinstance(value, Exception):
            raise value
        return {"Parameter": {"Value": value}}


def denied():
    return ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "GetParameter")


@pytest.fixture
def store():
    return Store()


@pytest.mark.parametrize(
    ("values", "parameter", "asked"),
    [
        ({BOTH[0]: "ghp_own", BOTH[1]: "ghp_shared"}, BOTH[0], BOTH[:1]),
        ({BOTH[1]: "ghp_shared"}, BOTH[1], BOTH),
        ({BOTH[0]: denied(), BOTH[1]: "ghp_shared"}, BOTH[1], BOTH),
        ({}, "", BOTH),
    ],
)
def test_the_first_that_exists(store, values, parameter, asked):
    store.values = values
    token = find_token(lambda _service: store, BOTH)
    assert (token.parameter, store.asked) == (parameter, asked)
    assert token.value == values.get(parameter, "")
    assert "ghp" not in repr(token)


@pytest.mark.parametrize("values", [{BOTH[0]: denied()}, {BOTH[0]: denied(), BOTH[1]: denied()}])
def test_what_may_exist_and_may_not_be_read_is_an_error(store, values):
    store.values = values
    with pytest.raises(SlipwayError, match="/dev/github/pat"):
        find_token(lambda _service: store, BOTH)


@pytest.mark.parametrize("value", ["", "  ", "two words", "ghp_\u00fc", "a\nb"])
def test_what_is_no_token(store, value):
    store.values = {BOTH[0]: value}
    with pytest.raises(SlipwayError, match="it holds no token"):
        find_token(lambda _service: store, BOTH)


def test_a_newline_at_its_end_is_not_the_token(store):
    store.values = {BOTH[0]: "ghp_own\n"}
    assert find_token(lambda _service: store, BOTH).value == "ghp_own"


def refuses_aws(_service):
    raise AssertionError("there is no account")


def test_it_is_kept_on_the_control_node(tmp_path):
    file = tmp_path / "token"
    file.write_text("ghp_file\n")
    file.chmod(0o600)
    sources = [{"env": "SITE_TOKEN"}, {"file": str(file)}]
    unset = find_token(refuses_aws, sources, {})
    assert (unset.value, unset.place, unset.parameter) == ("ghp_file", f"file {file}", "")
    assert find_token(refuses_aws, sources, {"SITE_TOKEN": "ghp_env"}).place == "env SITE_TOKEN"
    assert find_token(refuses_aws, sources[:1], {}).value == ""


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ({"env": "EMPTY"}, "env EMPTY is empty"),
        ({"env": "TWO"}, "env TWO: it holds no token"),
        ({"file": "/nowhere"}, "/nowhere could not be read"),
        ({"ssm": "/x"}, "this is not a source of a token"),
        ({}, "this is not a source of a token"),
    ],
)
def test_what_the_control_node_does_not_have(source, says):
    with pytest.raises(SlipwayError, match=says):
        find_token(refuses_aws, [source], {"EMPTY": "", "TWO": "two words"})
