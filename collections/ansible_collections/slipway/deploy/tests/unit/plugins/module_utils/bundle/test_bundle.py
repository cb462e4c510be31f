# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What goes into a bundle, and that the same inputs make the same bytes."""

from __future__ import annotations

import json
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.bundle.archive import Entry, file_digest, write_archive
from ansible_collections.slipway.deploy.plugins.module_utils.bundle.content import (
    Release,
    bundle_id,
    flyway_name,
    manifest,
    migration_name,
    project_name,
    refuse_private_key,
    schema_version,
    version_key,
)
from ansible_collections.slipway.deploy.plugins.module_utils.bundle.fetch import (
    migrations_of_checkout,
    migrations_of_jar,
)
from ansible_collections.slipway.deploy.plugins.module_utils.bundle.wheels import (
    check_python,
    needed,
    pip_arguments,
    read_lock,
)
from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError

HASH = "sha256:" + "0" * 64
LOCK = f"""\
ansible-core==2.19.14 ; python_full_version < '3.12' \\
    --hash={HASH}
    # via
    #   slipway (pyproject.toml)
    #   ansible
ansible-core==2.21.5 ; python_full_version >= '3.12' \\
    --hash={HASH}
    # via slipway (pyproject.toml)
botocore==1.44.5 \\
    --hash={HASH} \\
    --hash={HASH}
    # via boto3
cffi==2.1.1 ; platform_python_implementation != 'PyPy' \\
    --hash={HASH}
    # via cryptography
colorama==0.4 ; sys_platform == 'win32' \\
    --hash={HASH}
    # via ansible-core
cryptography==50.0.2 \\
    --hash={HASH}
    # via ansible-core
pytest==9.0 \\
    --hash={HASH}
    # via slipway (pyproject.toml:dev)
"""
RELEASE = Release("backend", "dev", "backend-v0.2.0", "main", "b", "k", HASH, "0.2.0", "", "", "2")


@pytest.mark.parametrize(("python", "core"), [("3.11", "2.19.14"), ("3.13", "2.21.5")])
def test_only_what_code_on_a_host_needs(python: str, core: str) -> None:
    chosen = needed(read_lock(LOCK, "lock"), python)
    assert [f"{pin.name}=={pin.version}" for pin in chosen] == [
        f"ansible-core=={core}",
        "botocore==1.44.5",
        "cffi==2.1.1",
        "cryptography==50.0.2",
    ]
    assert chosen[1].line() == f"botocore==1.44.5 --hash={HASH} --hash={HASH}"


def test_a_line_that_is_no_pin_is_named() -> None:
    with pytest.raises(SlipwayError, match="lock:2: this is not a pin with hashes"):
        read_lock("a==1 \\\n-e .\n", "lock")


@pytest.mark.parametrize("python", ["3.9", "3", "3.11.2", "['3.11']", ""])
def test_a_python_that_ansible_does_not_run_on(python: str) -> None:
    with pytest.raises(SlipwayError, match="bundle_pythons: "):
        check_python(python)


def test_pip_looks_for_the_hosts_wheels() -> None:
    given_ = pip_arguments("3.11", "aarch64")
    assert {"--require-hashes", "--abi=cp311", "--abi=abi3", "--platform=manylinux_2_17_aarch64"} <= set(given_)


@pytest.mark.parametrize(
    ("name", "inside"),
    [
        ("ansible.cfg", "ansible.cfg"),
        ("playbooks/shared/x.yml", "playbooks/shared/x.yml"),
        ("inventories/dev/group_vars/all.yml", "inventories/dev/group_vars/all.yml"),
        ("inventories/dev/fleet.aws_ecs.yml.example", None),
        ("inventories/prod/group_vars/all.yml", None),
        ("inventories/environment.yml", "inventories/environment.yml"),
        ("pipelines/codedeploy/appspec.yml", "appspec.yml"),
        ("pipelines/codedeploy/hooks/hook.sh", "hooks/hook.sh"),
        ("pipelines/codedeploy/pins.json", None),
        ("collections/ansible_collections/slipway/deploy/tests/unit/x.py", None),
        ("collections/ansible_collections/slipway/deploy/plugins/x/__pycache__/x.pyc", None),
        (".env", None),
        ("tests/x.py", None),
    ],
)
def test_which_files_of_the_project(name: str, inside: str | None) -> None:
    assert project_name(name, "dev") == inside


