# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Virtual environments: how uv and pip are told to build one, and what is left of it."""

from __future__ import annotations

import configparser
import getpass
import hashlib
import json
import os
import stat
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.programs.run import account
from ansible_collections.slipway.deploy.plugins.module_utils.python import environment, installers
from ansible_collections.slipway.deploy.plugins.module_utils.python.environment import MARKER, Job, Python
from ansible_collections.slipway.deploy.plugins.module_utils.python.installers import PIP, UV, Index
from ansible_collections.slipway.deploy.plugins.module_utils.python.lock import read_lock

FULL = Index(
    "https://user:canary%25pw@host/simple", ("/srv/wheels", "https://tok@h/x"), False, "http://p:q@proxy", "/ca.pem"
)


def test_what_pip_is_told():
    read = configparser.RawConfigParser()
    read.read_string(installers.pip_configuration(FULL))
    assert dict(read["global"]) == {
        "index-url": FULL.url,
        "find-links": "\n/srv/wheels\nhttps://tok@h/x",
        "proxy": "http://p:q@proxy",
        "cert": "/ca.pem",
    }
    read = configparser.RawConfigParser()
    read.read_string(installers.pip_configuration(Index(none=True)))
    assert dict(read["global"]) == {"no-index": "true"}


def test_what_uv_is_told():
    assert tomllib.loads(installers.uv_configuration(FULL)) == {
        "http-proxy": "http://p:q@proxy",
        "https-proxy": "http://p:q@proxy",
        "pip": {"index-url": FULL.url, "find-links": ["/srv/wheels", "https://tok@h/x"]},
    }
    assert tomllib.loads(installers.uv_configuration(Index(none=True))) == {"pip": {"no-index": True}}


@given(st.text(min_size=1))
def test_one_setting_never_becomes_two(text):
    index = Index(find_links=(text,), url=f"https://host/{text}")
    try:
        index.check()
    except SlipwayError:
        return
    read = configparser.RawConfigParser()
    read.read_string(installers.pip_configuration(index))
    assert set(read["global"]) == {"index-url", "find-links"}
    assert tomllib.loads(installers.uv_configuration(index))["pip"]["find-links"] == [text]


@pytest.mark.parametrize(
    ("index", "said"),
    [
        (Index(url="https://host/canary\nproxy = x"), "index_url: it has a control character"),
        (Index(url="ftp://canary"), "index_url: this is not a URL"),
        (Index(proxy="canary"), "proxy: this is not a URL"),
        (Index(find_links=(" canary",)), "find_links: it has a control character"),
    ],
)
def test_what_is_refused_is_not_repeated(index, said):
    with pytest.raises(SlipwayError) as caught:
        index.check()
    assert said in str(caught.value)
    assert "canary" not in str(caught.value)


def test_what_must_not_be_seen():
    assert set(installers.hidden_words(FULL)) == {"canary%25pw", "canary%pw", "tok", "q"}


@pytest.mark.parametrize("tool", [UV, PIP])
@pytest.mark.parametrize("hashed", [True, False])
@pytest.mark.parametrize("allow_source", [True, False])
def test_the_command_holds_no_secret_and_what_makes_it_exact(tool, hashed, allow_source):
    argv = installers.install(tool, "/bin/uv", "/r/.venv", "/proc/self/fd/3", hashed, allow_source)
    assert ("--require-hashes" in argv) is hashed
    assert ("--only-binary=:all:" in argv) is not allow_source
    assert argv[-1] == "/proc/self/fd/3"
    assert ("sync" in argv) is (tool == UV)
    assert ("--no-deps" in argv) is (tool == PIP)


