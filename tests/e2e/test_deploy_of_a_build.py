# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""``deploy.yml -e build=…``: exactly the digests of the build's manifest, and nothing else."""

from __future__ import annotations

import json
from dataclasses import replace

from tests.support.builds import BUILD, COMMIT, build_images, write_build
from tests.support.deploys import OLD, SERVICES, Deploys
from tests.support.images import updates


def test_a_deploy_of_a_build_and_a_second_one(deploys: Deploys) -> None:
    services = build_images(deploys, "api-gateway", "user-service")
    build = write_build(deploys, BUILD, services=services)
    planned = deploys.run("deploy.yml", "--check", "-e", "build=latest")
    assert planned.code == 0, planned.text
    assert f"build {build}" in planned.out
    assert "Jwt.java → common-security → api-gateway" in " ".join(planned.out.split())
    assert "10 unchanged (not in the build): " in planned.out
    assert updates(deploys) == []

    # Each service has a newer `latest`, which is not what was asked for.
    done = deploys.run("deploy.yml", "-e", f"build={build}")
    assert done.code == 0, done.text
    assert sorted(updates(deploys)) == ["api-gateway", "user-service"]
    running = deploys.running()
    assert {name for name in SERVICES if running[name] == COMMIT} == set(services)
    assert set(running.values()) == {COMMIT, OLD}
    record = deploys.record()
    assert record["build"]["id"] == build
    assert record["build"]["commit"] == COMMIT
    for item in record["targets"]:
        assert item["to"]["digest"] == services[item["name"]].digest
        assert item["to"]["tag"] == COMMIT
        assert services[item["name"]].reasons[0] in item["why"]

    again = deploys.run("deploy.yml", "-e", f"build={build}")
    assert again.code == 0, again.text
    assert "nothing to deploy: 2 services already run the requested release" in again.out


def test_a_build_that_cannot_be_deployed_is_refused_before_the_lock(deploys: Deploys) -> None:
    other = write_build(deploys, BUILD, environment="dev")
    ran = deploys.run("deploy.yml", "-e", f"build={other}")
    assert ran.code != 0
    assert f"build {other} is of dev, not of local. Deploy it there and promote what runs: " in ran.text
    assert "playbooks/promote.yml -e env=local -e from=dev" in ran.text
    assert not (deploys.state / "local" / "lock.json").exists()


def test_a_digest_that_is_gone_changes_nothing(deploys: Deploys) -> None:
    services = build_images(deploys, "api-gateway", "user-service")
    missing = replace(services["user-service"], digest=f"sha256:{'0' * 64}")
    build = write_build(deploys, BUILD, services={**services, "user-service": missing})
    ran = deploys.run("deploy.yml", "-e", json.dumps({"build": build}))
    assert ran.code != 0
    assert (
        f"-e build: image 000000000000.dkr.ecr.eu-west-1.amazonaws.com/sdt/local/user-service@{missing.digest}"
        in ran.text
    )
    assert updates(deploys) == []
