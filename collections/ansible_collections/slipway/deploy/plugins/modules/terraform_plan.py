# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which does the work on the control node."""

DOCUMENTATION = r"""
module: terraform_plan
short_description: Write a plan of Terraform into the description of a pull request
version_added: "0.1.0"
author: The Slipway authors (!UNKNOWN)
description:
  - Reads a plan in JSON, as C(terraform show -json) writes it, or lets Terraform plan a configuration. The plan is put
    into the description of a pull request, for review. Nothing is ever applied.
  - Each environment, and each of its workspaces, has one block between two hidden markers. Everything outside of it
    stays as it is. The block begins with the counts, then what is destroyed, replaced or forgotten. All changes follow,
    folded.
  - GitHub takes 65,536 characters. What does not fit is cut, and the block says so. If the blocks of others leave no
    room, their changes are cut as well, but not their counts.
  - The full plan is a file in O(directory), to be uploaded as an artifact. C(plan.json) itself must not be uploaded,
    because it has all sensitive values in clear. Neither the block nor the file has them.
  - GitHub has no conditional write. The description is read again some seconds after it is written, and written again
    if the block was lost to another writer.
  - If E(GITHUB_OUTPUT) is set, the outputs C(changes), C(destroy), C(artifact) and C(file) are appended to that file.
options:
  file:
    description: The plan in JSON. Exclusive with O(path).
    type: raw
    default: ""
  path:
    description:
      - The directory of a configuration that Terraform plans now, with C(init), C(plan -lock=false) and C(show). What
        it downloads stays in O(directory), not in the configuration's C(.terraform).
      - A workspace that does not exist is an error, and is not created.
    type: raw
    default: ""
  pull_request:
    description: The number of the pull request. By default, the one that E(GITHUB_REF) names.
    type: raw
    default: ""
  workspace:
    description: The workspace of the plan, if the environment has several, such as one for each customer. By default,
      E(TF_WORKSPACE).
    type: raw
    default: ""
  commit:
    description: The commit that was planned, to be shown.
    type: raw
    default: ""
  directory:
    description: The directory for the full plan, C(terraform-plan-<environment>[.<workspace>].txt).
    type: raw
    required: true
  settings:
    description:
      - Where it is written.
      - C(repository), as C(owner/name), by default E(GITHUB_REPOSITORY). C(api), by default E(GITHUB_API_URL) or
        C(https://api.github.com). C(token), the source of a token that may write pull requests, with one of the keys
        C(env), C(file), C(ssm) and C(secretsmanager), by default E(GITHUB_TOKEN).
      - C(expect), a mapping of names of the plan's variables or outputs to what they must be. Without it, a variable or
        output C(environment) or C(env) must be the environment, and C(workspace) the workspace, if the plan has them.
      - C(init) and C(plan), lists of further options of these commands, such as C(-backend-config=dev.hcl) and
        C(-var-file=dev.tfvars).
    type: raw
    default: {}
notes:
  - In check mode the counts are shown, and nothing is written.
extends_documentation_fragment: [slipway.deploy.attributes, slipway.deploy.attributes.no_diff]
"""

EXAMPLES = r"""
- name: Show the plan of a customer's workspace
  slipway.deploy.terraform_plan:
    file: plan.json
    workspace: acme
    pull_request: 12
    directory: .run/terraform
    settings:
      repository: acme/infrastructure
      token: {env: GITHUB_TOKEN}
      expect: {environment: dev, customer: acme}
  run_once: true
"""

RETURN = r"""
empty:
  description: Whether the plan changes nothing.
  returned: success
  type: bool
  sample: false
counts:
  description: What the plan changes, as Terraform counts it. A replaced resource is destroyed and added.
  returned: success
  type: dict
  sample: {destroy: 2, replace: 1, forget: 0, change: 3, add: 4, imported: 0, moved: 0}
artifact:
  description: The name for the artifact of the full plan.
  returned: success
  type: str
  sample: terraform-plan-dev.acme
file:
  description: The full plan.
  returned: success, not in check mode
  type: str
  sample: .run/terraform/terraform-plan-dev.acme.txt
pull_request:
  description: The number of the pull request.
  returned: success, not in check mode
  type: int
  sample: 12
url:
  description: The page of the pull request.
  returned: success, not in check mode
  type: str
  sample: https://github.com/acme/infrastructure/pull/12
"""
