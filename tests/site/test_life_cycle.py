# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A bare host's life: the first release, the next with its migration, a bad one, and the ways back.

The tests are the chapters of one story, in this order.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.site.place import CURRENT, LICENSE, REPOSITORY, Place, make_place
from tests.support.host_place import check_failure, check_no_change
from tests.support.pace import scaled
from tests.support.site import FIRST, INCOMPATIBLE, NEVER_HEALTHY, SECOND

SERVICE = "salitemihret-dev-backend"
HOOKS = Path(__file__).parent / "hooks"
HEALTH, PAGE = "/api/health", "/"
#: What the declared smoke checks are before somebody can log in.
WITHOUT_USERS = [
    {"name": "health", "path": HEALTH, "json": {"status": "ok", "scheduler": "running"}},
    {"name": "page", "path": PAGE, "body": '<div id="root">'},
]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A bare host."""
    with make_place(tmp_path_factory.mktemp("life"), site_backup_hook="hooks/backup.yml") as made:
        shutil.copytree(HOOKS, made.inventory / "hooks")
        yield made


def assets(place: Place) -> list[str]:
    """The hashed assets that the page needs."""
    found = re.findall(r'"(/assets/[^"]+)"', place.page())
    assert len(found) == 3, found
    return found


def identifier(place: Place, tag: str) -> str:
    """What a release is called on hosts."""
    return f"{tag}-{place.site.commits[tag][:12]}"


def runs(place: Place, tag: str) -> None:
    """Everybody agrees that the host runs this release, and nothing is left half-done."""
    name, spec = identifier(place, tag), place.host.spec
    health = place.health()
    assert (health["status"], health["release"], health["scheduler"]) == ("ok", tag, "running")
    assert health["directory"] == f"/srv/salitemihret/releases/{name}"
    assert spec.file(CURRENT).linked_to == f"/srv/salitemihret/releases/{name}"
    assert spec.file("/var/www/salitemihret/current").linked_to == f"/var/www/salitemihret/releases/{name}"
    assert all(spec.service(unit).is_running for unit in (SERVICE, f"{SERVICE}.socket", "nginx"))
    assert spec.service(SERVICE).is_enabled
    assert spec.service(SERVICE).systemd_properties["User"] == "salitemihret"
    assert place.ledger()["pending"] is None
    left = "find /srv/salitemihret /var/www /etc/salitemihret* -name '*.slipway-new' -o -name '.*.tar'"
    assert spec.check_output(left) == ""
    for asset in assets(place):
        assert place.ask(asset)[0] == 200
    assert not place.locked()


def dumps(place: Place) -> list[str]:
    """The backups that the hook left on the host."""
    return list(place.host.spec.file("/var/backups/salitemihret").listdir())


def test_a_bare_host_becomes_a_running_site(place: Place) -> None:
    ran = place.run("playbooks/bootstrap_host.yml", site_release=FIRST, site_smoke_checks=WITHOUT_USERS)
    assert ran.code == 0, ran.text
    assert f"✔ site-1  nothing → {FIRST}" in ran.text
    assert "smoke: 2 checks passed" in ran.text
    assert f"staging: 1 host deployed to {FIRST} in " in ran.text
    runs(place, FIRST)
    assert place.verdicts() == [(FIRST, "good")]
    assert place.schema() == "0002"

    record = place.record()
    assert (record["schema"], record["outcome"], record["kind"]) == ("slipway/record/1", "succeeded", "deploy")
    assert (record["account_id"], record["region"]) == (None, None)
    release = record["releases"]["site"]
    assert (release["tag"], release["commit"]) == (FIRST, place.site.commits[FIRST])
    (target,) = record["targets"]
    assert (target["name"], target["kind"], target["group"], target["state"]) == ("site-1", "host", "site", "stable")
    done = record["migrations"]
    assert (done["state"], done["to"]) == ("done", "0002")
    assert [item["version"] for item in done["applied"]] == ["0001", "0002"]
    place.fill()


def test_it_is_told_what_the_environment_has(place: Place) -> None:
    configuration = f"/etc/{SERVICE}/current"
    for path in (f"{configuration}/env", "/etc/salitemihret/license.json"):
        file = place.host.spec.file(place.host.spec.file(path).linked_to)
        assert (file.user, file.mode) == ("salitemihret", 0o600), path
    names = ("DATABASE_URL", "JWT_SECRET", "REDIS_URL", "SMTP_HOST", "SCHEDULER_ENABLED")
    told = json.loads(place.ask(f"/api/config?name={'&name='.join(names)}")[1])
    wanted = {**place.credentials(), "SMTP_HOST": place.variables()["site_environment"]["SMTP_HOST"]}
    digests = {name: hashlib.sha256(wanted[name].encode()).hexdigest() if name in wanted else None for name in names}
    assert told == {"settings": digests, "license": hashlib.sha256(LICENSE.encode()).hexdigest()}


def test_a_second_run_changes_nothing(place: Place) -> None:
    pid = place.health()["pid"]
    ran = place.run("playbooks/bootstrap_host.yml", "-v", site_release=FIRST)
    check_no_change(place, ran)
    assert "nothing to deploy: 1 host already runs the requested release" in ran.text
    assert place.health()["pid"] == pid


def test_what_is_switched_together_goes_back_together(place: Place) -> None:
    """Less memory, and a page that nginx takes away, for the same release: at first somebody asks for that page."""
    show = f"systemctl show -P MemoryMax {SERVICE}; cat /etc/systemd/system/{SERVICE}.service"
    read = "cat /etc/nginx/conf.d/salitemihret.conf"
    before = (place.host.run(show), place.host.run(read))
    place.set_variables(python_service_memory_percent=60, nginx_site_extra="location = /members { return 404; }")
    asked = [{"name": "members", "path": "/members", "body": '<div id="root">'}]
    ran = place.deploy(FIRST, site_smoke_checks=asked)
    check_failure(ran)
    assert f"unit: {SERVICE}.service changed" in ran.text
    assert "configuration: nginx changed" in ran.text
    assert place.record()["outcome"] == "undone", ran.text
    assert (place.host.run(show), place.host.run(read), place.ask("/members")[0]) == (*before, 200)
    runs(place, FIRST)

    ran = place.deploy(FIRST, site_smoke_checks=WITHOUT_USERS)
    assert ran.code == 0, ran.text
    assert f"unit: {SERVICE}.service changed" in ran.text
    assert "MemoryMax=60%" in place.host.run(show)
    assert place.ask("/members")[0] == 404
    runs(place, FIRST)
    place.set_variables(nginx_site_extra=None)


def test_a_check_of_a_build_changes_nothing(place: Place) -> None:
    pid, records = place.health()["pid"], len(place.records())
    build = place.build(SECOND)
    commits, tag = place.site.commits, f"refs/tags/{SECOND}"
    push = ("push", "-q", "--force", str(place.git.root / f"{REPOSITORY}.git"))
    place.site.git(*push, f"{commits[FIRST]}:{tag}")
    refused = place.run("deploy.yml", build=build)
    place.site.git(*push, f"{tag}:{tag}")
    moved = f"<url>: the tag {SECOND} is commit {commits[FIRST][:12]}, but the build is of {commits[SECOND][:12]}"
    place.check_refusal(refused, moved)

    ran = place.run("deploy.yml", "--check", "--diff", build=build)
    assert ran.code == 0, ran.text
    assert f"{FIRST} → {SECOND}" in ran.text
    assert f"RELEASE → {place.group}" in " ".join(ran.text.split())
    assert len(place.records()) == records
    assert place.health()["pid"] == pid
    for releases in ("/srv/salitemihret/releases", "/var/www/salitemihret/releases"):
        assert not [name for name in place.host.spec.file(releases).listdir() if SECOND in name]


def test_what_stands_before_the_service_is_looked_at_as_well(place: Place) -> None:
    place.host.run("systemctl stop nginx")
    status = place.run("playbooks/status.yml")
    again = place.deploy(FIRST)
    assert status.code == 2, status.text
    assert re.search(rf"✘ site-1 +{FIRST}", status.text), status.text
    assert "nginx is inactive" in status.text
    # The plan sees it as well, and the same release is served again.
    assert again.code == 0, again.text
    assert place.host.spec.service("nginx").is_running


def test_the_next_release_comes_with_its_migration_and_no_request_is_lost(place: Place) -> None:
    before = assets(place)
    build = place.build(SECOND)
    with place.load(HEALTH, PAGE) as answers:
        ran = place.run("deploy.yml", build=build)
    assert ran.code == 0, ran.text
    assert place.record()["build"]["id"] == build
    release = place.record()["releases"]["site"]
    assert (release["tag"], release["commit"]) == (SECOND, place.site.commits[SECOND])
    assert "smoke: 4 checks passed" in ran.text
    assert [answers[path].failed for path in (HEALTH, PAGE)] == [[], []]
    assert set(answers[HEALTH].versions) == {FIRST, SECOND}
    runs(place, SECOND)
    assert place.schema() == "0003"
    assert place.verdicts()[:2] == [(SECOND, "good"), (FIRST, "good")]
    backup = place.record()["migrations"]["backup"]
    assert backup["reference"] == f"site-1:/var/backups/salitemihret/{backup['label']}.dump"
    assert f"{backup['label']} taken at {backup['at']}" in ran.text
    # It was taken before: what it holds is the schema of then.
    dumped = place.host.run(f"pg_restore --file=- --table=alembic_version {backup['reference'].partition(':')[2]}")
    assert "\n0002\n" in dumped
    assert place.database.password not in ran.text
    (applied,) = place.record()["migrations"]["applied"]
    assert (applied["version"], applied["compatible"], applied["downgrade_safe"]) == ("0003", True, True)
    # A tab that was opened before goes on working.
    assert set(assets(place)) != set(before)
    assert [place.ask(asset)[0] for asset in before] == [200] * 3


def test_the_schema_goes_back_with_the_release_where_both_say_so(place: Place) -> None:
    ran = place.run("playbooks/rollback.yml", downgrade_schema=True)
    assert ran.code == 0, ran.text
    runs(place, FIRST)
    assert place.schema() == "0002"
    record = place.record()
    assert (record["kind"], record["outcome"]) == ("rollback", "succeeded")
    assert (record["migrations"]["direction"], record["migrations"]["to"]) == ("down", "0002")

    build = place.build(SECOND)
    again = place.run("deploy.yml", build=build)
    assert again.code == 0, again.text
    runs(place, SECOND)
    assert place.schema() == "0003"
    check_no_change(place, place.run("deploy.yml", "-v", build=build))


def test_a_release_that_is_never_healthy_is_refused_by_the_spare(place: Place) -> None:
    pid = place.health()["pid"]
    with place.load(HEALTH, PAGE) as answers:
        ran = place.deploy(NEVER_HEALTHY, site_ready_timeout=scaled(10))
    check_failure(ran)
    assert [answers[path].failed for path in (HEALTH, PAGE)] == [[], []]
    assert set(answers[HEALTH].versions) == {SECOND}
    refused = f"the release does not become ready on the spare port 8001: not ready within {scaled(10)} s: HTTP 503"
    assert refused in ran.text
    assert "staging is as it was before this deploy" in ran.text
    runs(place, SECOND)
    assert place.health()["pid"] == pid, "the service was restarted"
    assert place.record()["outcome"] == "undone"
    assert place.target(place.host)["failure"]["log"]


def test_what_a_person_asks_of_it(place: Place) -> None:
    status = place.run("playbooks/status.yml")
    assert status.code == 0, status.text
    assert re.search(rf"✔ site-1 +{SECOND} +0003 +running", status.text), status.text
    smoke = place.run("playbooks/smoke_test.yml")
    assert smoke.code == 0, smoke.text
    assert re.search(r"✔ site-1 +members +pass", smoke.text), smoke.text
    logs = place.run("playbooks/logs.yml", logs_directory=str(place.directory / "logs"))
    assert logs.code == 0, logs.text
    (archive,) = (place.directory / "logs").iterdir()
    names = place.names_in(archive)
    assert {"journal.log", "unit.txt", "ledger.json"} <= {name.rpartition("/")[2] for name in names}
    assert [name for name in names if name.endswith("-access.log")], names


def test_code_alone_goes_back_where_the_schema_allows_it(place: Place) -> None:
    newer = assets(place)
    with place.load(HEALTH, PAGE) as answers:
        ran = place.run("playbooks/rollback.yml", to=FIRST)
    assert ran.code == 0, ran.text
    assert [answers[path].failed for path in (HEALTH, PAGE)] == [[], []]
    assert set(answers[HEALTH].versions) == {FIRST, SECOND}
    runs(place, FIRST)
    assert place.schema() == "0003", "the schema stays"
    assert [place.ask(asset)[0] for asset in newer] == [200] * 3


def test_past_an_incompatible_migration_there_is_no_way_back(place: Place) -> None:
    ran = place.deploy(INCOMPATIBLE)
    assert ran.code == 0, ran.text
    runs(place, INCOMPATIBLE)
    pid, records = place.health()["pid"], len(place.records())
    restore_to, backup = (place.record()["migrations"][name] for name in ("restore_to", "backup"))
    # One for each deploy that migrated: the first, the second, there and back again, and this one.
    assert len(dumps(place)) == 5

    refused = place.run("playbooks/rollback.yml")
    check_failure(refused)
    what = f"the schema has moved past {FIRST}: migration 0004 is not declared backward-compatible"
    kept = f"(backup {backup['label']} taken at {backup['at']}: {backup['reference']})"
    again = f"ansible-playbook playbooks/rollback.yml -e env={place.name} -e force_schema=true"
    restore = f"Restore the database to {restore_to} {kept} first, or insist: {again}"
    assert [line for line in refused.text.splitlines() if line.strip()] == [f"schema version 0004: {what}. {restore}"]

    refused = place.run("playbooks/rollback.yml", downgrade_schema=True)
    check_failure(refused)
    assert "migration 0004 is not declared downgrade-safe. Restore the database to " in refused.text
    assert restore_to in refused.text
    assert len(place.records()) == records
    assert place.health()["pid"] == pid
    runs(place, INCOMPATIBLE)
