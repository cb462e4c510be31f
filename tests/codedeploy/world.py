# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A project with the environment `testing`, its account in the sandbox, and releases that a Python can run."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.testing import Sandbox
from tests.support import fixtures
from tests.support.hosts import Host
from tests.support.pace import scaled

ROOT = Path(__file__).resolve().parents[2]
STANDINS = Path(__file__).with_name("standins")
CACHE = ROOT / ".run" / "bundle" / "cache"
BUCKET = "umigo-artifacts"
STATE = "umigo-state"
BRANCH = "backend/loginCRM"
CANARY = "canary-4f1d6c0e"

ALL = """\
account_id: "000000000000"
aws_region: eu-west-1
aws_endpoint_url: {endpoint}
aws_access_key_id: sandbox
aws_secret_access_key: sandbox
state_store: s3://{state}/slipway
"""
BACKEND = """\
backend_service: umigo-backend
backend_branch: {branch}
backend_port: 8080
artifact_bucket: {bucket}
backend_ready_timeout: {ready}
backend_stable_for: 1
jvm_service_java: /usr/local/bin/java
jvm_service_memory_min_mib: 64
backend_smoke_checks: [{{path: /smoke}}]
backend_secrets: [{{name: token, secret: testing/token}}]
backend_backup_hook: hooks/backup.yml
"""
# What stands for a backup: it says what it was told, and fails when it is to.
HOOK = """\
- name: Back up
  ansible.builtin.shell: >-
    test ! -e /var/lib/standin/full || { echo 'the disk is full' >&2; exit 1; };
    mkdir -p /var/lib/standin; test -s {{ slipway_backup_environment_file }};
    echo {{ slipway_backup_label }} {{ slipway_backup_release }} $(cat /var/lib/standin/schema.json 2>/dev/null | wc -c)
    >> /var/lib/standin/backups
- name: Say where it is
  ansible.builtin.set_fact:
    slipway_backup: {reference: /var/lib/standin/backups}
"""
# The zip of a release is run by Python, under the unit that the real role writes for Java.
JAVA = """\
#!/bin/sh
[ "$1" = -version ] && { echo 'openjdk version "17.0.11" 2024-04-16' >&2; exit 0; }
while [ "$1" != -jar ]; do shift; done
exec /usr/bin/python3 "$2"
"""
# What runs: says its tag; `broken` never becomes ready, `rude` answers its smoke check with 500.
APPLICATION = """\
import http.server, json
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        code = 200
        if {kind!r} == "broken": code = 503
        if {kind!r} == "rude" and self.path == "/smoke": code = 500
        self.send_response(code); self.end_headers()
        self.wfile.write(json.dumps({{"status": "UP", "tag": {tag!r}}}).encode())
    def log_message(self, *arguments): pass
http.server.ThreadingHTTPServer(("0.0.0.0", 8080), Handler).serve_forever()
"""


