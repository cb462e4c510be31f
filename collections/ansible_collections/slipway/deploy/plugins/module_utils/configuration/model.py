# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The content of a generation of a service's configuration. Pure.

A generation is a directory that is never changed once it is complete: ``env``, ``credentials/<name>``, ``files/<path>``
and ``unit.conf``, a drop-in of the service's unit that names the first two. Its name is a keyed digest of its content,
so that equal content is one generation; with a plain digest a short secret could be guessed from the name.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote

from ..common.documents import loads
from ..common.errors import SlipwayError, SlipwayErrors
from ..systemd import environment_file

#: A change here makes the next generation of every host a new one.
_FORMAT = 1
#: The first systemd with ``LoadCredential=``.
CREDENTIALS_SINCE = 247
#: The first systemd that knows ``%d``, the directory of the credentials.
DIRECTORY_SPECIFIER_SINCE = 250
#: Spring reads a directory of files as properties: https://docs.spring.io/spring-boot/reference/features/external-config.html
IMPORT = "SPRING_CONFIG_IMPORT"

_LONGEST_NAME = 240
_CREDENTIAL = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}")
_PROPERTY = re.compile(r'Environment="([A-Za-z_][A-Za-z0-9_]*)=.*/([^/"]*)"')


@dataclass(frozen=True)
class Delivered:
    """A file's content, and its owner."""

    content: bytes = field(repr=False)
    owner: str = "root"
    group: str = "root"
    mode: int = 0o600


@dataclass(frozen=True)
class Configuration:
    """The configuration that a service is started with.

    :ivar environment: name → value of an environment variable.
    :ivar credentials: name → content of a file that only the service reads.
    :ivar properties: name of an environment variable → the credential whose file's path is its value.
    :ivar files: path → the file at it.
    """

    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    credentials: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    properties: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, Delivered] = field(default_factory=dict)


@dataclass(frozen=True)
class Place:
    """The location of a service's configuration, and the host's systemd.

    :ivar service: the unit, without ``.service``.
    :ivar directory: ``/etc/<service>``.
    :ivar systemd: the version of systemd.
    """

    service: str
    directory: str
    systemd: int

    def generation(self, digest: str) -> str:
        """The directory of a generation."""
        return f"{self.directory}/generations/{digest}"

    def credentials(self, digest: str) -> str:
        """The directory in which the running service finds its credentials, without specifiers."""
        if self.systemd < CREDENTIALS_SINCE:
            return f"{self.generation(digest)}/credentials"
        return f"/run/credentials/{self.service}.service"


def read_configuration(payload: str) -> tuple[Configuration, dict[str, str]]:
    """A configuration and the source of each of its names, as the control node passes them on.

    :raises SlipwayError: it is malformed.
    """
    try:
        read = loads(payload)
        credentials = {str(name): base64.b64decode(value) for name, value in read["credentials"].items()}
        files = {str(path): _delivered(item) for path, item in read.get("files", {}).items()}
        configuration = Configuration(_texts(read["environment"]), credentials, _texts(read["properties"]), files)
        sources = _texts(read["sources"])
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error):
        # The text is secret: no error may show it.
        raise SlipwayError("is not a configuration", "payload", "Use slipway.deploy.runtime_parameters") from None
    check(configuration, sources)
    return configuration, sources


def write_configuration(configuration: Configuration, sources: Mapping[str, str]) -> str:
    """The inverse of :func:`read_configuration`."""
    document: dict[str, Any] = {
        "environment": dict(configuration.environment),
        "credentials": {
            name: base64.b64encode(content).decode() for name, content in configuration.credentials.items()
        },
        "properties": dict(configuration.properties),
        "sources": dict(sources),
    }
    if configuration.files:  # Without files a generation keeps the name from before files were supported.
        document["files"] = {
            path: [base64.b64encode(item.content).decode(), item.owner, item.group, item.mode]
            for path, item in configuration.files.items()
        }
    return json.dumps(document)


def _delivered(item: Any) -> Delivered:
    content, owner, group, mode = item
    return Delivered(base64.b64decode(content), str(owner), str(group), int(mode))


def check(configuration: Configuration, sources: Mapping[str, str]) -> None:
    """Refuse what systemd would not pass to the service unchanged.

    :param sources: ``environment NAME`` or ``credential NAME`` → where it comes from.
    :raises SlipwayErrors: naming all problems, but no value.
    """
    wrong = [
        (f"environment {name}", why)
        for name, value in configuration.environment.items()
        for why in (environment_file.fault(name, value),)
        if why
    ]
    wrong += [
        (f"credential {name}", "is not a valid name of a credential (letters, digits, . _ -)")
        for name in configuration.credentials
        if not is_credential(name)
    ]
    for name, credential in configuration.properties.items():
        if credential not in configuration.credentials:
            wrong.append((f"environment {name}", f"wants the path of the credential {credential}, which there is not"))
        if name in configuration.environment:
            wrong.append((f"environment {name}", f"is also to be the path of the credential {credential}"))
    wrong += [
        (f"file {path}", "is not a path of a file (all of it, from / on)")
        for path in configuration.files
        if not is_path(path)
    ]
    if wrong:
        raise SlipwayErrors([SlipwayError(f"{name} {why}", sources.get(name), _remedy(name)) for name, why in wrong])


