# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A state store in an S3 bucket: one object per key, changed by conditional writes.

Source of the conditional rules: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
Objects are encrypted by the bucket's settings (by default with S3's own keys), so no encryption header is sent.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any, Final, TypeVar

from ..aws.errors import IncompleteAnswer, error_code, is_aws_error, is_no_answer, translate
from ..common.errors import SlipwayError
from .model import Absent, Conflict, Expected, Stored, StoreUnreachable, check_key

Result = TypeVar("Result")

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
_BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_ABSENT_CODES: Final = {"NoSuchKey", "404"}
_DENIED_CODES: Final = {"AccessDenied", "403"}
_CONFLICT_CODES: Final = {"PreconditionFailed", "412"}
_CONCURRENT_CODES: Final = {"ConditionalRequestConflict", "409"}
_CONCURRENT_TRIES: Final = 8
#: How often a failed or aborted call is repeated after all of botocore's own retries: short outages of S3 are tolerated
#: as ECS's are. A store that cannot be reached at all is reported at once.
_TRIES: Final = 4
_CUT_OFF: Final = frozenset(
    {"ConnectionClosedError", "ReadTimeoutError", "IncompleteReadError", "ResponseStreamingError"}
)
_RIGHTS: Final = "Allow s3:GetObject and s3:PutObject on its objects and s3:ListBucket on the bucket"
_REMEDIES: Final = {
    "NoSuchBucket": ("the bucket does not exist", "Create it, or correct state_store (and aws_region, account_id)"),
    "AccessDenied": ("access denied", _RIGHTS),
    "AllAccessDisabled": ("access denied", _RIGHTS),
    "403": ("access denied", _RIGHTS),
    "PermanentRedirect": ("the bucket is in another region", "Correct aws_region or state_store"),
    "AuthorizationHeaderMalformed": ("the bucket is in another region", "Correct aws_region or state_store"),
    "IllegalLocationConstraintException": ("the bucket is in another region", "Correct aws_region or state_store"),
    "NotImplemented": (
        "the store knows no conditional writes (If-Match, If-None-Match)",
        "Use Amazon S3, or a directory that all machines share",
    ),
    "RequestTimeTooSkewed": (
        "clock skew: this machine's clock is more than 15 minutes away from S3's",
        "Set the clock (timedatectl set-ntp true) and try again",
    ),
}


def parse_s3_url(url: str) -> tuple[str, str]:
    """Bucket and prefix (without slashes around it) of ``s3://bucket/prefix``.

    :raises SlipwayError: the bucket's name or a segment of the prefix is invalid.
    """
    bucket, _slash, prefix = url.removeprefix("s3://").partition("/")
    if not _BUCKET.fullmatch(bucket):
        raise SlipwayError(f"{bucket!r} cannot be the name of a bucket", "state_store", "Write s3://bucket/prefix")
    prefix = prefix.strip("/")
    return bucket, check_key(prefix) if prefix else ""


