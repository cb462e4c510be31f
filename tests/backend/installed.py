# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A test host's image with the packages of a backend host: for tests whose subject begins after the bootstrap."""

from __future__ import annotations

import fcntl

from tests.support.hosts import ROOT, podman, settings
from tests.support.pace import scaled

PACKAGES = ("default-jre-headless", "git", "ca-certificates")
INSTALL = f"apt-get -qq update && apt-get -qqy install --no-install-recommends {' '.join(PACKAGES)} && apt-get clean"


def installed_image() -> str:
    """The image's name; made once for each image that it is built on, by the distribution's own packages."""
    base = settings()["MOL_IMAGE"]
    name = f"{base.rpartition(':')[0]}-java:{base.rpartition(':')[2]}"
    (ROOT / ".run").mkdir(exist_ok=True)
    with (ROOT / ".run" / "installed.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if name not in podman("images", "--format", "{{.Repository}}:{{.Tag}}").split():
            container = f"{settings()['MOL_PREFIX']}-installed"
            network = settings()["MOL_NETWORK"]
            podman("rm", "--force", "--ignore", container)
            podman("run", "--name", container, "--network", network, base, "sh", "-ec", INSTALL, timeout=scaled(600))
            podman("commit", "--quiet", "--change", 'CMD ["/usr/local/sbin/container-init"]', container, name)
            podman("rm", "--force", container)
    return name