@dataclass
class World:
    """The project's copy, the sandbox, and what was released."""

    directory: Path
    aws: Sandbox
    published: dict[str, str] = field(default_factory=dict)
    built: dict[str, Path] = field(default_factory=dict)

    @property
    def bundles(self) -> Path:
        """Where bundles are made."""
        return self.directory / "bundles"

    def __post_init__(self) -> None:
        """Make the project and the account."""
        CACHE.mkdir(parents=True, exist_ok=True)
        self.bundles.mkdir()
        # What was downloaded is kept between test runs.
        (self.bundles / "cache").symlink_to(CACHE)
        listed = subprocess.run(
            ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            check=True,
            capture_output=True,
            text=True,
        )
        for name in filter(None, listed.stdout.split("\0")):
            if (ROOT / name).is_file() and not name.startswith(("tests/", "sandbox/", "molecule/")):
                path = self.directory / name
                path.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, path)
        for role in ("database_migration",):
            shutil.rmtree(self.directory / "roles" / role, ignore_errors=True)
            shutil.copytree(STANDINS / role, self.directory / "roles" / role)
        variables = {"endpoint": self.aws.endpoint, "bucket": BUCKET, "state": STATE, "branch": BRANCH}
        self.write("environment.yml", "plugin: slipway.deploy.environment\n")
        self.write("hosts.yml", "backend: {hosts: {elsewhere: {ansible_host: 192.0.2.1}}}\n")
        self.write("group_vars/all.yml", ALL.format(**variables))
        self.write("hooks/backup.yml", HOOK)
        self.write("group_vars/backend/backend.yml", BACKEND.format(ready=scaled(20), **variables))
        for bucket in (BUCKET, STATE):
            where = {"LocationConstraint": "eu-west-1"}
            self.aws.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration=where)
        ssm = self.aws.client("ssm")
        ssm.put_parameter(Name="/testing/backend/SPRING_PROFILES_ACTIVE", Value=CANARY, Type="SecureString")
        self.aws.client("secretsmanager").create_secret(Name="testing/token", SecretString=f"{CANARY}-secret")

    def write(self, name: str, text: str) -> None:
        """Write a file of the environment."""
        path = self.directory / "inventories" / "testing" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def remove(self, name: str) -> None:
        """Remove a file of the environment."""
        (self.directory / "inventories" / "testing" / name).unlink()

    def publish(self, tag: str, kind: str = "good", migrations: dict[str, str] | None = None) -> str:
        """Put a release's artifact into S3; its digest."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as jar:
            jar.writestr("__main__.py", APPLICATION.format(kind=kind, tag=tag))
            for name, text in (migrations or {}).items():
                jar.writestr(f"BOOT-INF/classes/db/migration/{name}", text)
        digest = hashlib.sha256(packed.getvalue()).hexdigest()
        s3, key = self.aws.client("s3"), f"{BRANCH}/{tag}/app.jar"
        s3.put_object(Bucket=BUCKET, Key=key, Body=packed.getvalue())
        s3.put_object(Bucket=BUCKET, Key=f"{key}.sha256", Body=f"{digest}  app.jar\n".encode())
        self.published[tag] = digest
        return f"sha256:{digest}"

    def bundle(self, tag: str) -> Path:
        """The bundle of a release, built as an operator does; once for the same release and inventory."""
        inventory = self.directory / "inventories" / "testing"
        key = fixtures.digest(tag, self.published[tag], inventory, self.directory / "playbooks")
        if key not in self.built:
            said = self.playbook("bundle.yml", f"backend_release={tag}", "bundle_pythons=3.11")
            # One that was built before, of other settings, may still be there.
            found = sorted(self.bundles.glob(f"{tag}-*.tar.gz"), key=lambda path: path.stat().st_mtime)
            assert found, said
            self.built[key] = found[-1]
        return self.built[key]

    def playbook(self, name: str, *variables: str) -> str:
        """Run a playbook on this machine; what it printed."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("ANSIBLE_", "AWS_"))}
        extra = [
            word for pair in ("env=testing", f"bundle_directory={self.bundles}", *variables) for word in ("-e", pair)
        ]
        done = subprocess.run(
            [str(Path(sys.executable).with_name("ansible-playbook")), f"playbooks/{name}", *extra],
            cwd=self.directory,
            env={**kept, "ANSIBLE_HOME": str(self.directory / "home")},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=scaled(600),
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    def objects(self, prefix: str) -> dict[str, Any]:
        """The JSON documents of the state store whose keys begin so."""
        s3 = self.aws.client("s3")
        listed = s3.list_objects_v2(Bucket=STATE, Prefix=f"slipway/{prefix}").get("Contents", [])
        return {item["Key"]: json.loads(s3.get_object(Bucket=STATE, Key=item["Key"])["Body"].read()) for item in listed}


def serves(host: Host) -> str:
    """The tag of the release that answers on a host."""
    answer = host.run("curl -s --max-time 3 http://127.0.0.1:8080/version", check=False)
    return str(json.loads(answer)["tag"]) if answer.startswith("{") else answer
