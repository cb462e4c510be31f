# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The settings of a deploy from the inventory and the command line, validated and typed. Pure."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any

from ..common.documents import loads
from ..common.errors import SlipwayError, SlipwayErrors, raise_all
from ..common.suggest import shorten, suggest
from ..fleet.identity import identify
from ..fleet.model import SERVICE_SETTINGS, DesiredService
from ..image.reference import is_digest, is_tag
from ..kinds.registry import NAMES
from ..rollout.model import Limits

_TRUE = frozenset({"true", "yes", "on", "1", "y", "t"})
_TAG_FORMS = "Set -e image_tag=<tag> for all, or -e image_tag=<service>=<tag>,<service>=<tag>"
_FALSE = frozenset({"false", "no", "off", "0", "n", "f", ""})

#: The location of a tag from the command line.
IMAGE_TAG = "-e image_tag"


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
    build: str = ""
    to: str | None = None
    force: bool = False
    force_schema: bool = False
    downgrade_schema: bool = False
    host_failure_thresholds: Mapping[str, int] = field(default_factory=dict)
    ship_drift: bool | frozenset[str] = False
    dismiss_drift: frozenset[str] = frozenset()


def read_settings(
    variables: Mapping[str, Any], environment: str, services: Collection[str], extra: Collection[str] = ()
) -> Settings:
    """The settings among an environment's variables and the extra variables of the command line.

    :param services: the fleet's names, for settings per service.
    :param extra: the names of the extra variables, which have no other location.
    :raises SlipwayErrors: naming every invalid variable, its location and remedy.
    """
    reader = _Reader(variables, f"inventories/{environment}/group_vars/all.yml", extra)
    limits = Limits(
        max_parallel=int(reader.number("max_parallel", 4, least=1, whole=True)),
        stabilise_timeout=reader.number("stabilise_timeout", 600, least=1),
        failed_tasks_threshold=int(reader.number("failed_tasks_threshold", 0, least=1, whole=True)) or None,
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
        resume=reader.choice("resume", ("finish", "undo"), "") or None,
        build=reader.text_if_given("build", "Name a build (or latest), or leave it out"),
        to=reader.text_if_given("to", "Set -e to=<release>, or leave it out") or None,
        force=reader.truth("force_full_build"),
        force_schema=reader.truth("force_schema"),
        downgrade_schema=reader.truth("downgrade_schema"),
        host_failure_thresholds={
            kind: int(reader.number(f"{kind}_failure_threshold", 0, least=0, whole=True)) for kind in NAMES
        },
        ship_drift=reader.names_or_all("ship_drift", services),
        dismiss_drift=reader.names("dismiss_drift", services),
    )
    reader.finish()
    return settings


def wanted_tags(value: Any, services: Sequence[str]) -> Mapping[str, str] | str | None:
    """The extra variable ``image_tag``: one tag for all, or a tag per service.

    :param value: a tag, ``name=tag,name=tag``, a mapping, or a mapping as JSON text.
    :raises SlipwayErrors: it has another form, is empty, names an unknown service or an invalid tag.
    """
    if value is None:
        return None
    parsed = _parse_tags(value)
    if not parsed:
        # An unset variable of a pipeline: deploying the default instead would be a guess.
        raise SlipwayErrors([SlipwayError("image_tag is empty", IMAGE_TAG, f"{_TAG_FORMS}, or leave it out")])
    items = parsed.items() if isinstance(parsed, Mapping) else [(None, parsed)]
    errors = []
    for name, tag in items:
        if name is not None and name not in services:
            errors.append(SlipwayError(f"{shorten(name)!r} is not a service", IMAGE_TAG, _known(name, services)))
        if not is_tag(tag) and not is_digest(tag):
            whose = f" of {shorten(name)}" if name is not None else ""
            remedy = "A tag is up to 128 of A-Z a-z 0-9 _ . - and does not begin with . or -"
            errors.append(SlipwayError(f"{shorten(tag)!r}{whose} is not a valid image tag", IMAGE_TAG, remedy))
    raise_all(errors)
    return parsed


