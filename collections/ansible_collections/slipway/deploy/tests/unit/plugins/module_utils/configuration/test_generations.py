# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import grp
import os
import pwd
import stat
from pathlib import Path

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.configuration import generations
from ansible_collections.slipway.deploy.plugins.module_utils.configuration.generations import (
    Owner,
    needed,
    owner_of,
    owners,
    switch,
    write,
)
from ansible_collections.slipway.deploy.plugins.module_utils.configuration.model import (
    Configuration,
    Delivered,
    Place,
    digest_of,
    file_name,
    read_configuration,
    write_configuration,
)
from ansible_collections.slipway.deploy.plugins.module_utils.releases.ledger import (
    BAD,
    GOOD,
    Entry,
    Ledger,
    Release,
    Running,
    Snapshot,
)


def configuration(value):
    return Configuration({"A": value}, {"password": value.encode()})


class Host:
    """A service's directories below a temporary one."""

    def __init__(self, root):
        self.root = root
        self.place = Place("svc", str(root / "etc/svc"), 252)
        self.dropin = root / "systemd/svc.service.d/10-configuration.conf"

    def write(self, value, check=False, protected=()):
        return write(configuration(value), self.place, Owner(), self.dropin, protected, check)

    def run(self, value):
        written = self.write(value)
        switch(self.place, written.generation)
        return written

    def there(self):
        return {path.name for path in (self.root / "etc/svc/generations").iterdir()}

    def everything(self):
        paths = sorted(self.root.rglob("*"))
        return {str(path): (path.lstat().st_mtime_ns, path.read_bytes() if path.is_file() else None) for path in paths}


@pytest.fixture
def host(tmp_path):
    return Host(tmp_path)


def test_everything_is_roots_alone(host):
    generation = host.run("one").generation
    for path in [host.root / "etc/svc", *(host.root / "etc/svc").rglob("*")]:
        if not path.is_symlink():
            assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    assert host.dropin.read_text().startswith("# Written by Slipway")
    assert host.dropin.readlink() == host.root / "etc/svc/current/unit.conf"
    assert (host.root / "etc/svc/current" / "credentials/password").read_bytes() == b"one"
    assert generation == str((host.root / "etc/svc/current").readlink())


def test_a_second_time_changes_nothing(host):
    first = host.run("one")
    second = host.write("one")
    assert (first.changed, second.changed, second.pending) == (True, False, False)
    assert second.generation == first.generation
    assert second.difference.lines({}) == ""


def test_a_check_says_what_would_happen_and_does_nothing(host):
    for value in ("one", "two"):
        before = host.everything()
        checked = host.write(value, check=True)
        assert host.everything() == before
        done = host.write(value)
        assert (checked.changed, checked.difference, checked.pending) == (done.changed, done.difference, done.pending)
        assert checked.generation in ("", done.generation)
        switch(host.place, done.generation)
    assert not host.write("two", check=True).changed


def test_the_live_and_the_previous_generation_stay(host):
    names = [host.run(value).generation.rpartition("/")[2] for value in ("one", "two", "three")]
    assert host.there() == set(names[1:])
    pending = host.write("four").generation.rpartition("/")[2]
    assert host.there() == {names[2], pending}  # The live one is what an undo goes back to.
    assert host.write("three").generation.endswith(names[2])
    assert host.there() == {names[2], pending}


def test_what_the_ledger_may_go_back_to_stays(host):
    names = [host.run(value).generation.rpartition("/")[2] for value in ("one", "two")]
    assert host.write("three", protected=[names[0]]).pruned == ()
    assert host.write("three", protected=None).pruned == ()
    assert host.write("three").pruned == (names[0],)


def test_a_damaged_generation_is_made_whole(host):
    generation = host.root / host.run("one").generation
    (generation / "credentials/password").chmod(0o644)
    assert host.write("one").changed
    (generation / "env").write_text("A=other\n")
    (generation / "credentials/extra").write_text("x")
    assert host.write("one", check=True).changed
    assert host.write("one").changed
    assert not (generation / "credentials/extra").exists()
    assert not host.write("one").changed


