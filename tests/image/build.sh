#!/usr/bin/env bash
# Builds a systemd test host's image from Debian packages.
# usage: build.sh SUITE IMAGE
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
suite=${1:?suite} image=${2:?image}
# man1: packages with alternatives (Java) put links there, whether manual pages are installed or not.
mmdebstrap --quiet --variant=minbase \
  --include=apt,systemd,systemd-sysv,dbus,libnss-systemd,python3,python3-apt,ca-certificates,iproute2,sudo,procps,curl,openssh-server \
  --aptopt='APT::Install-Recommends "false"' \
  --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
  --customize-hook="upload $here/container-init /usr/local/sbin/container-init" \
  --customize-hook='chmod 0755 "$1/usr/local/sbin/container-init"; mkdir -p "$1/usr/share/man/man1"' \
  --customize-hook='rm -f "$1"/etc/ssh/ssh_host_*_key*; mkdir -p "$1/etc/systemd/system/ssh.service.d"; printf "[Service]\nExecStartPre=\nExecStartPre=/usr/bin/ssh-keygen -A\nExecStartPre=/usr/sbin/sshd -t\n" > "$1/etc/systemd/system/ssh.service.d/hostkeys.conf"' \
  --customize-hook='chroot "$1" systemctl mask systemd-modules-load.service systemd-networkd.service systemd-resolved.service getty.target console-getty.service >/dev/null 2>&1' \
  "$suite" - |
  podman import --quiet --change 'CMD ["/usr/local/sbin/container-init"]' - "$image"
