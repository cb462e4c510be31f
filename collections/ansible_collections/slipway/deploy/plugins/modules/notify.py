# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which does the work on the control node."""

DOCUMENTATION = r"""
module: notify
short_description: Send a notification that a deploy starts
version_added: "0.1.0"
author: The Slipway authors (!UNKNOWN)
description:
  - Sends the start of the open deploy to the environment's Slack channel, if one is configured.
  - A failed notification never fails the deploy. It is printed and recorded.
extends_documentation_fragment: [slipway.deploy.attributes, slipway.deploy.attributes.no_diff, slipway.deploy.record]
attributes:
  check_mode:
    details: Sends nothing.
  idempotent:
    support: none
    details: Sends a message each time.
"""

EXAMPLES = r"""
- name: Send a notification that the deploy starts
  slipway.deploy.notify:
  run_once: true
"""

RETURN = r"""
#
"""
