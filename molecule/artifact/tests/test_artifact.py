# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The releases as the role leaves them, after side_effect.yml tried what goes wrong."""

from __future__ import annotations


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
