# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The releases as the role leaves them, after side_effect.yml tried what goes wrong."""

from __future__ import annotations

import json

ROOT = "/srv/salitemihret"


def first(host):
    return host.file(f"{ROOT}/current").linked_to


def test_a_release_is_the_repository_at_its_tag(host):
    release = first(host)
    commit = host.check_output(
        "git -c safe.directory='*' -C /srv/git/repositories/public/site.git rev-parse refs/tags/staging-20261101"
    )
    assert release == f"{ROOT}/releases/staging-20261101-{commit[:12]}"
    assert host.file(f"{release}/server/app/main.py").content_string == 'print("one")\n'
    assert not host.file(f"{release}/.git").exists
    mark = json.loads(host.file(f"{release}/.slipway-complete").content_string)
    assert (mark["commit"], mark["tag"]) == (commit, "staging-20261101")


def test_it_belongs_to_root_and_the_service_may_read_it(host):
    release = first(host)
    assert host.check_output(f"find {release} ! -user root") == ""
    assert host.check_output(f"find {release} -perm /o=rw ! -type l ! -name .slipway-complete") == ""
    assert host.check_output(f"find {release} -perm /g=w ! -type l") == ""
    as_service = "setpriv --reuid salitemihret --regid salitemihret --clear-groups"
    assert "one" in host.check_output(f"{as_service} cat {release}/frontend/main.py")
    assert host.run(f"{as_service} {release}/server/run.sh").rc == 0
    assert host.run(f"{as_service} touch {release}/server/x").rc != 0
    nobody = "setpriv --reuid nobody --regid nogroup --clear-groups"
    assert host.run(f"{nobody} cat {release}/server/app/main.py").rc != 0
    # Who builds a virtual environment has to reach it.
    assert host.run(f"{nobody} stat {release}/server").rc == 0


def test_the_service_writes_to_what_is_shared(host):
    release = first(host)
    assert host.file(f"{release}/server/uploads").linked_to == f"{ROOT}/shared/server/uploads"
    shared = host.file(f"{ROOT}/shared/server/uploads")
    assert (shared.user, shared.group, shared.mode) == ("salitemihret", "salitemihret", 0o750)


def test_nothing_is_left_beside_the_releases(host):
    names = host.check_output(f"ls -A {ROOT}/releases").split()
    assert len(names) == 3
    assert all(name.startswith("staging-") for name in names)
    assert host.check_output(f"find {ROOT}/archives -type f") == ""
    assert not host.file("/etc/outside").exists
    assert host.check_output("find /srv -name 'outside*'") == "/srv/archives/outside.tar.gz"
