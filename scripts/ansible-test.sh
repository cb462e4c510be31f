#!/usr/bin/env bash
# ansible-test's sanity tests of the collection, in place. Everything it keeps stays in .ansible/. The unit tests are
# those that `make unit` runs: `ansible-test units` runs them as well, and takes three times as long.
set -euo pipefail
cd "$(dirname "$0")/.."
# ansible-test keeps its virtual environments below HOME. It would fetch pip's installer for them from a server of its
# own; the file is taken from its cache when it is there, and Python brings an installer along.
export HOME=$PWD/.ansible/ansible-test
cache=$HOME/.ansible/test/cache
mkdir -p "$cache"
for version in 20_3_4 21_3_1 24_2 25_0 25_1 25_2 25_3; do
  printf 'import ensurepip\n\nensurepip.bootstrap()\n' >"$cache/get_pip_$version.py"
done
cd collections/ansible_collections/slipway/deploy
version=$(python -c 'import sys; print("%d.%d" % sys.version_info[:2])')
exec ansible-test sanity --color no --python "$version"
