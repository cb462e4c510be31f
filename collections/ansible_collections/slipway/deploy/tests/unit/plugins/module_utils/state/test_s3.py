# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""S3: lost answers, concurrent writes and every failure in one line."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.state.model import (
    ABSENT,
    Conflict,
    Expected,
    StoreUnreachable,
)
from ansible_collections.slipway.deploy.plugins.module_utils.state.s3 import S3Store

from .helpers import held
from .s3_server import LOSE, Answer, Proxy, s3_client

DATE = {"Date": "Fri, 20 Nov 2026 21:04:11 GMT"}


@pytest.fixture
def store(client: Any, bucket: str) -> S3Store:
    return S3Store(client, bucket, "state", sleep=lambda seconds: None)


@pytest.mark.parametrize("create", [True, False])
@pytest.mark.parametrize("lost", [1, 3])
def test_a_write_whose_answer_is_lost_is_done(store: S3Store, proxy: Proxy, create: bool, lost: int) -> None:
    expect: Expected = ABSENT if create else store.write("dev/a", b"0", expect=ABSENT)
    proxy.faults["PUT"] = [LOSE] * lost
    version = store.write("dev/a", b"1", expect=expect)
    stored = store.read("dev/a")
    assert stored is not None
    assert (stored.body, stored.version) == (b"1", version)


@pytest.mark.parametrize("fault", [LOSE, Answer(500, "InternalError"), Answer(503, "SlowDown")])
def test_somebody_elses_value_is_a_conflict_after_a_lost_answer_too(
    store: S3Store, proxy: Proxy, fault: str | Answer
) -> None:
    version = store.write("dev/a", b"0", expect=ABSENT)
    store.write("dev/a", b"theirs", expect=version)
    proxy.faults["PUT"] = [fault]
    with pytest.raises(Conflict):
        store.write("dev/a", b"mine", expect=version)


def test_a_repeated_write_that_did_not_happen_is_done_then(store: S3Store, proxy: Proxy) -> None:
    proxy.faults["PUT"] = [Answer(500, "InternalError"), Answer(503, "SlowDown")]
    version = store.write("dev/a", b"1", expect=ABSENT)
    assert held(store, "dev/a").version == version


@pytest.mark.parametrize(
    "fault", [Answer(500, "InternalError"), Answer(503, "SlowDown"), Answer(503, "ServiceUnavailable")]
)
def test_failures_of_s3_are_ridden_out(store: S3Store, proxy: Proxy, fault: Answer) -> None:
    """As many in a row as botocore gives up at."""
    attempts = store._client.meta.config.retries["total_max_attempts"]
    version = store.write("dev/a", b"0", expect=ABSENT)
    for method, call in (("GET", store.now), ("GET", lambda: store.keys("dev/")), ("GET", lambda: store.read("dev/a"))):
        proxy.faults[method] = [fault] * attempts
        assert call()
    proxy.faults["PUT"] = [fault] * attempts
    assert held(store, "dev/a").version == version
    changed = store.write("dev/a", b"1", expect=version)
    assert (held(store, "dev/a").body, held(store, "dev/a").version) == (b"1", changed)


def test_a_missing_object_that_s3_denies_is_missing(store: S3Store, proxy: Proxy) -> None:
    """A role that may list its own prefix only is denied what does not exist."""
    proxy.faults["GET"] = [Answer(403, "AccessDenied")]
    assert store.read("dev/none") is None
    store.write("dev/none.json", b"0", expect=ABSENT)
    store.write("dev/a", b"0", expect=ABSENT)
    proxy.faults["GET"] = [Answer(403, "AccessDenied")]
    assert store.read("dev/none") is None
    for faults in ([Answer(403, "AccessDenied")], [Answer(403, "AccessDenied"), Answer(403, "AccessDenied")]):
        proxy.faults["GET"] = faults
        with pytest.raises(StoreUnreachable, match="access denied"):
            store.read("dev/a")


def test_a_body_that_is_cut_off_is_read_again(store: S3Store) -> None:
    from botocore.exceptions import IncompleteReadError, ResponseStreamingError

    store.write("dev/a", b"1", expect=ABSENT)
    get, errors = store._client.get_object, [IncompleteReadError(actual_bytes=0, expected_bytes=1)]

    class Cut:
        """A body whose connection ends."""

        def read(self) -> bytes:
            """Fail."""
            raise errors.pop()

    def cut(**wanted: str) -> Any:
        return {"Body": Cut(), "ETag": "x"} if errors else get(**wanted)

    store._client.get_object = cut
    assert held(store, "dev/a").body == b"1"
    errors.append(ResponseStreamingError(error="reset"))
    assert held(store, "dev/a").body == b"1"


