# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Smoke checks and the rows of a checklist. A unit test compares them with what the code accepts."""

from __future__ import annotations

_REQUEST = """
      path:
        description: The path of the request, percent-encoded, from the slash on.
        type: str
{required}      method:
        description: The HTTP method. By default V(POST) if there is a body to send, and V(GET) if not.
        type: str
        choices: [GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE]
      headers:
        description: Headers of the request. A value can be a source of a secret.
        type: dict
        default: {{}}
      auth:
        description: Credentials for basic authentication. Both are required.
        type: dict
        suboptions:
          user:
            description: The user name, or a source of it.
            type: raw
            required: true
          password:
            description: A source of the password, or a reference to a value of another check. Not the password itself.
            type: raw
            required: true
      send:
        description: The body of the request. Exactly one of its keys is given. Values can be sources of secrets.
        type: dict
        suboptions:
          json:
            description: The body is sent as JSON.
            type: raw
          form:
            description: The body is sent as an HTML form (C(application/x-www-form-urlencoded)).
            type: dict
          text:
            description: The body is sent as it is.
            type: raw
      status:
        description: The expected status code, or a list of them.
        type: list
        elements: int
        default: [200]
      body:
        description: A text that the answer must contain.
        type: str
      json:
        description:
          - What the answer, a JSON document, must contain. Each key is a dotted path such as C(items.0.id), or C(.) for
            the whole document. Each value is compared with the value at that path, or is a mapping of rules for it.
          - The rules are C(exists), C(type), C(equals), C(one_of), C(min), C(max), C(length), C(length_min),
            C(length_max) and C(max_age). C(max_age) requires a time that is at most this many seconds in the past.
        type: dict
        default: {{}}
      max_latency:
        description: How many seconds the answer may take at most.
        type: float
      take:
        description:
          - Values of the answer that other checks use. Each key is a name, each value a dotted path. Another check of
            the same service or host refers to the value as C(${{<check>.<name>}}) in its path, headers, credentials or
            body. It runs after this check has passed. All other checks run in parallel.
        type: dict
        default: {{}}
      retries:
        description: How many more attempts to make while the answer is not right, with every method. {retries}
        type: int
{default}      interval:
        description: Seconds between two attempts.
        type: float
        default: 2.0
      trace:
        description: Whether the request carries a trace id (C(traceparent)). The record keeps the id. By default,
          C(smoke_trace) of a service or C(<group>_smoke_trace) of a host, or else true.
        type: bool
"""

_SECRETS = """
notes:
  - >-
    A source of a secret is one of C({env: NAME}) and C({file: path}) on the control node, C({ssm: name}) and
    C({secretsmanager: id}). Neither a secret nor a value that was taken from an answer is shown or recorded.
"""


class ModuleDocFragment:
    """The options smoke_checks and checklist.

    ansible-test fails on text that is put together, unless it is annotated.
    """

    DOCUMENTATION: str = (
        """
options:
  smoke_checks:
    description:
      - The HTTP checks to run for each selected service and host, in place of those that the inventory declares.
      - The inventory declares them in the same format, in the variable C(smoke_checks) of a service or
        C(<group>_smoke_checks) of a group of hosts, for example C(backend_smoke_checks).
    type: list
    elements: dict
    suboptions:
      name:
        description: The check's name, unique in the list. By default, the method and the path.
        type: str
      timeout:
        description: How many seconds each attempt may take.
        type: float
        default: 5.0
"""
        + _REQUEST.lstrip("\n").format(
            required="        required: true\n",
            retries="Set V(0) for a request that must not be repeated.",
            default="        default: 5\n",
        )
        + _SECRETS
    )

    CHECKLIST: str = (
        """
options:
  checklist:
    description:
      - The rows to check, in place of those that the inventory declares.
      - The inventory declares them in the same format, in the variable C(<group>_checklist), for example
        C(site_checklist).
    type: list
    elements: dict
    suboptions:
      name:
        description: The row's name, unique in the checklist.
        type: str
        required: true
      kind:
        description:
          - V(http) sends a request and checks the answer. It takes O(checklist[].url) and the options of a smoke check,
            from O(checklist[].path) to O(checklist[].trace).
          - V(import_wizard) is a V(http) row that sends a single POST.
          - V(scheduler) is green if a scheduler runs. It is either a V(http) row with O(checklist[].json), or a
            heartbeat in Redis, with O(checklist[].key) and O(checklist[].max_age). A heartbeat that is too old or
            missing is red. A value that is not a time is unknown.
          - V(redis_queue) is green if a queue in Redis is shorter than O(checklist[].below). A missing key is an empty
            queue.
          - V(sentry) is red if Sentry has unresolved issues that it first saw since the deploy started.
          - V(systemd) is green if a systemd unit is active. Every host is asked.
          - V(command) runs a program. Exit code 0 is green, 1 is red, and any other is unknown. The first line of its
            output is shown.
        type: str
        choices: [http, import_wizard, scheduler, sentry, redis_queue, systemd, command]
        required: true
      timeout:
        description: How many seconds the answer, or each attempt of a request, may take. By default V(5) for a request
          and V(10) for all others.
        type: float
      wait:
        description: How many seconds to wait before the row is checked. Requests have O(checklist[].retries) and
          O(checklist[].interval) instead.
        type: float
        default: 0.0
      via:
        description: Where Redis is asked or the program runs, on the control node or on each host. By default
          V(control), or V(host) if O(checklist[].url) names a variable of the service, which only the host can read.
        type: str
        choices: [control, host]
      url:
        description:
          - For a request, the address of the web server, by default the site's own.
          - >-
            For Redis, an address such as V(redis://host:6379/0), with C(redis), C(rediss) or C(unix); or a source of a
            secret; or V({service: NAME}), the variable or credential of the service itself that contains the address.
          - For Sentry, its address, by default V(https://sentry.io).
        type: raw
      key:
        description: The key in Redis, of the heartbeat or the queue.
        type: str
      max_age:
        description: How many seconds old a heartbeat in Redis may be.
        type: float
      below:
        description: The number of elements that the queue must stay below.
        type: int
        default: 10
      type:
        description: The data type of the queue in Redis.
        type: str
        choices: [list, stream, sorted_set, set]
        default: list
      password:
        description: A source of the Redis password.
        type: dict
      ca_file:
        description: A file with the CA certificates that Redis's certificate is verified against.
        type: str
      organization:
        description: The slug of the organization in Sentry.
        type: str
      token:
        description: A source of the Sentry token, which needs the scope C(event:read).
        type: dict
      projects:
        description: The slugs or ids of the projects in Sentry. By default, all that the token has access to.
        type: list
        elements: str
        default: []
      environment:
        description: The environment in Sentry. By default, all of them.
        type: str
      levels:
        description: The levels of the issues that count.
        type: list
        elements: str
        choices: [fatal, error, warning, info, debug]
        default: [error, fatal]
      unit:
        description: The systemd unit. By default, the service of the group.
        type: str
      argv:
        description: The program and its arguments. It runs without a shell.
        type: list
        elements: str
"""
        + _REQUEST.lstrip("\n").format(
            required="", retries="By default V(5), and V(0) for V(import_wizard).", default=""
        )
        + _SECRETS
    )
