#!/usr/bin/env bash
# Resolves pyproject.toml's ranges into lock files with hashes, for every Python that the project supports, without
# the address of any registry.
set -euo pipefail
cd "$(dirname "$0")/.."
[ -x .run/uv/bin/uv ] || { python3 -m venv .run/uv && .run/uv/bin/pip install -q uv; }
lock() { .run/uv/bin/uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes \
  --no-emit-index-url --no-header "$@"; }
lock pyproject.toml --group dev -o requirements.lock
lock --group clients -o requirements-clients.lock
git --no-pager diff --stat -- '*.lock'
