# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Hosts for tests: containers that boot systemd and take SSH, on this clone's network.

    with Hosts() as hosts:
        host = hosts.start("backend-1")            # or start("backend-1", image=hosts.settings["MOL_IMAGE_13"])
        host.run("systemctl restart umigo-backend")
        host.spec.service("umigo-backend").is_running      # testinfra
        host.address, host.inventory, host.kill(), host.vanish()
        with Sandbox(seed="none", address=hosts.gateway) as aws:
            register_instance(aws, "backend-1", {"Role": "backend"}, host.address)

Everything is removed with the block, also after a failure. The image and the network come from scripts/hosts.sh.
"""

from __future__ import annotations

import ipaddress
import os
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import testinfra
import testinfra.host

from sandbox.testing import Sandbox
from tests.support.pace import scaled

ROOT = Path(__file__).resolve().parents[2]
BOOT_SECONDS = scaled(60)
COMMAND_SECONDS = scaled(300)
OWNER = "slipway-test-pid"
_GROUPS = Path("/sys/fs/cgroup")
CAPABILITIES = "SYS_ADMIN,NET_ADMIN"
SSH_OPTIONS = (
    *("-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR"),
    *("-o", "BatchMode=yes", "-o", "ConnectTimeout=5"),
)


class HostError(Exception):
    """A host did not start, or a command on it failed; the text is what it printed."""


@cache
def settings() -> dict[str, str]:
    """What scripts/hosts.sh exports, from the environment or by running it. Raises HostError."""
    if "MOL_IMAGE" in os.environ:
        return {
            name: value for name, value in os.environ.items() if name.startswith("MOL_") or name == "CONTAINERS_CONF"
        }
    done = subprocess.run(
        [str(ROOT / "scripts" / "hosts.sh")], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, check=False
    )
    if done.returncode:
        raise HostError("scripts/hosts.sh failed")
    assignments = [part for part in shlex.split(done.stdout) if "=" in part]
    return dict(part.split("=", 1) for part in assignments)


@cache
def _manager() -> str:
    """The manager of podman's control groups: ``cgroupfs`` or ``systemd``."""
    return podman("info", "--format", "{{.Host.CgroupManager}}")


def podman(*arguments: str, stdin: str = "", check: bool = True, timeout: float = COMMAND_SECONDS) -> str:
    """Run podman; what it printed. Raises HostError."""
    done = subprocess.run(
        ["podman", *arguments],
        env={**os.environ, "CONTAINERS_CONF": settings()["CONTAINERS_CONF"]},
        input=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=timeout,
    )
    if check and done.returncode:
        raise HostError(f"podman {arguments[0]}: {done.stdout.strip()}")
    return done.stdout.strip()


