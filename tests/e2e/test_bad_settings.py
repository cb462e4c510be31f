# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is said for a run, on the command line or in the inventory, and cannot be meant."""

from __future__ import annotations

import pytest

from tests.e2e.bad_input import ALL, REGISTRY, Place, Row, both, refuses, row, variable

PUSH = "Push it, or set the tag of an image that exists: ansible-playbook deploy.yml -e env=local -e image_tag=…"
PUSH_ALL = "Push them, or set a tag that all of them have: ansible-playbook deploy.yml -e env=local -e image_tag=…"
TAG = "A tag is up to 128 of A-Z a-z 0-9 _ . - and does not begin with . or -"
FORMS = "Set -e image_tag=<tag> for all, or -e image_tag=<service>=<tag>,<service>=<tag>"

ROWS = [
    row(
        "unknown service in --limit",
        "--limit user-servcie: no such service, host or group in the inventory. Did you mean user-service?",
        arguments=("--limit", "api-gateway,user-servcie"),
    ),
    row(
        "tag that no image has",
        "-e image_tag: no image nope of config-server, discovery-server, api-gateway and 9 more exists "
        f"(Requested image not found). {PUSH_ALL}",
        arguments=("-e", "image_tag=nope"),
    ),
    row(
        "tag that the image of one service lacks",
        f"-e image_tag: image {REGISTRY}/sdt/local/user-service:nope does not exist (Requested image not found). "
        f"{PUSH}",
        arguments=("-e", "image_tag=user-service=nope"),
    ),
    row(
        "tags of services that do not exist, and none",
        "-e image_tag: 'user-servcie' is not a service. Did you mean user-service?",
        f"-e image_tag: '' of api-gateway is not a valid image tag. {TAG}",
        arguments=("-e", "image_tag=user-servcie=3f9c2d1,api-gateway="),
    ),
    row(
        "settings on the command line",
        "-e max_parallel: max_parallel is 'many'. It is a whole number of at least 1, e.g. max_parallel: 4",
        "-e stabilise_timeout: stabilise_timeout is '-1'. It is a number of at least 1, e.g. stabilise_timeout: 600",
        "-e on_failure: on_failure is 'maybe'. It is undo or hold",
        "-e lock_ttl: lock_ttl is '1'. It is a number of at least 5, e.g. lock_ttl: 120",
        "-e lock_wait: lock_wait is 'soon'. It is a number of at least 0, e.g. lock_wait: 0",
        "-e resume: resume is 'yes'. It is finish or undo",
        "-e force_full_build: force_full_build is 'perhaps'. Write true or false",
        "-e ship_drift: ship_drift names 'user', which is not a service. Did you mean user-service?",
        arguments=(
            *("-e", "max_parallel=many stabilise_timeout=-1 on_failure=maybe lock_ttl=1 lock_wait=soon resume=yes"),
            *("-e", "force_full_build=perhaps ship_drift=user"),
        ),
    ),
    row(
        "settings in the inventory",
        f"{ALL}: max_parallel is '2.5'. It is a whole number of at least 1, e.g. max_parallel: 4",
        f"{ALL}: state_store is not set. Write state_store: …",
        f"{ALL}: on_failure is a list. Write on_failure: and one text",
        arrange=both(variable("max_parallel", "2.5"), variable("on_failure", "[undo]"), variable("state_store", None)),
    ),
    row(
        "rollback to an unknown release",
        "-e to: local has no release 3f9c2d2. There is no good release yet",
        arguments=("-e", "to=3f9c2d2"),
        playbook="playbooks/rollback.yml",
    ),
]


@pytest.mark.parametrize("row", ROWS)
def test_it_ends_before_any_change_in_one_line(place: Place, row: Row) -> None:
    refuses(place, row)
