#!/usr/bin/env bash
# Every test. A part that fails does not keep the others from running; the last lines say which failed.
set -uo pipefail
cd "$(dirname "$0")/.."
collection=collections/ansible_collections/slipway/deploy
failed=()

# part NAME COMMAND…: run one part, with the seconds since the start before and after
part() {
  local name=$1
  shift
  printf '== %4ss %s\n' "$SECONDS" "$name"
  "$@" </dev/null || failed+=("$name")
}

part "lint and unit" make --no-print-directory check
part "ansible-lint" ansible-lint
part "ansible-test" scripts/ansible-test.sh
for tests in tests/*/; do
  if [ "$tests" != tests/bench/ ] && compgen -G "$tests/test_*.py" >/dev/null; then
    part "$tests" python -m pytest -q "$tests"
  fi
done

if ((${#failed[@]})); then
  printf '== %4ss failed: %s\n' "$SECONDS" "$(IFS=,; printf '%s' "${failed[*]}")"
  exit 1
fi
printf '== %4ss all passed\n' "$SECONDS"
