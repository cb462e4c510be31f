# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Maven's version out of a pom.xml."""

from __future__ import annotations

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.git.pom import maven_version

NAMESPACE = 'xmlns="http://maven.apache.org/POM/4.0.0"'


@pytest.mark.parametrize(
    "text",
    [
        f"<project {NAMESPACE}><version>0.2.0</version></project>",
        "<project><version> 0.2.0 </version><parent><version>3.5.0</version></parent></project>",
        "<project><parent><version>0.2.0</version></parent></project>",
        "<?xml version='1.0'?>\n<project><version>${r}</version><properties><r>0.2.0</r></properties></project>",
        "<project><version>${a}.${b}</version><properties><a>0.2</a><b>${c}</b><c>0</c></properties></project>",
    ],
)
def test_a_version(text: str) -> None:
    assert maven_version(text, "pom.xml") == "0.2.0"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<project>", "it is not valid XML"),
        ("<html/>", "it is not a Maven project but <html>"),
        ("<project/>", "it has no version"),
        ("<project><version>${revision}</version></project>", "and revision is not set in it"),
        ("<project><version>${a}</version><properties><a>${a}</a></properties></project>", "refer to each other"),
        ('<!DOCTYPE p [<!ENTITY x "y">]><project><version>&x;</version></project>', "document type declaration"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(text: str, said: str) -> None:
    with pytest.raises(SlipwayError) as raised:
        maven_version(text, "pom.xml at 3f9c2d1e8a7b")
    assert str(raised.value).startswith("pom.xml at 3f9c2d1e8a7b: ")
    assert said in str(raised.value)
