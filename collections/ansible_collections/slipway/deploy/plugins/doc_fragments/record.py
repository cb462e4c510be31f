# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the steps of a deploy return."""

from __future__ import annotations


class ModuleDocFragment:
    """Ansible has no fragments for return values; a note takes their place."""

    DOCUMENTATION = r"""
options: {}
notes:
  - When a record is open, it also returns RV(slipway.deploy.deploy_close#module:record),
    RV(slipway.deploy.deploy_close#module:phase), RV(slipway.deploy.deploy_close#module:outcome),
    RV(slipway.deploy.deploy_close#module:cause) and RV(slipway.deploy.deploy_close#module:services), as
    M(slipway.deploy.deploy_close) describes them.
"""
