# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Translates botocore's exceptions into one line with a remedy.

Exceptions are recognised by class name and error code, so that nothing of botocore is imported to translate them.
Codes are those of the services' API references ("Common Errors") and of botocore's ``exceptions.py``.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..common.errors import SlipwayError


class NoCredentials(SlipwayError):
    """Credentials are unavailable: a profile, a program or a token file does not provide them."""


_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}
_INVALID = {"InvalidClientTokenId", "UnrecognizedClientException", "UnrecognizedClient", "InvalidAccessKeyId"}
_SKEW = {"RequestTimeTooSkewed", "RequestInTheFuture"}
_DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "403", "Forbidden"}
_THROTTLED = {
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "SlowDown",
    "PriorRequestNotComplete",
    "RequestThrottled",
    "RequestThrottledException",
    "BandwidthLimitExceeded",
}

_SSO = "Run aws sso login{profile}, then this again"
_BY_CLASS: dict[str, tuple[str, str]] = {
    "NoCredentialsError": (
        "no AWS credentials were found",
        "Set aws_profile in the environment's group_vars, AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    ),
    "PartialCredentialsError": (
        "the AWS credentials are incomplete",
        "Set both AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN for temporary ones)",
    ),
    "NoRegionError": ("no AWS region is set", "Set aws_region in the environment's group_vars"),
    "ProfileNotFound": ("the AWS profile does not exist", "Correct aws_profile, or run aws configure --profile NAME"),
    "UnauthorizedSSOTokenError": ("the AWS SSO session has expired", _SSO),
    "SSOTokenLoadError": ("there is no AWS SSO session", _SSO),
    "TokenRetrievalError": ("the AWS SSO session has expired", _SSO),
    "CredentialRetrievalError": ("the AWS credentials could not be fetched", "Run your login command again{profile}"),
}
_profile = [""]
_refused: list[SlipwayError] = []
_DETAILED = {"ProfileNotFound", "PartialCredentialsError", "CredentialRetrievalError"}
_UNREACHABLE = {
    "EndpointConnectionError",
    "ConnectTimeoutError",
    "ConnectionClosedError",
    "ReadTimeoutError",
    "ProxyConnectionError",
    "SSLError",
    "HTTPClientError",
    "InvalidRegionError",
    "EndpointProviderError",
}


class IncompleteAnswer(SlipwayError):
    """AWS's answers to a call repeatedly lacked a required field.

    :param service: as botocore names it: ``ecs``.
    :param operation: ``DescribeServices``.
    :param lost: the path of what is missing; empty for an answer that cannot be read at all.
    """

    def __init__(self, service: str, operation: str, lost: str, doing: str = "") -> None:
        self.service, self.operation, self.lost = service, operation, lost
        call = f"AWS's answer to {service}:{operation}"
        what = f"{call} is incomplete: it has no {lost}" if lost else f"{call} is not what this call answers"
        remedy = "Run it again; if it stays so, look at what is between this machine and AWS: a proxy, aws_endpoint_url"
        super().__init__(f"cannot {doing}: {what}" if doing else what, remedy=remedy)


def translate(exc: Exception, doing: str) -> SlipwayError:
    """The readable error for an exception of botocore.

    :param doing: the attempted action, as an infinitive: ``"describe services in sdt-dev-cluster"``.
    """
    if isinstance(exc, SlipwayError):
        return exc
    error = _translated(exc, doing)
    if is_about_credentials(exc, none=True):
        error.__cause__ = exc
        _refused[:] = [error]
    return error


def refused_credentials() -> SlipwayError | None:
    """The last error of this process that was caused by the credentials, even if it was caught."""
    return _refused[0] if _refused else None


def _translated(exc: Exception, doing: str) -> SlipwayError:
    names = {cls.__name__ for cls in type(exc).__mro__}
    for name, (what, remedy) in _BY_CLASS.items():
        if name in names:
            profile = f" --profile {shlex.quote(_profile[0])}" if _profile[0] else ""
            return SlipwayError(f"cannot {doing}: {what}{_detail(exc, name)}", remedy=remedy.format(profile=profile))
    if names & _UNREACHABLE:
        return SlipwayError(
            f"cannot {doing}: {_one_line(exc)}",
            remedy="Check aws_region (is it spelt right?), aws_endpoint_url and the network",
        )
    if "ClientError" in names:
        return _service_error(exc, doing)
    return SlipwayError(f"cannot {doing}: {type(exc).__name__}: {_one_line(exc)}")


@contextmanager
def calling(doing: str) -> Iterator[None]:
    """Translate botocore's exceptions inside the block. Other exceptions (bugs) pass unchanged."""
    try:
        yield
    except RecursionError as exc:
        what = f"cannot {doing}: the answer is nested too deeply"
        raise SlipwayError(what, remedy="Check what answers instead of AWS (aws_endpoint_url, a proxy)") from exc
    except SlipwayError as exc:
        if isinstance(exc, IncompleteAnswer):
            raise IncompleteAnswer(exc.service, exc.operation, exc.lost, doing) from exc
        raise
    except Exception as exc:
        if not is_aws_error(exc):
            raise
        raise translate(exc, doing) from exc


def is_aws_error(exc: BaseException) -> bool:
    """Whether it is a service's error, or a failed or incomplete call."""
    if isinstance(exc, IncompleteAnswer):
        return True
    return any(cls.__module__.split(".")[0] == "botocore" for cls in type(exc).__mro__)


def error_code(exc: BaseException) -> str:
    """The service's error code (``"ClusterNotFoundException"``), or ``""`` for other exceptions.

    Looks through a translated error to its cause.
    """
    response: Any = getattr(exc, "response", None)
    if isinstance(response, dict):
        return str(response.get("Error", {}).get("Code", ""))
    return error_code(exc.__cause__) if exc.__cause__ is not None else ""


def is_denied(exc: BaseException) -> bool:
    """Whether the caller lacks a permission."""
    return error_code(exc) in _DENIED


def is_about_credentials(exc: BaseException | None, none: bool = False) -> bool:
    """Whether the credentials are the cause: AWS rejects them, or they are unavailable.

    Looks through a translated error to its cause.

    :param none: whether missing credentials count as well.
    """
    if exc is None:
        return False
    if isinstance(exc, NoCredentials):
        return True
    others = {"NoRegionError"} if none else {"NoCredentialsError", "NoRegionError"}
    names = {cls.__name__ for cls in type(exc).__mro__} & _BY_CLASS.keys() - others
    code = error_code(exc)
    refused = code in _EXPIRED | _INVALID | {"SignatureDoesNotMatch"}
    return bool(names) or refused or is_about_credentials(exc.__cause__, none)


def is_no_answer(exc: BaseException | None) -> bool:
    """Whether the outcome is unknown: the service was unreachable, failed itself, or throttled all retries."""
    if exc is None:
        return False
    if {cls.__name__ for cls in type(exc).__mro__} & _UNREACHABLE:
        return True
    response: Any = getattr(exc, "response", None)
    if not isinstance(response, dict):
        return is_no_answer(exc.__cause__)
    status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    return status >= 500 or error_code(exc) in _THROTTLED


def is_refusal(exc: BaseException | None) -> bool:
    """Whether a service refused the first and only attempt (HTTP 4xx): then nothing was changed.

    A repeated call's answer is about the last attempt only: an earlier one may have succeeded and its answer been
    lost. Throttling is a 4xx too, and is how repeated calls end.
    """
    response: Any = getattr(exc, "response", None)
    if exc is None or not isinstance(response, dict) or error_code(exc) in _THROTTLED:
        return False
    metadata = response.get("ResponseMetadata", {})
    return 400 <= int(metadata.get("HTTPStatusCode", 0)) < 500 and int(metadata.get("RetryAttempts", 0)) == 0


def _service_error(exc: Exception, doing: str) -> SlipwayError:
    code = error_code(exc)
    message = _one_line(getattr(exc, "response", {}).get("Error", {}).get("Message", "") or "").rstrip(".")
    action = str(getattr(exc, "operation_name", "") or "the call")
    what, remedy = _answer(code, message, action)
    return SlipwayError(f"cannot {doing}: {what}", remedy=remedy)


def _answer(code: str, message: str, action: str) -> tuple[str, str | None]:
    """The meaning of an error code and its remedy."""
    if code in _SKEW or "not yet current" in message or "Signature expired" in message:
        what = f"this machine's clock differs from AWS's: {message}"
        remedy = "Set the clock (timedatectl set-ntp true) and try again"
    elif code in _EXPIRED:
        what, remedy = "the AWS credentials have expired", _log_in(action)
    elif code in {"InvalidIdentityToken", "IDPRejectedClaim"}:
        what, remedy = f"AWS rejects the web identity token: {message}", _log_in(action)
    elif code in _INVALID:
        what = f"AWS does not know these credentials ({code})"
        remedy = "Check aws_profile or AWS_ACCESS_KEY_ID, and that they belong to this environment's account"
    elif code == "SignatureDoesNotMatch":
        what = "the secret access key does not belong to the access key"
        remedy = "Check AWS_SECRET_ACCESS_KEY or the profile; a wrong clock gives the same answer"
    elif code in _DENIED:
        what = f"access denied to {action}: {message}"
        remedy = f"Allow the action {action} to this role, or use another profile"
    elif code == "ClusterNotFoundException":
        what = "the cluster does not exist in this region and account"
        remedy = "Check ecs_cluster and aws_region in the environment's group_vars"
    elif code in _THROTTLED:
        what = f"AWS throttled {action} beyond all retries"
        remedy = "Something else uses up the account's call rate; try again in a minute"
    else:
        return f"{code}: {message}" if code and message else code or message or "unknown error", None
    return what, remedy


def _log_in(action: str) -> str:
    """How to renew expired credentials."""
    if action == "AssumeRoleWithWebIdentity":
        return "Have a new token written to AWS_WEB_IDENTITY_TOKEN_FILE (the profile's web_identity_token_file)"
    if _profile[0]:
        name = shlex.quote(_profile[0])
        return f"Log in again (with SSO: aws sso login --profile {name}), then run this again"
    return "Log in again, then run this again"


def use_profile(name: str | None) -> None:
    """Remember the credentials' profile, so that a remedy can name it."""
    _profile[0] = name or ""


def _detail(exc: Exception, name: str) -> str:
    """Details from botocore: the profile's name, the missing variable. Never a credential."""
    return f" ({_one_line(exc)})" if name in _DETAILED else ""


def _one_line(text: object) -> str:
    line = " ".join(str(text).split())
    return line if len(line) <= 400 else line[:399] + "…"
