# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which does the work on the control node."""

from __future__ import annotations

DOCUMENTATION = r"""
module: approval
short_description: Ask for a release's approval
version_added: "0.1.0"
author:
  - The Slipway authors (!UNKNOWN)
description:
  - A release is approved by C(-e approved_by=<name>), as AWX or a CI engine says it, or by typing its tag at a prompt.
    Then it is the person who runs this that approves.
  - Fails in one line when it is not. An empty name, a name that stands in a file of the inventory, any answer but the
    tag, Ctrl-C, no answer in time, and a prompt without a terminal are refusals.
  - With C(-e approval_ref=<url>) the page on which it was approved is kept as well.
  - Where the run has an open deploy, the approval is written into its record; a refusal ends that deploy before
    anything is changed, and gives the lock back.
options:
  tag:
    description: The release's tag, which is what has to be typed.
    type: str
    required: true
  approvers:
    description: The names of those who may approve. Everybody may by default.
    type: raw
  timeout:
    description: For how many seconds the prompt waits.
    type: int
    default: 900
extends_documentation_fragment: [slipway.deploy.attributes]
attributes:
  check_mode:
    support: full
    details: Nobody is asked; an approval on the command line is checked.
  diff_mode:
    support: none
  idempotent:
    support: full
"""

EXAMPLES = r"""
- name: Have the release approved
  slipway.deploy.approval:
    tag: prod-20261120
    approvers: "{{ site_approvers | default(omit) }}"
  run_once: true
  register: __approval
"""

RETURN = r"""
approval:
  description: Who approved, how (V(prompt) or V(variable)) and when, and the page where one was said (C(reference)).
  returned: when the release is approved
  type: dict
  sample: {by: maria, how: variable, at: "2026-11-20T21:03:40+00:00", reference: "https://awx.example.org/#/jobs/412"}
"""
