#!/usr/bin/env bash
# Makes the virtual environments that everything here runs in. Does nothing, and needs no network, when they are made.
# usage: scripts/setup.sh [clients]     clients: also the environment of the foreign deployers that the tests use
#        PYTHON=python3.13 scripts/setup.sh     with another Python than the system's own
set -euo pipefail
cd "$(dirname "$0")/.."
export DEBIAN_FRONTEND=noninteractive PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1
# A PYTHONPATH or PYTHONHOME of the caller's would reach into the new environment.
unset PYTHONPATH PYTHONHOME PIP_USER PIP_TARGET PIP_PREFIX
oldest=11 newest=13
commands=(ansible ansible-playbook ansible-inventory ansible-doc ansible-galaxy ansible-vault)

say() { printf 'setup: %s\n' "$*"; }
fail() { printf 'setup: %s\n' "$*" >&2; exit 1; }

# $PYTHON, or the first Python that fits and can make virtual environments: the system's own before a version manager's
# shims.
find_python() {
  local candidate
  for candidate in ${PYTHON:-/usr/bin/python3 python3.11 python3.12 python3.13 python3}; do
    candidate=$(command -v "$candidate" 2>/dev/null) || continue
    if "$candidate" -c "import sys, venv, ensurepip; sys.exit(not (3, $oldest) <= sys.version_info[:2] <= (3, $newest))" \
      >/dev/null 2>&1; then
      printf '%s\n' "$candidate"
      return
    fi
  done
  return 1
}

install_packages() {
  local packages=(python3 python3-venv ca-certificates git)
  [ "$(id -u)" = 0 ] || fail "no Python 3.$oldest to 3.$newest with venv. As root: apt-get install ${packages[*]}"
  command -v apt-get >/dev/null || fail "no Python 3.$oldest to 3.$newest with venv, and no apt-get to install it with"
  say "installing ${packages[*]}"
  {
    apt-get -q -o Acquire::Retries=3 -o Acquire::http::Timeout=30 update
    apt-get -qy -o Acquire::Retries=3 install --no-install-recommends "${packages[@]}"
  } >.run/setup.log 2>&1 </dev/null || { tail -n 15 .run/setup.log >&2; fail "apt-get failed, see .run/setup.log"; }
}

# compile_packages PYTHON: compile what every run imports, of the 25,000 files only that. Otherwise the first command does
# it, and where PYTHONDONTWRITEBYTECODE is set, every command.
compile_packages() {
  local packages=(ansible boto3 botocore cryptography dateutil jinja2 jmespath s3transfer urllib3 yaml)
  "$1" - "${packages[@]}" <<'PYTHON'
import compileall, importlib.util, sys
for name in sys.argv[1:]:
    found = importlib.util.find_spec(name)
    for place in (found.submodule_search_locations or ()) if found else ():
        compileall.compile_dir(place, quiet=2)
PYTHON
}

# make_venv DIRECTORY LOCK: the environment DIRECTORY with exactly the packages of LOCK
make_venv() {
  local venv=$1 lock=$2 stamp python
  stamp=$venv/.made-from-$(sha256sum <"$lock" | cut -c1-16)
  if [ -e "$stamp" ] && "$venv/bin/python" -c '' 2>/dev/null; then return; fi
  if ! python=$(find_python); then
    [ -z "${PYTHON:-}" ] || fail "PYTHON=$PYTHON is not a Python 3.$oldest to 3.$newest with venv"
    install_packages
    python=$(find_python) || fail "the system's Python is not 3.$oldest to 3.$newest: install one of them"
  fi
  say "installing the packages of $lock into $venv ($("$python" -V)); about a minute"
  rm -rf "$venv"
  "$python" -m venv "$venv"
  "$venv/bin/python" -m pip install -q --no-compile --require-hashes -r "$lock" >.run/setup.log 2>&1 </dev/null ||
    { tail -n 15 .run/setup.log >&2; fail "pip failed, see .run/setup.log"; }
  compile_packages "$venv/bin/python"
  touch "$stamp"
  made=true
}

# Whether /usr/local/bin leads here, and does not yet with every command.
is_linked() {
  [ "$(readlink /usr/local/bin/ansible-playbook)" = "$PWD/.venv/bin/ansible-playbook" ]
}
lacks_links() {
  local command
  is_linked || return 1
  for command in "${commands[@]}"; do [ -e "/usr/local/bin/$command" ] || return 0; done
  return 1
}

# So that `ansible-playbook deploy.yml …` works as typed, on a machine that has no Ansible of its own.
link_commands() {
  local command
  if ansible-playbook --version >/dev/null 2>&1 && ! is_linked; then
    [ "$(readlink -f "$(command -v ansible-playbook)")" = "$PWD/.venv/bin/ansible-playbook" ] ||
      say "ansible-playbook is $(command -v ansible-playbook); this project's own is .venv/bin/ansible-playbook"
  elif [ "$(id -u)" = 0 ] && [ -d /usr/local/bin ]; then
    for command in "${commands[@]}"; do ln -sfn "$PWD/.venv/bin/$command" "/usr/local/bin/$command"; done
    say "linked ${commands[*]} into /usr/local/bin"
  else
    say "to type ansible-playbook without .venv/bin/ before it: export PATH=$PWD/.venv/bin:\$PATH"
  fi
}

mkdir -p .run
made=false
exec 9>.run/setup.lock
flock 9
make_venv .venv requirements.lock
if [ "${1:-}" = clients ]; then make_venv .venv-clients requirements-clients.lock; fi
# A link of root's may have pointed into a clone that is gone; all others are told once.
if [ "$made" = true ] || { [ "$(id -u)" = 0 ] && { ! command -v ansible-playbook >/dev/null || lacks_links; }; }; then
  link_commands
fi
