#!/usr/bin/env bash
# ruff, mypy, import-linter and yamllint over the whole project, and what is generated from the roles' argument specs. All
# of them run; a failure of any is the exit code.
set -uo pipefail
cd "$(dirname "$0")/.."
status=0
run() { "$@" || { status=1; printf 'lint: failed: %s\n' "$*" >&2; }; }
run ruff check --quiet
run ruff format --check --quiet
run mypy collections/ansible_collections/slipway/deploy/plugins sandbox
run env PYTHONPATH=collections lint-imports --no-cache --no-logo
run yamllint --strict .
run python scripts/role_docs.py --check
exit "$status"
