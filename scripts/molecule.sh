#!/usr/bin/env bash
# Runs Molecule scenarios on systemd containers, two at a time, with a sandbox that the containers reach.
# usage: scripts/molecule.sh [test|converge|idempotence|verify|destroy|…] [scenario…]     test, and all of them, by default
set -euo pipefail
cd "$(dirname "$0")/.."
assignments=$(scripts/hosts.sh)
eval "$assignments"
command=test
case "${1:-}" in
  create | prepare | check | converge | idempotence | side-effect | verify | destroy | test | login | syntax)
    command=$1 && shift ;;
esac
scenarios=("$@")
if ((${#scenarios[@]} == 0)); then
  mapfile -t scenarios < <(find molecule -mindepth 2 -maxdepth 2 -name molecule.yml -printf '%h\n' | xargs -rn1 basename | sort)
fi
((${#scenarios[@]})) || exit 0
mkdir -p .run/molecule

# prepared BASE: the name of the scenarios' image on that of a test host; built when there is none of this recipe
prepared() {
  local recipe name
  recipe=$(cat molecule/_shared/image/* | sha256sum | cut -c1-12)
  name=localhost/slipway-molecule:${1##*:}-$recipe
  if ! podman image exists "$name"; then
    printf 'molecule: building the image %s; about a minute\n' "$name" >&2
    podman build --quiet --build-arg "BASE=$1" --tag "$name" molecule/_shared/image >.run/molecule/image.log 2>&1 ||
      { tail -n 15 .run/molecule/image.log >&2; return 1; }
  fi
  printf '%s' "$name"
}
exec 7>.run/molecule/image.lock
flock 7
MOL_IMAGE=$(prepared "$MOL_IMAGE")
MOL_IMAGE_13=$(prepared "$MOL_IMAGE_13")
exec 7>&-

MOL_CGROUPS=$(podman info --format '{{.Host.CgroupManager}}')
export MOL_CGROUPS

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

# remove SCENARIO: its hosts and what Molecule wrote down of them
remove() {
  local host
  for host in $(podman ps --all --format '{{.Names}}' --filter "label=molecule=$1" --filter "name=^$MOL_PREFIX-"); do
    podman rm --force --time=0 --volumes "$host" >/dev/null
    find /sys/fs/cgroup -depth -type d \( -path "*/$host" -o -path "*/$host/*" \) -exec rmdir {} + 2>/dev/null || true
  done
  rm -rf "$ANSIBLE_HOME"/tmp/molecule.*."$1"
}

# run COMMAND SCENARIO: a test begins and ends without hosts; two playbooks less than if Molecule destroyed them
run() {
  local log=.run/molecule/$2.log seconds=$SECONDS options=() status=0
  if [ "$1" = test ]; then
    options=(--destroy=never)
    remove "$2"
  fi
  molecule "$1" -s "$2" "${options[@]}" >"$log" 2>&1 </dev/null || status=$?
  if [ "$1" = test ]; then remove "$2" >>"$log" 2>&1; fi
  if ((status == 0)); then
    printf 'molecule: ok    %s (%s s)\n' "$2" $((SECONDS - seconds))
  else
    cat "$log"
    printf 'molecule: FAIL  %s\n' "$2"
    return 1
  fi
}
export -f run remove
printf '%s\n' "${scenarios[@]}" | xargs -P "${MOL_PARALLEL:-2}" -I{} bash -c 'run "$1" "$2"' _ "$command" {}