@dataclass
class Host:
    """One container; ``name`` is its host name, ``container`` podman's name of it."""

    name: str
    container: str
    key: Path
    network: str
    address: str = ""

    @property
    def mac(self) -> str:
        """Belongs to the address: a neighbour's table is right also about the host that had it before."""
        return "02:00:" + ":".join(f"{int(part):02x}" for part in self.address.split("."))

    @property
    def ssh(self) -> list[str]:
        """The command line that logs in; a command may follow."""
        return ["ssh", "-i", str(self.key), *SSH_OPTIONS, f"root@{self.address}"]

    @property
    def variables(self) -> dict[str, str]:
        """The host's variables in an inventory."""
        return {
            "ansible_host": self.address,
            "ansible_user": "root",
            "ansible_ssh_private_key_file": str(self.key),
            "ansible_python_interpreter": "/usr/bin/python3",
            "ansible_ssh_common_args": "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR",
        }

    @property
    def inventory(self) -> str:
        """The host's line in an INI inventory."""
        return " ".join([self.name, *(f"{name}={shlex.quote(value)}" for name, value in self.variables.items())])

    def run(self, command: str, *, stdin: str = "", check: bool = True) -> str:
        """Run a shell command as root, not through SSH; what it printed. Raises HostError."""
        return podman("exec", "-i", self.container, "sh", "-c", command, stdin=stdin, check=check)

    @property
    def spec(self) -> testinfra.host.Host:
        """Testinfra's view of it: ``host.spec.service("nginx").is_running``, ``host.spec.file("/app").user``."""
        os.environ.setdefault("CONTAINERS_CONF", settings()["CONTAINERS_CONF"])
        return testinfra.get_host(f"podman://{self.container}")

    def write(self, path: str, content: str, mode: str = "0644") -> None:
        """Write a file."""
        self.run(f"install -D -m {mode} /dev/stdin {shlex.quote(path)}", stdin=content)

    def copy(self, source: Path, path: str) -> None:
        """Copy a file or a directory of this machine to the host."""
        podman("cp", str(source), f"{self.container}:{path}")

    def trust(self, authority: Path) -> None:
        """Let every program on the host trust a certificate authority.

        As ``update-ca-certificates`` does, whose next run keeps it, without its seconds: it hashes every authority, and
        starts Java where there is one.
        """
        path = f"/usr/local/share/ca-certificates/{authority.parent.name}.crt"
        self.write(path, authority.read_text())
        self.run(
            f"cat {path} >>/etc/ssl/certs/ca-certificates.crt && "
            f"name=/etc/ssl/certs/$(openssl x509 -noout -hash -in {path}) && number=0 && "
            # Authorities of one name have one hash.
            "while [ -L $name.$number ]; do number=$((number + 1)); done && "
            f"ln -s {path} $name.$number"
        )

    def wait(self) -> None:
        """Wait until it has booted. Raises HostError."""
        deadline = time.monotonic() + BOOT_SECONDS
        state = ""
        while time.monotonic() < deadline:
            state = podman("exec", self.container, "systemctl", "is-system-running", "--wait", check=False)
            if state in ("running", "degraded"):
                return
            time.sleep(0.3)
        raise HostError(f"{self.name} did not boot within {BOOT_SECONDS} s: {state}")

    def kill(self) -> None:
        """Cut the power: no process ends in an orderly way."""
        podman("kill", "--signal", "KILL", self.container)
        podman("wait", self.container)

    def boot(self) -> None:
        """Start it again after ``kill``, at the same address."""
        podman("start", self.container)
        self.wait()

    def vanish(self) -> None:
        """Disconnect it from the network silently: connections hang, as with a host that is gone."""
        self.run("ip route show default > /run/route && ip link set eth0 down")

    def reappear(self) -> None:
        """Put it back, at the same address."""
        self.run("ip link set eth0 up && ip route add $(cat /run/route)")


