#!/usr/bin/python
# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Changes files of nginx's configuration, and restores them if nginx refuses them."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nginx_site
short_description: Change nginx's configuration, validate it as a whole, and reload nginx
version_added: "0.1.0"
author: The Slipway authors (!UNKNOWN)
description:
  - Writes O(path), removes O(absent), lets nginx test its whole configuration, and reloads nginx. If nginx is not
    running, it is started. It is never restarted.
  - If the test fails, a certificate is missing, or nginx keeps the old configuration after the reload, all files are
    restored. The error names the file, the line and nginx's message.
  - With O(activate=false), O(content) is tested and stored next to the active file. nginx switches to it when
    M(slipway.deploy.service_release) points RV(links) at it, so nginx is switched and undone together with a release.
  - A site that nginx would not serve is refused, because its file is not included, or because another site has its name
    and port.
  - If a run is killed in between, the next one restores the files.
options:
  path:
    description: The path of the file.
    type: path
    required: true
  content:
    description: The content of the file. It must not contain secrets.
    type: str
    required: true
  absent:
    description: Files and symbolic links that are removed together with the change, such as the distribution's default
      site.
    type: list
    elements: path
    default: []
  activate:
    description: Whether nginx is to run with O(content) at the end.
    type: bool
    default: true
  owner:
    description:
      - With O(activate=false), the service whose releases the file is switched with. A file that belongs to another
        service of this host is refused.
    type: str
  generations:
    description: With O(activate=false), the directory with the versions of the content that O(path) is pointed at.
    type: path
    default: /etc/nginx/slipway
  program:
    description: The program C(nginx) that tests the configuration.
    type: path
    default: /usr/sbin/nginx
  service:
    description: The systemd unit of nginx, without C(.service).
    type: str
    default: nginx
  state_directory:
    description: The directory in which the previous files are kept during a change.
extends_documentation_fragment:
  - slipway.deploy.attributes
  - slipway.deploy.attributes.full
  - slipway.deploy.state_directory
attributes:
  check_mode:
    details: nginx does not test a configuration that is not in place.
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
  description: V(unchanged), V(reloaded), V(started), or V(staged) with O(activate=false).
  returned: success
  type: str
  sample: reloaded
