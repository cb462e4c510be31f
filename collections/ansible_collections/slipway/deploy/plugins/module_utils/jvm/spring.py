# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Finds a Spring Boot application's readiness endpoint in its own settings. Pure.

Names are compared as Spring binds them: ``base-path``, ``basePath``, ``base_path`` and ``BASEPATH`` are one. Of YAML
only the settings' format is read: nested mappings of plain values, and documents with a profile.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from ..common.documents import loads_or_none

READINESS = "health/readiness"
#: The files of a jar that are read; later ones have precedence.
FILES = ("application", "config/application")
ENDINGS = (".yml", ".yaml", ".properties")
_ACTUATOR = "/actuator"
_PLACEHOLDER = re.compile(r"\$\{([^${}:]+)(?::([^${}]*))?\}")
_DEEPEST = 10
_PROFILE = ("spring.config.activate.onprofile", "spring.profiles")
_ANY = ("", "0.0.0.0", "::", "localhost")  # noqa: S104 - to compare with


def canonical(name: str) -> str:
    """A property's canonical name."""
    return re.sub(r"[-_]", "", name).lower()


def of_variable(name: str) -> str:
    """The canonical name of the property that an environment variable sets."""
    return name.replace("_", ".").lower()


def words_of(words: Iterable[str]) -> dict[str, str]:
    """The properties that ``-Dname=value`` and ``--name=value`` set; the later one wins, arguments over options."""
    found: dict[str, str] = {}
    for prefix in ("-D", "--"):
        for word in words:
            name, equals, value = word.partition("=")
            if word.startswith(prefix) and equals:
                found[canonical(name[2:])] = value
    return found


def variables_of(environment: Mapping[str, str]) -> dict[str, str]:
    """The properties that environment variables set, with ``SPRING_APPLICATION_JSON``."""
    found = {of_variable(name): value for name, value in environment.items()}
    document = loads_or_none(environment.get("SPRING_APPLICATION_JSON") or "{}")
    return {**found, **{canonical(name): value for name, value in _flattened(document).items()}}


def _flattened(document: object, prefix: str = "") -> dict[str, str]:
    if not isinstance(document, dict):
        return {prefix: str(document)} if prefix and not isinstance(document, list) else {}
    found: dict[str, str] = {}
    for name, value in document.items():
        found.update(_flattened(value, f"{prefix}.{name}" if prefix else str(name)))
    return found


def read_properties(text: str) -> list[dict[str, str]]:
    """The documents of a ``.properties`` file, separated by ``#---``."""
    documents: list[dict[str, str]] = [{}]
    joined = re.sub(r"\\\r?\n[ \t]*", "", text)
    for line in joined.splitlines():
        if re.match(r"[#!]---\s*$", line.strip()):
            documents.append({})
            continue
        match = re.match(r"\s*([^#!=:\s][^=:\s]*)\s*[=:\s]\s*(.*)", line)
        if match:
            documents[-1][canonical(match[1])] = match[2].strip()
    return documents


def read_yaml(text: str) -> list[dict[str, str]]:
    """The documents of a YAML file of settings: nested mappings of plain values. Anything else is skipped."""
    documents: list[dict[str, str]] = [{}]
    above: list[tuple[int, str]] = []
    for line in text.splitlines():
        if re.match(r"---(\s|$)", line):
            documents.append({})
            above = []
            continue
        match = re.match(r"( *)((?:\"[^\"]*\"|'[^']*'|[^\s#:'\"-][^:#]*?))\s*:(?:\s+(.*))?$", line)
        if not match:
            continue
        indent, key, value = len(match[1]), match[2].strip("\"'"), _scalar(match[3] or "")
        above = [item for item in above if item[0] < indent]
        name = ".".join([*(part for _indent, part in above), key])
        if value is None:
            above.append((indent, key))
        else:
            documents[-1][canonical(name)] = value
    return documents


def _scalar(text: str) -> str | None:
    """A plain value; ``None`` where a nested mapping follows."""
    value = text.strip()
    if value[:1] in ("'", '"'):
        end = value.find(value[0], 1)
        return value[1:end] if end > 0 else value[1:]
    value = re.split(r"(?:^|\s)#", value)[0].strip()
    return value or None