@pytest.mark.parametrize(
    ("lines", "what"),
    [
        (["error: Failed to download `a==1`", "  cause: Hash mismatch for `a==1`"], "not the one of the lock file"),
        (["ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM"], "not the one of the lock file"),
        (
            ["ERROR: Could not find a version (from versions: none)", "ERROR: No matching distribution found for a"],
            "not available",
        ),
        (["error: No solution", "  cause: Because a was not found in the package registry and you"], "not available"),
        (["error: No solution", "  cause: Because there is no version of a==9 and you require a==9"], "not available"),
        (["WARNING: Retrying after connection broken by X", "ERROR: No matching distribution found"], "be reached"),
        (["error: Failed to fetch", "  cause: Connection refused (os error 111)"], "cannot be reached"),
        (["ERROR: HTTP error 401 Client Error: Unauthorized for url"], "refuses the credentials"),
        (["OSError: [Errno 28] No space left on device"], "the disk is full"),
        (["The virtual environment was not created because ensurepip is not available."], "cannot make environments"),
        (["/usr/bin/python3: No module named venv"], "cannot make environments"),
        (["a 1.0 has no wheels with a matching Python ABI tag"], "no wheel for this Python"),
        (["x", "error: something else."], "something else"),
        (["x", "y"], "y"),
        ([], "it printed nothing"),
    ],
)
def test_why_it_failed(lines, what):
    said, remedy = installers.read_failure(lines)
    assert what in said
    assert remedy


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("needy 1.0 requires tiny, which is not installed.", "needy 1.0 requires tiny, which is not installed"),
        ("The package `needy` requires `tiny>=2`, but it's not installed", "requires `tiny>=2`"),
        ("a 1 has requirement b<2, but you have b 3.", "b<2"),
    ],
)
def test_what_does_not_fit(line, what):
    assert what in installers.read_broken(["Checked 1 package", line])


def wheel(directory, name="tiny", requires=""):
    about = f"{name}-1.0.dist-info"
    files = {
        f"{name}.py": "VERSION = 1\n",
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{requires}",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{about}/RECORD": f"{name}.py,,\n",
    }
    path = directory / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for item, text in files.items():
            archive.writestr(item, text)
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def job(tmp_path):
    digest = wheel(tmp_path)
    lock = read_lock(f"tiny==1.0 --hash=sha256:{digest}\n".encode(), "lock")
    python = environment.find_python(sys.executable)
    return Job(tmp_path / ".venv", lock, python, "", Index(find_links=(str(tmp_path),), none=True), False, 120)


@pytest.fixture
def me():
    return account(getpass.getuser(), "user")


def test_a_whole_one(job, me, monkeypatch):
    # Pip itself, which takes its time, is the scenario's to try.
    site = f"{job.path}/lib/python{job.python.feature}/site-packages"
    unpack = [sys.executable, "-m", "zipfile", "-e", str(job.path.parent / "tiny-1.0-py3-none-any.whl"), site]
    monkeypatch.setattr(installers, "make", lambda *words: [sys.executable, "-m", "venv", "--without-pip", words[-1]])
    monkeypatch.setattr(installers, "install", lambda *words: unpack)
    monkeypatch.setattr(installers, "verify", lambda *words: ["true"])
    assert not environment.is_built(job)
    environment.build_environment(job, me)
    assert environment.is_built(job)
    assert json.loads((job.path / MARKER).read_text())["lock"] == f"sha256:{job.lock.digest}"
    assert (job.path / "bin/python").exists()
    assert list(job.path.glob("lib/*/site-packages/tiny.py"))
    modes = [stat.S_IMODE(path.lstat().st_mode) for path in job.path.rglob("*") if not path.is_symlink()]
    assert all(mode & 0o444 == 0o444 and not mode & 0o022 for mode in modes)
    other = read_lock(b"tiny==1.0\n# another\n", "lock")
    assert not environment.is_built(job._replace(lock=other))
    assert not environment.is_built(job._replace(python=job.python._replace(version="3.99.1")))
    assert environment.is_built(job._replace(python=job.python._replace(version=f"{job.python.feature}.99")))
    (job.path / MARKER).unlink()
    assert not environment.is_built(job)


