# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The stores of this topic's tests."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.state.store import Store, open_store

from .s3_server import Proxy, s3_client, s3_server

_BUCKETS = itertools.count()


@pytest.fixture(scope="session")
def proxy() -> Iterator[Proxy]:
    with s3_server() as server:
        yield server


@pytest.fixture(scope="session")
def client(proxy: Proxy) -> Any:
    return s3_client(proxy.url)


@pytest.fixture
def bucket(proxy: Proxy, client: Any) -> Iterator[str]:
    name = f"state-{next(_BUCKETS)}"
    client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    yield name
    proxy.faults.clear()
    proxy.down.clear()


@pytest.fixture(params=["directory", "s3", "s3 without prefix"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "directory":
        return open_store(str(tmp_path / "not" / "yet"), lambda service: pytest.fail(f"wants a client for {service}"))
    client = request.getfixturevalue("client")
    name = request.getfixturevalue("bucket")
    return open_store(f"s3://{name}" + ("/team/state/" if request.param == "s3" else ""), lambda service: client)