def _remedy(name: str) -> str | None:
    kind, _space, variable = name.partition(" ")
    if kind != "environment" or not environment_file.NAME.fullmatch(variable):
        return None
    return "Deliver it as a file: runtime_parameters_secrets, whose property is a variable with the file's path"


def is_path(path: str) -> bool:
    """Whether a file may be delivered to this path."""
    # Its name below a generation encodes some characters as three.
    return (
        path.startswith("/")
        and path == posixpath.normpath(path) != "/"
        and path.isprintable()
        and len(file_name(path)) <= _LONGEST_NAME
    )


def is_credential(name: str) -> bool:
    """Whether systemd accepts this as a credential's name."""
    return _CREDENTIAL.fullmatch(name) is not None


def digest_of(configuration: Configuration, place: Place, key: bytes) -> str:
    """A generation's name: 16 hexadecimal digits, which only the host's key can produce."""
    content = {
        "format": _FORMAT,
        "service": place.service,
        "directory": place.directory,
        # The features of systemd that decide what is written.
        "systemd": [place.systemd >= CREDENTIALS_SINCE, place.systemd >= DIRECTORY_SPECIFIER_SINCE],
        "configuration": json.loads(write_configuration(configuration, {})),
    }
    text = json.dumps(content, sort_keys=True).encode()
    return hmac.new(key, text, hashlib.sha256).hexdigest()[:16]


def contents(configuration: Configuration, place: Place, digest: str) -> dict[str, bytes]:
    """A generation's files: path below its directory → content."""
    environment = dict(configuration.environment)
    if configuration.credentials and IMPORT in environment:
        # The file takes precedence over the unit.
        environment[IMPORT] = f"{environment[IMPORT]},{imported(place.credentials(digest))}"
    return {
        "env": environment_file.render(environment).encode(),
        **{f"credentials/{name}": content for name, content in configuration.credentials.items()},
        **{file_name(path): item.content for path, item in configuration.files.items()},
        "unit.conf": _unit(configuration, place, digest).encode(),
    }


def file_name(path: str) -> str:
    """The name of a delivered file below a generation; :func:`file_path` reads it back."""
    return f"files/{quote(path, safe='')}"


def file_path(name: str) -> str:
    """The path of a delivered file, from its name below a generation."""
    return unquote(name[len("files/") :])


def _unit(configuration: Configuration, place: Place, digest: str) -> str:
    directory = place.generation(digest)
    runtime = "%d" if place.systemd >= DIRECTORY_SPECIFIER_SINCE else place.credentials(digest)
    lines = ["# Written by Slipway (role runtime_parameters).", "[Service]", f"EnvironmentFile={directory}/env"]
    if place.systemd >= CREDENTIALS_SINCE:
        lines += [f"LoadCredential={name}:{directory}/credentials/{name}" for name in sorted(configuration.credentials)]
    if configuration.credentials and IMPORT not in configuration.environment:
        lines.append(f'Environment="{IMPORT}={imported(runtime)}"')
    lines += [
        f'Environment="{name}={runtime}/{configuration.properties[name]}"' for name in sorted(configuration.properties)
    ]
    return "\n".join(lines) + "\n"


def imported(directory: str) -> str:
    """The setting that makes Spring read a directory of credentials."""
    return f"optional:configtree:{directory}/"


def read_contents(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The content of a generation, from its files: ``environment NAME`` or ``credential NAME`` → its value."""
    environment = environment_file.parse(files.get("env", b"").decode(errors="replace"))
    said = {f"environment {name}": value.encode() for name, value in environment.items()}
    for line in files.get("unit.conf", b"").decode(errors="replace").splitlines():
        match = _PROPERTY.fullmatch(line)
        if match and match[1] != IMPORT:
            said[f"environment {match[1]}"] = f"path of {match[2]}".encode()
    said.update({f"credential {path[12:]}": content for path, content in files.items() if path[:12] == "credentials/"})
    said.update({f"file {file_path(name)}": content for name, content in files.items() if name[:6] == "files/"})
    return said


@dataclass(frozen=True)
class Difference:
    """The names that a generation adds, changes and removes; never a value."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, list[str]]:
        """As a module returns it."""
        return {"added": list(self.added), "changed": list(self.changed), "removed": list(self.removed)}

    def lines(self, sources: Mapping[str, str]) -> str:
        """The lines of a diff: one for each name, with the source of its value."""
        marked = [(name, "+") for name in self.added] + [(name, "~") for name in self.changed]
        marked += [(name, "-") for name in self.removed]
        return "".join(f"{mark} {name}{self._source(name, mark, sources)}\n" for name, mark in sorted(marked))

    @staticmethod
    def _source(name: str, mark: str, sources: Mapping[str, str]) -> str:
        source = sources.get(name)
        return f" ({source})" if source and mark != "-" else ""


def difference(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> Difference:
    """What changes between two generations, as :func:`read_contents` reads them."""
    return Difference(
        tuple(sorted(set(after) - set(before))),
        tuple(sorted(name for name in set(after) & set(before) if after[name] != before[name])),
        tuple(sorted(set(before) - set(after))),
    )


def _texts(found: Any) -> dict[str, str]:
    if not all(isinstance(value, str) for value in found.values()):
        raise ValueError
    return {str(name): value for name, value in found.items()}