def test_which_files_of_flyway() -> None:
    assert flyway_name("flyway-11/flyway") == "flyway/flyway"
    assert flyway_name("flyway-11/drivers/postgresql-42.jar") == "flyway/drivers/postgresql-42.jar"
    assert flyway_name("flyway-11/drivers/snowflake.jar") is None
    assert flyway_name("flyway-11/lib/netty/x.jar") is None


def test_migrations_of_a_jar_and_of_a_checkout_are_the_same(tmp_path: Path) -> None:
    names = {
        "V1__init.sql": "a",
        "V1__init.sql.conf": "executeInTransaction=false",
        "V2_1__more.sql": "b",
        "afterMigrate.sql": "d",
        "sub/R__view.sql": "c",
        "sub/rows.csv": "1",
    }
    with zipfile.ZipFile(tmp_path / "app.jar", "w") as jar:
        jar.writestr("BOOT-INF/classes/application.yml", "x")
        for name, text in names.items():
            jar.writestr(f"BOOT-INF/classes/db/migration/{name}", text)
            path = tmp_path / "module" / "src/main/resources/db/migration" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    of_jar = migrations_of_jar(tmp_path / "app.jar")
    of_checkout = migrations_of_checkout(tmp_path / "module")
    assert {name: entry.digest() for name, entry in of_jar.items()} == {
        name: entry.digest() for name, entry in of_checkout.items()
    }
    assert set(of_jar) == {f"migrations/{name}" for name in names}
    assert schema_version(of_jar) == "2.1"
    assert migration_name("db/migration/../../x") is None


@pytest.mark.parametrize(
    ("locations", "path", "name"),
    [
        (["src/main/resources/db/pg"], "BOOT-INF/classes/db/pg/V1__a.sql", "migrations/V1__a.sql"),
        (["classpath:/db/pg"], "db/pg/V1__a.sql.conf", "migrations/V1__a.sql.conf"),
        (["filesystem:src/main/resources/db/pg"], "src/main/resources/db/pg/x/V1__a.sql", "migrations/x/V1__a.sql"),
        (["db/pg", "db/data"], "db/data/V2__b.sql", "migrations/db/data/V2__b.sql"),
        (["db/pg"], "db/pg/V3__Java.class", None),
        (["db/pg"], "db/pg/", None),
        (["db/pg"], "db/pg/../../etc/cron.d/x.sql", None),
        (["db/pg"], "db/pg//etc/x.sql", None),
        (["db/pg"], "db/migration/V1__a.sql", None),
    ],
)
def test_where_the_migrations_are(locations: list[str], path: str, name: str | None) -> None:
    assert migration_name(path, locations) == name


@pytest.mark.parametrize("location", ["", "/var/lib/migrations", "classpath:db/{vendor}", "../other", "filesystem:/x"])
def test_a_location_outside_the_jar_is_refused(location: str) -> None:
    with pytest.raises(SlipwayError, match="is not in the application's jar"):
        migration_name("db/migration/V1__a.sql", [location])


def test_what_is_no_jar_is_named(tmp_path: Path) -> None:
    (tmp_path / "app.jar").write_text("x")
    with pytest.raises(SlipwayError, match="app.jar: is not a jar"):
        migrations_of_jar(tmp_path / "app.jar")


def test_a_private_key_stays_out() -> None:
    key = b"-----BEGIN RSA PRIVATE KEY-----\n" + b"A" * 64
    with pytest.raises(SlipwayError, match="x.pem: holds a private key"):
        refuse_private_key("x.pem", key)
    refuse_private_key("code.py", b'if "-----BEGIN RSA PRIVATE KEY-----" in text:')


