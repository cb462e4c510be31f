# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The service as the role leaves it, after side_effect.yml tried what goes wrong."""

from __future__ import annotations

import json

UNIT = "umigo-backend.service"


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
