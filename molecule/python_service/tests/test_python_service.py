# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a switch does with good and bad releases, and the service that it leaves on a host."""

from __future__ import annotations

import json
import re

import pytest

NAME = "salitemihret-backend"
UNIT = f"{NAME}.service"
REFUSED = {
    "the release is never ready": (
        "the release does not become ready on the spare port 8001: not ready within 2 s: HTTP 503, status broken"
    ),
    "the release's scheduler kills it": ("dies is not ready: the process ended .* good-2 is back and ready"),
    "a package was replaced": "a package is not the one of the lock file",
    "the release is missing": "/srv/site/releases/absent: there is no such release. Fetch it first",
    "the spare port is taken": "the port 8001 is taken by python3 .pid [0-9]+, thief.service",
    "uv is missing": "there is no /nowhere/uv. Install uv",
}


@pytest.fixture
def first_results(host):
    """side_effect.yml runs on the first host only."""
    if not is_first(host):
        pytest.skip("the cases do not depend on the host's systemd")
    return json.loads(host.file("/srv/results.json").content_string)


def test_a_switch_behind_the_socket_loses_no_request(host, first_results):
    switched = first_results["switched"]
    assert (switched["state"], switched["from"]["release"]) == ("switched", "good-1")
    assert first_results["tried"]["ready"]
    load = json.loads(host.file("/srv/load.json").content_string)
    assert load["failed"] == []
    assert load["answered"]["good-1"] > 20
    assert load["answered"]["good-2"] > 20
    before, after = first_results["listening_since"]
    assert before == after != ""


@pytest.mark.parametrize(("case", "message"), REFUSED.items())
def test_a_bad_release_is_refused_and_the_good_one_runs_on(first_results, case, message):
    result = first_results["refused"][case]
    assert re.search(message, result["msg"])
    assert len(result["msg"].splitlines()) == 1
    assert "canary" not in str(result)
    running = first_results["running"][case]
    assert (running["release"], running["scheduler"]) == ("good-2", "true")


def test_the_log_of_a_release_that_dies_is_shown(first_results):
    assert "dies gives up" in "".join(first_results["refused"]["the release's scheduler kills it"]["log"])


def test_the_service_moves_to_another_port_with_and_without_a_socket(first_results):
    assert first_results["moved"]["state"] == "switched"
    assert first_results["without_socket"]["state"] == "switched"


def test_an_undo_gives_the_port_back_to_the_release_before(first_results):
    assert first_results["undone"]["state"] == "undone"
    assert first_results["undone"]["runs"]["release"] == "good-2"
    assert first_results["answer_after_undo"]["release"] == "good-2"


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