@dataclass
class Hosts:
    """The hosts of a test; a context manager that removes them."""

    settings: Mapping[str, str] = field(default_factory=settings)
    members: list[Host] = field(default_factory=list)
    _directory: Path = Path()

    @property
    def gateway(self) -> str:
        """This machine's address, as the hosts reach it."""
        return self.settings["MOL_GATEWAY"]

    def __enter__(self) -> Self:
        """Make a key; remove leftovers of a killed test."""
        template = f'{{{{index .Labels "{OWNER}"}}}} {{{{.ID}}}}'
        for line in podman("ps", "--all", "--filter", f"label={OWNER}", "--format", template).splitlines():
            pid, identity = line.split()
            if not Path(f"/proc/{pid}").exists():
                podman("rm", "--force", "--ignore", "--time=0", "--volumes", identity, check=False)
        self._directory = Path(tempfile.mkdtemp(prefix="hosts-"))
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self._directory / "key")]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove the containers."""
        if self.members:
            names = [one.container for one in self.members]
            podman("rm", "--force", "--ignore", "--time=0", "--volumes", *names, check=False)
            for group in (path for name in names for path in (_GROUPS / name, *_GROUPS.glob(f"*/{name}"))):
                for path in (group / "conmon", group):
                    with suppress(OSError):
                        path.rmdir()
        shutil.rmtree(self._directory, ignore_errors=True)

    def _free_address(self) -> str:
        """An address that stays the host's own, whatever else starts while it is off."""
        network = podman(
            "network", "inspect", "--format", "{{(index .Subnets 0).Subnet}}", self.settings["MOL_NETWORK"]
        )
        every = podman("ps", "--all", "--quiet", "--filter", f"network={self.settings['MOL_NETWORK']}").split()
        template = "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}"
        taken = set(podman("inspect", "--format", template, *every).split()) | {one.address for one in self.members}
        # From the end: podman hands out addresses from the start.
        pool = list(ipaddress.ip_network(network).hosts())[::-1]
        return next(str(one) for one in pool if str(one) not in taken)

    def start(self, name: str, *, image: str | None = None, arguments: Sequence[str] = ()) -> Host:
        """Start a host and wait until it has booted and takes the key. ``arguments`` are further ones of podman run."""
        container = f"{self.settings['MOL_PREFIX']}-{name}-{os.getpid()}"
        host = Host(name, container, self._directory / "key", self.settings["MOL_NETWORK"])
        command = [
            *("run", "--detach", "--systemd=always", "--cgroupns=private", f"--cap-add={CAPABILITIES}"),
            *("--label", f"{OWNER}={os.getpid()}", "--name", container, "--hostname", name, "--network", host.network),
        ]
        if _manager() == "cgroupfs":
            # On a busy machine each host gets as much processor time as a session; without this, all hosts together do.
            command.append(f"--cgroup-parent=/{container}")
        for attempt in range(5):
            try:
                host.address = self._free_address()
                place = ("--ip", host.address, "--mac-address", host.mac)
                podman(*command, *place, *arguments, image or self.settings["MOL_IMAGE"])
                break
            except HostError:
                # Another test has taken the address, or removed a host, in the meantime.
                podman("rm", "--force", "--ignore", "--time=0", container, check=False)
                if attempt == 4:
                    raise
        self.members.append(host)
        host.wait()
        host.write("/root/.ssh/authorized_keys", self._directory.joinpath("key.pub").read_text(), "0600")
        return host


def register_instance(
    aws: Sandbox, name: str, tags: Mapping[str, str], address: str, *, prefix: int = 24, zone: str = "a"
) -> str:
    """An EC2 instance of the sandbox whose private address is the host's; its id.

    VPC and subnet are made of the address's network when there is none yet. ``tags`` come beside ``Name``.
    """
    ec2 = aws.client("ec2")
    instance: str = ec2.run_instances(
        ImageId="ami-0a1b2c3d4e5f60718",
        InstanceType="t3.small",
        MinCount=1,
        MaxCount=1,
        SubnetId=subnet_of(ec2, address, prefix, f"{aws.region}{zone}"),
        PrivateIpAddress=address,
        TagSpecifications=[
            {
                "ResourceType": "instance",
                "Tags": [{"Key": key, "Value": value} for key, value in {"Name": name, **tags}.items()],
            }
        ],
    )["Instances"][0]["InstanceId"]
    return instance


def subnet_of(ec2: Any, address: str, prefix: int = 24, zone: str = "eu-west-1a") -> str:
    """The id of the subnet that has an address, made with its VPC when there is none."""
    block = str(ipaddress.ip_network(f"{address}/{prefix}", strict=False))
    found = ec2.describe_subnets(Filters=[{"Name": "cidr-block", "Values": [block]}])["Subnets"]
    if found:
        return str(found[0]["SubnetId"])
    vpc = ec2.create_vpc(CidrBlock=block)["Vpc"]["VpcId"]
    return str(ec2.create_subnet(VpcId=vpc, CidrBlock=block, AvailabilityZone=zone)["Subnet"]["SubnetId"])
