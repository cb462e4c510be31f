# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The agent is installed, configured, and runs with its configuration."""

from __future__ import annotations

from testinfra.host import Host


def test_the_agent_runs(host: Host) -> None:
    assert host.package("codedeploy-agent").version == "1.8.1-25"
    service = host.service("codedeploy-agent")
    assert service.is_running
    assert service.is_enabled


def test_its_configuration(host: Host) -> None:
    file = host.file("/etc/codedeploy-agent/conf/codedeployagent.yml")
    assert (file.user, file.mode) == ("root", 0o644)
    assert ":max_revisions: 3\n" in file.content_string
    assert ":root_dir: /opt/codedeploy-agent/deployment-root\n" in file.content_string


def test_it_was_started_after_its_configuration_was_written(host: Host) -> None:
    command = "systemctl show -P ActiveEnterTimestamp --timestamp=unix codedeploy-agent"
    started = int(host.check_output(command).lstrip("@"))
    assert started >= int(host.file("/etc/codedeploy-agent/conf/codedeployagent.yml").mtime.timestamp())