def merged(files: Mapping[str, str], profiles: Sequence[str]) -> dict[str, str]:
    """The properties of an application's files, by their names below its resources.

    :param profiles: the active ones, in their order; if empty, those of the files themselves.
    """
    common = _documents(files, [f"{base}{ending}" for ending in ENDINGS for base in FILES])
    always = {name: value for document in common if not _profile(document) for name, value in document.items()}
    active = list(profiles) or _listed(
        always.get("spring.profiles.active") or always.get("spring.profiles.default", "")
    )
    found = dict(always)
    for profile in active or ["default"]:
        for document in common:
            if _fits(_profile(document), active or ["default"]) and _profile(document):
                found.update(document)
        names = [f"{base}-{profile}{ending}" for ending in ENDINGS for base in FILES]
        for document in _documents(files, names):
            if _fits(_profile(document), active):
                found.update(document)
    return found


def _documents(files: Mapping[str, str], names: Iterable[str]) -> list[dict[str, str]]:
    read = [
        read_properties(files[name]) if name.endswith(".properties") else read_yaml(files[name])
        for name in names
        if name in files
    ]
    return [document for documents in read for document in documents]


def _profile(document: Mapping[str, str]) -> str:
    return next((document[name] for name in _PROFILE if document.get(name)), "")


def _fits(profile: str, active: Sequence[str]) -> bool:
    """Whether a document's profile is active: ``a``, ``!a``, ``a | b``, ``a & b`` or ``a,b``."""
    if not profile:
        return True
    alternatives = re.split(r"\||,", profile.strip("\"'[]() "))
    return any(all(_holds(term, active) for term in item.split("&")) for item in alternatives)


def _holds(term: str, active: Sequence[str]) -> bool:
    name = term.strip(" ()'\"")
    return name[1:].strip() not in active if name.startswith("!") else name in active


def _listed(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]


def settings(
    files: Mapping[str, str], environment: Mapping[str, str], credentials: Mapping[str, str], words: Sequence[str]
) -> dict[str, str]:
    """The effective properties, by canonical name.

    :param files: the application's own, by their names below its resources.
    :param credentials: those that Spring reads by ``configtree``.
    :param words: the options of Java and the arguments of the application, with those of ``JAVA_OPTS``.
    """
    given = words_of(words)
    variables = variables_of(environment)
    imported = {canonical(name): value.strip() for name, value in credentials.items()}
    outside = {**imported, **variables, **given}
    active = _listed(outside.get("spring.profiles.active", ""))
    return {**merged(files, active), **outside}


def readiness_url(properties: Mapping[str, str], port: int, path: str = READINESS) -> str | None:
    """The URL to request; ``None`` if the application has no HTTP endpoint for it.

    :param port: the port if its settings do not set one.
    :param path: below the actuator's path.
    """

    def value(name: str, default: str = "") -> str:
        return resolved(properties.get(canonical(name)) or default, properties)

    own = _number(value("server.port"), port)
    management = _number(value("management.server.port"), own)
    if management < 0:
        return None
    separate = management != own
    base = value("server.servlet.context-path") or value("spring.webflux.base-path")
    if separate:
        base = value("management.server.base-path") or value("management.server.servlet.context-path")
    address = value("management.server.address" if separate else "server.address")
    host = "127.0.0.1" if address in _ANY else f"[{address}]" if ":" in address else address
    actuator = value("management.endpoints.web.base-path", _ACTUATOR)
    endpoint, _slash, rest = path.partition("/")
    endpoint = value(f"management.endpoints.web.path-mapping.{endpoint}", endpoint)
    parts = (part.strip("/") for part in (base, actuator, endpoint, rest))
    return f"http://{host}:{management}/" + "/".join(part for part in parts if part)


def resolved(text: str, properties: Mapping[str, str], depth: int = 0) -> str:
    """A value with its placeholders, ``${NAME}`` and ``${NAME:default}``."""
    if depth >= _DEEPEST or "${" not in text:
        return text

    def put(match: re.Match[str]) -> str:
        known = properties.get(canonical(match[1]), properties.get(of_variable(match[1])))
        return known if known is not None else match[2] or ""

    return resolved(_PLACEHOLDER.sub(put, text), properties, depth + 1)


def _number(text: str, default: int) -> int:
    return int(text) if re.fullmatch(r"-?\d+", text.strip()) else default
