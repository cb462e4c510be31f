# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When a service counts as ready."""

from __future__ import annotations

_WAITING = """
      status:
        description: The HTTP status codes that mean ready.
        type: list
        elements: int
        default: [200]
      headers:
        description:
          - Headers of the request. A service that answers only under its own host name needs C(Host), and one that
            answers only over HTTPS needs C(X-Forwarded-Proto).
        type: dict
        default: {}
      timeout:
        description: How many seconds the service has from its start to its first successful answer.
        type: int
        default: 120
      stable_for:
        description: How many seconds after that the same process must stay up and ready.
        type: int
        default: 5
      interval:
        description: Seconds between two requests.
        type: float
        default: 0.5
"""


class ModuleDocFragment:
    """The option readiness. Fragments merge options, not suboptions, so each variant is complete.

    ansible-test fails on text that is put together, unless it is annotated.
    """

    # A service whose URL is given.
    DOCUMENTATION: str = """
options:
  readiness:
    type: dict
    suboptions:
      url:
        description: The service's URL.
        type: str
        required: true
""" + _WAITING.lstrip("\n")

    # A service that may also be a Spring Boot application, whose own settings say where it answers.
    APPLICATION: str = """
options:
  readiness:
    type: dict
    default: {}
    suboptions:
      url:
        description:
          - Requested with GET, without a proxy, until it answers. If the answer is a JSON object with a C(status), that
            must be C(UP), C(ok), C(healthy), C(ready), C(pass), C(alive), C(live), C(running), C(success),
            C(available) or C(operational).
          - For a Unix socket, write C(http+unix://%2Frun%2Fservice.sock/health).
          - Optional for a Spring Boot application, see O(readiness.application).
        type: str
      application:
        description:
          - Set this for a Spring Boot application. What O(readiness.url) does not specify is read from the settings
            that each release was started with. These are the port and the paths of its management endpoints, from the
            files in its jar, the environment, the credentials, the Java options and the arguments.
        type: dict
        suboptions:
          jar:
            description: The jar file that is run.
            type: path
            required: true
          port:
            description: The port that the application listens on if its settings do not specify one.
            type: int
            default: 8080
          words:
            description: The Java options and the application's arguments.
            type: list
            elements: str
            default: []
""" + _WAITING.lstrip("\n")
