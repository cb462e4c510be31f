#!/usr/bin/env bash
# Runs Molecule scenarios on systemd containers, two at a time, with a sandbox that the containers reach.
# usage: scripts/molecule.sh [test|converge|idempotence|verify|destroy|…] [scenario…]     test, and all of them, by default
set -euo pipefail
cd "$(dirname "$0")/.."
assignments=$(scripts/hosts.sh)
eval "$assignments"
command=test
case "${1:-}" in
  create | prepare | converge | idempotence | side-effect | verify | destroy | test | login | syntax) command=$1 && shift ;;
esac
scenarios=("$@")
if ((${#scenarios[@]} == 0)); then
  mapfile -t scenarios < <(find molecule -mindepth 2 -maxdepth 2 -name molecule.yml -printf '%h\n' | xargs -rn1 basename | sort)
fi
((${#scenarios[@]})) || exit 0
mkdir -p .run/molecule

# A scenario that is looked at by hand, step by step, keeps its sandbox: what was seeded must outlive a command.
export SLIPWAY_TEST_STATE=$PWD/.run/molecule/sandbox-$$.json
if [ "$command" != test ]; then SLIPWAY_TEST_STATE=$PWD/.run/molecule/sandbox.json; fi
python=$(command -v python)
if [ "$command" = test ] || ! "$python" -m tests.support.endpoint "$SLIPWAY_TEST_STATE" >/dev/null 2>&1; then
  parent=()
  if [ "$command" = test ]; then parent=(--with-parent); fi
  "$python" -m sandbox serve --address "$MOL_GATEWAY" --port 0 --alb-port 0 --seed none "${parent[@]}" \
    --state-file "$SLIPWAY_TEST_STATE" >.run/molecule/sandbox.log 2>&1 </dev/null &
  sandbox=$!
  if [ "$command" = test ]; then trap 'kill "$sandbox" 2>/dev/null || true; rm -f "$SLIPWAY_TEST_STATE"' EXIT; fi
fi
SLIPWAY_TEST_ENDPOINT=$("$python" -m tests.support.endpoint --wait "$SLIPWAY_TEST_STATE")
export SLIPWAY_TEST_ENDPOINT
run() {
  local log=.run/molecule/$2.log seconds=$SECONDS
  if molecule "$1" -s "$2" >"$log" 2>&1 </dev/null; then
    printf 'molecule: ok    %s (%s s)\n' "$2" $((SECONDS - seconds))
  else
    cat "$log"
    printf 'molecule: FAIL  %s\n' "$2"
    return 1
  fi
}
export -f run
printf '%s\n' "${scenarios[@]}" | xargs -P "${MOL_PARALLEL:-2}" -I{} bash -c 'run "$1" "$2"' _ "$command" {}
