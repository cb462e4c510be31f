# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import botocore.exceptions as b
import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.aws.errors import (
    calling,
    error_code,
    is_about_credentials,
    is_denied,
    is_refusal,
    translate,
)
from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError


def answer(code: str, message: str = "", operation: str = "DescribeServices") -> b.ClientError:
    return b.ClientError({"Error": {"Code": code, "Message": message}}, operation)


@pytest.mark.parametrize(
    ("exc", "says", "remedy"),
    [
        (b.NoCredentialsError(), "no AWS credentials", "aws_profile"),
        (
            b.PartialCredentialsError(provider="env", cred_var="AWS_SECRET_ACCESS_KEY"),
            "incomplete.*AWS_SECRET_ACCESS_KEY",
            "Set both",
        ),
        (b.ProfileNotFound(profile="nope"), "profile does not exist.*nope", "aws_profile"),
        (b.NoRegionError(), "no AWS region", "aws_region"),
        (b.EndpointConnectionError(endpoint_url="https://ecs.eu-wst-1.amazonaws.com"), "eu-wst-1", "aws_region"),
        (b.ConnectTimeoutError(endpoint_url="https://x"), "timeout", "the network"),
        (b.SSOTokenLoadError(error_msg="x"), "SSO session", "aws sso login"),
        (b.UnauthorizedSSOTokenError(), "SSO session", "aws sso login"),
        (answer("ExpiredToken"), "have expired", "Log in again"),
        (answer("ExpiredTokenException", "The security token included in the request is expired"), "have expired", ""),
        (answer("InvalidClientTokenId"), "does not know these credentials", "account"),
        (answer("UnrecognizedClientException"), "does not know these credentials", "aws_profile"),
        (answer("SignatureDoesNotMatch", "The request signature we calculated"), "secret access key", "clock"),
        (
            answer("SignatureDoesNotMatch", "Signature not yet current: 20261120T210000Z is later than"),
            "clock differs",
            "Set the clock",
        ),
        (
            answer("InvalidSignatureException", "Signature expired: 2026 is now earlier"),
            "clock differs",
            "Set the clock",
        ),
        (answer("RequestTimeTooSkewed"), "clock differs", "Set the clock"),
        (answer("AccessDeniedException", "not authorized"), "access denied to DescribeServices", "Allow the action"),
        (answer("ClusterNotFoundException", "Cluster not found."), "cluster does not exist", "aws_region"),
        (answer("ThrottlingException", "Rate exceeded"), "throttled DescribeServices", "in a minute"),
        (answer("ServerException", "internal"), "ServerException: internal", ""),
    ],
)
def test_each_failure_is_one_line_with_its_remedy(exc: Exception, says: str, remedy: str) -> None:
    error = translate(exc, "describe services")
    assert str(error).startswith("cannot describe services: ")
    assert "\n" not in str(error)
    with pytest.raises(SlipwayError, match=says):
        raise error
    assert remedy in (error.remedy or "")


@pytest.mark.parametrize(
    ("exc", "line"),
    [
        (answer("ExpiredToken"), "the AWS credentials have expired. Log in again, then run this again"),
        (
            answer("InvalidClientTokenId", "The security token is invalid."),
            (
                "AWS does not know these credentials (InvalidClientTokenId). "
                "Check aws_profile or AWS_ACCESS_KEY_ID, and that they belong to this environment's account"
            ),
        ),
        (
            answer("SignatureDoesNotMatch", "Signature expired: is now earlier than the request's time"),
            (
                "this machine's clock differs from AWS's: Signature expired: is now earlier than the request's time. "
                "Set the clock (timedatectl set-ntp true) and try again"
            ),
        ),
        (
            b.EndpointConnectionError(endpoint_url="http://127.0.0.1:9/"),
            (
                'Could not connect to the endpoint URL: "http://127.0.0.1:9/". '
                "Check aws_region (is it spelt right?), aws_endpoint_url and the network"
            ),
        ),
    ],
)
def test_what_is_said_when_nobody_can_say_whose_the_credentials_are(exc: Exception, line: str) -> None:
    assert str(translate(exc, "ask AWS whose credentials these are")) == (
        f"cannot ask AWS whose credentials these are: {line}"
    )


def test_bugs_and_own_errors_pass_unchanged() -> None:
    with pytest.raises(ZeroDivisionError), calling("divide"):
        raise ZeroDivisionError
    own = SlipwayError("own")
    with pytest.raises(SlipwayError) as caught, calling("do it"):
        raise own
    assert caught.value is own


def test_the_code_is_found_behind_the_translation() -> None:
    with pytest.raises(SlipwayError) as caught, calling("look"):
        raise answer("AccessDenied")
    assert error_code(caught.value) == "AccessDenied"
    assert is_denied(caught.value)
    assert error_code(ValueError()) == ""


@pytest.mark.parametrize(
    ("exc", "about"),
    [
        (answer("ExpiredTokenException"), True),
        (answer("SignatureDoesNotMatch"), True),
        (b.ProfileNotFound(profile="nope"), True),
        (b.NoCredentialsError(), False),
        (b.EndpointConnectionError(endpoint_url="http://127.0.0.1:9"), False),
        (answer("AccessDenied"), False),
    ],
)
def test_what_is_about_credentials_is_told_also_when_translated(exc: Exception, about: bool) -> None:
    with pytest.raises(SlipwayError) as caught, calling("ask"):
        raise exc
    assert (is_about_credentials(exc), is_about_credentials(caught.value)) == (about, about)


def test_a_message_of_aws_does_not_end_with_two_full_stops() -> None:
    assert ".." not in str(translate(answer("RequestTimeTooSkewed", "The difference is too large."), "ask"))


@pytest.mark.parametrize(
    ("code", "status", "retries", "refused"),
    [
        ("InvalidParameterException", 400, 0, True),
        ("AccessDeniedException", 400, 0, True),
        ("InvalidParameterException", 400, 1, False),
        ("ThrottlingException", 400, 0, False),
        ("ThrottlingException", 400, 4, False),
        ("ServerException", 500, 0, False),
    ],
)
def test_only_the_sole_attempt_of_a_call_is_surely_refused(code: str, status: int, retries: int, refused: bool) -> None:
    metadata = {"HTTPStatusCode": status, "RetryAttempts": retries}
    response = {"Error": {"Code": code}, "ResponseMetadata": metadata}
    assert is_refusal(b.ClientError(response, "UpdateService")) is refused


@pytest.mark.parametrize("exc", [None, b.ReadTimeoutError(endpoint_url="https://x"), ValueError()])
def test_what_is_no_answer_is_no_refusal(exc: Exception | None) -> None:
    assert not is_refusal(exc)
