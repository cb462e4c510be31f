# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the role leaves on a host and in the database."""

import pytest


def ask(host, statement):
    return host.check_output("runuser -u postgres -- psql -qAt umigo -c %s", statement)


def test_the_migrations_are_applied_in_their_order(host):
    assert ask(host, "SELECT version FROM flyway_schema_history ORDER BY installed_rank").split() == [
        "1",
        "2",
        "2.1",
        "3",
    ]
    assert ask(host, "SELECT full_name FROM customers ORDER BY id").split() == ["Ada", "Grace"]


def test_what_failed_half_way_left_nothing(host):
    assert ask(host, "SELECT to_regclass('half')") == ""
    assert ask(host, "SELECT count(*) FROM flyway_schema_history WHERE NOT success") == "0"


@pytest.mark.parametrize("directory", ["/tmp", "/run", "/var", "/opt", "/root", "/etc", "/dev/shm"])
def test_the_password_is_in_no_file(host, directory):
    assert host.run("grep -rIlE 'canary ?fl|canary%%20fl|canary-wrong' %s", directory).stdout == ""


def test_the_password_was_in_no_process(host):
    assert host.service("watch").is_running
    assert not host.file("/srv/hits").exists, host.file("/srv/hits").content_string


def test_nothing_temporary_is_left(host):
    assert host.check_output("find /tmp /run -name 'slipway-*'") == ""


def test_flyway_runs_as_an_unprivileged_user(host):
    assert host.user("slipway-build").shell == "/usr/sbin/nologin"
    assert host.file("/var/lib/slipway-build/.m2").user == "slipway-build"
