# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A PostgreSQL of a file's own, for what needs no host."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.postgres import Postgres


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with Postgres(database="saliteone", user="salitemihret") as made:
        yield made


@pytest.fixture
def database(server: Postgres) -> Postgres:
    """One database, emptied for each test."""
    server.query("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    return server
