# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the action build_check."""

from __future__ import annotations

DOCUMENTATION = r"""
module: build_check
short_description: Check that a release can be built on a host
version_added: "0.1.0"
author:
  - The Slipway authors (!UNKNOWN)
description:
  - Compares what the release's own files ask for with what builds it, before anything is changed. Python's version
    (C(requires-python)), uv where the lock file is uv's, the versions of Node.js that package.json and the build's own
    programs ask for under C(engines), the variables of C(.npmrc), and the package indexes that want credentials.
  - It fails with everything that is wrong. What cannot be known before the build is a warning.
options:
  needs:
    description: What the release needs, as M(slipway.deploy.hosts_release) returns it.
    type: dict
    required: true
  front_end:
    description: Where the front end is built; V(control) is the control node.
    type: str
    choices: [host, control, prebuilt, none]
    default: host
  python:
    description: The interpreter.
    type: str
    default: /usr/bin/python3
  uv:
    description: The program uv.
    type: str
    default: uv
  tool:
    description: What builds the backend's environment.
    type: str
    choices: [auto, uv, pip]
    default: auto
  path:
    description: Directories where Node.js is looked for first.
    type: list
    elements: str
    default: []
  packages:
    description: The packages that are installed where there is no Node.js; none when nothing is installed.
    type: list
    elements: str
    default: []
  npmrc:
    description:
      - >-
        Where the values of variables in C(.npmrc) are kept. V({env: NAME}) and V({file: path}) have to be there.
    type: dict
    default: {}
  indexes:
    description: The package indexes with credentials, as M(slipway.deploy.python_environment) takes them.
    type: raw
    default: []
  built:
    description: Paths that are there when the part C(python) or C(node) of the release is built already.
    type: dict
    default: {}
extends_documentation_fragment: [slipway.deploy.attributes]
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: full
"""

EXAMPLES = r"""
- name: Check that the release can be built here
  slipway.deploy.build_check:
    needs: "{{ __release.needs }}"
    packages: [nodejs, npm]
    npmrc: {NPM_TOKEN: {env: NPM_TOKEN}}
"""

RETURN = r"""
unknown:
  description: What cannot be known before the build.
  returned: success
  type: list
  elements: str
"""
