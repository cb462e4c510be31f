# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lock's action as Ansible runs it: in a worker, under --limit, in check mode, for two owners."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from ansible_collections.slipway.deploy.plugins.module_utils.lock.lease import look
from ansible_collections.slipway.deploy.plugins.module_utils.state.store import open_store

COLLECTIONS = Path(__file__).resolve().parents[7]

INVENTORY = """\
all:
  children:
    fleet:
      children:
        priority_1:
          hosts: {a-service: {}, b-service: {}}
      vars:
        ansible_connection: local
        ansible_python_interpreter: "{{ ansible_playbook_python }}"
        env: dev
        account_id: "123456789012"
        aws_region: eu-west-1
        ecs_cluster: c
        ecr_registry: r
        default_image_tag: latest
        smoke_base_url: http://127.0.0.1:9
        state_store: "{{ inventory_dir }}/state"
"""

PLAYBOOK = """\
- hosts: fleet
  gather_facts: false
  tasks:
    - run_once: true
      block:
        - slipway.deploy.lock:
          register: before
        - slipway.deploy.lock: {state: taken, reason: moving, lock_for: 90m}
          register: would
          check_mode: true
        - slipway.deploy.lock:
          register: still
        - slipway.deploy.lock: {state: taken, reason: moving, lock_for: 90m}
          register: taken
        - slipway.deploy.lock: {state: taken}
          register: refused
          ignore_errors: true
        - slipway.deploy.lock: {reason: moving}
          register: shown_only
          ignore_errors: true
        - slipway.deploy.lock: {state: free, force: true}
          register: not_forced
          ignore_errors: true
        - slipway.deploy.lock: {state: broken, reason: enough}
          register: broken
        - slipway.deploy.lock: {state: free}
          register: free
        - ansible.builtin.assert:
            that:
              - before.msg == still.msg == 'dev is not locked'
              - not before.changed and would.changed and taken.changed and broken.changed and not free.changed
              - would.msg is search('^check mode, nothing was changed')
              - taken.msg is search('^dev is locked by maria@laptop since .* .manual. moving., expires ')
              - taken.lock.expires_at - taken.lock.taken_at == 5400
              - "'token' not in taken.lock"
              - refused.msg is search('needs a reason')
              - shown_only.msg is search('reason is not used with state=shown. Add -e state=taken or broken')
              - not_forced.msg is search('force is not used with state=free. Add -e state=broken')
              - broken.msg is search('maria@laptop broke the lock of maria@laptop since')
              - broken.lock.state == 'free'
"""


def test_shows_takes_breaks_and_frees(tmp_path: Path) -> None:
    (tmp_path / "inventory.yml").write_text(INVENTORY)
    (tmp_path / "play.yml").write_text(PLAYBOOK)
    (tmp_path / "ansible.cfg").write_text("")
    environment = {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "ANSIBLE_CONFIG": str(tmp_path / "ansible.cfg"),
        "ANSIBLE_HOME": str(tmp_path / "home"),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "SLIPWAY_OWNER": "maria@laptop",
    }
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "inventory.yml", "--limit", "b-service"]
    done = subprocess.run(
        [*command, "play.yml"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "\ndev is locked by maria@laptop since " in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    lock = look(open_store(str(tmp_path / "state"), lambda service: None), "dev").lock
    assert lock is not None
    assert lock.state == "free"
