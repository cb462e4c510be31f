# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The site that other tests deploy: its repository, its releases as they are said to be, what is built of them."""

from __future__ import annotations

import hashlib
import re
import tarfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import site
from tests.support.fixtures import FixtureError
from tests.support.postgres import Postgres
from tests.support.redis import Redis
from tests.support.site import RELEASES, Site
from tests.support.site_builds import archive, dist
from tests.support.site_server import Backend, database_url

USER, PASSWORD = "smoke", "s7@o8\\p=@us$0!"


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site.make(tmp_path_factory.mktemp("fixture") / "register")


@pytest.fixture
def url(database: Postgres) -> str:
    return database_url(database)


@pytest.fixture
def store() -> Iterator[Redis]:
    with Redis() as made:
        yield made


def revision(database: Postgres) -> str:
    return ",".join(row[0] for row in database.query("SELECT version_num FROM alembic_version ORDER BY 1"))


def columns(database: Postgres) -> list[str]:
    found = database.query("SELECT column_name FROM information_schema.columns WHERE table_name = 'members' ORDER BY 1")
    return [row[0] for row in found]


def test_the_repository_is_the_same_every_time(repository: Site, tmp_path: Path) -> None:
    again = Site.make(tmp_path / "again", [site.FIRST, site.SAME])
    assert again.commits[site.SAME] == repository.commits[site.SAME]
    tags = [tag for release in RELEASES.values() for tag in release.tags]
    assert sorted(repository.git("tag").split()) == sorted(tags)
    assert {repository.git("cat-file", "-t", tag) for tag in tags} == {"tag"}
    assert repository.commits["prod-20261109"] == repository.commits[site.SECOND]
    assert repository.git("rev-parse", site.BRANCH) == repository.commits[site.THIRD]
    assert repository.git("status", "--porcelain") == ""


def test_a_release_has_its_files_and_no_other(repository: Site) -> None:
    first = repository.git("ls-tree", "-r", "--name-only", site.FIRST).split()
    assert {"server/requirements.lock", "server/alembic.ini", "frontend/package-lock.json"} <= set(first)
    assert "docs/releases/prod-20261102.md" in first
    assert not [name for name in first if "0003" in name or "__pycache__" in name or "node_modules" in name]
    same = repository.git("ls-tree", "-r", "--name-only", "prod-20261102.2").split()
    assert not [name for name in same if name.endswith("prod-20261102.2.md")]
    heads = repository.git("ls-tree", "-r", "--name-only", site.TWO_HEADS, "server/migrations/versions/").split()
    assert [Path(name).name[:5] for name in heads] == ["0001_", "0002_", "0003_", "0004a", "0004b"]
    assert repository.git("show", f"{site.THIRD}:RELEASE") == site.THIRD


def test_the_migrations_are_what_they_are_said_to_be(database: Postgres, url: str, tmp_path: Path) -> None:
    first, second = Backend(site.FIRST, tmp_path, url), Backend(site.SECOND, tmp_path, url)
    first.migrate()
    first.fill(USER, PASSWORD, members=1)
    assert revision(database) == "0002"
    sql = second.alembic("upgrade", "0002:head", "--sql").stdout
    assert "ALTER TABLE members ADD COLUMN search_name" in sql
    second.migrate()
    assert database.query("SELECT search_name FROM members") == [["member 1"]]
    assert second.alembic("downgrade", "0002").returncode == 0
    assert columns(database) == ["email", "id", "name"]
    second.migrate()
    half = Backend(site.HALF_MIGRATED, tmp_path, url).alembic("upgrade", "head")
    assert (half.returncode, revision(database)) == (1, "0003")
    assert "members_phone_known" in half.stderr
    assert columns(database) == ["email", "id", "name", "search_name"]
    heads = Backend(site.TWO_HEADS, tmp_path, url).alembic("upgrade", "head")
    assert heads.returncode != 0
    assert "Multiple head revisions" in heads.stderr
    Backend(site.THIRD, tmp_path, url).migrate()
    assert revision(database) == "0004"
    assert "Can't locate revision" in second.alembic("upgrade", "head").stderr


def test_the_backend_answers(database: Postgres, url: str, store: Redis, tmp_path: Path) -> None:
    licence = tmp_path / "license.json"
    licence.write_text('{"key": "canary"}', encoding="utf-8")
    told = {"REDIS_URL": store.url, "LICENSE_KEY_PATH": str(licence), "HARD": "s7@o8\\p=@us$0!'\"é"}
    backend = Backend(site.FIRST, tmp_path, url, **told)
    backend.migrate()
    backend.fill(USER, PASSWORD, members=45)
    with backend.serve() as server:
        status, health = server.ask("GET", "/health")
        known = {"status": "ok", "database": "ok", "revision": "0002", "release": site.FIRST, "scheduler": "running"}
        assert (status, {name: health[name] for name in known}) == (200, known)
        assert health["directory"] == str(backend.tree)
        assert server.ask("POST", "/auth/login", {"username": USER, "password": "another"})[0] == 401
        assert server.ask("GET", "/members")[0] == 401
        token = server.log_in(USER, PASSWORD)
        status, page = server.ask("GET", "/members?page=3", token=token)
        assert (status, len(page["items"]), page["page"], page["total"]) == (200, 5, 3, 45)
        assert server.ask("GET", "/members?page=0", token=token)[0] == 422
        smoke = server.ask("POST", "/import/wizard/smoke")
        assert smoke == (200, {"ok": True, "rows": 1, "rolled_back": True})
        assert server.ask("POST", "/imports", {"file": "a.csv"}, token)[1]["waiting"] == 1
        digests = server.ask("GET", "/config?name=HARD&name=NONE")[1]
        assert digests["settings"] == {"HARD": hashlib.sha256(told["HARD"].encode()).hexdigest(), "NONE": None}
        assert digests["license"] == hashlib.sha256(licence.read_bytes()).hexdigest()
        assert store.command("GET", "scheduler:heartbeat")
        database.stop()
        assert server.ask("GET", "/health")[0] == 503
        database.start()
        assert server.ask("GET", "/health")[0] == 200
    assert database.query("SELECT release, pid FROM scheduler_heartbeat") == [[site.FIRST, str(health["pid"])]]
    assert database.query("SELECT count(*) FROM members") == [["45"]]
    assert store.command("LRANGE", "imports", "0", "-1") == ["a.csv"]


