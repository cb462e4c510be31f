#!/usr/bin/env bash
# Prepares this machine for systemd test hosts: packages, images, this clone's own network. Prints shell assignments:
#   eval "$(scripts/hosts.sh)"
# usage: scripts/hosts.sh [remove]     remove: this clone's containers and network
set -euo pipefail
cd "$(dirname "$0")/.."
export DEBIAN_FRONTEND=noninteractive CONTAINERS_CONF=$PWD/tests/containers.conf
packages=(
  podman runc netavark aardvark-dns iptables mmdebstrap openssh-client iproute2
  git maven openjdk-17-jdk-headless postgresql redis-server docker-registry openssl curl chromium
)
prefix=slipway-$(printf %s "$PWD" | sha256sum | cut -c1-6)
recipe=$(cat tests/image/* | sha256sum | cut -c1-12)

say() { printf 'hosts: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

install_packages() {
  local package missing=()
  for package in "${packages[@]}"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  # Node of another source brings npm along, and Debian's would not go with it.
  command -v npm >/dev/null || missing+=(nodejs npm)
  ((${#missing[@]})) || return 0
  [ "$(id -u)" = 0 ] || fail "the test hosts need root and the packages ${missing[*]}"
  command -v apt-get >/dev/null || fail "the test hosts need ${missing[*]}, and there is no apt-get"
  say "installing ${missing[*]}"
  # A PostgreSQL of the tests' own is started by the tests; the package's cluster would only hold the port.
  mkdir -p /etc/postgresql-common
  [ -e /etc/postgresql-common/createcluster.conf ] ||
    printf 'create_main_cluster = false\n' >/etc/postgresql-common/createcluster.conf
  # Nor a registry that everybody can write to: the package's would listen on every address.
  if [[ " ${missing[*]} " = *' docker-registry '* ]] && [ ! -e /etc/systemd/system/docker-registry.service ]; then
    mkdir -p /etc/systemd/system
    ln -s /dev/null /etc/systemd/system/docker-registry.service
  fi
  {
    apt-get -q -o Acquire::Retries=3 -o Acquire::http::Timeout=30 update
    apt-get -qy -o Acquire::Retries=3 install --no-install-recommends "${missing[@]}"
  } >.run/hosts.log 2>&1 </dev/null || { tail -n 15 .run/hosts.log >&2; fail "apt-get failed, see .run/hosts.log"; }
}

# image SUITE NAME: the image NAME, built when there is none of this recipe
image() {
  podman image exists "$2" && return
  say "building the test host $2; about a minute"
  tests/image/build.sh "$1" "$2" >".run/image-$1.log" 2>&1 ||
    { tail -n 15 ".run/image-$1.log" >&2; fail "the image was not built, see .run/image-$1.log"; }
}

# The bridge has this machine's address only while a container is on it: the anchor is that container.
anchor() {
  podman network exists "$prefix" || podman network create "$prefix" >/dev/null
  [ "$(podman inspect --format '{{.State.Running}}' "$prefix-anchor" 2>/dev/null)" = true ] ||
    podman run --detach --replace --name "$prefix-anchor" --network "$prefix" "$1" sleep infinity >.run/anchor.log 2>&1 ||
    { tail -n 15 .run/anchor.log >&2; fail "the network's first container did not start, see .run/anchor.log"; }
  local bridge
  bridge=$(podman network inspect "$prefix" --format '{{.NetworkInterface}}')
  # A bridge takes the lowest address of its ports unless it was given one: with every host that comes or goes the
  # gateway's could change, and the others would not reach it until their neighbour tables have noticed.
  [ "$(cat "/sys/class/net/$bridge/addr_assign_type")" = 3 ] ||
    ip link set dev "$bridge" address "$(cat "/sys/class/net/$bridge/address")"
}

remove() {
  command -v podman >/dev/null || return 0
  # Podman's helpers complain of a machine without syslog; that is only worth reading when something went wrong.
  podman ps --all --quiet --filter "name=^$prefix-" |
    xargs -r podman rm --force --time=0 --volumes >.run/remove.log 2>&1 ||
    { tail -n 15 .run/remove.log >&2; fail "not everything was removed, see .run/remove.log"; }
  podman network rm --force "$prefix" >/dev/null 2>&1 || true
}

mkdir -p .run
exec 8>.run/hosts.lock
flock 8
if [ "${1:-}" = remove ]; then remove; exit; fi
install_packages
bookworm=localhost/slipway-systemd:12-$recipe trixie=localhost/slipway-systemd:13-$recipe
image bookworm "$bookworm"
image trixie "$trixie"
anchor "$bookworm" 8>&-
gateway=$(podman network inspect "$prefix" --format '{{(index .Subnets 0).Gateway}}')
printf 'export MOL_IMAGE=%q MOL_IMAGE_13=%q MOL_NETWORK=%q MOL_GATEWAY=%q MOL_PREFIX=%q CONTAINERS_CONF=%q ANSIBLE_HOME=%q\n' \
  "$bookworm" "$trixie" "$prefix" "$gateway" "$prefix" "$CONTAINERS_CONF" "$PWD/.ansible"
