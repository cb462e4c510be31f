# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import json

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.configuration.model import Delivered
from ansible_collections.slipway.deploy.plugins.module_utils.parameters import api
from ansible_collections.slipway.deploy.plugins.module_utils.parameters.collect import collect
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
        "/dev/backend/9: 9 is not a valid name of an environment variable. Give it another name",
        "/dev/backend/mq/host: is MQ_HOST, as /dev/backend/MQ_HOST is. Remove one of them",
        (
            "/dev/backend/spring.redis.host: spring.redis.host is not a valid name of an environment variable. "
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


def test_a_nul_is_refused_naming_the_parameter_and_not_its_value():
    line = said(gather, wanted(), [Parameter("/dev/backend/A", "canary\0x")], {})
    assert line.startswith("/dev/backend/A: environment A holds a NUL")
    assert "canary" not in line + repr(Parameter("/dev/backend/A", "canary"))


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"path": "dev/backend"}, "runtime_parameters_path 'dev/backend' is not a path"),
        ({"environment": {"A": None}}, "runtime_parameters_environment: A is null"),
        ({"environment": {"A": 1.10}}, "A is a number with a point"),
        ({"environment": {"A": [1]}}, "A is a list, not a text"),
        ({"secrets": ["x"]}, "each is a mapping of texts"),
        ({"secrets": [{"name": "a", "secret": "x", "keys": "y"}]}, "a has unknown keys: keys"),
        ({"secrets": [{"name": "../a", "secret": "x"}]}, "'../a' is not a valid name of a credential"),
        ({"secrets": [{"name": "a"}]}, "a: '' is not a secret"),
        ({"secrets": [{"name": "a", "secret": "arn:aws:s3:::b"}]}, "a: 'arn:aws:s3:::b' is not a secret"),
        ({"secrets": [{"name": "a", "secret": "x", "property": "a b"}]}, "'a b' is not a valid name of a property"),
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
        "runtime_parameters_secrets (text): secret text is not a JSON object",
        "runtime_parameters_secrets (object): secret object has no key b",
    ]
    assert "canary" not in "".join(lines)


def test_a_denied_call_says_which():
    line = said(api.parameters_below, Aws(denied=["get_parameters_by_path"]), "/dev/backend")
    assert line.startswith("cannot read the parameters below /dev/backend/: access denied to get_parameters_by_path")


STORED = {
    "DATABASE_URL": {"env": "DATABASE_URL"},
    "REDIS_URL": {"secretsmanager": "site", "key": "redis"},
    "SENTRY_DSN": {"ssm": "/site/SENTRY_DSN"},
    "ENVIRONMENT": "staging",
}


def test_values_are_read_from_where_they_are_kept(tmp_path):
    licence = tmp_path / "license.json"
    licence.write_text('{"key": "k"}\n')
    licence.chmod(0o600)
    aws = Aws({"/site/SENTRY_DSN": "dsn"}, {"site": '{"redis": "redis://x"}'})
    want = read_wanted(
        path="",
        environment=STORED,
        secrets=[{"name": "jwt", "secret": {"env": "JWT"}}, {"name": "redis", "secret": "site", "key": "redis"}],
        files=[
            {"path": "/etc/site/license.json", "file": str(licence), "owner": "site", "mode": "0640"},
            {"path": "/etc/site/key", "secret": {"file": str(licence)}, "key": "key", "group": "www-data"},
        ],
        required=["DATABASE_URL", "jwt", "/etc/site/license.json"],
        where=WHERE,
    )
    configuration, sources = collect(aws, want, {"DATABASE_URL": "postgresql://x", "JWT": "j"}, WHERE)
    assert configuration.environment == {
        "ENVIRONMENT": "staging",
        "DATABASE_URL": "postgresql://x",
        "REDIS_URL": "redis://x",
        "SENTRY_DSN": "dsn",
    }
    assert configuration.credentials == {"jwt": b"j", "redis": b"redis://x"}
    assert configuration.files == {
        "/etc/site/license.json": Delivered(b'{"key": "k"}', "site", "site", 0o640),
        "/etc/site/key": Delivered(b"k", "root", "www-data", 0o600),
    }
    assert sources["environment REDIS_URL"] == "secret site, key redis"
    assert sources["environment DATABASE_URL"] == "env DATABASE_URL"
    assert sources["file /etc/site/license.json"] == f"file {licence}"
    assert aws.calls.count("get_secret_value") == 1
    assert "postgresql" not in repr(configuration)


