#!/usr/bin/env bash
# Checks the changelog fragments of the collection.
# usage: scripts/changelog.sh [BASE]     BASE: a commit; what was changed since for users must have brought a fragment
set -euo pipefail
cd "$(dirname "$0")/.."
collection=collections/ansible_collections/slipway/deploy
base=${1:-}

(cd "$collection" && antsibull-changelog lint)

[ -n "$base" ] || exit 0
changed=$(git diff --name-only "$base...HEAD" -- "$collection/plugins" playbooks roles deploy.yml)
added=$(git diff --name-only --diff-filter=AM "$base...HEAD" -- "$collection/changelogs/fragments")
if [ -n "$changed" ] && [ -z "$added" ]; then
  printf 'changelog: %s and others changed, and no fragment says so. Add one: %s\n' \
    "${changed%%$'\n'*}" "$collection/changelogs/fragments/<topic>.yml" >&2
  printf 'changelog: a change that no user notices gets a section "trivial"\n' >&2
  exit 1
fi
