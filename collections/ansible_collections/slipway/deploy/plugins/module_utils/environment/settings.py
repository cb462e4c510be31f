# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the inventory and the command line say about a deploy, checked and typed. Pure."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError, SlipwayErrors
from ansible_collections.slipway.deploy.plugins.module_utils.environment.choose import shorten, suggest
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.images import is_digest, is_tag
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.model import DesiredService
from ansible_collections.slipway.deploy.plugins.module_utils.rollout.model import Limits

_TRUE = frozenset({"true", "yes", "on", "1", "y", "t"})
_FALSE = frozenset({"false", "no", "off", "0", "n", "f", ""})


@dataclass(frozen=True)
class Settings:
    """The settings of one run. Durations are seconds."""

    state_store: str
    limits: Limits = field(default_factory=Limits)
    on_failure: str = "undo"
    verify_unverifiable: str = "warn"
    lock_ttl: float = 120.0
    lock_wait: float = 0.0
    reason: str = ""
    title: str = ""
    resume: str | None = None
    to: str | None = None
    force: bool = False
    ship_drift: bool | frozenset[str] = False
    dismiss_drift: frozenset[str] = frozenset()


def read_settings(variables: Mapping[str, Any], environment: str, services: Collection[str]) -> Settings:
    """The settings among an environment's variables and the extra variables of the command line.

    :param services: the fleet's names, for what is said per service.
    :raises SlipwayErrors: naming every variable that is wrong, where it is written and what would be right.
    """
    reader = _Reader(variables, f"inventories/{environment}/group_vars/all.yml")
    limits = Limits(
        max_parallel=int(reader.number("max_parallel", 4, least=1, whole=True)),
        stabilise_timeout=reader.number("stabilise_timeout", 600, least=1),
        failed_tasks_threshold=int(reader.number("failed_tasks_threshold", 3, least=1, whole=True)),
    )
    settings = Settings(
        state_store=reader.text("state_store", required=True),
        limits=limits,
        on_failure=reader.choice("on_failure", ("undo", "hold"), "undo"),
        verify_unverifiable=reader.choice("verify_unverifiable", ("warn", "fail"), "warn"),
        lock_ttl=reader.number("lock_ttl", 120, least=5),
        lock_wait=reader.number("lock_wait", 0, least=0),
        reason=reader.text("reason"),
        title=reader.text("release_title"),
        resume=reader.choice("resume", ("finish", "undo"), "", extra=True) or None,
        to=reader.text("to") or None,
        force=reader.truth("force_full_build"),
        ship_drift=reader.names_or_all("ship_drift", services),
        dismiss_drift=reader.names("dismiss_drift", services),
    )
    reader.finish()
    return settings


def wanted_tags(value: Any, services: Sequence[str]) -> Mapping[str, str] | str | None:
    """The extra variable ``image_tag``: one tag for all, or a tag per service.

    :param value: a tag, ``name=tag,name=tag``, a mapping, or a mapping as JSON text.
    :raises SlipwayErrors: when it is none of these, names an unknown service or no possible tag.
    """
    if value is None or value == "":
        return None
    parsed = _parse_tags(value)
    items = parsed.items() if isinstance(parsed, Mapping) else [("", parsed)]
    errors = []
    for name, tag in items:
        if name and name not in services:
            errors.append(SlipwayError(f"image_tag names {name!r}, which is no service", None, _known(name, services)))
        if not is_tag(str(tag)) and not is_digest(str(tag)):
            remedy = "A tag is up to 128 of A-Z a-z 0-9 _ . - and does not begin with . or -"
            errors.append(SlipwayError(f"{shorten(tag)!r} is no image tag", "-e image_tag", remedy))
    if errors:
        raise SlipwayErrors(errors)
    return parsed


def _parse_tags(value: Any) -> Mapping[str, str] | str:
    if isinstance(value, Mapping):
        return {str(name): str(tag) for name, tag in value.items()}
    text = str(value).strip()
    if text.startswith("{"):
        try:
            return {str(name): str(tag) for name, tag in json.loads(text).items()}
        except ValueError as error:
            raise SlipwayError(f"image_tag is no JSON ({error})", "-e image_tag", "Say name=tag,name=tag") from error
    if "=" in text:
        pairs = [part.partition("=") for part in text.split(",") if part.strip()]
        return {name.strip(): tag.strip() for name, _equals, tag in pairs}
    return text


