# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What nginx says, and a configuration that is put back. The nginx here is a stub; Molecule has the real one."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.nginx.configure import (
    Journal,
    State,
    look,
    put,
)
from ansible_collections.slipway.deploy.plugins.module_utils.nginx.configure import Server as RealServer
from ansible_collections.slipway.deploy.plugins.module_utils.nginx.dump import read_files, refuse_shared
from ansible_collections.slipway.deploy.plugins.module_utils.nginx.messages import (
    given_up,
    locate,
    main_log,
    read,
    refusal,
    warnings,
)
from ansible_collections.slipway.deploy.plugins.modules import nginx_site as module

SITE = "/etc/nginx/conf.d/site.conf"
CONTENT = "server {\n  # ssl_certificate /etc/ssl/site.pem;\n  ssl_certificate /etc/ssl/site.pem;\n}\n"
FAILED = "nginx: configuration file /etc/nginx/nginx.conf test failed"


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (
            [f'nginx: [emerg] unknown directive "serve" in {SITE}:7', FAILED],
            f'{SITE}:7: nginx refuses the configuration: unknown directive "serve". remedy',
        ),
        (
            [
                'nginx: [warn] the "listen ... http2" directive is deprecated in /etc/nginx/conf.d/a.conf:2',
                'nginx: [emerg] cannot load certificate "/etc/ssl/site.pem": BIO_new_file() failed (SSL: No such file)',
                FAILED,
            ],
            f"{SITE}:3: nginx refuses the configuration: cannot load certificate",
        ),
        (
            ['2026/11/21 10:00:00 [emerg] 12#12: open() "/x y" failed (2: No such file or directory)'],
            f'{SITE}: nginx refuses the configuration: open() "/x y" failed',
        ),
        (["Segmentation fault"], f"{SITE}: nginx refuses the configuration: Segmentation fault"),
        ([], f"{SITE}: nginx refuses the configuration: it says nothing"),
    ],
)
def test_a_refusal_names_its_place(lines: list[str], said: str) -> None:
    message = str(refusal(lines, {SITE: CONTENT}, "remedy"))
    assert message.startswith(said)
    assert "\n" not in message


def test_a_place_is_looked_for_outside_comments() -> None:
    (said,) = read(['nginx: [emerg] cannot load certificate key "/etc/ssl/site.pem": failed'])
    assert locate(said, {SITE: CONTENT}) == f"{SITE}:3"
    assert locate(said, {SITE: "server {}"}) == ""
    (said,) = read(['nginx: [emerg] unknown "nosuch" variable'])
    assert locate(said, {SITE: "server {\n  return 200 $nosuch;\n}"}) == f"{SITE}:2"


def test_warnings_have_their_places_once() -> None:
    line = f'nginx: [warn] conflicting server name "a" on 0.0.0.0:80, ignored in {SITE}:1'
    assert warnings([line, line, FAILED]) == [f'{SITE}:1: conflicting server name "a" on 0.0.0.0:80, ignored']


def test_a_reload_is_given_up_when_a_port_stays_taken() -> None:
    trying = "2026/11/21 10:14:12 [emerg] 77#77: bind() to 0.0.0.0:8443 failed (98: Address already in use)"
    assert not given_up([])
    assert not given_up([trying, "2026/11/21 10:14:12 [notice] 77#77: try again to bind() after 500ms"])
    assert given_up([trying, "2026/11/21 10:14:14 [emerg] 77#77: still could not bind()"])
    assert given_up(['2026/11/21 10:14:12 [emerg] 77#77: unknown directive "x" in /etc/nginx/nginx.conf:1'])


@pytest.mark.parametrize(
    "said",
    [
        "*45 SSL_do_handshake() failed (SSL: error:0A00006C:SSL routines::bad key share) while SSL handshaking",
        "*46 connect() to unix:/run/api.sock failed (2: No such file or directory) while connecting to upstream",
    ],
)
def test_what_a_request_makes_nginx_say_gives_no_reload_up(said: str) -> None:
    line = f"2026/11/21 10:14:12 [crit] 77#77: {said}"
    assert not given_up([line])
    error = refusal([line, "2026/11/21 10:14:14 [emerg] 77#77: still could not bind()"], {}, "Correct it")
    assert "still could not bind()" in str(error)


@pytest.mark.parametrize(
    ("configuration", "log"),
    [
        ("user www-data;\nerror_log /var/log/nginx/error.log;\nevents {\n}\n", "/var/log/nginx/error.log"),
        ("error_log  logs/error.log notice;\nevents {}\n", "logs/error.log"),
        ("events {}\nhttp {\n  error_log /var/log/other.log;\n}\n", ""),
        ("# error_log /x;\nevents {}\n", ""),
    ],
)
def test_where_the_master_process_logs(configuration: str, log: str) -> None:
    assert main_log(configuration) == log


