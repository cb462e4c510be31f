# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the role leaves on a host and in the database."""

import pytest


def ask(host, statement):
    return host.check_output("runuser -u postgres -- psql -qAt saliteone -c %s", statement)


def test_the_database_is_at_the_head(host):
    assert ask(host, "SELECT version_num FROM alembic_version") == "b2"
    columns = "SELECT column_name FROM information_schema.columns WHERE table_name = 'members' ORDER BY 1"
    assert ask(host, columns).split() == ["id", "name", "phone"]


def test_what_failed_half_way_left_nothing(host):
    assert ask(host, "SELECT to_regclass('half')") == ""


@pytest.mark.parametrize("directory", ["/tmp", "/run", "/var", "/opt", "/root", "/etc", "/dev/shm"])
def test_the_secrets_are_in_no_file(host, directory):
    assert host.run("grep -rIlE 'canary-(p|wrong|of-the-tokens)' %s", directory).stdout == ""


def test_the_password_was_in_no_process(host):
    assert host.service("watch").is_running
    assert not host.file("/srv/hits").exists, host.file("/srv/hits").content_string


def test_it_runs_as_an_unprivileged_user(host):
    assert host.user("slipway-build").shell == "/usr/sbin/nologin"