class S3Store:
    """Keys as objects below a prefix of a bucket. A version is the object's ETag."""

    clock_resolution = 1.0
    page_size = 1000  # S3's limit for one list

    def __init__(self, client: Any, bucket: str, prefix: str = "", sleep: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""
        self._sleep = sleep
        self.url = f"s3://{bucket}/{prefix}".rstrip("/")

    def read(self, key: str) -> Stored | None:
        """The value of ``key``, or ``None`` if it does not exist. See :class:`Store`."""
        name = self._name(key)

        def get() -> Stored:
            answer = self._client.get_object(Bucket=self._bucket, Key=name)
            return Stored(answer["Body"].read(), answer["ETag"])

        try:
            return self._repeated(get)
        except Exception as error:
            if self._is_absent(error, name):
                return None
            raise self._explain(error, key, "read it") from error

    def write(self, key: str, body: bytes, *, expect: Expected) -> str:
        """Set ``key`` if it has the expected version; return the new version. See :class:`Store`.

        S3 may carry out a write whose answer is lost; then the condition of its repetition fails.
        In this case the object is read back, and if it has this body the write succeeded.
        """
        conditions: dict[str, str] = {}
        if isinstance(expect, Absent):
            conditions["IfNoneMatch"] = "*"
        elif expect is not None:
            conditions["IfMatch"] = expect
        repeated = False
        for attempt in range(1, _CONCURRENT_TRIES + 1):
            try:
                answer = self._client.put_object(
                    Bucket=self._bucket, Key=self._name(key), Body=body, ContentType="application/json", **conditions
                )
                return str(answer["ETag"])
            except Exception as error:
                if not is_aws_error(error):
                    raise
                repeated = repeated or _was_repeated(error)
                again = error_code(error) in _CONCURRENT_CODES and attempt < _CONCURRENT_TRIES
                if not again and _passes(error) and attempt < _TRIES:
                    again = True
                    found = self._read_back(key) if conditions else None
                    if found is not None and found.body == body:
                        return found.version  # Only the answer was lost.
                    repeated = True
                if not again:
                    return self._settle(error, key, body, repeated=repeated, conditional=bool(conditions))
            self._pause(attempt)
        raise AssertionError("the last attempt returns or raises")

    def keys(self, prefix: str, after: str = "", limit: int = 1000) -> list[str]:
        """The first keys that begin with ``prefix`` and sort after ``after``. See :class:`Store`."""
        found: list[str] = []
        # StartAfter need not begin with the prefix, but must be a key of this store.
        more: dict[str, str] = {"StartAfter": self._prefix + after} if after else {}
        while len(found) < limit:
            try:
                answer = self._repeated(
                    partial(
                        self._client.list_objects_v2,
                        Bucket=self._bucket,
                        Prefix=self._prefix + prefix,
                        MaxKeys=min(limit - len(found), self.page_size),
                        **more,
                    )
                )
            except Exception as error:
                raise self._explain(error, prefix, "list its keys") from error
            found += [item["Key"].removeprefix(self._prefix) for item in answer.get("Contents", [])]
            if not answer.get("IsTruncated"):
                break
            more = {"ContinuationToken": answer["NextContinuationToken"]}
        return found[:limit]

    def now(self) -> float:
        """S3's clock in epoch seconds: the ``Date`` of its answer, cut to the second."""
        try:
            answer = self._repeated(partial(self._client.get_object, Bucket=self._bucket, Key=f"{self._prefix}clock"))
        except Exception as error:
            if not self._is_absent(error, f"{self._prefix}clock"):
                raise self._explain(error, "clock", "read its clock") from error
            answer = getattr(error, "response", {})
        date = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date", "")
        try:
            return parsedate_to_datetime(date).timestamp()
        except (TypeError, ValueError) as error:
            raise StoreUnreachable(
                "the store's answer has no Date to take the time from", self.url, "Check what answers at its endpoint"
            ) from error

    def _is_absent(self, error: Exception, name: str) -> bool:
        """Whether a read failed because the object does not exist.

        S3 denies reading a missing object to a role that may list its own prefix of the bucket only. Such a role
        sees in a list that it is missing.
        """
        if error_code(error) not in _DENIED_CODES:
            return error_code(error) in _ABSENT_CODES
        try:
            answer = self._client.list_objects_v2(Bucket=self._bucket, Prefix=name, MaxKeys=1)
        except Exception as other:
            if not is_aws_error(other):
                raise
            return False  # The first failure is the one to report.
        return all(item["Key"] != name for item in answer.get("Contents", []))

    def _repeated(self, call: Callable[[], Result]) -> Result:
        """The result of a read-only call, repeated while S3 fails or truncates its answers."""
        for attempt in range(1, _TRIES):
            try:
                return call()
            except Exception as error:
                if not _passes(error):
                    raise
            self._pause(attempt)
        return call()

    def _pause(self, attempt: int) -> None:
        self._sleep(min(0.05 * 2**attempt, 2.0) * random.uniform(0.5, 1.0))

    def _name(self, key: str) -> str:
        return self._prefix + check_key(key)

    def _settle(self, error: Exception, key: str, body: bytes, *, repeated: bool, conditional: bool) -> str:
        """The version of a write that succeeded without an answer, or its failure."""
        code = error_code(error)
        refused = code in _CONFLICT_CODES or code in _ABSENT_CODES or code in _CONCURRENT_CODES
        doubtful = repeated if refused else _is_doubtful(error)
        if conditional and doubtful:
            found = self._read_back(key)
            if found is not None and found.body == body:
                return found.version
        if conditional and refused:
            what = "it does not exist" if code in _ABSENT_CODES else "it was changed by someone else"
            raise Conflict(what, f"{self.url}/{key}") from error
        raise self._explain(error, key, "write it") from error

    def _read_back(self, key: str) -> Stored | None:
        try:
            return self.read(key)
        except StoreUnreachable:  # the first failure is the one to report
            return None

    def _explain(self, error: Exception, key: str, doing: str) -> SlipwayError:
        """The readable error. Anything but an answer or a connection failure is a bug and passes unchanged."""
        if isinstance(error, SlipwayError) and not isinstance(error, IncompleteAnswer):
            return error
        if not is_aws_error(error):
            raise error
        where = f"{self.url}/{key}"
        if known := _REMEDIES.get(error_code(error)):
            return StoreUnreachable(f"cannot {doing}: {known[0]}", where, known[1])
        plain = translate(error, doing)
        return StoreUnreachable(plain.what, where, plain.remedy or "Check state_store, the endpoint and the network")


def _passes(error: Exception) -> bool:
    """Whether a failure is S3's own, or of one connection: a retry may succeed."""
    if not is_aws_error(error) or error_code(error) in _REMEDIES:
        return False
    if {cls.__name__ for cls in type(error).__mro__} & _CUT_OFF:
        return True
    return getattr(error, "response", None) is not None and is_no_answer(error)


def _was_repeated(error: Exception) -> bool:
    response = getattr(error, "response", None) or {}
    return int(response.get("ResponseMetadata", {}).get("RetryAttempts", 0)) > 0


def _is_doubtful(error: Exception) -> bool:
    """Whether S3 may have carried out the write: it did not answer, or failed itself."""
    response = getattr(error, "response", None)
    if response is None:
        return is_aws_error(error)
    return int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)) >= 500
