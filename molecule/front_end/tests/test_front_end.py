# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the role refuses, and the front ends that it leaves on a host."""

from __future__ import annotations

import re
from pathlib import PurePath

import pytest

WWW = "/var/www/salitemihret"
FIRST = f"{WWW}/releases/staging-20261101-000000000001"
REFUSED = {
    "the build fails": "the build failed .exit code 1.: .*no chunk for you",
    "the build leaves no page": "the build has no index.html",
    "the build takes too long": "the build did not end in time .3 s for all of it",
    "there is no lock file": "there is no lock file. Commit pnpm-lock.yaml or package-lock.json",
    "the lock file has other packages": (
        "failed: the lock file does not fit package.json .*ERR_PNPM_OUTDATED_LOCKFILE"
    ),
}


@pytest.mark.parametrize(("case", "message"), REFUSED.items())
def test_a_refusal_gives_its_reason_in_one_line(results, case, message):
    assert re.search(message, results["refused"][case])
    assert len(results["refused"][case].splitlines()) == 1


def test_a_refusal_leaves_what_is_published_as_it_was(results):
    assert set(results["refused"]) == set(REFUSED)
    assert results["after"] == results["before"] != []


def test_a_check_predicts_the_build(results):
    assert results["predicted"]["changed"]
    assert results["predicted"]["made"]


def test_a_build_before_the_switch_leaves_the_link(results):
    assert results["link_before_the_switch"] == FIRST


def test_other_variables_make_another_front_end(results):
    assert results["rebuilt"]["changed"]
    assert re.search(r"/staging-20261108-000000000002\.[0-9a-f]{8}$", results["rebuilt"]["path"])


def test_a_build_on_the_control_node_leaves_nothing_there(results):
    assert results["built_on_control"]["changed"]
    assert not results["left_on_control"]


def test_pnpm_builds_with_the_packages_of_its_lock_file(results):
    assert results["page_of_pnpm"] == "installed by pnpm"


def test_a_prune_keeps_the_live_one_and_the_newest(results):
    pruned = results["pruned"]
    assert sorted(pruned["removed"]) == ["staging-20261108-000000000002", PurePath(results["rebuilt"]["path"]).name]
    assert PurePath(FIRST).name in pruned["kept"]


def page(host, release):
    return host.file(f"{release}/index.html").content_string


def releases(host):
    return [f"{WWW}/releases/{name}" for name in host.check_output(f"ls -A {WWW}/releases").split()]


def test_the_first_one_is_live_again(host):
    live = host.file(f"{WWW}/current").linked_to
    assert live == FIRST
    asset = page(host, live).split('"')[3]
    script = host.file(live + asset).content_string
    assert script == 'fetch("/api"); // staging-20261101-000000000001, user'


def test_four_are_kept_with_their_assets(host):
    found = releases(host)
    assert len(found) == 4
    union = host.check_output(f"find {WWW}/assets -type f -printf '%f\\n'").split()
    theirs = host.check_output(f"find {WWW}/releases -path '*/assets/*' -type f -printf '%f\\n'").split()
    assert sorted(union) == sorted(set(theirs))
    for name in union:
        assert int(host.check_output(f"stat -c %h {WWW}/assets/{name}")) >= 2


def test_a_web_server_may_read_all_of_it(host):
    assert host.check_output(f"find {WWW} ! -user root") == ""
    assert host.check_output(f"find {WWW} -type f ! -perm 0644") == ""
    assert host.check_output(f"find {WWW} -type d ! -perm 0755") == ""


def test_the_build_of_the_control_node_is_published(host):
    text = host.check_output(f"cat {WWW}/releases/staging-20261115-000000000003/assets/control-BqH2x1sT.js")
    assert text == "control /api staging-20261101-000000000001"


def test_the_page_of_an_archive_is_published(host):
    assert page(host, f"{WWW}/releases/staging-20261122-000000000004") == "prebuilt\n"


def test_no_temporary_file_is_left(host):
    assert (
        host.check_output("find /var/tmp /var/www -name '*slipway-build*' -o -name '*.tar' -o -name '*.slipway-new'")
        == ""
    )