def test_a_killed_write_leaves_nothing_that_counts(host, monkeypatch):
    host.run("one")
    real = generations.write_atomic

    def dies(path, *arguments):
        if path.name == "unit.conf":
            os._exit(9)
        return real(path, *arguments)

    child = os.fork()
    if child == 0:
        monkeypatch.setattr(generations, "write_atomic", dies)
        host.write("two")
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    assert (host.root / "etc/svc/current/env").read_text() == 'A="one"\n'
    host.run("two")
    assert (host.root / "etc/svc/current/env").read_text() == 'A="two"\n'
    assert all(len(name) == 16 for name in host.there())


def test_a_lost_key_makes_a_new_generation_of_the_same_content(host):
    first = host.run("one").generation
    (host.root / "etc/svc/generation.key").write_bytes(b"short")
    again = host.write("one")
    assert again.changed
    assert again.generation != first
    assert again.difference.lines({}) == ""


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a file away")
def test_without_credentials_of_systemd_the_services_user_reads_the_files(host):
    place = Place("svc", str(host.root / "etc/svc"), 246)
    generation = Path(write(configuration("one"), place, Owner(12345, 12345), host.dropin).generation)
    for path in (generation / "credentials", generation / "credentials/password"):
        assert path.stat().st_uid == 12345
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0
    for path in (host.root / "etc/svc", generation.parent, generation):
        assert stat.S_IMODE(path.stat().st_mode) == 0o711
    assert (generation / "env").stat().st_uid == 0
    assert not write(configuration("one"), place, Owner(12345, 12345), host.dropin).changed
    (generation / "credentials/password").chmod(0o640)
    assert write(configuration("one"), place, Owner(12345, 12345), host.dropin).changed


def test_an_old_systemd_needs_the_services_user_first():
    assert owner_of(Place("svc", "/etc/svc", 252), "nobody-of-this-name") == Owner()
    with pytest.raises(SlipwayError, match="its user nobody-of-this-name does not exist"):
        owner_of(Place("svc", "/etc/svc", 246), "nobody-of-this-name")


def snapshot(digest):
    return Snapshot({"/etc/svc/current": f"/etc/svc/generations/{digest}", "/app/app.jar": "/x"}, {})


def test_a_ledger_needs_what_runs_what_is_begun_and_the_last_good_other_release():
    entries = (
        Entry(snapshot("a"), Release("r2"), BAD),
        Entry(snapshot("b"), Release("r3"), GOOD),
        Entry(snapshot("c"), Release("r3"), GOOD),
        Entry(snapshot("d"), Release("r1"), BAD),
        Entry(snapshot("e"), Release("r1"), GOOD),
        Entry(snapshot("f"), Release("r0"), GOOD),
        Entry(Snapshot({}, {}), None, GOOD),
    )
    ledger = Ledger(entries, Running("1", snapshot("b")), snapshot("g"))
    assert needed(ledger, Place("svc", "/etc/svc", 252)) == {"b", "e", "g"}
    assert needed(Ledger(), Place("svc", "/etc/svc", 252)) == set()


ME = pwd.getpwuid(os.geteuid()).pw_name
MY_GROUP = grp.getgrgid(os.getegid()).gr_name


class Delivering(Host):
    """A service that has a file at a path of its own."""

    def __init__(self, root):
        super().__init__(root)
        self.path = root / "etc/site/license.json"

    def write(self, value, check=False, protected=(), owner=""):
        files = {str(self.path): Delivered(value.encode(), ME, MY_GROUP, 0o640)} if value else {}
        wanted = Configuration({"A": "a"}, {}, {}, files)
        who = owners(self.place, "svc", wanted, owner, check)
        return write(wanted, self.place, who, self.dropin, protected, check)


@pytest.fixture
def delivering(tmp_path):
    return Delivering(tmp_path)


