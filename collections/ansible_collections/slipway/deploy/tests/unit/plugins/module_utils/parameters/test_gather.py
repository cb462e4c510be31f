# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import json

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.parameters import api
from ansible_collections.slipway.deploy.plugins.module_utils.parameters.gather import (
    gather,
    require,
    variable_of,
    variables_of,
)
from ansible_collections.slipway.deploy.plugins.module_utils.parameters.model import Parameter, read_wanted

from .aws_double import Aws

WHERE = "inventories/dev"


def wanted(path="/dev/backend/", environment=(), secrets=(), required=()):
    return read_wanted(
        path=path, environment=dict(environment), secrets=list(secrets), required=list(required), where=WHERE
    )


def said(call, *arguments, **options):
    with pytest.raises(SlipwayError) as error:
        call(*arguments, **options)
    return str(error.value)


@pytest.mark.parametrize(
    ("parameter", "variable"),
    [
        ("/dev/backend/SPRING_REDIS_HOST", "SPRING_REDIS_HOST"),
        ("/dev/backend/server_port", "server_port"),
        ("/dev/backend/mq/host", "MQ_HOST"),
        ("/dev/backend/mq/1/host", "MQ_1_HOST"),
    ],
)
def test_a_parameter_is_a_variable(parameter, variable):
    assert variable_of("/dev/backend", parameter) == variable


def test_names_that_cannot_be_and_those_that_are_one_are_refused_with_a_better_one():
    lines = said(
        variables_of,
        "/dev/backend",
        ["/dev/backend/spring.redis.host", "/dev/backend/mq/host", "/dev/backend/MQ_HOST", "/dev/backend/9"],
    ).splitlines()
    assert lines == [
        "/dev/backend/9: 9 is no name of an environment variable. Give it another name",
        "/dev/backend/mq/host: is MQ_HOST, as /dev/backend/MQ_HOST is. Remove one of them",
        (
            "/dev/backend/spring.redis.host: spring.redis.host is no name of an environment variable. "
            "Call the parameter SPRING_REDIS_HOST"
        ),
    ]


def test_all_that_is_missing_is_named_at_once():
    want = wanted(
        environment={"JAVA_OPTS": ""},
        secrets=[{"name": "db", "secret": "x", "property": "db.file"}],
        required=["A", "JAVA_OPTS", "db", "DB_FILE", "SPRING_X", "B"],
    )
    assert said(require, want, {"A": "/dev/backend/A"}, WHERE) == (
        "inventories/dev: runtime_parameters_required: 2 required parameters are missing: SPRING_X, B. "
        "Create /dev/backend/SPRING_X …"
    )
    require(want, dict.fromkeys(["A", "B", "SPRING_X"], ""), WHERE)


def test_a_path_without_parameters_is_a_mistake_unless_there_is_no_path():
    assert said(require, wanted(), {}, WHERE).startswith("/dev/backend/: there is no parameter below it")
    require(wanted(path=""), {}, WHERE)


def test_the_inventory_goes_before_ssm_and_the_diff_says_so():
    want = wanted(
        environment={"PORT": 6380, "DEBUG": False, "EMPTY": ""},
        secrets=[{"name": "firebase.json", "secret": "/dev/firebase", "property": "umigo.firebase.config-path"}],
    )
    parameters = [Parameter("/dev/backend/PORT", "6379"), Parameter("/dev/backend/HOST", " h ")]
    configuration, sources = gather(want, parameters, {"firebase.json": b"{}"})
    assert configuration.environment == {"PORT": "6380", "HOST": " h ", "DEBUG": "false", "EMPTY": ""}
    assert configuration.properties == {"UMIGO_FIREBASE_CONFIGPATH": "firebase.json"}
    assert sources["environment PORT"] == "runtime_parameters_environment, instead of /dev/backend/PORT"
    assert sources["environment HOST"] == "/dev/backend/HOST"
    assert sources["credential firebase.json"] == "parameter /dev/firebase"