def check_selected(names: Mapping[str, Collection[str]], selected: Collection[str], services: Collection[str]) -> None:
    """Refuse settings for a service that ``--limit`` leaves out: they would have no effect.

    :param names: extra variable → the services that it names.
    :raises SlipwayErrors: with one line for each.
    """
    errors = [
        SlipwayError(f"{name} is not in --limit", f"-e {variable}", "Name it in --limit, or leave it out here")
        for variable, named in names.items()
        for name in named
        if name in services and name not in selected
    ]
    raise_all(errors)


def not_a_text(value: Any) -> str:
    """The type into which YAML, JSON or a template converted a text; ``""`` for a text or a whole number.

    A whole number is taken as its text: in files, other notations are refused by the reader.
    """
    if isinstance(value, bool):
        return "true or false, not a text"
    if isinstance(value, float):
        return f"the number {value}, not a text"
    if isinstance(value, (date, time)):
        return f"the date {value}, not a text"
    return ""


def _parse_tags(value: Any) -> Mapping[str, str] | str:
    if isinstance(value, list):
        raise SlipwayError("image_tag is a list", IMAGE_TAG, _TAG_FORMS)
    if isinstance(value, Mapping):
        return {str(name): _tag_text(f"image_tag of {shorten(name)}", tag) for name, tag in value.items()}
    _tag_text("image_tag", value)
    text = str(value).strip()
    if text.startswith("{"):
        try:
            return _parse_tags(loads(text, _once))
        except ValueError as error:
            raise SlipwayError(f"{shorten(text)!r} is not valid JSON ({error})", IMAGE_TAG, _TAG_FORMS) from error
    if "=" not in text:
        return text
    tags: dict[str, str] = {}
    for part in filter(None, map(str.strip, text.split(","))):
        name, _equals, tag = (word.strip() for word in part.partition("="))
        if name in tags:
            raise SlipwayError(f"{shorten(name)} is named twice", IMAGE_TAG, "Keep one of them")
        tags[name] = tag
    return tags


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _tag in pairs]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise SlipwayError(f"{shorten(twice)} is named twice", IMAGE_TAG, "Keep one of them")
    return dict(pairs)


def _tag_text(label: str, value: Any) -> str:
    wrong = "null" if value is None else "a list" if isinstance(value, (list, Mapping)) else not_a_text(value)
    if wrong:
        raise SlipwayError(f"{label} is {wrong}", IMAGE_TAG, "Write the tag in quotes")
    return str(value)


def desired_service(
    name: str,
    variables: Mapping[str, Any],
    *,
    wave: int,
    selected: bool,
    tags: Mapping[str, str] | str | None,
    force: bool,
    where: str,
    default_where: str = "",
) -> DesiredService:
    """One service as the inventory and the command line want it.

    :param default_where: where ``default_image_tag`` is defined.
    :raises SlipwayErrors: a variable is missing or has the wrong type.
    """
    reader = _Reader(variables, where)
    prefix = reader.text("service_name_prefix")
    override = tags if isinstance(tags, str) else (tags or {}).get(name)
    own = reader.text("service_image_tag")
    tag = override or own or reader.text("default_image_tag") or "latest"
    service, cluster = reader.service(f"{prefix}{name}")
    wanted = DesiredService(
        name=name,
        wave=wave,
        cluster=cluster,
        service=service,
        container=reader.text("container_name") or name,
        repository=reader.text("image_repository") or f"{reader.text('image_repository_prefix')}{name}",
        registry=reader.text("ecr_registry"),
        tag=tag,
        selected=selected,
        force=force,
        where=where,
        tag_where=IMAGE_TAG if override else "" if own else default_where,
        settings={name: reader.own(variable, kind) for variable, (name, kind) in SERVICE_SETTINGS.items()},
    )
    reader.finish()
    return wanted


def _known(name: str, services: Sequence[str]) -> str:
    return suggest(name, services) or f"There are {', '.join(sorted(services))}"


