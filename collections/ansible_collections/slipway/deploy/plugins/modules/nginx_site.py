#!/usr/bin/python
# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Changes files of nginx's configuration, and undoes it when nginx does not take them."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nginx_site
short_description: Change nginx's configuration, validated as a whole, and reload it
version_added: "0.1.0"
author:
  - The Slipway authors (!UNKNOWN)
description:
  - Puts O(path) in place, removes O(absent), has nginx test its whole configuration, and reloads it. nginx is started
    where it does not run, and is never restarted.
  - When nginx refuses the configuration, names a certificate that is not there, or goes on with the old configuration
    after the reload, all files are put back, and the error names the file, the line and what nginx says.
  - What a run that was killed in between left is put back by the next one.
options:
  path:
    description: The file.
    type: path
    required: true
  content:
    description: What it has to have in it. No secret belongs there.
    type: str
    required: true
  absent:
    description: Files and links that are removed together with the change, such as the distribution's default site.
    type: list
    elements: path
    default: []
  program:
    description: The program that tests.
    type: path
    default: /usr/sbin/nginx
  service:
    description: Its unit, without C(.service).
    type: str
    default: nginx
  state_directory:
    description: Where it is written down what was there, while a change has not ended.
    type: path
    default: /var/lib/slipway
extends_documentation_fragment: [slipway.deploy.attributes]
attributes:
  check_mode:
    support: full
    details: Does not have nginx test what is not in place.
  diff_mode:
    support: full
  idempotent:
    support: full
"""

EXAMPLES = r"""
- name: Serve the site
  slipway.deploy.nginx_site:
    path: /etc/nginx/conf.d/salitemihret.conf
    content: "{{ lookup('ansible.builtin.template', 'site.conf.j2') }}"
    absent: [/etc/nginx/sites-enabled/default]
"""

RETURN = r"""
state:
  description: V(unchanged), V(reloaded) or V(started).
  returned: success
  type: str
  sample: reloaded
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.host.nginx import Journal, Server, State, look, put
from ansible_collections.slipway.deploy.plugins.module_utils.host.program import ending
from ansible_collections.slipway.deploy.plugins.module_utils.host.whole import locked

ARGUMENTS = {
    "path": {"type": "path", "required": True},
    "content": {"type": "str", "required": True},
    "absent": {"type": "list", "elements": "path", "default": []},
    "program": {"type": "path", "default": "/usr/sbin/nginx"},
    "service": {"type": "str", "default": "nginx"},
    "state_directory": {"type": "path", "default": "/var/lib/slipway"},
}
BROKEN = "nginx refuses what was there before, too: correct that first (nginx -t)"


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    try:
        with ending():
            result = run(module.params, check=module.check_mode)
    except SlipwayError as error:
        module.fail_json(msg=str(error))
    for line in result.pop("warnings"):
        module.warn(line)
    module.exit_json(**result)


def run(params: dict[str, Any], *, check: bool) -> dict[str, Any]:
    """Have the configuration in place and running; the module's result."""
    server = Server(params["program"], params["service"])
    home = Path(params["state_directory"]) / "nginx"
    journal = Journal(home / f"{Path(params['path']).name}.json")
    paths = [params["path"], *params["absent"]]
    wanted = {path: State() for path in paths}
    wanted[params["path"]] = State(content=params["content"].encode())
    if check:
        left = journal.left()
        before = look(paths)
        # Where nginx is yet to be installed there is no unit to ask.
        idle = Path(params["program"]).exists() and not server.runs()
        return result_of(before, wanted, changed=bool(left) or before != wanted or idle, state="reloaded")
    with locked(home):
        left = journal.left()
        put(left)
        before, was_up = look(paths), server.runs()
        if not left and before == wanted and was_up:
            return result_of(before, wanted, changed=False, state="unchanged")
        said = change(server, journal, before, wanted)
    state = "reloaded" if was_up else "started"
    return {**result_of(before, wanted, changed=True, state=state), "warnings": said}


def change(server: Server, journal: Journal, before: Mapping[str, State], wanted: Mapping[str, State]) -> list[str]:
    """Put files in place and have nginx run with them, or put everything back; what nginx warns of.

    :raises SlipwayError: nginx does not take them.
    """
    new = {path: state.text for path, state in wanted.items() if state.content is not None}
    journal.open(before)
    try:
        put(wanted)
        said = server.test(new)
        server.apply()
    except BaseException as error:
        put(before)
        journal.close()
        if isinstance(error, SlipwayError) and before != wanted and not server.passes():
            raise SlipwayError(error.what, error.where, BROKEN) from None
        raise
    journal.close()
    return said


def result_of(before: Mapping[str, State], wanted: Mapping[str, State], *, changed: bool, state: str) -> dict[str, Any]:
    """The module's result."""
    differing = [path for path in wanted if before[path] != wanted[path]]
    return {
        "changed": changed,
        # With a path in the result, Ansible would put the state of a file in the place of this.
        "state": state,
        "diff": [
            {
                "before": before[path].text,
                "after": wanted[path].text,
                "before_header": path,
                "after_header": path,
            }
            for path in differing
        ],
        "warnings": [],
    }


if __name__ == "__main__":
    main()
