# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.parameters.verify import verify, wanted_of

from .aws_double import Aws

WHERE = "inventories/dev"
VARIABLES = {
    "runtime_parameters_environment": {"JAVA_OPTS": "-Xmx1g"},
    "runtime_parameters_secrets": [
        {"name": "password", "secret": "dev/db", "key": "password"},
        {"name": "firebase.json", "secret": "/dev/firebase", "property": "umigo.firebase.config.path"},
    ],
    "runtime_parameters_required": ["HOST", "PORT", "JAVA_OPTS", "password"],
}
GOOD = {"/dev/backend/HOST": "h", "/dev/backend/PORT": "1", "/dev/backend/X": "x", "/dev/firebase": "f"}


def checked(aws, **variables):
    return verify(aws, wanted_of({**VARIABLES, **variables}, "dev", WHERE), "eu-west-1", WHERE)


def test_all_is_there_and_no_value_was_read():
    aws = Aws(GOOD, {"dev/db": "x"})
    found = checked(aws)
    assert (found.errors, found.unverifiable) == ((), ())
    assert found.checked == {"secrets": 1, "parameters": 5}
    assert set(aws.calls) == {"describe_parameters", "describe_secret"}


def test_everything_that_is_missing_is_said_together():
    found = checked(Aws({"/dev/backend/X": ""}))
    assert [str(error).partition(". ")[0] for error in found.errors] == [
        "inventories/dev: runtime_parameters_required: 2 required parameters are missing: HOST, PORT",
        "runtime_parameters_secrets (password): secret dev/db does not exist",
        "runtime_parameters_secrets (firebase.json): parameter /dev/firebase does not exist",
    ]


@pytest.mark.parametrize(
    ("known", "line"),
    [
        ({"DeletedDate": 1, "VersionIdsToStages": {"1": ["AWSCURRENT"]}}, "is scheduled for deletion"),
        ({"VersionIdsToStages": {"1": ["AWSPREVIOUS"]}}, "has no version AWSCURRENT"),
    ],
)
def test_a_secret_that_could_not_be_read_is_none(known, line):
    found = checked(Aws(GOOD, {"dev/db": "x"}, described={"dev/db": known}))
    assert line in str(found.errors[0])


def test_what_may_not_be_looked_at_is_unverifiable():
    found = checked(Aws(GOOD, {"dev/db": "x"}, denied=["describe_parameters", "describe_secret"]))
    assert found.errors == ()
    assert len(found.unverifiable) == 3
    far = {"name": "far", "secret": "arn:aws:secretsmanager:us-east-1:1:secret:x-AbCdEf"}
    found = checked(Aws(GOOD), runtime_parameters_secrets=[far], runtime_parameters_required=[])
    assert found.unverifiable == ("runtime_parameters_secrets (far): secret x-AbCdEf is in us-east-1",)


def test_a_variable_that_is_set_twice_is_said_before_the_host_says_it():
    found = checked(Aws({**GOOD, "/dev/backend/UMIGO_FIREBASE_CONFIG_PATH": "x"}, {"dev/db": "x"}))
    assert str(found.errors[0]).startswith("/dev/backend/UMIGO_FIREBASE_CONFIG_PATH: also sets")


def test_what_is_wrong_in_the_inventory_is_said_without_asking():
    with pytest.raises(SlipwayError, match="is not a path"):
        wanted_of({"runtime_parameters_path": "x"}, "dev", WHERE)
    assert wanted_of({"runtime_parameters_path": ""}, "dev", WHERE).path == ""
    assert wanted_of({}, "dev", WHERE).path == "/dev/backend"


def test_what_the_control_node_has_is_looked_at_and_not_read(tmp_path):
    (tmp_path / "license").write_text("canary")
    (tmp_path / "license").chmod(0o600)
    (tmp_path / "empty").touch(0o600)
    variables = {
        "runtime_parameters_path": "",
        "runtime_parameters_environment": {"A": {"env": "A"}, "B": {"env": "B"}, "C": {"ssm": "/c"}},
        "runtime_parameters_files": [
            {"path": "/etc/license", "file": str(tmp_path / "license")},
            {"path": "/etc/empty", "file": str(tmp_path / "empty")},
            {"path": "/etc/gone", "file": str(tmp_path / "gone")},
        ],
    }
    found = verify(Aws(), wanted_of(variables, "dev", WHERE), "eu-west-1", WHERE, {"A": "a"})
    assert [str(error).partition(". ")[0] for error in found.errors] == [
        "runtime_parameters_environment (B): the environment variable B is not set",
        "runtime_parameters_environment (C): parameter /c does not exist",
        f"runtime_parameters_files (/etc/empty): file {tmp_path}/empty is empty",
        f"runtime_parameters_files (/etc/gone): {tmp_path}/gone could not be read (No such file or directory)",
    ]
