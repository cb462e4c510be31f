#!/usr/bin/env bash
# Builds slipway-deploy-<version>.tar.gz: the collection, and in it the project's roles and playbooks, which the collection
# does not have in place. usage: scripts/collection.sh [DIRECTORY]     .run/collection by default
set -euo pipefail
cd "$(dirname "$0")/.."
output=${1:-.run/collection}
collection=collections/ansible_collections/slipway/deploy
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT

# add PATH DIRECTORY: the files below PATH that git knows or would add, as they are now, but no links
add() {
  [ -d "$1" ] || return 0
  mkdir -p "$2"
  (cd "$1" && git ls-files -z --cached --others --exclude-standard | while IFS= read -rd '' path; do
    # A file that was removed is in git's index until that is committed.
    if [ -f "$path" ] && [ ! -L "$path" ]; then printf '%s\0' "$path"; fi
  done | tar --create --null --files-from=- --file=-) | tar --extract --directory "$2" --file=-
}

add "$collection" "$stage"
add roles "$stage/roles"
add playbooks "$stage/playbooks"
# Ansible finds filters beside a playbook, in a collection as in the project.
add filter_plugins "$stage/playbooks/filter_plugins"
# It looks after a project's settings, which a project that uses the collection has of its own.
rm -rf "$stage/playbooks/callback_plugins"
mkdir -p "$output"
ansible-galaxy collection build --force --output-path "$output" "$stage"