@given(st.dictionaries(st.from_regex(r"[a-z]{1,8}(/[a-z]{1,8})?", fullmatch=True), st.binary(max_size=64), max_size=8))
def test_the_same_content_makes_the_same_bytes(
    tmp_path_factory: pytest.TempPathFactory, content: dict[str, bytes]
) -> None:
    directory = tmp_path_factory.mktemp("archive")
    entries = {name: Entry(body, program=len(body) % 2 == 0) for name, body in content.items()}
    first = write_archive(directory / "a.tar.gz", entries)
    second = write_archive(directory / "b.tar.gz", dict(reversed(entries.items())))
    assert first == second == file_digest(directory / "a.tar.gz")
    with tarfile.open(directory / "a.tar.gz") as archive:
        assert archive.getnames() == sorted(content)
        assert {member.mode for member in archive} <= {0o644, 0o755}


def test_the_name_of_a_bundle_says_all_that_is_in_it() -> None:
    body = manifest({"b": "2", "a": "1"}, RELEASE, {"3.11": "wheelhouse/requirements-3.11.txt"})
    assert body == manifest({"a": "1", "b": "2"}, RELEASE, {"3.11": "wheelhouse/requirements-3.11.txt"})
    assert json.loads(body).items() >= {"group": "backend", "environment": "dev"}.items()
    assert bundle_id(RELEASE, body) != bundle_id(RELEASE, manifest({"a": "1"}, RELEASE, {}))
    assert bundle_id(RELEASE, body).startswith("backend-v0.2.0-")


def test_versions_are_numbers() -> None:
    assert version_key("1.10") > version_key("1.9")
    assert version_key("2_1") == version_key("2.1.0")
    assert version_key("") == ()


@pytest.mark.parametrize("name", ["../x", "a/../../x", "/etc/x", "a//x", "./x", ""])
def test_an_archive_is_not_written_with_a_name_that_leads_out(tmp_path: Path, name: str) -> None:
    with pytest.raises(SlipwayError, match="leads out of the archive"):
        write_archive(tmp_path / "a.tar.gz", {"good": Entry(b"x"), name: Entry(b"x")})
    assert list(tmp_path.iterdir()) == []


def test_migrations_that_differ_only_in_case_or_are_there_twice_are_refused(tmp_path: Path) -> None:
    for number, name in enumerate(("db/migration/v1__a.sql", "BOOT-INF/classes/db/migration/V1__a.sql")):
        path = tmp_path / f"{number}.jar"
        with zipfile.ZipFile(path, "w") as jar:
            jar.writestr("db/migration/V1__a.sql", "x")
            jar.writestr(name, "y")
        with pytest.raises(SlipwayError, match="is there twice, or differs from another only in case"):
            migrations_of_jar(path)


def test_a_migration_of_a_jar_that_is_a_link_is_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("db/migration/V1__a.sql")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "app.jar", "w") as jar:
        jar.writestr(link, "/etc/shadow")
    with pytest.raises(SlipwayError, match="'db/migration/V1__a.sql' is not a regular file"):
        migrations_of_jar(tmp_path / "app.jar")


def test_a_migration_of_a_checkout_that_leads_out_of_it_is_refused(tmp_path: Path) -> None:
    secret = tmp_path / "secret.sql"
    secret.write_text("x")
    base = tmp_path / "checkout/module/src/main/resources/db/migration"
    base.mkdir(parents=True)
    (tmp_path / "checkout/.git").mkdir()
    (tmp_path / "checkout/shared.sql").write_text("y")
    (base / "V1__a.sql").symlink_to("../../../../../../shared.sql")
    assert list(migrations_of_checkout(tmp_path / "checkout/module")) == ["migrations/V1__a.sql"]
    (base / "V2__b.sql").symlink_to(secret)
    with pytest.raises(SlipwayError, match="is a link that leads out of the checkout"):
        migrations_of_checkout(tmp_path / "checkout/module")


@pytest.mark.parametrize("name", ["BOOT-INF/classes/db/migration/V2__Fill.class", "db/migration/R__View.class"])
def test_a_migration_that_is_a_class_is_refused(tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / "app.jar", "w") as jar:
        jar.writestr("db/migration/V1__a.sql", "x")
        jar.writestr(f"{name[:-6]}$Helper.class", "x")
        jar.writestr(name, "x")
    with pytest.raises(SlipwayError, match="is a migration that is a class, and only those in SQL can be run"):
        migrations_of_jar(tmp_path / "app.jar")
