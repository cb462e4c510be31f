# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the role refuses, and the releases that it leaves on a host."""

from __future__ import annotations

import re

import pytest

REFUSED = {
    "two branches have the tag with different artifacts": "has different artifacts.*main/backend-v0.2.0",
    "the tag is missing": "There are backend-v0.1.0",
    "the digest is another one": "its digests differ",
    "the artifact was replaced": "not sha256:",
    "the disk is full": "the disk is full",
    "the artifact is not a jar": "it is not a jar",
}


@pytest.mark.parametrize(("case", "message"), REFUSED.items())
def test_a_refusal_gives_its_reason(results, case, message):
    result = results["refused"][case]
    assert result["failed"]
    assert re.search(message, result["msg"], re.DOTALL)


def test_a_check_predicts_the_release(results):
    predicted = results["predicted"]
    assert predicted["changed"]
    assert "verified" in predicted["diff"]["after"]
    assert re.search("^backend-v0.4.0-[0-9a-f]{12}$", predicted["release"]["id"])


def test_branches_with_the_same_artifact_do_not_contradict_each_other(results):
    assert results["same"]["artifact"]["branch"] == "backend/loginCRM"
    assert not results["same"]["changed"]


def test_a_download_that_ends_early_is_repeated(results):
    assert results["retried"]["changed"]
    assert results["retried"]["fetched"]


def test_downloads_that_all_end_early_fail_without_the_signed_url(results):
    assert results["truncated"]["failed"]
    assert "it ended after 1000 of" in results["truncated"]["msg"]
    assert "Signature" not in str(results["truncated"])


def test_an_artifact_without_a_recorded_digest_names_itself_as_the_source(results):
    assert results["unrecorded"]["changed"]
    assert results["unrecorded"]["artifact"]["known_from"] == ["the object itself"]


def test_a_damaged_release_is_fetched_again(results):
    assert results["repaired"]["changed"]


def test_the_link_points_at_the_release(host):
    target = host.file("/app/app.jar").linked_to
    assert target.startswith("/app/releases/backend-v0.3.0-")
    digest = host.check_output(f"sha256sum {target}").split()[0]
    assert f"-{digest[:12]}/" in target


def test_a_release_is_not_writable(host):
    release = host.file(host.file("/app/app.jar").linked_to)
    assert (release.mode, release.user) == (0o444, "root")


def test_three_releases_are_kept_and_nothing_is_left_of_failures(host):
    names = sorted(host.file("/app/releases").listdir())
    assert len(names) == 3
    assert [name.rpartition("-")[0] for name in names] == ["backend-v0.3.0", "backend-v0.5.0", "backend-v0.6.0"]
    assert host.check_output("find /app -name '.*slipway*'") == ""


def test_the_signed_url_is_nowhere(host):
    assert host.check_output("grep -rl X-Amz-Signature /var/log /tmp /root /run/log 2>/dev/null || true") == ""
    assert "X-Amz-Signature" not in host.check_output("journalctl --no-pager -o cat")
