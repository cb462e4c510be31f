# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The service as the role leaves it, after side_effect.yml tried what goes wrong."""

from __future__ import annotations

import json

NAME = "salitemihret-backend"
UNIT = f"{NAME}.service"


def is_first(host):
    return host.backend.get_hostname().endswith("-12")


def release(host):
    return "good-2" if is_first(host) else "good-1"


def test_it_runs_and_starts_at_boot(host):
    service = host.service(UNIT)
    assert service.is_running
    assert service.is_enabled


def test_the_good_release_answers_through_the_socket(host):
    answer = json.loads(host.check_output("curl -s http://127.0.0.1:8000/health"))
    assert answer == {"status": "ok", "release": release(host), "says": "hello", "scheduler": "true"}
    assert host.file("/srv/site/current").linked_to == f"/srv/site/releases/{release(host)}"
    assert host.run("curl -s http://127.0.0.1:8002/health").rc == 7


def test_it_is_hardened(host):
    assert host.run(f"systemd-analyze security --offline=true --threshold=25 /etc/systemd/system/{UNIT}").rc == 0


def test_the_environment_is_roots_and_whole(host):
    uv = "uv" if host.file("/usr/local/bin/uv").exists else "pip"
    path = "/srv/site/releases/good-1/.venv"
    marker = json.loads(host.file(f"{path}/.slipway-environment.json").content_string)
    assert marker["tool"] == ("pip" if is_first(host) else uv)
    assert host.check_output(f"find {path} ! -user root -o -perm /022 ! -type l") == ""
    assert not host.file("/srv/site/releases/tampered/.venv").exists


def test_it_has_a_user_of_its_own(host):
    pid = host.check_output(f"systemctl show --value -p MainPID {UNIT}")
    assert host.check_output(f"stat -c %U /proc/{pid}") == "salitemihret"
    assert host.user("salitemihret").shell == "/usr/sbin/nologin"
    with host.sudo("salitemihret"):
        assert "SCHEDULER_ENABLED" in host.file(f"/etc/{NAME}/current/env").content_string


def test_the_spare_had_its_own_environment_and_is_gone(host):
    said = host.check_output(f"journalctl --output=cat --unit={NAME}-spare.service")
    assert f"release {release(host)}, scheduler false, token canary-in-the-journal, state /var/lib/{NAME}-spare" in said
    assert host.check_output(f"systemctl show --value -p LoadState {NAME}-spare.service") == "not-found"
    for path in (
        f"/run/slipway/{NAME}-spare.env",
        f"/var/lib/{NAME}-spare",
        f"/run/systemd/transient/{NAME}-spare.service",
    ):
        assert not host.file(path).exists
    assert host.file(f"/var/lib/{NAME}/ran").exists


def test_a_stop_is_a_success(host):
    host.check_output(f"systemctl stop {NAME}.socket {UNIT}")
    assert host.check_output(f"systemctl show --value -p Result {UNIT}") == "success"
    host.check_output(f"systemctl start {UNIT}")
    assert host.check_output("curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1:8000/health") == "200"
