# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.configuration.model import (
    Configuration,
    Place,
    contents,
    difference,
    digest_of,
    read_configuration,
    read_contents,
    write_configuration,
)

KEY = b"k" * 32
FULL = Configuration(
    {"JAVA_OPTS": "-Xmx1g", "EMPTY": ""},
    {"spring.datasource.password": b"secret", "firebase.json": b'{"a": 1}\n\xff'},
    {"UMIGO_FIREBASE_CONFIG_PATH": "firebase.json"},
)


def place(systemd=252, service="umigo-backend"):
    return Place(service, f"/etc/{service}", systemd)


def unit(configuration=FULL, systemd=252):
    return contents(configuration, place(systemd), "0123456789abcdef")["unit.conf"].decode().splitlines()[1:]


def test_the_unit_names_its_own_generation():
    generation = "/etc/umigo-backend/generations/0123456789abcdef"
    assert unit() == [
        "[Service]",
        f"EnvironmentFile={generation}/env",
        f"LoadCredential=firebase.json:{generation}/credentials/firebase.json",
        f"LoadCredential=spring.datasource.password:{generation}/credentials/spring.datasource.password",
        'Environment="SPRING_CONFIG_IMPORT=optional:configtree:%d/"',
        'Environment="UMIGO_FIREBASE_CONFIG_PATH=%d/firebase.json"',
    ]


@pytest.mark.parametrize(
    ("systemd", "directory", "loads"),
    [
        (246, "/etc/umigo-backend/generations/0123456789abcdef/credentials", 0),
        (247, "/run/credentials/umigo-backend.service", 2),
        (249, "/run/credentials/umigo-backend.service", 2),
        (250, "%d", 2),
        (257, "%d", 2),
    ],
)
def test_older_systemds_are_told_in_their_own_words(systemd, directory, loads):
    lines = unit(systemd=systemd)
    assert f'Environment="UMIGO_FIREBASE_CONFIG_PATH={directory}/firebase.json"' in lines
    assert sum(line.startswith("LoadCredential=") for line in lines) == loads


def test_an_import_of_the_inventory_is_kept_and_added_to():
    configuration = Configuration({"SPRING_CONFIG_IMPORT": "optional:file:/x.yml"}, {"a": b"b"})
    files = contents(configuration, place(), "0" * 16)
    assert files["env"] == (
        b'SPRING_CONFIG_IMPORT="optional:file:/x.yml,optional:configtree:/run/credentials/umigo-backend.service/"\n'
    )
    assert b"SPRING_CONFIG_IMPORT" not in files["unit.conf"]


def test_without_credentials_spring_imports_nothing():
    assert unit(Configuration({"A": "b"})) == [
        "[Service]",
        "EnvironmentFile=/etc/umigo-backend/generations/0123456789abcdef/env",
    ]


def test_equal_content_is_one_generation_and_the_name_needs_the_key():
    again = Configuration(
        dict(reversed(FULL.environment.items())), dict(reversed(FULL.credentials.items())), FULL.properties
    )
    name = digest_of(FULL, place(), KEY)
    assert name == digest_of(again, place(), KEY) == digest_of(FULL, place(257), KEY)
    others = [
        digest_of(FULL, place(), b"x" * 32),
        digest_of(FULL, place(249), KEY),
        digest_of(FULL, place(service="other"), KEY),
        digest_of(Configuration({**FULL.environment, "EMPTY": " "}, FULL.credentials, FULL.properties), place(), KEY),
        digest_of(Configuration(FULL.environment, {**FULL.credentials, "a": b""}, FULL.properties), place(), KEY),
    ]
    assert len({name, *others}) == 6


def test_the_payload_arrives_and_a_broken_one_is_not_repeated():
    sources = {"environment JAVA_OPTS": "the inventory"}
    assert read_configuration(write_configuration(FULL, sources)) == (FULL, sources)
    for broken in ("canary", '"canary"', '{"environment": {"A": 1}}', '["canary"]'):
        with pytest.raises(SlipwayError) as error:
            read_configuration(broken)
        assert "canary" not in str(error.value)


def test_all_that_is_wrong_is_named_with_its_source():
    configuration = Configuration(
        {"A": "canary\0", "B C": "", "P": "x"}, {"../x": b"", "c": b""}, {"P": "c", "Q": "no"}
    )
    with pytest.raises(SlipwayError) as error:
        read_configuration(write_configuration(configuration, {"environment A": "/dev/backend/A"}))
    lines = str(error.value).splitlines()
    assert len(lines) == 5
    assert lines[0].startswith("/dev/backend/A: environment A holds a NUL")
    assert "canary" not in str(error.value)


def test_a_difference_is_of_names():
    before = read_contents(contents(FULL, place(), "0" * 16))
    after = Configuration({"JAVA_OPTS": "-Xmx2g", "NEW": "x"}, {"firebase.json": b"{}"})
    found = difference(before, read_contents(contents(after, place(), "1" * 16)))
    assert found.as_dict() == {
        "added": ["environment NEW"],
        "changed": ["credential firebase.json", "environment JAVA_OPTS"],
        "removed": [
            "credential spring.datasource.password",
            "environment EMPTY",
            "environment UMIGO_FIREBASE_CONFIG_PATH",
        ],
    }
    text = found.lines({"environment NEW": "/dev/backend/NEW", "environment EMPTY": "gone"})
    assert "+ environment NEW (/dev/backend/NEW)\n" in text
    assert "- environment EMPTY\n" in text
    assert "Xmx" not in text


def test_the_same_configuration_in_another_generation_is_no_difference():
    one, other = (read_contents(contents(FULL, place(), digit * 16)) for digit in "01")
    assert difference(one, other).lines({}) == ""
