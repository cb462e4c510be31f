#!/usr/bin/env bash
# ruff, mypy, import-linter and yamllint over the whole project. All of them run; the first failure decides the exit code.
set -uo pipefail
cd "$(dirname "$0")/.."
status=0
run() { "$@" || { status=1; printf 'lint: failed: %s\n' "$*" >&2; }; }
run ruff check --quiet
run ruff format --check --quiet
run mypy collections/ansible_collections/slipway/deploy/plugins sandbox
run env PYTHONPATH=collections lint-imports --no-cache --no-logo
run yamllint --strict .
exit "$status"
