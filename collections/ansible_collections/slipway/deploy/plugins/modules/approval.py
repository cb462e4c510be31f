# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which does the work on the control node."""

DOCUMENTATION = r"""
module: approval
short_description: Require the approval of a release
version_added: "0.1.0"
author: The Slipway authors (!UNKNOWN)
description:
  - A release is approved with C(-e approved_by=<name>), which AWX or a CI system sets, or by typing its tag at a
    prompt. In the latter case the person who runs the playbook is the approver.
  - Fails if the release is not approved. An empty name, a name that is set in an inventory file, any other answer than
    the tag, Ctrl-C, no answer in time, and a prompt without a terminal all count as a refusal.
  - With C(-e approval_ref=<url>), the page of the approval is recorded too.
  - If a deploy is open, the approval is written to its record. A refusal ends the deploy before anything is changed,
    and releases the lock.
options:
  tag:
    description: The release's tag, which the approver types.
    type: str
    required: true
  approvers:
    description: The names of those who may approve. By default, everybody may.
    type: raw
  releases:
    description: The tag of each release by kind of host. If the release is not approved, the command that approves it
      names them.
    type: dict
    default: {}
  timeout:
    description: How many seconds the prompt waits for an answer.
    type: int
    default: 900
extends_documentation_fragment: [slipway.deploy.attributes, slipway.deploy.attributes.no_diff]
attributes:
  check_mode:
    details: Shows no prompt. An approval on the command line is checked.
"""

EXAMPLES = r"""
- name: Require an approval of the release
  slipway.deploy.approval:
    tag: prod-20261120
    approvers: "{{ site_approvers | default(omit) }}"
  run_once: true
  register: __approval
"""

RETURN = r"""
approval:
  description: Who approved (C(by)), how (V(prompt) or V(variable)), when (C(at)), and the page of the approval
    (C(reference)), if one was given.
  returned: when the release is approved
  type: dict
  sample: {by: maria, how: variable, at: "2026-11-20T21:03:40+00:00", reference: "https://awx.example.org/#/jobs/412"}
"""
