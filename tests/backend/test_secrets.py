# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Nothing that a deploy leaves behind holds a secret, at any verbosity, but for where the service reads it."""

from __future__ import annotations

import hashlib
import tarfile
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.backend.place import STATE_BUCKET, Place, Ran, make_place
from tests.support.canaries import Canaries, put_parameter, put_secret
from tests.support.pace import scaled
from tests.support.prepared import backend_image

UNITS = ("umigo-backend",)
#: The directories of the servers that the tests bring, which know the secrets.
SERVERS = ("postgres-", "git-server-", "sandbox-", "pytest-")
#: What files and shells trip over.
HARD = "p\"a's$s\\w %o#rd é "


@dataclass
class Traces:
    """A deploy with canaries, and everything that is left of it on this machine."""

    place: Place
    canaries: Canaries
    ran: Ran
    again: Ran
    failed: Ran
    seen: list[str]
    began: float


def plant(place: Place) -> Canaries:
    """Put canaries wherever the backend's secrets are."""
    canaries = Canaries({"database password": place.database.password, "token": place.git.token or ""})
    canaries.values["hard parameter"] = HARD + canaries["hard"]
    ssm, manager = place.aws.client("ssm"), place.aws.client("secretsmanager")
    put_parameter(ssm, "/dev/backend/UMIGO_API_KEY", canaries["parameter"])
    put_parameter(ssm, "/dev/backend/UMIGO_HARD", canaries["hard parameter"])
    put_secret(manager, "umigo/dev/firebase", {"type": "service_account", "private_key": canaries["firebase"]})
    return canaries


@pytest.fixture(scope="module")
def traces(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Traces]:
    """A first deploy, one that changes nothing, and one that fails, at the highest verbosity."""
    with make_place(tmp_path_factory.mktemp("secrets"), "0.1.0", "0.3.0", image=backend_image()) as place:
        canaries, began = plant(place), time.time()
        facts = place.directory / "facts"
        place.environ = {
            "ANSIBLE_CACHE_PLUGIN": "ansible.builtin.jsonfile",
            "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(facts),
            "ANSIBLE_LOG_PATH": str(place.directory / "ansible.log"),
        }
        with canaries.watched(UNITS) as seen:
            ran = place.deploy("0.1.0", "-vvvv", "--diff")
            again = place.deploy("0.1.0", "-vvvv", "--check", "--diff", force=True)
            failed = place.deploy(
                "0.3.0", "-vvvv", "--diff", backend_migrations="none", backend_ready_timeout=scaled(40)
            )
        yield Traces(place, canaries, ran, again, failed, seen, began)


def test_the_service_has_them(traces: Traces) -> None:
    assert traces.ran.code == 0, traces.ran.text
    assert traces.failed.code != 0
    host, canaries = traces.place.members[0], traces.canaries
    digests = {label: hashlib.sha256(value.encode()).hexdigest() for label, value in canaries.values.items()}
    assert traces.place.version(host) == "0.1.0"
    for name, label in (("UMIGO_API_KEY", "parameter"), ("UMIGO_HARD", "hard parameter")):
        answer = traces.place.answers(host, f"/api/config?env={name}")
        assert digests[label] in str(answer), name


def test_no_output_has_one(traces: Traces) -> None:
    for name, ran in (("first", traces.ran), ("again", traces.again), ("failed", traces.failed)):
        assert traces.canaries.in_text(ran.text, name) == []


def test_no_process_had_one_in_its_arguments_or_environment(traces: Traces) -> None:
    assert traces.seen == []


def test_nothing_on_the_host_has_one(traces: Traces) -> None:
    python = ["podman", "exec", "-i", traces.place.members[0].container, "python3"]
    assert traces.canaries.on_host(python, units=UNITS) == []


def test_the_allowed_places_are_the_services_alone(traces: Traces) -> None:
    host = traces.place.members[0]
    listed = host.spec.check_output("find /etc/umigo-backend/generations -mindepth 1 -printf '%M %u %y %f\\n'")
    modes = listed.splitlines()
    files = [line for line in modes if " f " in line]
    assert files
    secret = [line for line in files if not line.endswith(" unit.conf")]
    assert all(line.startswith("-rw------- root") for line in secret), files
    assert all(line.startswith("drwx------ root") for line in modes if " d " in line), modes
    outside = host.spec.run("su -s /bin/sh nobody -c 'cat /etc/umigo-backend/current/env'")
    assert (outside.succeeded, "Permission denied" in outside.stderr) == (False, True)


def test_nothing_on_this_machine_has_one(traces: Traces) -> None:
    place = traces.place
    assert (place.directory / "ansible.log").stat().st_size > 0
    left = [
        path
        for path in Path(tempfile.gettempdir()).iterdir()
        if path.lstat().st_mtime > traces.began and not path.name.startswith(SERVERS)
    ]
    roots = [*left, place.directory, Path.home() / ".ansible" / "tmp", place.umigo.directory]
    assert traces.canaries.in_files([root for root in roots if root.exists()]) == []


def test_no_record_has_one(traces: Traces) -> None:
    s3 = traces.place.aws.client("s3")
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket=STATE_BUCKET)["Contents"]]
    assert [record["outcome"] for record in traces.place.records()] == ["succeeded", "undone"]
    for key in keys:
        text = s3.get_object(Bucket=STATE_BUCKET, Key=key)["Body"].read().decode()
        assert traces.canaries.in_text(text, key) == []


def test_the_archive_of_logs_has_none(traces: Traces, tmp_path: Path) -> None:
    place = traces.place
    host = place.members[0]
    # An application that logs what it should not: the archive is redacted.
    host.write("/var/log/umigo-backend/app.log", f"connected with password={traces.canaries['parameter']}\n")
    ran = place.run("playbooks/logs.yml", "-vvvv", logs_directory=str(tmp_path / "logs"))
    assert ran.code == 0, ran.text
    (archive,) = (tmp_path / "logs").glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(tmp_path / "unpacked")  # noqa: S202 - made by this very run
    texts = [path.read_text("utf-8") for path in (tmp_path / "unpacked").rglob("*") if path.is_file()]
    assert any("connected with password=" in text for text in texts)
    assert traces.canaries.in_files([tmp_path / "unpacked"]) == []
    assert traces.canaries.in_text(ran.text, "output of logs.yml") == []
