# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.build_requirements.ranges import fits, read_version


@pytest.mark.parametrize(
    ("wanted", "inside", "outside"),
    [
        ("^20.19.0 || >=22.12.0", ["20.19.0", "20.99.0", "22.12.0", "25.0.0"], ["18.19.0", "20.18.9", "22.11.9"]),
        (">=18", ["18.0.0", "22.1.0"], ["17.9.9"]),
        (">18", ["19.0.0"], ["18.5.0"]),
        (">18.1", ["18.2.0"], ["18.1.7"]),
        ("<=18", ["18.99.0", "1.0.0"], ["19.0.0"]),
        ("<18", ["17.9.9"], ["18.0.0"]),
        ("18.x", ["18.7.0"], ["19.0.0", "17.0.0"]),
        ("18", ["18.7.0"], ["19.0.0"]),
        ("v20", ["20.1.0"], ["21.0.0"]),
        ("=20.1.0", ["20.1.0"], ["20.1.1"]),
        ("14 - 16", ["14.0.0", "16.9.0"], ["17.0.0", "13.9.9"]),
        ("~1.2.3", ["1.2.3", "1.2.9"], ["1.3.0", "1.2.2"]),
        ("~>1.2", ["1.2.0"], ["1.3.0"]),
        ("~1", ["1.9.0"], ["2.0.0"]),
        ("^0.2.3", ["0.2.9"], ["0.3.0"]),
        ("^0.0.3", ["0.0.3"], ["0.0.4"]),
        ("^0.x", ["0.9.0"], ["1.0.0"]),
        (">= 18.0.0 <19", ["18.3.0"], ["19.0.0"]),
        (">=18.0.0-rc.1", ["18.0.0"], ["17.0.0"]),
        ("lts/* || >=18", ["18.0.0"], []),
        ("*", ["0.0.1"], []),
        ("", ["5.0.0"], []),
    ],
)
def test_a_range(wanted: str, inside: list[str], outside: list[str]) -> None:
    for text in inside:
        assert fits(read_version(text) or (0, 0, 0), wanted) is True, text
    for text in outside:
        assert fits(read_version(text) or (0, 0, 0), wanted) is False, text


@pytest.mark.parametrize("wanted", ["lts/*", "node >= 4", "latest", ">=eighteen", "1.2.3.4"])
def test_what_is_not_a_range_is_not_known(wanted: str) -> None:
    assert fits((20, 0, 0), wanted) is None


def test_a_version_is_read_as_programs_print_it() -> None:
    assert read_version("v20.11.1\n") == (20, 11, 1)
    assert read_version("18.20.4+dfsg-1~deb12u1") == (18, 20, 4)
    assert read_version("command not found") is None
