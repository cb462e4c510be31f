# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Clients of one environment's AWS account: lazily imported, cached, safe to share between threads.

The retry mode is ``adaptive`` with ten attempts: the only one that neither fails nor stalls under AWS's token buckets.
STS, IAM and S3 are asked with few attempts: a wrong endpoint or a missing network is reported within seconds. What only
IAM's simulation can show may stay unverified, and a deploy that cannot write its record stops and can be resumed.
"""

from __future__ import annotations

import ipaddress
import re
import threading
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from ..common.errors import SlipwayError, SlipwayErrors

LOCAL = "local"
"""The name of the environment that lives in the sandbox."""

DUMMY_KEY = "sandbox"
"""The only access key (and secret) that the environment ``local`` may use."""

CONNECT_TIMEOUT = 5
READ_TIMEOUT = 30
POOL = 16
ATTEMPTS = 10
_NO_PROFILE = {"profile": (None, None, None, None)}
FEWER_ATTEMPTS = {"sts": 3, "iam": 3, "s3": 4}

# The format of a region's name; the list of regions grows.
_REGION = re.compile(r"[a-z]{2,5}(-[a-z]+)+-[0-9]+")

Clients = Callable[[str], Any]
"""Gives the client of a service name (``"ecs"``); the same object each time."""


@dataclass(frozen=True)
class AwsSettings:
    """An environment's account, region and endpoint, and how to sign in.

    ``access_key_id`` and ``secret_access_key`` are only set for the sandbox; they never appear in ``repr``.
    ``endpoint_url`` unset means AWS, or the value of botocore's ``AWS_ENDPOINT_URL``.
    """

    environment: str
    region: str
    account_id: str = ""
    profile: str | None = None
    endpoint_url: str | None = None
    access_key_id: str | None = field(default=None, repr=False)
    secret_access_key: str | None = field(default=None, repr=False)


def settings_from_vars(environment: str, variables: Mapping[str, Any], extra: Collection[str] = ()) -> AwsSettings:
    """The settings that an environment's inventory variables (``aws_region``, ``account_id``, ``aws_*``) describe.

    :param extra: the names of the variables from the command line.
    :raises SlipwayErrors: ``aws_region`` or ``account_id`` is missing or malformed; a key without its secret.
    """
    region = _text(variables, "aws_region") or ""
    account = _text(variables, "account_id") or ""
    key, secret = _text(variables, "aws_access_key_id"), _text(variables, "aws_secret_access_key")
    wrong = _Wrong(environment, extra)
    if not region:
        wrong.say("aws_region", "aws_region is not set", "Write the region, e.g. aws_region: eu-west-1")
    elif not _REGION.fullmatch(region):
        wrong.say("aws_region", f"aws_region {region!r} is not an AWS region", "Write it as in eu-west-1")
    if not (account.isdigit() and len(account) == 12):
        what = f"account_id {account!r} is not an AWS account number" if account else "account_id is not set"
        wrong.say("account_id", what, "Write the twelve digits in quotes (YAML drops leading zeros otherwise)")
    if (key is None) != (secret is None):
        wrong.say(
            "aws_access_key_id" if key else "aws_secret_access_key",
            "only one of aws_access_key_id and aws_secret_access_key is set",
            "Set both for the sandbox, neither for AWS (use aws_profile)",
        )
    wrong.finish()
    return AwsSettings(
        environment=environment,
        region=region,
        account_id=account,
        profile=_text(variables, "aws_profile"),
        endpoint_url=_text(variables, "aws_endpoint_url"),
        access_key_id=key,
        secret_access_key=secret,
    )


def _text(variables: Mapping[str, Any], name: str) -> str | None:
    value = variables.get(name)
    return str(value).strip() or None if value is not None else None


def _where(environment: str, name: str, extra: Collection[str]) -> str:
    """Where a variable is defined."""
    return f"-e {name}" if name in extra else f"inventories/{environment}/group_vars/all.yml"


class _Wrong:
    """All errors in an environment's variables, reported together."""

    def __init__(self, environment: str, extra: Collection[str]) -> None:
        self._environment, self._extra = environment, extra
        self._errors: list[SlipwayError] = []

    def say(self, name: str, what: str, remedy: str) -> None:
        self._errors.append(SlipwayError(what, _where(self._environment, name, self._extra), remedy))

    def finish(self) -> None:
        if self._errors:
            raise SlipwayErrors(self._errors)


def credentials_place(settings: AwsSettings, environ: Mapping[str, str], extra: Collection[str] = ()) -> str | None:
    """Where botocore takes the credentials from, or ``None`` for its defaults (``[default]``, the machine's role).

    Source of the order: https://boto3.amazonaws.com/v1/documentation/api/latest/guide/credentials.html

    :param extra: the names of the variables from the command line.
    """
    if settings.access_key_id is not None:
        return _where(settings.environment, "aws_access_key_id", extra)
    if settings.profile:
        return f"{_where(settings.environment, 'aws_profile', extra)} (profile {settings.profile})"
    if environ.get("AWS_ACCESS_KEY_ID"):
        return "AWS_ACCESS_KEY_ID"
    return f"AWS_PROFILE={environ['AWS_PROFILE']}" if environ.get("AWS_PROFILE") else None


