# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Answers below botocore in place of AWS's, whole or cut short."""

from __future__ import annotations

import copy
import io
import json
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from ansible_collections.slipway.deploy.plugins.module_utils.aws.client import AwsSettings, Clients, make_clients

SETTINGS = AwsSettings("local", "eu-west-1", "000000000000", None, "http://127.0.0.1:9", "sandbox", "sandbox")


class Refused(NamedTuple):
    """A service's error, in JSON or, for S3, XML."""

    code: str
    fields: Mapping[str, Any] = {}
    status: int = 400


@dataclass
class Wire:
    """Answers calls in place of AWS: ``answers`` by operation, each a document, an XML text, headers or an error."""

    answers: dict[str, Any]
    asked: list[str] = field(default_factory=list)
    once: dict[str, Any] = field(default_factory=dict)
    inner: Clients = field(default_factory=lambda: make_clients(SETTINGS))

    def clients(self, answers: Mapping[str, Any]) -> Clients:
        """Clients that this wire answers so."""
        self.answers = dict(answers)
        self.once.clear()
        self.asked.clear()
        return self._client

    def _client(self, service: str) -> Any:
        client: Any = self.inner(service)
        client.meta.events.register("before-send", self._send, unique_id="wire")
        return client

    def _send(self, request: Any, event_name: str, **_: Any) -> AWSResponse:
        operation = event_name.rpartition(".")[2]
        self.asked.append(operation)
        answer = self.once.pop(operation, None) or self.answers[operation]
        if isinstance(answer, Refused):
            text = json.dumps({"__type": answer.code, "message": "refused", **answer.fields})
            if answer.status == 412:
                text = f"<Error><Code>{answer.code}</Code></Error>"
            return AWSResponse(request.url, answer.status, HTTPHeaders(), Raw(text.encode()))
        headers, body = answer if isinstance(answer, tuple) else ({}, answer)
        if isinstance(body, Mapping):
            body = json.dumps(body)
        return AWSResponse(request.url, 200, headers, Raw((body or "").encode()))


class Raw(io.BytesIO):
    """A body as urllib3 gives it."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        """All of it at once."""
        yield self.read()


def shortened(answer: Any) -> Iterator[tuple[str, Any]]:
    """An answer cut short in every way: each field, element and header absent, null or empty; the text ending early."""
    headers, body = answer if isinstance(answer, tuple) else ({}, answer)
    for name in headers:
        yield f"without {name}", ({key: value for key, value in headers.items() if key != name}, body)
    if isinstance(body, Mapping):
        yield from _shorter(body)
        text = json.dumps(body)
        yield "the half", text[: len(text) // 2]
        yield "nothing", ""
    elif body.startswith("<"):
        for number in range(1, body.count("</")):
            yield f"without element {number}", _without(body, number)
        yield "the half", body[: len(body) // 2]
        yield "nothing", ""


def _shorter(document: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    places = document.items() if isinstance(document, Mapping) else enumerate(document)
    for key, value in list(places):
        here = f"{path}.{key}"
        absent = copy.deepcopy(document)
        del absent[key]
        yield f"{here} absent", absent
        for what in (None, type(value)()) if isinstance(value, (dict, list, str)) else (None,):
            changed = copy.deepcopy(document)
            changed[key] = what
            yield f"{here} is {what!r}", changed
        if isinstance(value, (Mapping, list)):
            for name, inner in _shorter(value, here):
                changed = copy.deepcopy(document)
                changed[key] = inner
                yield name, changed


def _without(text: str, number: int) -> str:
    root = ET.fromstring(text)  # noqa: S314 - written above
    wanted = list(root.iter())[number]
    for parent in root.iter():
        if wanted in list(parent):
            parent.remove(wanted)
    return ET.tostring(root, encoding="unicode")
