# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The user data: from nothing but SSM and S3 to the bundle's own bootstrap."""

from __future__ import annotations

import datetime as dt
import gzip
import importlib.util
import json
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from ansible_collections.slipway.deploy.plugins.module_utils.bundle.archive import Entry, write_archive
from tests.codedeploy.imds import INSTANCE, serve_imds
from tests.codedeploy.world import World
from tests.support.hosts import Host, Hosts

USER_DATA = Path(__file__).resolve().parents[2] / "pipelines" / "cloud-init" / "user-data.py"
BOOTSTRAP = """\
- name: Stand in for the bootstrap
  hosts: backend
  gather_facts: false
  tasks:
    - name: Say what it was started with
      ansible.builtin.copy:
        dest: /root/booted.json
        content: "{{ {'env': env, 'host': inventory_hostname, 'boot': boot} | to_json }}"
        mode: "0600"
"""


@pytest.fixture(scope="module")
def user_data() -> ModuleType:
    found = importlib.util.spec_from_file_location("user_data", USER_DATA)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@pytest.fixture
def imds(hosts: Hosts) -> Iterator[str]:
    with serve_imds(hosts.gateway) as url:
        yield url


def test_it_fits_into_user_data_and_python_3_8() -> None:
    text = USER_DATA.read_text(encoding="utf-8")
    assert len(text.encode()) < 16 * 1024
    compile(text, "user-data", "exec", dont_inherit=True)
    __import__("ast").parse(text, feature_version=(3, 8))


def packed(path: Path, members: Iterable[tuple[str, bytes, int, bytes]]) -> Path:
    """A bundle of (name, type, stated size, content) members."""
    body = b""
    for name, kind, size, content in members:
        info = tarfile.TarInfo(name)
        info.type, info.size, info.linkname, info.mode = kind, size, "/etc/passwd", 0o755
        body += info.tobuf(tarfile.GNU_FORMAT) + content + bytes(-len(content) % 512)
    path.write_bytes(gzip.compress(body + bytes(1024)))
    return path


FILE = tarfile.REGTYPE
HOSTILE = {
    "up": [("migrations/../../x.sql", FILE, 1, b"x")],
    "absolute": [("/x.sql", FILE, 1, b"x")],
    "a link": [("a", tarfile.SYMTYPE, 0, b""), ("a/x", FILE, 1, b"x")],
    "a hard link": [("a", tarfile.LNKTYPE, 0, b"")],
    "a device": [("a", tarfile.CHRTYPE, 0, b"")],
    "a newline": [("a\nb", FILE, 1, b"x")],
    "a long name": [("././@LongLink", tarfile.GNUTYPE_LONGNAME, 1 << 30, b"")],
    "a PAX header": [("pax", tarfile.XHDTYPE, 1 << 30, b"")],
    "a huge file": [("a", FILE, 5 << 30, b"")],
}


@pytest.mark.parametrize("members", HOSTILE.values(), ids=HOSTILE)
def test_a_bundle_that_could_lead_out_is_not_unpacked(
    user_data: ModuleType, tmp_path: Path, members: list[tuple[str, bytes, int, bytes]]
) -> None:
    root = tmp_path / "bundles" / "b"
    root.parent.mkdir()
    with pytest.raises(ValueError, match="the bundle has"):
        user_data.unpack(packed(tmp_path / "b.tar.gz", members), root)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.tar.gz", "bundles"]
    assert [path.name for path in root.parent.iterdir()] == ["b"]
    assert not any(path.is_symlink() or path.is_file() for path in root.rglob("*"))


def test_a_bundle_is_unpacked_as_it_was_written(user_data: ModuleType, tmp_path: Path) -> None:
    entries = {"hooks/hook.sh": Entry(b"#!", program=True), "a/" * 60 + "b": Entry(b"b"), "empty": Entry(b"")}
    write_archive(tmp_path / "b.tar.gz", entries)
    user_data.unpack(tmp_path / "b.tar.gz", tmp_path / "root")
    found = {
        str(path.relative_to(tmp_path / "root")): Entry(path.read_bytes(), path.stat().st_mode & 0o777 == 0o755)
        for path in (tmp_path / "root").rglob("*")
        if path.is_file()
    }
    assert found == entries


@pytest.mark.parametrize(
    ("service", "url", "body", "headers"),
    [
        (
            "ssm",
            "https://ssm.eu-west-1.amazonaws.com/",
            b'{"Name": "/dev/slipway/bundle"}',
            {"content-type": "application/x-amz-json-1.1", "x-amz-target": "AmazonSSM.GetParameter"},
        ),
        ("ssm", "http://10.0.0.1:4510/", b"{}", {}),
    ],
)
def test_requests_are_signed_as_awss_own_library_signs_them(
    user_data: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    service: str,
    url: str,
    body: bytes,
    headers: dict[str, str],
) -> None:
    credentials = {"AccessKeyId": "ASIAROLE", "SecretAccessKey": "secret", "Token": "session"}
    ours = user_data.signed(service, "eu-west-1", credentials, url, body, headers)
    moment = dt.datetime.strptime(ours.headers["X-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=dt.UTC)
    signed = ours.headers["Authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")
    kept = {name: value for name, value in ours.header_items() if name.lower() in signed and name.lower() != "host"}
    theirs = AWSRequest(method="POST", url=url, data=body, headers=kept)
    for name in ("X-amz-date", "X-amz-security-token"):
        del theirs.headers[name]
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: moment.replace(tzinfo=None), raising=False)
    SigV4Auth(Credentials("ASIAROLE", "secret", "session"), service, "eu-west-1").add_auth(theirs)
    assert ours.headers["Authorization"] == theirs.headers["Authorization"]


def test_a_bare_host_boots_the_bundle(world: World, host: Host, imds: str) -> None:
    (world.directory / "playbooks" / "bootstrap_host.yml").write_text(BOOTSTRAP, encoding="utf-8")
    world.publish("backend-v1.0.0", migrations={"V1__init.sql": "select 1;\n"})
    world.bundle("backend-v1.0.0")
    host.write("/root/user-data", USER_DATA.read_text(encoding="utf-8").replace("@env@", "testing"), "0700")
    given = f"AWS_EC2_METADATA_SERVICE_ENDPOINT={imds} AWS_ENDPOINT_URL={world.aws.endpoint}"
    said = host.run(f"env -i PATH=/usr/bin:/bin {given} /root/user-data")
    assert said.splitlines()[-1] == "slipway: boot: this host serves"
    assert json.loads(host.spec.file("/root/booted.json").content_string) == {
        "env": "testing",
        "host": INSTANCE,
        "boot": True,
    }


def test_a_bundle_of_another_digest_is_not_run(world: World, host: Host, imds: str) -> None:
    name = "/testing/slipway/bundle"
    ssm = world.aws.client("ssm")
    right = ssm.get_parameter(Name=name)["Parameter"]["Value"]
    ssm.put_parameter(Name=name, Value=json.dumps({**json.loads(right), "sha256": "0" * 64}), Overwrite=True)
    given = f"AWS_EC2_METADATA_SERVICE_ENDPOINT={imds} AWS_ENDPOINT_URL={world.aws.endpoint} SLIPWAY_BOOT_PACE=0"
    said = host.run(
        f"sed -i 's/^TRIES = .*/TRIES = 2/' /root/user-data; env -i PATH=/usr/bin {given} /root/user-data", check=False
    )
    assert "try 2 of 2: ValueError: s3://umigo-artifacts/slipway/testing/" in said
    assert f"not {'0' * 64}" in said
