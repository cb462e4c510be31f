# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the role leaves on a host."""

CHECKOUT = "/opt/slipway/source/"


def test_the_link_points_at_a_checkout_of_its_commit(host):
    target = host.check_output("readlink /opt/slipway/source")
    commit = host.check_output("git -c safe.directory='*' -C %s rev-parse HEAD", CHECKOUT)
    assert target == f"source.checkouts/{commit}"
    assert host.file(CHECKOUT + "umigoCrmBackend/pom.xml").content_string == "two\n"


def test_the_checkout_belongs_to_the_unprivileged_user(host):
    assert host.file(CHECKOUT).user == "slipway-build"
    assert host.file(CHECKOUT).mode == 0o750
    assert host.check_output("find -L %s ! -user slipway-build", CHECKOUT) == ""
    assert host.file("/opt/slipway/source.checkouts").user == "root"


def test_the_live_checkout_and_the_one_before_it_are_kept(host):
    kept = host.check_output("ls -A /opt/slipway/source.checkouts").split()
    assert len(kept) == 2
    assert host.check_output("basename $(readlink /opt/slipway/source)") in kept


def test_nothing_is_left_of_a_failed_checkout(host):
    assert host.check_output("find /opt /mnt -name '.next-*'") == ""


def test_the_token_is_nowhere(host):
    found = host.run("grep -rIl canarymolecule --exclude-dir=git / --exclude-dir=proc --exclude-dir=sys 2>/dev/null")
    assert found.stdout == ""
    assert host.run("journalctl --no-pager | grep canarymolecule").stdout == ""


def test_the_token_was_in_no_process(host):
    assert host.service("watch").is_running
    assert not host.file("/srv/git/hits").exists, host.file("/srv/git/hits").content_string


def test_a_public_repository_needs_no_token(host):
    assert host.file("/opt/public/source/umigoCrmBackend/pom.xml").exists
