#!/bin/sh
# commit-msg and pre-push hook of a repository: checks the name of its branch, the messages of its commits and its version
# with playbooks/conventions.yml. Once in each clone:
#
#     git config core.hooksPath <this project>/pipelines/git/hooks
#     git config slipway.env dev
#     git config slipway.repository backend       # its name in repository_rules
#
# Texts are handed over by files and environment variables, never as arguments.
set -eu
hook=$(basename -- "$0")
project=$(CDPATH='' cd -- "$(dirname -- "$(readlink -f -- "$0")")/../../.." && pwd)
environment=${SLIPWAY_ENV:-$(git config --get slipway.env || true)}
if [ -z "$environment" ]; then
  echo "$hook: slipway.env is not set. Name the environment with the rules: git config slipway.env dev" >&2
  exit 1
fi
SLIPWAY_SOURCE=$(git rev-parse --show-toplevel)
SLIPWAY_REPOSITORY=${SLIPWAY_REPOSITORY:-$(git config --get slipway.repository || true)}
export SLIPWAY_SOURCE SLIPWAY_REPOSITORY
case $hook in
  commit-msg)
    SLIPWAY_MESSAGE_FILE=$(readlink -f -- "$1")
    export SLIPWAY_MESSAGE_FILE
    ;;
  pre-push)
    SLIPWAY_PUSH_FILE=$(mktemp)
    trap 'rm -f "$SLIPWAY_PUSH_FILE"' EXIT
    cat >"$SLIPWAY_PUSH_FILE"
    export SLIPWAY_PUSH_FILE
    ;;
  *)
    echo "$hook: there is no such hook here. Link it as commit-msg or pre-push" >&2
    exit 1
    ;;
esac
# The variables of the repository that git sets would reach other repositories.
for name in $(git rev-parse --local-env-vars); do unset "$name"; done
cd "$project"
PATH=$project/.venv/bin:$PATH
if ! command -v ansible-playbook >/dev/null; then
  echo "$hook: ansible-playbook is not installed. Install it in $project: make setup" >&2
  exit 1
fi
ansible-playbook playbooks/conventions.yml -e "env=$environment" </dev/null >&2
