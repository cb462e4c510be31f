#!/usr/bin/env bash
# Every test. What needs systemd hosts waits much of its time: two of its parts run at once, beside the rest. A part that
# fails does not keep the others from running; the last lines say which failed.
set -uo pipefail
cd "$(dirname "$0")/.."
if [ "${1:-}" != supervised ]; then
  # What this clone leaves running goes with the tests, however these end; so do its containers.
  exec scripts/supervise.py "scripts/hosts.sh remove" "$PWD/scripts/test.sh" supervised
fi
export failures=.run/test-failed logs=.run/test-logs began=$EPOCHSECONDS
rm -rf "$logs"
mkdir -p "$logs"
: >"$failures"

# part NAME COMMAND…: run one part, with the seconds since the start before
part() {
  local name=$1
  shift
  printf '== %4ss %s\n' $((EPOCHSECONDS - began)) "$name"
  "$@" </dev/null || printf '%s\n' "$name" >>"$failures"
}

# tests PATH: a file or directory of tests
tests() {
  part "$1" python -m pytest -q --durations=10 --durations-min=30 "$1"
}

# on_hosts UNIT: a part on systemd hosts; what it says is kept until the end
on_hosts() {
  case "$1" in
    molecule/*) part "$1" scripts/molecule.sh "${1#molecule/}" ;;
    *) tests "$1" ;;
  esac >"$logs/${1//\//-}.log" 2>&1
}
export -f part tests on_hosts

# What takes longest begins first.
units=(
  tests/backend/test_{killed,bad_input,two_hosts}.py tests/site/test_{bad_input,life_cycle}.py
  tests/backend/test_{life_cycle,own_bundle}.py tests/codedeploy
)
for unit in molecule/*/molecule.yml tests/{backend,site}/test_*.py tests/{hosts,logs,developer}; do
  unit=${unit%/molecule.yml}
  [[ " ${units[*]} " == *" $unit "* ]] || units+=("$unit")
done

main_lane() {
  local directory
  part "lint and unit" make --no-print-directory check
  part "ansible-lint" ansible-lint
  part "ansible-test" scripts/ansible-test.sh
  for directory in tests/*; do
    [[ " tests/bench ${units[*]} " == *" $directory"[\ /]* ]] && continue
    if compgen -G "$directory/test_*.py" >/dev/null; then tests "$directory"; fi
  done
}

if ! assignments=$(scripts/hosts.sh); then
  printf 'test: this machine cannot run the systemd test hosts\n' >&2
  exit 1
fi
eval "$assignments"
printf '%s\n' "${units[@]}" | xargs -P 2 -I{} bash -c 'on_hosts "$1"' _ {} &
hosts=$!
main_lane
# A third part on hosts takes the place of what is through.
kill -USR1 "$hosts" 2>/dev/null || true
printf '== %4ss waiting for the tests on hosts\n' $((EPOCHSECONDS - began))
wait "$hosts"
for unit in "${units[@]}"; do cat "$logs/${unit//\//-}.log"; done

took=$((EPOCHSECONDS - began))
if [ -s "$failures" ]; then
  printf '== %4ss failed: %s\n' "$took" "$(paste -sd, "$failures")"
  exit 1
fi
printf '== %4ss all passed\n' "$took"
