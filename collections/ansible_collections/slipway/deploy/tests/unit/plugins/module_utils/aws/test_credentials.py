# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Profiles of every kind, in a real ~/.aws/config: what cannot be had is one line that names the profile."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.aws.client import AwsSettings, make_clients
from ansible_collections.slipway.deploy.plugins.module_utils.aws.errors import is_about_credentials, use_profile
from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError

PYTHON = sys.executable
ROLE = "role_arn = arn:aws:iam::210987654321:role/deploy"
SERIAL = "arn:aws:iam::210987654321:mfa/maria"
STATIC = "[profile base]\naws_access_key_id = AKIA\naws_secret_access_key = secret\n"
SSO = """[profile work]
sso_session = corp
sso_account_id = 210987654321
sso_role_name = deploy
[sso-session corp]
sso_start_url = https://example.awsapps.com/start
sso_region = eu-west-1
"""


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The configuration file of a home of the test's own."""
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    yield tmp_path / "config"  # type: ignore[misc]
    use_profile(None)


def refused(config: Path, text: str) -> SlipwayError:
    """The error of making a client with the profile ``work`` of that configuration."""
    config.write_text(text)
    clients = make_clients(AwsSettings("dev", "eu-west-1", "210987654321", profile="work"))
    with pytest.raises(SlipwayError) as caught:
        clients("ecs").list_clusters()
    assert is_about_credentials(caught.value, none=True)
    assert "\n" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    ("text", "says", "remedy"),
    [
        pytest.param(
            f"{STATIC}[profile work]\n{ROLE}\nsource_profile = base\nmfa_serial = {SERIAL}\n",
            "the profile work asks for an MFA code, which cannot be typed here",
            "aws sts get-caller-identity --profile work",
            id="MFA",
        ),
        pytest.param(
            f"[profile work]\n{ROLE}\nweb_identity_token_file = /nowhere/token\n",
            "the AWS credentials of profile work are not available: FileNotFoundError",
            "web_identity_token_file",
            id="web identity without its token",
        ),
        pytest.param(
            "[profile work]\ncredential_process = /nowhere/program\n",
            "the AWS credentials of profile work are not available: FileNotFoundError",
            "credential_process",
            id="a program that is not there",
        ),
        pytest.param(
            f"[profile work]\ncredential_process = {PYTHON} -c \"print('no JSON')\"\n",
            "the AWS credentials of profile work are not available: JSONDecodeError",
            "credential_process",
            id="a program that says something else",
        ),
        pytest.param(
            f"[profile work]\ncredential_process = {PYTHON} -c \"raise SystemExit('log in first')\"\n",
            "log in first",
            "--profile work",
            id="a program that fails",
        ),
        pytest.param(SSO, "SSO", "aws sso login --profile work", id="SSO without a session"),
    ],
)
def test_credentials_that_cannot_be_had(config: Path, text: str, says: str, remedy: str) -> None:
    error = refused(config, text)
    assert says in error.what
    assert remedy in (error.remedy or "")
    assert "internal error" not in str(error)


def test_a_session_that_the_aws_cli_keeps_is_used(config: Path, tmp_path: Path) -> None:
    """``aws sts get-caller-identity --profile work`` asked for the code; its key is botocore's own."""
    from botocore.credentials import AssumeRoleCredentialFetcher

    fetcher = AssumeRoleCredentialFetcher(
        None, None, "arn:aws:iam::210987654321:role/deploy", extra_args={"SerialNumber": SERIAL}
    )
    cache = tmp_path / ".aws" / "cli" / "cache"
    cache.mkdir(parents=True)
    kept = {
        "AccessKeyId": "ASIA",
        "SecretAccessKey": "secret",
        "SessionToken": "token",
        "Expiration": "2099-01-01T00:00:00Z",
    }
    (cache / f"{fetcher._cache_key}.json").write_text(json.dumps({"Credentials": kept}))
    config.write_text(f"{STATIC}[profile work]\n{ROLE}\nsource_profile = base\nmfa_serial = {SERIAL}\n")
    clients = make_clients(AwsSettings("dev", "eu-west-1", "210987654321", profile="work"))
    assert clients("ecs")._request_signer._credentials.get_frozen_credentials().access_key == "ASIA"