def test_a_file_is_found_at_its_path_and_switched_with_the_rest(delivering):
    first = delivering.run("one")
    assert delivering.path.read_bytes() == b"one"
    assert stat.S_IMODE(delivering.path.stat().st_mode) == 0o640
    second = delivering.write("two")
    assert (second.changed, second.pending, second.difference.changed) == (True, True, (f"file {delivering.path}",))
    assert delivering.path.read_bytes() == b"one"
    switch(delivering.place, second.generation)
    assert delivering.path.read_bytes() == b"two"
    switch(delivering.place, first.generation)
    assert delivering.path.read_bytes() == b"one"
    assert not delivering.write("one").changed


def test_a_file_that_is_wanted_no_more_goes_when_it_is_left(delivering):
    delivering.run("one")
    without = delivering.write("")
    assert without.difference.removed == (f"file {delivering.path}",)
    assert delivering.path.is_symlink()
    switch(delivering.place, without.generation)
    again = delivering.write("")
    assert again.changed
    assert not delivering.path.is_symlink()
    assert not delivering.write("").changed


def test_a_file_of_somebody_else_stays(delivering):
    delivering.path.parent.mkdir(parents=True)
    delivering.path.write_text("theirs")
    with pytest.raises(SlipwayError, match="a file is there, not a link. Move it away"):
        delivering.write("one")
    assert delivering.path.read_text() == "theirs"


def test_in_check_mode_no_link_is_made(delivering):
    delivering.run("")
    assert delivering.write("one", check=True).changed
    assert not delivering.path.is_symlink()


def test_others_pass_the_directories_only_where_they_have_something(delivering):
    generation = Path(delivering.run("").generation)
    assert {stat.S_IMODE(path.stat().st_mode) for path in (delivering.root / "etc/svc", generation)} == {0o700}
    again = delivering.write("", owner=ME)
    assert again.changed
    assert {stat.S_IMODE(path.stat().st_mode) for path in (delivering.root / "etc/svc", generation)} == {0o711}
    assert stat.S_IMODE((generation / "env").stat().st_mode) == 0o600
    assert stat.S_IMODE((generation / "unit.conf").stat().st_mode) == 0o600
    assert not delivering.write("", owner=ME).changed


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_the_environment_file_is_the_owner_s(delivering):
    nobody = pwd.getpwnam("nobody")
    generation = Path(delivering.write("", owner="nobody").generation)
    assert (generation / "env").stat().st_uid == nobody.pw_uid
    assert generation.stat().st_uid == 0
    os.chown(generation / "env", 0, 0)
    assert delivering.write("", owner="nobody").changed
    assert (generation / "env").stat().st_uid == nobody.pw_uid


def test_an_owner_that_is_not_there(delivering):
    with pytest.raises(SlipwayError, match="owner: the host has no user nobody-here. Create it first"):
        delivering.write("", owner="nobody-here")
    assert delivering.write("", owner="nobody-here", check=True).changed


def test_files_are_part_of_the_digest_and_those_without_keep_theirs():
    place, key = Place("svc", "/etc/svc", 252), b"k"
    plain = Configuration({"A": "a"})
    assert digest_of(plain, place, key) == digest_of(Configuration({"A": "a"}, files={}), place, key)
    found = {
        digest_of(Configuration({"A": "a"}, files={"/etc/x": item}), place, key)
        for item in (Delivered(b"a"), Delivered(b"b"), Delivered(b"a", mode=0o640), Delivered(b"a", owner="x"))
    }
    assert len(found) == 4
    assert "files" not in write_configuration(plain, {})


def test_a_payload_with_files_is_read_as_it_was_written():
    files = {"/etc/x y/ü.json": Delivered(b"\0\xff", "site", "www-data", 0o640)}
    configuration = Configuration({"A": "a"}, {}, {}, files)
    assert read_configuration(write_configuration(configuration, {}))[0] == configuration
    assert "/" not in file_name("/etc/x").removeprefix("files/")
    with pytest.raises(SlipwayError, match="file ../x is not a path"):
        read_configuration(write_configuration(Configuration(files={"../x": Delivered(b"")}), {}))