class Server:
    """An nginx that takes a configuration, or does not."""

    def __init__(
        self, *, up: bool = True, test: str = "", apply: str = "", broken: bool = False, hidden: str = ""
    ) -> None:
        self.up, self.refuses, self.fails, self.broken, self.hidden = up, test, apply, broken, hidden
        self.stale = False
        self.applied = 0
        self.seen: dict[str, State] = {}
        self.paths: list[str] = []

    def test(self, files: Mapping[str, str]) -> list[str]:
        self.seen = look(self.paths)
        if self.refuses:
            raise SlipwayError(self.refuses)
        return ["be warned"]

    def passes(self) -> bool:
        return not self.broken

    def check_site(self, path: str) -> None:
        if self.hidden:
            raise SlipwayError(self.hidden)

    def loaded(self, path: str) -> bool:
        return self.up and not self.stale

    def runs(self) -> bool:
        return self.up

    def apply(self) -> None:
        if self.fails:
            raise SlipwayError(self.fails)
        self.applied, self.up, self.stale = self.applied + 1, True, False


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A configuration with a default site, and what runs the module on it with a server."""
    (tmp_path / "default").symlink_to("../sites-available/default")

    class Place:
        site, default = tmp_path / "site.conf", tmp_path / "default"
        journal = tmp_path / "state/nginx/site.conf.json"

        def run(self, server: Server, content: str = "new", check: bool = False, **more: Any) -> dict[str, Any]:
            server.paths = [str(self.site), str(self.default)]
            monkeypatch.setattr(module, "Server", lambda *_arguments: server)
            given = {name: spec.get("default") for name, spec in module.ARGUMENTS.items()}
            given |= {"path": str(self.site), "absent": [str(self.default)], "program": "/bin/true"}
            given |= {"content": content, "state_directory": str(tmp_path / "state")}
            return module.run({**given, "generations": str(tmp_path / "slipway"), **more}, check=check)

        def stage(self, server: Server, content: str = "new", check: bool = False) -> dict[str, Any]:
            return self.run(server, content, check, activate=False)

    return Place()


def test_a_change_is_made_once(place: Any) -> None:
    server = Server()
    assert place.run(server, check=True)["changed"]
    assert not place.site.exists()
    result = place.run(server)
    assert (result["changed"], result["state"], result["warnings"]) == (True, "reloaded", ["be warned"])
    assert place.site.read_text() == "new"
    assert not place.default.is_symlink()
    assert server.seen == {str(place.site): State(content=b"new"), str(place.default): State()}
    assert not place.journal.exists()
    for check in (True, False):
        assert not place.run(server, check=check)["changed"]
    assert server.applied == 1


def test_nginx_is_started_where_it_does_not_run(place: Any) -> None:
    place.run(Server())
    server = Server(up=False)
    assert place.run(server, check=True)["changed"]
    assert place.run(server)["state"] == "started"


@pytest.mark.parametrize("server", [{"test": "invalid"}, {"apply": "port taken"}])
@pytest.mark.parametrize("old", [None, "old"])
def test_what_nginx_does_not_take_is_put_back(place: Any, server: dict[str, str], old: str | None) -> None:
    if old:
        place.site.write_text(old)
    with pytest.raises(SlipwayError, match="invalid|port taken"):
        place.run(Server(**server))
    assert (place.site.read_text() if place.site.exists() else None) == old
    assert str(place.default.readlink()) == "../sites-available/default"
    assert not place.journal.exists()


def test_a_host_whose_configuration_was_broken_before(place: Any) -> None:
    with pytest.raises(SlipwayError, match="nginx refuses what was there before, too"):
        place.run(Server(test="invalid", broken=True))


def test_a_run_that_was_killed_is_undone_by_the_next(place: Any) -> None:
    place.site.write_text("old")
    paths = [str(place.site), str(place.default)]
    Journal(place.journal).open(look(paths))
    put({str(place.site): State(content=b"half"), str(place.default): State()})
    assert place.run(Server(), content="old", check=True)["changed"]
    server = Server()
    assert place.run(server, content="old")["changed"]
    assert place.site.read_text() == "old"
    assert server.applied == 1
    assert not place.journal.exists()


def test_a_damaged_journal_is_told(place: Any) -> None:
    place.journal.parent.mkdir(parents=True)
    place.journal.write_text("{")
    with pytest.raises(SlipwayError, match="the record of an unfinished change is damaged"):
        place.run(Server())


def test_a_staged_site_is_tested_and_waits_for_its_switch(place: Any) -> None:
    place.site.write_text("old")
    server = Server()
    assert place.stage(server, check=True)["changed"]
    assert not place.site.is_symlink()
    result = place.stage(server)
    (link,) = result["links"]
    assert (result["changed"], result["state"], result["warnings"]) == (True, "staged", ["be warned"])
    assert server.seen[str(place.site)] == State(target=link["target"])
    assert (link["path"], Path(link["target"]).read_text()) == (str(place.site), "new")
    # What runs stays, behind a link, so that a switch can go back to it.
    assert (place.site.read_text(), place.site.is_symlink(), server.applied) == ("old", True, 0)
    assert not place.default.is_symlink()
    assert not place.journal.exists()
    assert place.stage(server, check=True)["changed"], "nothing was switched"
    put({link["path"]: State(target=link["target"])})
    for check in (True, False):
        again = place.stage(server, check=check)
        assert (again["changed"], again["links"]) == (False, [link])


def test_a_test_of_a_staged_site_does_not_look_like_a_change(place: Any) -> None:
    (link,) = place.stage(Server(), "old")["links"]
    put({link["path"]: State(target=link["target"])})
    before = place.site.lstat().st_mtime_ns
    place.stage(Server(), "new")
    with pytest.raises(SlipwayError, match="invalid"):
        place.stage(Server(test="invalid"), "newer")
    assert place.site.read_text() == "old"
    assert place.site.lstat().st_mtime_ns == before


def test_what_nginx_has_not_read_is_changed(place: Any) -> None:
    server = Server()
    place.run(server)
    server.stale = True
    assert place.run(server, check=True)["changed"]
    assert place.run(server)["state"] == "reloaded"
    assert server.applied == 2


@pytest.mark.parametrize("activate", [True, False])
def test_a_site_that_another_hides_is_put_back(place: Any, activate: bool) -> None:
    with pytest.raises(SlipwayError, match="another site answers"):
        place.run(Server(hidden="another site answers"), activate=activate)
    assert not place.site.exists()


def test_old_generations_go_and_the_live_one_stays(place: Any) -> None:
    (live,) = place.stage(Server(), "live")["links"]
    put({live["path"]: State(target=live["target"])})
    os.utime(live["target"], (1, 1))
    for number in range(25):
        place.stage(Server(), f"content {number}")
    left = list(Path(live["target"]).parent.glob("*.conf"))
    assert Path(live["target"]) in left
    assert len(left) == 21


MAIN = """# configuration file /etc/nginx/nginx.conf:
http {
    log_format main '{"a": "$b;"}';
    include /etc/nginx/mime.types;
    include conf.d/*.conf;
    server { listen 80; listen [::]:80; server_name _; }
}
# configuration file /etc/nginx/mime.types:
types { text/html html; }
"""
SERVERS = {
    "named": "server { listen 80; server_name a.example.org b.example.org; }",
    "default": "server { listen 80 default_server; server_name other.example.org; }",
    "bare": "upstream x { server unix:/run/x.sock; } server { listen 80; listen [::]:80; server_name _; }",
    "mine": "server { listen 80 default_server; server_name _; }",
    "elsewhere": "server { listen 8080; server_name a.example.org; }",
    "quoted": "server { listen 0.0.0.0:80; server_name 'a.example.org'; # } server_name z;\n }",
    "snippet": "server { include snippets/listen; server_name a.example.org; }",
}


@pytest.mark.parametrize(
    ("before", "own", "after", "says"),
    [
        ("", "named", "", ""),
        ("", "bare", "", ""),  # It is read before the server of the main file.
        ("", "bare", "named", ""),
        ("elsewhere", "named", "", ""),
        ("elsewhere", "bare", "", ""),
        ("named", "bare", "", "answers in its place on port 80"),
        ("bare", "bare", "", "answers in its place on port 80"),
        ("", "bare", "default", "answers in its place on port 80"),
        ("named", "mine", "", ""),
        ("named", "named", "", "another site answers to a.example.org, b.example.org on port 80"),
        ("", "named", "quoted", "another site answers to a.example.org on port 80"),
        ("", "named", "snippet", "another site answers to a.example.org on port 80"),
        ("default", "named", "", ""),
    ],
)
def test_a_site_is_served_or_it_is_refused(before: str, own: str, after: str, says: str) -> None:
    dump = MAIN
    for name, which in (("a", before), ("m", own), ("z", after)):
        dump += f"# configuration file /etc/nginx/conf.d/{name}.conf:\n{SERVERS[which]}\n" if which else ""
    dump += "# configuration file /etc/nginx/snippets/listen:\nlisten 80;\n"
    files, said = read_files(dump), ""
    try:
        refuse_shared(files, "/etc/nginx/conf.d/m.conf")
    except SlipwayError as error:
        said = str(error)
    assert says in said if says else said == ""


def test_a_site_may_be_read_by_a_link_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "available.conf").write_text(SERVERS["named"])
    (tmp_path / "enabled.conf").symlink_to("available.conf")
    program = tmp_path / "nginx"
    main = f"http {{ include {tmp_path}/*.conf; }}"
    dump = f"# configuration file /etc/nginx/nginx.conf:\n{main}\n"
    dump += f"# configuration file {tmp_path}/enabled.conf:\n{SERVERS['named']}\n"
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{dump}END\n")
    program.chmod(0o755)
    RealServer(str(program), "nginx").check_site(str(tmp_path / "available.conf"))
    with pytest.raises(SlipwayError, match="nginx does not read this file"):
        RealServer(str(program), "nginx").check_site(str(tmp_path / "other.conf"))


def test_a_site_that_nginx_does_not_read_is_refused() -> None:
    with pytest.raises(SlipwayError, match="nginx does not read this file"):
        refuse_shared(read_files(MAIN), "/etc/nginx/conf.d/m.conf")
