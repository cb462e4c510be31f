# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which does the work on the control node."""

DOCUMENTATION = r"""
module: tag
short_description: Create the tag of a release or of a day
version_added: "0.1.0"
author: The Slipway authors (!UNKNOWN)
description:
  - Tags a commit of C(main) with its version, C(vX.Y.Z), if the version is another one than that of the last release.
    If the rules name a C(component), the tag is C(<component>-vX.Y.Z), in the repository of the infrastructure as well.
  - Or tags a commit with the day, C(staging-YYYYMMDD), the next one of that day with C(.2) at its end.
  - The tag is annotated. Its message has the notes, what was committed since the tag before, written by
    L(git-cliff,https://git-cliff.org).
  - A tag is never moved. Everything is checked in all repositories, and all remotes are asked whether they would take
    the tag, before any gets it. What is done already stays, so it can be run again after a failure.
  - If E(GITHUB_OUTPUT) is set, the outputs C(tag), C(commit), C(since) and C(created) are appended to that file.
options:
  tag:
    description: V(version) for the tag of a release; V(staging), another prefix or a whole tag for the tag of a day.
    type: raw
    default: version
  head:
    description: The commit to tag.
    type: raw
    default: HEAD
  infra_path:
    description: A clone of the infrastructure's repository, for a component.
    type: raw
    required: true
  infra_commit:
    description: Its commit to tag. By default the one that has the tag, or is checked out.
    type: raw
    default: ""
  remote:
    description: The remote that gets the tag.
    type: raw
    default: origin
  token:
    description: The source of a token for the remote, if it is reached by HTTPS.
    type: dict
  ca_file:
    description: Certificates of the remote's authority.
    type: path
  config:
    description: The settings of git-cliff.
    type: path
    required: true
extends_documentation_fragment:
  - slipway.deploy.repository_rules
  - slipway.deploy.attributes
  - slipway.deploy.attributes.no_diff
"""

EXAMPLES = r"""
- name: Tag a release
  slipway.deploy.tag:
    path: ../backend
    rules:
      backend: {strategy: services, component: backend}
    infra_path: "{{ playbook_dir }}/.."
    config: "{{ playbook_dir }}/../pipelines/git/cliff.toml"
  run_once: true
"""

RETURN = r"""
tag:
  description: The tag.
  returned: success
  type: str
  sample: v1.2.0
commit:
  description: The commit that it names.
  returned: success
  type: str
  sample: 3f9c2d1e8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c3d
since:
  description: The tag before it. V(null) for the first one.
  returned: success
  type: str
  sample: v1.1.0
message:
  description: The message of the new tag. V(null) if it exists already.
  returned: success
  type: str
  sample: v1.2.0
why:
  description: Why the tag is made, or is there.
  returned: success
  type: str
  sample: the version was 1.1.0 at v1.1.0
"""