def test_a_newline_is_refused_naming_the_parameter_and_not_its_value():
    line = said(gather, wanted(), [Parameter("/dev/backend/A", "canary\nx")], {})
    assert line.startswith("/dev/backend/A: environment A holds a newline")
    assert "canary" not in line + repr(Parameter("/dev/backend/A", "canary"))


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"path": "dev/backend"}, "runtime_parameters_path 'dev/backend' is no path"),
        ({"environment": {"A": None}}, "runtime_parameters_environment: A is null"),
        ({"environment": {"A": 1.10}}, "A is a number with a point"),
        ({"environment": {"A": [1]}}, "A is a list, not a text"),
        ({"secrets": ["x"]}, "each is a mapping of texts"),
        ({"secrets": [{"name": "a", "secret": "x", "keys": "y"}]}, "a has the unknown keys"),
        ({"secrets": [{"name": "../a", "secret": "x"}]}, "'../a' is no name of a credential"),
        ({"secrets": [{"name": "a"}]}, "a: '' is no secret"),
        ({"secrets": [{"name": "a", "secret": "arn:aws:s3:::b"}]}, "a: 'arn:aws:s3:::b' is no secret"),
        ({"secrets": [{"name": "a", "secret": "x", "property": "a b"}]}, "'a b' is no name of a property"),
        ({"secrets": [{"name": "a", "secret": "x"}, {"name": "a", "secret": "y"}]}, "a is there 2 times"),
        (
            {"secrets": [{"name": n, "secret": "x", "property": p} for n, p in (("a", "x.y"), ("b", "x.Y"))]},
            "2 files' paths are to be X_Y",
        ),
    ],
)
def test_a_mistake_in_the_inventory_is_one_line(options, line):
    found = said(wanted, **options)
    assert line in found
    assert found.startswith("inventories/dev: ")
    assert "\n" not in found


def test_all_pages_are_read_and_each_secret_once():
    arn = "arn:aws:secretsmanager:eu-west-1:1:secret:db-AbCdEf"
    aws = Aws(
        {f"/dev/backend/A{number}": str(number) for number in range(7)} | {"/dev/backendx/B": "", "/dev/fire": "f"},
        {arn: json.dumps({"user": "u", "password": 'p"q', "port": 5432}), "binary": b"\0\xff"},
    )
    assert len(api.parameters_below(aws, "/dev/backend")) == 7
    want = wanted(
        secrets=[
            {"name": "user", "secret": arn, "key": "user"},
            {"name": "password", "secret": arn, "key": "password"},
            {"name": "port", "secret": arn, "key": "port"},
            {"name": "binary", "secret": "binary"},
            {"name": "fire", "secret": "/dev/fire"},
        ]
    )
    assert api.read_secrets(aws, want) == {
        "user": b"u",
        "password": b'p"q',
        "port": b"5432",
        "binary": b"\0\xff",
        "fire": b"f",
    }
    assert aws.calls.count("get_secret_value") == 2


def test_all_secrets_that_cannot_be_had_are_named_and_no_value_is():
    aws = Aws({}, {"text": "canary", "object": '{"a": "canary", "b": null}'})
    want = wanted(
        secrets=[
            {"name": "gone", "secret": "gone"},
            {"name": "path", "secret": "/gone"},
            {"name": "text", "secret": "text", "key": "a"},
            {"name": "object", "secret": "object", "key": "b"},
        ]
    )
    lines = said(api.read_secrets, aws, want).splitlines()
    assert [line.partition(". ")[0] for line in lines] == [
        "runtime_parameters_secrets (gone): secret gone does not exist",
        "runtime_parameters_secrets (path): parameter /gone does not exist",
        "runtime_parameters_secrets (text): secret text is no JSON object",
        "runtime_parameters_secrets (object): secret object has no key b",
    ]
    assert "canary" not in "".join(lines)


def test_a_denied_call_says_which():
    line = said(api.parameters_below, Aws(denied=["get_parameters_by_path"]), "/dev/backend")
    assert line.startswith("cannot read the parameters below /dev/backend/: access denied to get_parameters_by_path")