links:
  description: The links to switch, for O(slipway.deploy.service_release#module:links).
  returned: O(activate=false)
  type: list
  elements: dict
  sample:
    - path: /etc/nginx/conf.d/salitemihret.conf
      target: /etc/nginx/slipway/salitemihret-5f0c9e1a2b3c4d5e.conf
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.common.errors import SlipwayError
from ..module_utils.files.atomic_directory import locked
from ..module_utils.nginx.configure import Journal, Server, State, look, put, put_back
from ..module_utils.nginx.staged import GENERATIONS, adopt, note_server, prune, target_of, write_generation
from ..module_utils.probes.readiness import Wanted
from ..module_utils.programs.module import finish
from ..module_utils.switch.service import Service

ARGUMENTS = {
    "path": {"type": "path", "required": True},
    "content": {"type": "str", "required": True},
    "absent": {"type": "list", "elements": "path", "default": []},
    "activate": {"type": "bool", "default": True},
    "owner": {"type": "str"},
    "generations": {"type": "path", "default": GENERATIONS},
    "program": {"type": "path", "default": "/usr/sbin/nginx"},
    "service": {"type": "str", "default": "nginx"},
    "state_directory": {"type": "path", "default": "/var/lib/slipway"},
}
BROKEN = "nginx refuses what was there before, too: correct that first (nginx -t)"


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    finish(module, lambda: run(module.params, check=module.check_mode))


def run(params: dict[str, Any], *, check: bool) -> dict[str, Any]:
    """Activate the configuration, or prepare it for a switch; return the module's result."""
    server = Server(params["program"], params["service"])
    home = Path(params["state_directory"]) / "nginx"
    journal = Journal(home / f"{Path(params['path']).name}.json")
    paths = [params["path"], *params["absent"]]
    wanted = {path: State() for path in paths}
    wanted[params["path"]] = State(content=params["content"].encode())
    if check:
        left, before = journal.left(), look(paths)
        # If nginx is not installed yet, there is no unit.
        idle = Path(params["program"]).exists() and not server.loaded(params["path"])
        changed = bool(left) or differing(before, wanted) != [] or idle
        return result_of(before, wanted, params, changed=changed, state="reloaded")
    with locked(home):
        left = journal.left()
        put(left)
        if not params["activate"]:
            return staged(server, journal, wanted, params, left=bool(left))
        before, was_up = look(paths), server.runs()
        if not left and not differing(before, wanted) and server.loaded(params["path"]):
            return result_of(before, wanted, params, changed=False, state="unchanged")
        said = change(server, journal, before, wanted)
    state = "reloaded" if was_up else "started"
    return {**result_of(before, wanted, params, changed=True, state=state), "warnings": said}


def staged(
    server: Server, journal: Journal, wanted: Mapping[str, State], params: dict[str, Any], *, left: bool
) -> dict[str, Any]:
    """Test the configuration with nginx, and store it next to the live one; return the module's result.

    :raises SlipwayError: nginx refuses it.
    """
    path, generations = params["path"], params["generations"]
    if params["owner"]:
        own = Path(params["state_directory"]) / params["owner"]
        Service(params["owner"], own, Wanted(), []).check_own({path: ""})
    if left:
        journal.close()
    adopt(generations, path)
    target = write_generation(generations, path, params["content"].encode())
    note_server(generations, params["program"], params["service"])
    before = look([*wanted])
    changed = left or differing(before, wanted) != [] or not server.loaded(path)
    said = change(server, journal, before, {**wanted, path: State(target=str(target))}, stays=path) if changed else []
    live = before[path].target
    prune(generations, path, [target, *([Path(live)] if live else [])])
    return {**result_of(before, wanted, params, changed=changed, state="staged"), "warnings": said}


def change(
    server: Server, journal: Journal, before: Mapping[str, State], wanted: Mapping[str, State], stays: str = ""
) -> list[str]:
    """Write the files and reload nginx, or restore everything; return nginx's warnings.

    :param stays: the site's path, if it is only tested and then restored, so that nginx does not use it yet.
    :raises SlipwayError: nginx refuses them.
    """
    new = {path: state.read().decode(errors="replace") for path, state in wanted.items() if state != State()}
    journal.open(before)
    changed = os.lstat(stays).st_mtime_ns if stays and before[stays] != State() else 0
    try:
        put(wanted)
        said = server.test(new)
        for path in new:
            server.check_site(path)
        if not stays:
            server.apply()
    except BaseException as error:
        put(before)
        if stays:
            put_back(stays, before[stays], changed)
        journal.close()
        if isinstance(error, SlipwayError) and before != wanted and not server.passes():
            raise SlipwayError(error.what, error.where, BROKEN) from None
        raise
    if stays:
        put_back(stays, before[stays], changed)
    journal.close()
    return said


def differing(before: Mapping[str, State], wanted: Mapping[str, State]) -> list[str]:
    """The paths whose content differs from the wanted one; whether through a link does not matter."""
    return [
        path
        for path in wanted
        if before[path] != wanted[path]
        and (wanted[path].content is None or before[path] == State() or before[path].read() != wanted[path].read())
    ]


def result_of(
    before: Mapping[str, State], wanted: Mapping[str, State], params: dict[str, Any], *, changed: bool, state: str
) -> dict[str, Any]:
    """The module's result."""
    content, path = params["content"].encode(), params["path"]
    links = [{"path": path, "target": str(target_of(params["generations"], path, content))}]
    return {
        "changed": changed,
        # With a ``path`` in the result, Ansible would replace it by the file's state.
        "state": state,
        **({} if params["activate"] else {"links": links}),
        "diff": [
            {
                # A site's link counts as the site, that of the distribution's default as a link.
                "before": before[item].read().decode(errors="replace") if item == path else before[item].text,
                "after": wanted[item].text,
                "before_header": item,
                "after_header": item,
            }
            for item in differing(before, wanted)
        ],
        "warnings": [],
    }


if __name__ == "__main__":
    main()
