# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action plugin of the same name, which does the work on the control node."""

DOCUMENTATION = r"""
module: changelog
short_description: Write the changelog of a repository
version_added: "0.1.0"
author: The Slipway authors (!UNKNOWN)
description:
  - Writes the changelog of the commit that is checked out, by L(git-cliff,https://git-cliff.org), from the messages of
    its commits. Each tag of one kind begins a section; tags of other kinds on the same commits do not count.
  - Without O(file), shows what is not released yet.
options:
  tag:
    description: Which tags begin a section - V(version), those of releases, or the prefix of those of days.
    type: raw
    default: version
  file:
    description:
      - The file to write, relative to O(path) and inside of it. A file that exists is replaced only if it is a
        changelog, which begins with V(# Changelog).
    type: raw
    default: ""
  config:
    description: The settings of git-cliff.
    type: path
    required: true
extends_documentation_fragment:
  - slipway.deploy.repository_rules
  - slipway.deploy.attributes
  - slipway.deploy.attributes.full
"""

EXAMPLES = r"""
- name: Write the changelog
  slipway.deploy.changelog:
    path: ../backend
    rules:
      backend: {strategy: services, component: backend}
    file: CHANGELOG.md
    config: "{{ playbook_dir }}/../pipelines/git/cliff.toml"
  run_once: true
"""

RETURN = r"""
text:
  description: The changelog, or what is not released yet.
  returned: success
  type: str
  sample: "# Changelog\\n"
"""