def test_all_that_is_not_where_it_should_be_is_named(tmp_path):
    open_to_all = tmp_path / "open"
    open_to_all.write_text("canary")
    open_to_all.chmod(0o644)
    want = read_wanted(
        path="",
        environment={"A": {"env": "A"}, "B": {"ssm": "/b"}, "C": {"file": str(open_to_all)}},
        secrets=[{"name": "d", "secret": {"env": "D"}}],
        files=[{"path": "/etc/e", "file": str(tmp_path / "e")}],
        required=[],
        where=WHERE,
    )
    lines = said(collect, Aws(), want, {"D": ""}, WHERE).splitlines()
    assert [line.partition(". ")[0] for line in lines] == [
        "runtime_parameters_secrets (d): env D is empty",
        "runtime_parameters_environment (A): the environment variable A is not set",
        "runtime_parameters_environment (B): parameter /b does not exist",
        f"runtime_parameters_environment (C): other users can read {open_to_all}",
        f"runtime_parameters_files (/etc/e): {tmp_path}/e could not be read (No such file or directory)",
    ]


def test_without_anything_in_aws_no_client_is_made():
    def clients(service):
        raise AssertionError(service)

    want = wanted(path="", environment={"A": {"env": "A"}, "B": "b"})
    assert collect(clients, want, {"A": "a"}, WHERE)[0].environment == {"A": "a", "B": "b"}


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (
            {"environment": {"A": {"env": ""}}},
            "runtime_parameters_environment: A is not a source: write one of env, file",
        ),
        ({"environment": {"A": {"vault": "canary"}}}, "A is not a source"),
        ({"environment": {"A": {"env": "A", "file": "canary"}}}, "A is not a source"),
        ({"environment": {"A": {"env": "A", "key": 1}}}, "A is not a source"),
        (
            {"secrets": [{"name": "a", "secret": {"vault": "canary"}}]},
            "runtime_parameters_secrets: a: it is not a secret",
        ),
        ({"files": [{"path": "etc/a", "env": "A"}]}, "runtime_parameters_files: 'etc/a' is not a path of a file"),
        ({"files": [{"path": "/etc/../a", "env": "A"}]}, "'/etc/../a' is not a path of a file"),
        ({"files": [{"path": "/etc/a"}]}, "/etc/a: write one of secret, env and file"),
        ({"files": [{"path": "/etc/a", "env": "A", "file": "b"}]}, "/etc/a: write one of secret, env and file"),
        ({"files": [{"path": "/etc/a", "env": "A", "mode": "rw"}]}, "/etc/a: 'rw' is not a mode of a file"),
        ({"files": [{"path": "/etc/a", "env": "A", "user": "b"}]}, "/etc/a has unknown keys: user"),
        ({"files": [{"path": "/etc/a", "env": "A"}] * 2}, "/etc/a is there 2 times"),
        ({"files": ["x"]}, "each is a mapping of texts: path, one of secret"),
    ],
)
def test_a_mistake_in_a_source_is_one_line(options, line):
    given = {"path": "", "environment": {}, "secrets": [], "required": [], "where": WHERE, **options}
    found = said(read_wanted, **given)
    assert line in found
    assert found.startswith("inventories/dev: ")
    assert "canary" not in found
    assert "\n" not in found


def test_what_is_no_text_is_no_variable():
    want = wanted(path="", environment={"A": {"secretsmanager": "binary"}})
    line = said(collect, Aws({}, {"binary": b"\xff"}), want, {}, WHERE)
    assert line.startswith("runtime_parameters_environment (A): secret binary is not text")
