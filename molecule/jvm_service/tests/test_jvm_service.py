# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a switch does with good and bad releases, and the service that it leaves on a host."""

from __future__ import annotations

import json

UNIT = "umigo-backend.service"


def test_a_check_predicts_the_switch(results):
    predicted = results["predicted"]
    assert predicted["changed"]
    assert predicted["state"] == "switched"
    assert "good-2" in predicted["diff"]["after"]


def test_a_good_release_replaces_the_one_before(results):
    switched = results["switched"]
    assert switched["changed"]
    assert (switched["state"], switched["from"]["release"]) == ("switched", "good-1")
    shown = results["shown"]
    assert shown["active"]
    assert shown["runs"]["release"] == "good-2"
    assert len(shown["releases"]) == 2


def test_a_release_that_is_never_ready_is_undone(results):
    unready = results["unready"]
    assert unready["failed"]
    assert (unready["state"], unready["runs"]["release"]) == ("undone", "good-2")
    assert "OUT_OF_SERVICE" in unready["reason"]
    assert unready["log"]


def test_a_release_that_dies_is_undone_and_its_log_shows_no_secret(results):
    dies = results["dies"]
    assert dies["failed"]
    assert dies["state"] == "undone"
    assert "exit code 3" in dies["reason"]
    assert "giving up" in "".join(dies["log"])
    assert "connecting with [redacted]" in " ".join(dies["log"])
    assert "canary" not in str(dies)


def test_a_missing_release_is_refused(results):
    assert results["absent"]["failed"]
    assert "/app/releases/absent/app.jar does not exist" in results["absent"]["msg"]


def test_a_release_that_systemd_started_again_is_left_alone(results):
    assert not results["crashed"]["changed"]
    assert results["crashed"]["state"] == "unchanged"


def test_a_broken_unit_is_undone(results):
    assert results["broken"]["failed"]
    assert results["broken"]["state"] == "undone"


def test_going_back_twice_goes_back_one_release(results):
    back, again = results["back"], results["again"]
    assert back["changed"]
    assert (back["state"], back["runs"]["release"]) == ("undone", "good-1")
    assert not again["changed"]
    assert again["state"] == "unchanged"


def test_a_damaged_ledger_stops_a_switch_and_allows_a_way_back(results):
    assert results["damaged"]["failed"]
    assert "the ledger is damaged" in results["damaged"]["msg"]
    back = results["without_ledger"]
    assert back["changed"]
    assert back["state"] == "undone"
    assert back["warnings"]


def test_a_port_that_is_taken_is_refused_with_its_owner(results):
    assert results["port_taken"]["failed"]
    assert "port 8080 is taken by python3" in results["port_taken"]["msg"]
    assert "port 8080 is taken by" in results["role_port_taken"]
    assert "thief.service" in results["role_port_taken"]
    assert results["started"]["changed"]
    assert results["started"]["state"] == "switched"


def test_a_java_that_is_too_old_is_refused(results):
    assert "is too old" in results["role_old_java"]


def test_it_runs_and_starts_at_boot(host):
    service = host.service(UNIT)
    assert service.is_running
    assert service.is_enabled


def test_the_good_release_answers(host):
    assert host.check_output("curl -s http://127.0.0.1:8080/version") == "good-2"
    assert host.file("/app/app.jar").linked_to == "/app/releases/good-2/app.jar"


def test_it_is_hardened(host):
    assert host.run(f"systemd-analyze security --offline=true --threshold=25 /etc/systemd/system/{UNIT}").rc == 0


def test_it_has_a_user_of_its_own(host):
    pid = host.check_output(f"systemctl show --value -p MainPID {UNIT}")
    assert host.check_output(f"stat -c %U /proc/{pid}") == "umigo-backend"
    assert host.user("umigo-backend").shell == "/usr/sbin/nologin"


def test_a_stop_is_a_success(host):
    host.check_output(f"systemctl stop {UNIT}")
    assert host.check_output(f"systemctl show --value -p Result {UNIT}") == "success"
    assert host.check_output(f"systemctl show --value -p ExecMainStatus {UNIT}") == "143"
    host.check_output(f"systemctl start {UNIT}")


def test_the_broken_unit_was_put_back(host):
    assert "-jar /app/app.jar" in host.file(f"/etc/systemd/system/{UNIT}").content_string


def test_the_ledger(host):
    ledger = json.loads(host.file("/var/lib/slipway/umigo-backend/ledger.json").content_string)
    assert ledger["schema"] == "slipway/ledger/1"
    assert ledger["pending"] is None
    assert ledger["releases"][0]["release"]["id"] == "good-2"
    assert ledger["releases"][0]["verdict"] == "good"
    assert host.file("/var/lib/slipway/umigo-backend/ledger.json.damaged").exists
