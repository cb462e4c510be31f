# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The front ends as the role leaves them, after side_effect.yml tried what goes wrong."""

from __future__ import annotations

WWW = "/var/www/salitemihret"


def page(host, release):
    return host.file(f"{release}/index.html").content_string


def releases(host):
    return [f"{WWW}/releases/{name}" for name in host.check_output(f"ls -A {WWW}/releases").split()]


def test_the_first_one_is_live_again(host):
    live = host.file(f"{WWW}/current").linked_to
    assert live == f"{WWW}/releases/staging-20261101-000000000001"
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


def test_what_the_control_machine_built_is_there(host):
    text = host.check_output(f"cat {WWW}/releases/staging-20261115-000000000003/assets/control-BqH2x1sT.js")
    assert text == "control /api staging-20261101-000000000001"


def test_what_an_archive_brought_is_there(host):
    assert page(host, f"{WWW}/releases/staging-20261122-000000000004") == "prebuilt\n"


def test_nothing_else_is_left(host):
    assert (
        host.check_output("find /var/tmp /var/www -name '*slipway-build*' -o -name '*.tar' -o -name '*.slipway-new'")
        == ""
    )