def test_the_scheduler_is_off_when_it_is_told_so(database: Postgres, url: str, tmp_path: Path) -> None:
    # A release's directory as on a host, settings as systemd hands them over, on a socket of its.
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "JWT_SECRET").write_text("s7@o8" * 8, encoding="utf-8")
    (credentials / "DATABASE_URL").write_text(f"{url}\n", encoding="utf-8")
    backend = Backend(site.FIRST, tmp_path, url, SCHEDULER_ENABLED="false")
    backend.migrate()
    backend.tree = backend.tree.rename(tmp_path / "prod-20261102-0123456789ab")
    backend.settings = {"CREDENTIALS_DIRECTORY": str(credentials), "SCHEDULER_ENABLED": "false"}
    with backend.serve(inherited=True) as server:
        health = server.ask("GET", "/health")[1]
        assert (health["scheduler"], health["release"], health["database"]) == ("off", "prod-20261102", "ok")
    assert database.query("SELECT count(*) FROM scheduler_heartbeat") == [["0"]]


def test_a_request_that_is_under_way_is_answered(url: str, tmp_path: Path) -> None:
    backend = Backend(site.FIRST, tmp_path, url)
    backend.migrate()
    answers: list[tuple[int, Any]] = []
    with backend.serve() as server:
        asking = threading.Thread(target=lambda: answers.append(server.ask("GET", "/slow?seconds=1.5")))
        asking.start()
        time.sleep(0.5)
        server.terminate()
        asking.join()
        assert server.ended() in (0, -15)
    assert answers == [(200, {"release": site.FIRST})]


@pytest.mark.parametrize(
    ("settings", "said"),
    [({"JWT_SECRET": ""}, "JWT_SECRET is not set"), ({"LICENSE_KEY_PATH": "/nowhere"}, "LICENSE_KEY_PATH: /nowhere")],
)
def test_it_does_not_start_without_what_it_needs(settings: dict[str, str], said: str, url: str, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=said), Backend(site.FIRST, tmp_path, url, **settings).serve():
        pass


def test_the_bad_releases_are_bad(database: Postgres, url: str, tmp_path: Path) -> None:
    first, never = Backend(site.FIRST, tmp_path, url), Backend(site.NEVER_HEALTHY, tmp_path, url)
    login, drops = Backend(site.NO_LOGIN, tmp_path, url), Backend(site.INCOMPATIBLE, tmp_path, url)
    never.migrate()
    first.fill(USER, PASSWORD, members=1)
    with never.serve() as never_server, login.serve() as login_server, first.serve() as first_server:
        assert never_server.ask("GET", "/health")[0] == 503
        assert login_server.ask("GET", "/health")[0] == 200
        assert login_server.ask("POST", "/auth/login", {"username": USER, "password": PASSWORD})[0] == 401
        token = first_server.log_in(USER, PASSWORD)
        # The migration of the second release leaves the first one working, the other one does not.
        assert first_server.ask("GET", "/members", token=token)[0] == 200
        drops.migrate()
        assert columns(database) == ["id", "name", "search_name"]
        assert first_server.ask("GET", "/members", token=token)[0] == 500


def test_the_front_end_is_built(tmp_path: Path) -> None:
    names = {tag: {path.name for path in (dist(tag) / "assets").iterdir()} for tag in (site.FIRST, site.SECOND)}
    kept = {name.split("-")[0] for name in names[site.FIRST] & names[site.SECOND]}
    # React's file and the style sheet have not changed; an open page finds its own second chunk nowhere else.
    assert kept == {"react", "index"}
    assert {name.split("-")[0] for name in names[site.FIRST] ^ names[site.SECOND]} == {"index", "Details"}
    page = (dist(site.FIRST) / "index.html").read_text(encoding="utf-8")
    assert set(re.findall(r'"/assets/([^"]+)"', page)) < names[site.FIRST]
    production = next((dist("prod-20261109") / "assets").glob("index-*.js")).read_text(encoding="utf-8")
    assert "prod-20261109" in production
    assert "/api" in production
    with pytest.raises(FixtureError, match="Ceremonies.jsx"):
        dist(site.NO_BUILD)


def test_an_archive_is_the_tree_with_the_built_front_end(repository: Site) -> None:
    with tarfile.open(archive(site.SECOND)) as tar:
        names = {entry.name for entry in tar if entry.isfile()}
    tracked = set(repository.git("ls-tree", "-r", "--name-only", site.SECOND).split())
    assert tracked < names
    assert {name.split("/")[1] for name in names - tracked} == {"dist"}
    assert "frontend/dist/index.html" in names
