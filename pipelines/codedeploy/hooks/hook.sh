#!/bin/sh
# Started by the CodeDeploy agent for every event, and at first boot with the argument `boot`: finds a Python that the
# bundle has packages for. The agent's environment may have no HOME and next to no PATH.
set -eu
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
HOME=${HOME:-/root}
LANG=C.UTF-8 LC_ALL=C.UTF-8
export PATH HOME LANG LC_ALL
umask 022
here=$(cd "$(dirname "$0")" && pwd -P)
for list in "$here"/../wheelhouse/requirements-*.txt; do
  version=${list##*-}
  python=python${version%.txt}
  if command -v "$python" >/dev/null 2>&1; then
    exec "$python" -I "$here/hook.py" "$@" </dev/null
  fi
done
echo "slipway: this host has no Python that the bundle has packages for:" "$here"/../wheelhouse/requirements-*.txt
echo "slipway: install one of them, or build the bundle with this host's in bundle_pythons; nothing was changed"
exit 1
