# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Repeats a call whose answer lacks required fields; an answer that stays incomplete is an error that names them.

Done once for every client, by botocore's own events, below all of Slipway's calls: after these hooks an answer has what
:mod:`.answers` lists. Repeating is safe for every call that Slipway makes: each sets something to what is asked, or AWS
refuses the second because the first succeeded, and the caller takes this refusal for success after a look.
"""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from typing import Any

from .answers import missing
from .errors import IncompleteAnswer

#: Seconds before an incomplete answer is asked for again; as many times as there are.
PAUSES = (0.2, 0.4, 0.8)
_CUT = "SlipwayCut"
_PARAMETERS = "slipway_parameters"
#: What botocore's parsers raise over a field of another type than the service's model says.
_UNPARSABLE = (AttributeError, KeyError, TypeError, ValueError)


def require_complete_answers(client: Any) -> None:
    """Make every answer of a client complete, or an :class:`IncompleteAnswer`."""
    service = client.meta.service_model.service_name
    hooks = _Hooks(service)
    name = client.meta.service_model.service_id.hyphenize()
    for event, hook in (
        ("before-parameter-build", hooks.keep_parameters),
        ("before-parse", hooks.notice_cut),
        ("needs-retry", hooks.ask_again),
        ("after-call", hooks.refuse),
        ("after-call-error", hooks.translate),
    ):
        client.meta.events.register(f"{event}.{name}", hook, unique_id=f"slipway-{event}")


class _Hooks:
    def __init__(self, service: str) -> None:
        self._service = service

    def keep_parameters(self, params: Mapping[str, Any], context: dict[str, Any], **_: Any) -> None:
        """Keep the call's parameters for the check of the answer."""
        context[_PARAMETERS] = params

    def notice_cut(
        self, operation_model: Any, response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: Any
    ) -> None:
        """Mark a good answer whose body ends in the middle: botocore does not retry these."""
        if response_dict["status_code"] >= 300 or operation_model.has_streaming_output:
            return
        if not _is_whole(response_dict.get("body") or b"", operation_model.service_model.metadata.get("protocol")):
            # As botocore reads a failure without a body.
            response_dict.update(status_code=500, body=b"")
            customized_response_dict[_CUT] = True

    def ask_again(
        self, response: Any, operation: Any, attempts: int, request_dict: Mapping[str, Any], **_: Any
    ) -> float | None:
        """The seconds to wait before asking again, or ``None`` for an answer to take."""
        if response is None or attempts > len(PAUSES):
            return None
        http, parsed = response
        context = request_dict.get("context") or {}
        lost = self._lost(http, parsed, operation.name, context, attempts)
        return PAUSES[attempts - 1] if lost else None

    def refuse(self, http_response: Any, parsed: Any, model: Any, context: Mapping[str, Any], **_: Any) -> None:
        """Raise for an answer that is still incomplete."""
        if lost := self._lost(http_response, parsed, model.name, context):
            raise IncompleteAnswer(self._service, model.name, lost)

    def translate(self, exception: Exception, event_name: str, **_: Any) -> None:
        """Name the call of an answer that botocore cannot parse."""
        parser = any(cls.__name__ == "ResponseParserError" for cls in type(exception).__mro__)
        by_botocore = type(exception).__module__.startswith("botocore")
        if parser or (isinstance(exception, _UNPARSABLE) and not by_botocore):
            raise IncompleteAnswer(self._service, event_name.rpartition(".")[2], "") from exception

    def _lost(
        self, http: Any, parsed: Mapping[str, Any], operation: str, context: Mapping[str, Any], attempt: int = 2
    ) -> str:
        if http.status_code >= 300:
            return ""
        if parsed.get(_CUT):
            return "an end"
        return missing(self._service, operation, context.get(_PARAMETERS) or {}, parsed, attempt)


def _is_whole(body: bytes, protocol: str | None) -> bool:
    if not body:
        return True  # Required fields are checked once it is parsed.
    try:
        if protocol in ("json", "rest-json"):
            json.loads(body)
        elif protocol in ("query", "ec2", "rest-xml"):
            ET.fromstring(body)  # noqa: S314 - AWS's own answer, which botocore parses the same way
    except (ValueError, ET.ParseError):
        return False
    except RecursionError:
        return True  # It is complete; the parser reports what is wrong with it.
    return True
