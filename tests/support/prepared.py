# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Test hosts' images with the packages that a first deploy installs: for tests whose subject begins after that.

One for each kind of host, made once for what goes into it, by the distribution's own packages.
"""

from __future__ import annotations

from tests.support import fixtures
from tests.support.hosts import podman, settings
from tests.support.pace import scaled

BACKEND = ("default-jre-headless", "git", "ca-certificates")
SITE = ("python3-venv", "git", "nginx", "ca-certificates")


def backend_image() -> str:
    """The name of the image of a backend host. Raises HostError."""
    return _image("backend", BACKEND)


def site_image() -> str:
    """The name of the image of a site's host. Raises HostError."""
    return _image("site", SITE)


def _image(kind: str, packages: tuple[str, ...]) -> str:
    base = settings()["MOL_IMAGE"]
    install = f"apt-get -qq update && apt-get -qqy install --no-install-recommends {' '.join(packages)}"
    # The services that packages start by themselves are a deploy's to start.
    recipe = f"printf '#!/bin/sh\\nexit 101\\n' >/usr/sbin/policy-rc.d && chmod 755 /usr/sbin/policy-rc.d && {install}"
    command = f"{recipe} && apt-get clean && rm /usr/sbin/policy-rc.d"
    name = f"{base.rpartition(':')[0]}-{kind}:{fixtures.digest(base, command)}"
    with fixtures.alone(f"image-{kind}"):
        if name not in podman("images", "--format", "{{.Repository}}:{{.Tag}}").split():
            container = f"{settings()['MOL_PREFIX']}-prepared-{kind}"
            network = settings()["MOL_NETWORK"]
            podman("rm", "--force", "--ignore", container)
            podman("run", "--name", container, "--network", network, base, "sh", "-ec", command, timeout=scaled(600))
            podman("commit", "--quiet", "--change", 'CMD ["/usr/local/sbin/container-init"]', container, name)
            podman("rm", "--force", container)
    return name
