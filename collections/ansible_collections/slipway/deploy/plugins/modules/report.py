# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which does the work on the control node."""

DOCUMENTATION = r"""
module: report
short_description: Report how a pipeline ended
version_added: "0.1.0"
author: The Slipway authors (!UNKNOWN)
description:
  - Says how a pipeline ended - with success, without a change, partly (the build succeeded, the deploy or the health
    check did not), with a failure, or cancelled.
  - The results of the jobs are the JSON in E(SLIPWAY_JOBS), GitHub's context C(needs). The repository, the commit and
    the pull request are the JSON in E(SLIPWAY_CHANGE).
  - What cannot be delivered is a warning. Changes nothing, takes no lock and writes no record.
options:
  to:
    description: V(summary) for the file that the variable C(summary_file) or E(GITHUB_STEP_SUMMARY) names, V(slack)
      for the channel in the variable C(slack).
    type: str
    default: summary
extends_documentation_fragment: [slipway.deploy.attributes, slipway.deploy.attributes.no_diff]
"""

EXAMPLES = r"""
- name: Report the pipeline
  slipway.deploy.report:
    to: summary
  run_once: true
"""

RETURN = r"""
verdict:
  description: V(succeeded), V(unchanged), V(partial), V(failed) or V(cancelled).
  returned: success
  type: str
  sample: partial
words:
  description: The verdict in a sentence.
  returned: success
  type: str
  sample: the build succeeded, the deploy failed
"""