def desired_service(
    name: str,
    variables: Mapping[str, Any],
    *,
    wave: int,
    selected: bool,
    tags: Mapping[str, str] | str | None,
    force: bool,
    where: str,
) -> DesiredService:
    """One service as the inventory and the command line want it.

    :param variables: the host's variables.
    :raises SlipwayErrors: when a variable is missing or of the wrong kind.
    """
    reader = _Reader(variables, where)
    prefix = reader.text("service_name_prefix")
    override = tags if isinstance(tags, str) else (tags or {}).get(name)
    tag = override or reader.text("service_image_tag") or reader.text("default_image_tag") or "latest"
    port = reader.number("service_port", 0, least=0, whole=True)
    wanted = DesiredService(
        name=name,
        wave=wave,
        cluster=reader.text("ecs_cluster", required=True),
        service=reader.text("ecs_service") or f"{prefix}{name}",
        container=reader.text("container_name") or name,
        repository=reader.text("image_repository") or f"{reader.text('image_repository_prefix')}{name}",
        registry=reader.text("ecr_registry"),
        tag=tag,
        selected=selected,
        force=force,
        port=int(port) or None,
        where=where,
    )
    reader.finish()
    return wanted


def _known(name: str, services: Sequence[str]) -> str:
    return suggest(name, services) or f"There are {', '.join(sorted(services))}"


class _Reader:
    """Reads variables of a kind and collects what is wrong with them."""

    def __init__(self, variables: Mapping[str, Any], where: str) -> None:
        self._variables = variables
        self._where = where
        self._errors: list[SlipwayError] = []

    def text(self, name: str, required: bool = False) -> str:
        value = self._variables.get(name)
        if isinstance(value, (Mapping, list)):
            self._wrong(f"{name} is a {'mapping' if isinstance(value, Mapping) else 'list'}", f"{name} is one word")
            return ""
        text = "" if value is None else str(value).strip()
        if required and not text:
            self._wrong(f"{name} is not set", f"Write {name}: …")
        return text

    def number(self, name: str, default: float, *, least: float, whole: bool = False) -> float:
        value = self._variables.get(name)
        if value is None or value == "":
            return default
        try:
            number = float(value) if not isinstance(value, bool) else math.nan
        except (TypeError, ValueError):
            number = math.nan
        if not math.isfinite(number) or number < least or (whole and number != int(number)):
            kind = "a whole number" if whole else "a number"
            self._wrong(
                f"{name} is {shorten(value)!r}", f"It is {kind} of at least {least:g}, e.g. {name}: {default:g}"
            )
            return default
        return number

    def choice(self, name: str, choices: Sequence[str], default: str, extra: bool = False) -> str:
        text = self.text(name) or default
        if text and text not in choices:
            where = f"-e {name}" if extra else None
            self._wrong(f"{name} is {shorten(text)!r}", f"It is {' or '.join(choices)}", where)
            return default
        return text

    def truth(self, name: str) -> bool:
        value = self._variables.get(name)
        if isinstance(value, bool):
            return value
        text = "" if value is None else str(value).strip().lower()
        if text not in _TRUE | _FALSE:
            self._wrong(f"{name} is {shorten(value)!r}", "It is true or false", f"-e {name}")
        return text in _TRUE

    def names(self, name: str, services: Collection[str]) -> frozenset[str]:
        value = self._variables.get(name)
        items = value if isinstance(value, list) else str(value or "").replace(",", " ").split()
        found = frozenset(str(item) for item in items)
        for unknown in sorted(found - set(services)):
            self._wrong(
                f"{name} names {unknown!r}, which is no service", _known(unknown, sorted(services)), f"-e {name}"
            )
        return found & set(services)

    def names_or_all(self, name: str, services: Collection[str]) -> bool | frozenset[str]:
        value = self._variables.get(name)
        if value is None or isinstance(value, bool) or str(value).strip().lower() in _TRUE | _FALSE:
            return self.truth(name)
        return self.names(name, services)

    def finish(self) -> None:
        """Raise what was found wrong."""
        if self._errors:
            raise SlipwayErrors(self._errors)

    def _wrong(self, what: str, remedy: str, where: str | None = None) -> None:
        self._errors.append(SlipwayError(what, where or self._where, remedy))
