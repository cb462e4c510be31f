#!/usr/bin/env bash
# Starts the sandbox, deploys twelve services to it and leaves it running.
set -euo pipefail
cd "$(dirname "$0")/.."
python -m sandbox up
ansible-playbook deploy.yml -e env=local
cat <<TEXT

The sandbox is still running. Next:
  ansible-playbook deploy.yml -e env=local                      nothing to do the second time
  ansible-playbook deploy.yml -e env=local -e force_full_build=true
  ansible-playbook deploy.yml -e env=local --check --diff       what would change
  ansible-playbook playbooks/rollback.yml -e env=local          back to the previous release
  .venv/bin/python -m sandbox status                            what runs in it
Stop it: make demo-stop
TEXT