class _Reader:
    """Reads variables of a type and collects their errors."""

    def __init__(self, variables: Mapping[str, Any], where: str, extra: Collection[str] = ()) -> None:
        self._variables = variables
        self._where = where
        self._extra = extra
        self._errors: list[SlipwayError] = []

    def text(self, name: str, required: bool = False) -> str:
        value = self._given(name)
        if isinstance(value, (Mapping, list)):
            kind = "mapping" if isinstance(value, Mapping) else "list"
            self._wrong(name, f"{name} is a {kind}", f"Write {name}: and one text")
            return ""
        wrong = not_a_text(value)
        if wrong:
            self._wrong(name, f"{name} is {wrong}", f'Write it in quotes: {name}: "…"')
            return ""
        text = "" if value is None else str(value).strip()
        if required and not text and (value is not None or name not in self._variables):
            self._wrong(name, f"{name} is not set", f"Write {name}: …")
        return text

    def service(self, default: str) -> tuple[str, str]:
        """The names of the ECS service and of its cluster."""
        said = self.text("ecs_service") or default
        cluster = self.text("ecs_cluster", required=not said.startswith("arn:"))
        try:
            found, place = identify(said, cluster, self.text("aws_region"), self.text("account_id"), self._where)
        except SlipwayError as error:
            self._errors.append(error)
            return said, cluster
        return found, place or self.text("ecs_cluster", required=True)

    def text_if_given(self, name: str, remedy: str) -> str:
        """A text that may be absent but not empty: an empty one is an unset variable of a pipeline."""
        text = self.text(name)
        if isinstance(self._variables.get(name), str) and not text:
            self._wrong(name, f"{name} is empty", remedy)
        return text

    def number(self, name: str, default: float, *, least: float, whole: bool = False) -> float:
        value = self._given(name)
        if value is None or value == "":
            return default
        try:
            number = float(value) if not isinstance(value, bool) else math.nan
        except (TypeError, ValueError):
            number = math.nan
        if not math.isfinite(number) or number < least or (whole and number != int(number)):
            kind = "a whole number" if whole else "a number"
            remedy = f"It is {kind} of at least {least:g}, e.g. {name}: {default or least:g}"
            self._wrong(name, f"{name} is {shorten(value)!r}", remedy)
            return default
        return number

    def own(self, name: str, kind: type) -> Any:
        """The setting of a service that has the type ``kind``; ``None`` where it is not set, empty or 0."""
        if kind is bool:
            return self.truth(name) if name in self._variables else None
        if kind is str:
            return self.text(name) or None
        return kind(self.number(name, 0, least=0, whole=kind is int)) or None

    def choice(self, name: str, choices: Sequence[str], default: str) -> str:
        text = self.text(name) or default
        if text and text not in choices:
            self._wrong(name, f"{name} is {shorten(text)!r}", f"It is {' or '.join(choices)}")
            return default
        return text

    def truth(self, name: str) -> bool:
        value = self._given(name)
        if isinstance(value, bool):
            return value
        text = "" if value is None else str(value).strip().lower()
        if text not in _TRUE | _FALSE:
            self._wrong(name, f"{name} is {shorten(value)!r}", "Write true or false")
        return text in _TRUE

    def names(self, name: str, services: Collection[str]) -> frozenset[str]:
        value = self._variables.get(name)
        items = value if isinstance(value, list) else str(value or "").replace(",", " ").split()
        found = frozenset(str(item) for item in items)
        for unknown in sorted(found - set(services)):
            remedy = _known(unknown, sorted(services))
            self._wrong(name, f"{name} names {shorten(unknown)!r}, which is not a service", remedy)
        return found & set(services)

    def names_or_all(self, name: str, services: Collection[str]) -> bool | frozenset[str]:
        value = self._variables.get(name)
        if value is None or isinstance(value, bool) or str(value).strip().lower() in _TRUE | _FALSE:
            return self.truth(name)
        return self.names(name, services)

    def _given(self, name: str) -> Any:
        """The value of a variable, ``None`` if it is not set. A null is a mistake, not a default."""
        value = self._variables.get(name)
        if value is None and name in self._variables:
            self._wrong(name, f"{name} is null", "Give it a value, or leave it out")
        return value

    def finish(self) -> None:
        """Raise the collected errors."""
        if self._errors:
            raise SlipwayErrors(self._errors)

    def _wrong(self, name: str, what: str, remedy: str) -> None:
        where = f"-e {name}" if name in self._extra else self._where
        self._errors.append(SlipwayError(what, where, remedy))