@pytest.fixture
def fake(job, tmp_path):
    """A uv that does as it is told by files: what it prints for each of its commands, and its code."""
    program = tmp_path / "uv"
    program.write_text(
        f"""#!{sys.executable}
import os, sys, time
from pathlib import Path
here, words = Path(__file__).parent, " ".join(sys.argv[1:3])
with (here / "ran").open("a") as ran:
    ran.write(repr([sys.argv[1:], os.environ.get("UV_CONFIG_FILE")]) + chr(10))
    if os.environ.get("UV_CONFIG_FILE"):
        (here / "configuration").write_text(Path(os.environ["UV_CONFIG_FILE"]).read_text())
        (here / "lock").write_text(Path(sys.argv[-1]).read_text())
if words.startswith("venv"):
    Path(sys.argv[-1], "bin").mkdir()
    Path(sys.argv[-1], "bin/python").symlink_to(sys.executable)
said = here / words.replace(" ", "-").split("-quiet")[0].rstrip("-")
if said.exists():
    print(said.read_text())
    time.sleep(5 if "slow" in said.read_text() else 0)
    sys.exit(1)
"""
    )
    program.chmod(0o755)
    return job._replace(uv=str(program), source=Index(url="https://user:canarypw@host/simple"))


def test_uv_gets_credentials_and_lock_in_files_without_a_name(fake, me, tmp_path):
    environment.build_environment(fake, me)
    assert environment.is_built(fake)
    ran = (tmp_path / "ran").read_text()
    assert "canarypw" not in ran
    assert "/proc/self/fd/" in ran
    assert "canarypw" in (tmp_path / "configuration").read_text()
    assert (tmp_path / "lock").read_text() == fake.lock.content.decode()
    assert json.loads((fake.path / MARKER).read_text())["tool"] == "uv"


@pytest.mark.parametrize(
    ("step", "output", "said"),
    [
        ("venv", "error: No interpreter found", "cannot make the environment: No interpreter found"),
        ("pip-sync", "error: https://user:canarypw@host/simple: x", "cannot install the packages: https://user:[redac"),
        ("pip-sync", "  cause: Hash mismatch for `a`", "a package is not the one of the lock file"),
        ("pip-check", "`a` requires `b`, but it's not installed", "do not fit together: `a` requires `b`"),
    ],
)
def test_a_build_that_fails_leaves_nothing_and_shows_no_secret(fake, me, tmp_path, step, output, said):
    (tmp_path / step).write_text(output)
    with pytest.raises(environment.BuildError) as caught:
        environment.build_environment(fake, me)
    assert said in str(caught.value)
    assert caught.value.log
    assert "canarypw" not in f"{caught.value} {caught.value.log}"
    assert not fake.path.exists()


def test_a_build_that_takes_too_long(fake, me, tmp_path):
    (tmp_path / "pip-sync").write_text("slow")
    with pytest.raises(environment.BuildError, match="did not finish within 1 s"):
        environment.build_environment(fake._replace(timeout=1), me)


def test_what_another_build_left_is_made_again(fake, me):
    (fake.path / "lib").mkdir(parents=True)
    (fake.path / "lib/stale").touch()
    environment.build_environment(fake, me)
    assert not (fake.path / "lib/stale").exists()


def test_interpreters(tmp_path):
    found = environment.find_python(sys.executable)
    assert found.feature == f"{sys.version_info[0]}.{sys.version_info[1]}"
    assert environment.find_python(str(tmp_path / "none")) == Python("", "", "")
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    assert environment.find_python(str(broken)).version == ""
    assert not environment.makes_environments(environment.find_python(str(broken)))
    assert environment.makes_environments(found)


def test_the_interpreter_of_an_environment_has_to_be_there(fake, me):
    environment.build_environment(fake, me)
    (fake.path / "bin/python").unlink()
    (fake.path / "bin/python").symlink_to("/nowhere/python3.9")
    assert not environment.is_built(fake)
    assert os.path.lexists(fake.path / "bin/python")
    assert Path(fake.path).name == ".venv"