@pytest.mark.parametrize("expect", [ABSENT, None, '"0123456789abcdef0123456789abcdef"'])
def test_a_write_that_may_have_happened_is_reported_as_unreachable(
    store: S3Store, proxy: Proxy, expect: Expected
) -> None:
    proxy.down.set()
    with pytest.raises(StoreUnreachable, match=r"/state/dev/a: .*write it"):
        store.write("dev/a", b"1", expect=expect)


def test_a_write_that_meets_another_is_repeated(store: S3Store, proxy: Proxy) -> None:
    proxy.faults["PUT"] = [Answer(409, "ConditionalRequestConflict")] * 3
    store.write("dev/a", b"1", expect=ABSENT)
    assert held(store, "dev/a").body == b"1"


def test_a_write_that_always_meets_another_is_a_conflict(store: S3Store, proxy: Proxy) -> None:
    proxy.faults["PUT"] = [Answer(409, "ConditionalRequestConflict")] * 50
    with pytest.raises(Conflict):
        store.write("dev/a", b"1", expect=ABSENT)


def test_the_time_is_that_of_the_answer(store: S3Store, proxy: Proxy) -> None:
    proxy.faults["GET"] = [Answer(404, "NoSuchKey", DATE)]
    assert store.now() == 1795208651.0
    proxy.faults["GET"] = [Answer(200, "", {"Date": "soon", "ETag": '"1"'})]
    with pytest.raises(StoreUnreachable, match="no Date"):
        store.now()


def test_lists_more_than_a_page(store: S3Store) -> None:
    names = [f"dev/{number:04}" for number in range(11)]
    for name in names:
        store.write(name, b"", expect=None)
    store.page_size = 3
    assert store.keys("dev/", limit=2000) == names
    assert store.keys("dev/", after="dev/0002", limit=7) == names[3:10]


@pytest.mark.parametrize(
    ("status", "code", "what"),
    [
        (404, "NoSuchBucket", "bucket does not exist. Create it"),
        (
            403,
            "AccessDenied",
            "access denied. Allow s3:GetObject and s3:PutObject on its objects and s3:ListBucket on the bucket",
        ),
        (400, "ExpiredToken", "credentials have expired. Log in again"),
        (403, "InvalidAccessKeyId", "does not know these credentials"),
        (403, "SignatureDoesNotMatch", "secret access key"),
        (403, "RequestTimeTooSkewed", "clock skew: .* Set the clock"),
        (301, "PermanentRedirect", "another region. Correct aws_region"),
        (400, "AuthorizationHeaderMalformed", "another region. Correct aws_region"),
        (501, "NotImplemented", "no conditional writes"),
        (503, "SlowDown", "throttled"),
        (500, "InternalError", "InternalError: no"),
    ],
)
@pytest.mark.parametrize("call", ["read", "write", "keys", "now"])
def test_every_refusal_is_one_line_with_place_and_remedy(
    store: S3Store, proxy: Proxy, bucket: str, status: int, code: str, what: str, call: str
) -> None:
    proxy.faults = {method: [Answer(status, code, DATE)] * 20 for method in ("GET", "PUT", "HEAD")}
    calls = {
        "read": lambda: store.read("dev/a"),
        "write": lambda: store.write("dev/a", b"", expect=ABSENT),
        "keys": lambda: store.keys("dev/"),
        "now": store.now,
    }
    with pytest.raises(StoreUnreachable, match=what) as caught:
        calls[call]()
    assert str(caught.value).startswith(f"s3://{bucket}/state/")
    assert "\n" not in str(caught.value)


def test_an_endpoint_that_nobody_listens_on_is_one_line(bucket: str) -> None:
    store = S3Store(s3_client("http://127.0.0.1:9", attempts=1), bucket)
    with pytest.raises(StoreUnreachable, match=r"Could not connect .*Check aws_region"):
        store.read("dev/a")


def test_missing_credentials_are_one_line(
    proxy: Proxy, bucket: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    client = s3_client(proxy.url, aws_access_key_id=None, aws_secret_access_key=None)
    with pytest.raises(StoreUnreachable, match="no AWS credentials were found. Set aws_profile"):
        S3Store(client, bucket).write("dev/a", b"", expect=ABSENT)


def test_a_mistake_of_the_program_is_not_hidden(client: Any, bucket: str) -> None:
    with pytest.raises(AttributeError):
        S3Store(object(), bucket).read("dev/a")
    with pytest.raises(AttributeError):
        S3Store(object(), bucket).write("dev/a", b"", expect=ABSENT)
