# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the role refuses, and the releases that it leaves on a host."""

from __future__ import annotations

import json
import re
from pathlib import PurePath

import pytest

ROOT = "/srv/salitemihret"
REFUSED = {
    "large": "the disk is full: 4.* MiB are needed for the release staging-20261130-",
    "truncated": "it ends too early",
    "outside": "'../outside' leads out",
    "absolute": "'/etc/outside' is an absolute path",
    "link": "'server/link' is a symbolic link to '../../outside', which may lead out",
    "through": "'s' is there twice|'s' is a symbolic link",
    "device": "'server/null' is a device",
    "text": "it is not a tar archive",
    "no-server": "there is no server in it",
    "absent": "there is no such file",
    "good": "its digest is sha256:[0-9a-f]+, not sha256:000",
    "no-url": "HTTP 404",
    "no-answer": "cannot be reached",
}


@pytest.mark.parametrize(("archive", "message"), REFUSED.items())
def test_a_bad_archive_is_refused_with_a_reason_in_one_line(results, archive, message):
    result = results["refused"][archive]
    assert result["failed"]
    assert re.search(message, result["msg"])
    assert len(result["msg"].splitlines()) == 1
    assert "canary" not in result["msg"]


def test_a_refusal_leaves_the_releases_as_they_were(results):
    assert set(results["refused"]) == set(REFUSED)
    assert results["after"] == results["before"] != []


def test_a_release_that_is_there_needs_no_server(results):
    assert not results["first_again"]["changed"]
    assert results["first_again"]["path"] == results["first"]


def test_a_release_from_a_bucket_is_made_once(results):
    assert results["third"]["changed"]
    assert not results["third_again"]["changed"]


def test_a_release_with_files_in_a_shared_directory_is_refused(results):
    assert "the release has server/uploads/a.png, and server/uploads is shared" in results["shared"]


def test_a_prune_keeps_the_live_release_the_one_before_and_the_newest(results):
    kept = [results["first"], results["second"]["path"], results["last"]["path"]]
    assert sorted(results["pruned"]["kept"]) == sorted(PurePath(path).name for path in kept)
    assert len(results["pruned"]["removed"]) == 2


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
