#!/usr/bin/env bash
# Every test, in three lanes at once: what needs systemd hosts waits most of its time, the rest works. A part that fails
# does not keep the others from running; the last lines say which failed.
set -uo pipefail
cd "$(dirname "$0")/.."
mkdir -p .run
failures=.run/test-failed
: >"$failures"
on_hosts=(backend hosts codedeploy logs developer)

# part NAME COMMAND…: run one part, with the seconds since the start before and after
part() {
  local name=$1
  shift
  printf '== %4ss %s\n' "$SECONDS" "$name"
  "$@" </dev/null || printf '%s\n' "$name" >>"$failures"
}

# tests DIRECTORY…: the tests below tests/
tests() {
  local directory
  for directory in "$@"; do
    if compgen -G "tests/$directory/test_*.py" >/dev/null; then
      part "tests/$directory" python -m pytest -q --durations=10 --durations-min=30 "tests/$directory"
    fi
  done
}

deploys_lane() {
  tests backend
}

roles_lane() {
  part "molecule" env MOL_PARALLEL=1 scripts/molecule.sh
  tests hosts codedeploy logs developer
}

main_lane() {
  local directory others=()
  part "lint and unit" make --no-print-directory check
  part "ansible-lint" ansible-lint
  part "ansible-test" scripts/ansible-test.sh
  for directory in tests/*/; do
    directory=$(basename "$directory")
    [[ " bench ${on_hosts[*]} " == *" $directory "* ]] || others+=("$directory")
  done
  tests "${others[@]}"
}

# What this clone leaves running is containers: they go with the tests, however these end.
trap 'scripts/hosts.sh remove' EXIT
if ! assignments=$(scripts/hosts.sh); then
  printf 'test: this machine cannot run the systemd test hosts\n' >&2
  exit 1
fi
eval "$assignments"
lanes=(deploys roles)
for lane in "${lanes[@]}"; do
  "${lane}_lane" >".run/test-$lane.log" 2>&1 &
done
main_lane
printf '== %4ss waiting for the tests on hosts\n' "$SECONDS"
wait
for lane in "${lanes[@]}"; do cat ".run/test-$lane.log"; done

if [ -s "$failures" ]; then
  printf '== %4ss failed: %s\n' "$SECONDS" "$(paste -sd, "$failures")"
  exit 1
fi
printf '== %4ss all passed\n' "$SECONDS"
