#!/bin/sh
# Copies this machine's Node.js and npm, and a cache of npm with pnpm in it, to /opt/node of the container $1: that takes
# seconds, and the host needs no network.
# usage: copy_node.sh CONTAINER CACHE
set -eu
here=$(cd "$(dirname "$0")" && pwd)
[ -e "$2" ] || npm cache add pnpm@10 --cache "$2"
podman exec "$1" mkdir -p /opt/node/bin /opt/node/lib
podman cp "$(node --print process.execPath)" "$1:/opt/node/bin/node"
podman cp "$(npm root --global --silent)/npm" "$1:/opt/node/lib/npm"
podman cp "$2" "$1:/opt/node/cache"
podman cp "$here/node_npm" "$1:/opt/node/bin/npm"
podman cp "$here/npm" "$1:/usr/local/bin/npm"
podman exec "$1" sh -c 'chmod 0755 /opt/node/bin/npm /usr/local/bin/npm; printf "cache=/opt/node/cache\noffline=true\n" >/root/.npmrc'