def is_loopback(url: str) -> bool:
    """Whether the URL's host is this machine's loopback (by name or address, without a look-up)."""
    host = (urlsplit(url).hostname or "").rstrip(".").lower()
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_local(settings: AwsSettings, extra: Collection[str] = ()) -> None:
    """Refuse an environment ``local`` that could reach a real account. Other environments pass.

    :param extra: the names of the variables from the command line.
    :raises SlipwayErrors: no endpoint, an endpoint that is not loopback, a profile, or keys that are not the dummy.
    """
    if settings.environment != LOCAL:
        return
    wrong, endpoint = _Wrong(LOCAL, extra), settings.endpoint_url
    if not endpoint:
        remedy = "Set the sandbox's address, e.g. aws_endpoint_url: http://127.0.0.1:4510"
        wrong.say("aws_endpoint_url", "aws_endpoint_url is not set: local would reach a real account", remedy)
    elif not is_loopback(endpoint):
        remedy = "local may only use 127.0.0.1, ::1 or localhost"
        wrong.say("aws_endpoint_url", f"aws_endpoint_url {endpoint} is not on this machine", remedy)
    if settings.profile:
        wrong.say("aws_profile", "aws_profile is set: local uses no real credentials", "Remove aws_profile")
    if (settings.access_key_id, settings.secret_access_key) != (DUMMY_KEY, DUMMY_KEY):
        name = "aws_access_key_id" if settings.access_key_id != DUMMY_KEY else "aws_secret_access_key"
        what = "aws_access_key_id and aws_secret_access_key are not the sandbox's dummy keys"
        wrong.say(name, what, f"Set both to {DUMMY_KEY!r}")
    wrong.finish()


def make_clients(settings: AwsSettings) -> Clients:
    """A function that gives the client of a service, made once and shared by all threads.

    :raises SlipwayErrors: the settings are unsafe (:func:`check_local`). Errors of making a client are translated.
    """
    check_local(settings)
    return _ClientCache(settings)


def pages(clients: Clients, service: str, call: str, **request: Any) -> Any:
    """The pages of the answer to a call that has several."""
    return clients(service).get_paginator(call).paginate(**request)


def client_in(clients: Clients, service: str, region: str) -> Any | None:
    """The client of a service in a region, or ``None`` when these clients are of another region only."""
    in_region = getattr(clients, "in_region", None)
    if in_region is not None:
        return in_region(service, region)
    client = clients(service)
    return client if client.meta.region_name == region else None


class _ClientCache:
    """botocore's sessions are not thread-safe but its clients are: only creating one is serialised."""

    def __init__(self, settings: AwsSettings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._clients: dict[tuple[str, str], Any] = {}
        self._session: Any = None

    def __call__(self, service: str) -> Any:
        return self.in_region(service, self._settings.region)

    def in_region(self, service: str, region: str) -> Any:
        """The client of a service in a region: resources of another region are read there."""
        client = self._clients.get((service, region))
        if client is None:
            with self._lock:
                client = self._clients.get((service, region))
                if client is None:
                    client = self._clients[service, region] = self._make(service, region)
        return client

    def _make(self, service: str, region: str) -> Any:
        from .complete import require_complete_answers
        from .credentials import signed_in
        from .errors import calling

        settings = self._settings
        with calling(f"make a client for {service} (environment {settings.environment})"):
            if self._session is None:
                own_key = settings.access_key_id is not None
                self._session = signed_in(_session(settings), settings.region, settings.profile, own_key)
            client = self._session.create_client(
                service,
                region_name=region,
                endpoint_url=settings.endpoint_url,
                aws_access_key_id=settings.access_key_id,
                aws_secret_access_key=settings.secret_access_key,
                config=_config(settings, FEWER_ATTEMPTS.get(service, ATTEMPTS)),
            )
        require_complete_answers(client)
        return client


def preload(services: Collection[str]) -> None:
    """Load botocore and its models of some services in this process: the workers that it forks later have them.

    Otherwise each worker that makes a client spends about half a second on it.
    """
    # What fails here (no botocore, a malformed ~/.aws/config) is reported by the first client that is needed.
    with suppress(Exception):
        import botocore.session

        session = _with_models(botocore.session.Session(session_vars={**_NO_PROFILE}))
        for service in services:
            # Neither the region nor the keys are used.
            session.create_client(service, "eu-west-1", aws_access_key_id=DUMMY_KEY, aws_secret_access_key=DUMMY_KEY)


def _session(settings: AwsSettings) -> Any:
    # botocore, not boto3: the same clients for two thirds of the import time. Imported here, because most commands
    # (a locked environment, a misspelt name) end before they need it.
    import botocore.session

    if settings.access_key_id is not None:
        # Explicit keys: AWS_PROFILE of the caller's shell must not matter, not even when it names no profile.
        return _with_models(botocore.session.Session(session_vars={**_NO_PROFILE}))
    return _with_models(botocore.session.Session(profile=settings.profile))


def _with_models(session: Any) -> Any:
    """The session; it reads the models of services from the loader that all sessions of this process share."""
    session.register_component("data_loader", _loader(session.get_config_variable("data_path")))
    return session


@cache
def _loader(path: str | None) -> Any:
    import botocore.loaders

    return botocore.loaders.create_loader(path)


def _config(settings: AwsSettings, attempts: int) -> Any:
    from botocore.config import Config

    return Config(
        retries={"mode": "adaptive", "total_max_attempts": attempts},
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=READ_TIMEOUT,
        max_pool_connections=POOL,
        user_agent_extra="slipway",
        # A proxy from the environment cannot reach this machine's loopback.
        proxies={} if settings.endpoint_url and is_loopback(settings.endpoint_url) else None,
    )
