# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A promotion as a build: the same digests, once."""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.slipway.deploy.plugins.module_utils.builds.model import parse, serialise
from ansible_collections.slipway.deploy.plugins.module_utils.builds.promotion import (
    Part,
    Promotion,
    build_of,
    built_before,
    same_as,
    with_gates,
)

from .helpers import BACKEND, BUILD, COMMIT, DIGEST, GATEWAY

GATEWAY_PART = Part("api-gateway", DIGEST, COMMIT, "dev/api-gateway", "staging/api-gateway", record="r2", tags=("v1",))
BACKEND_PART = Part(
    *("backend", DIGEST, "backend-v0.2.0", "s3://dev/x", "s3://staging/x"),
    kind="backend",
    present=True,
    before=DIGEST,
    record="r1",
    artifact=replace(BACKEND, location="s3://staging/x"),
)
PROMOTION = Promotion("dev", "staging", (GATEWAY_PART, BACKEND_PART))


def test_what_changes_and_what_is_copied() -> None:
    assert PROMOTION.changes == (GATEWAY_PART,)
    assert PROMOTION.copies == (GATEWAY_PART,)
    diff = PROMOTION.diff()
    assert diff["before"] == f"api-gateway  -\nbackend  {DIGEST}\n"
    assert diff["after"] == f"api-gateway  {DIGEST}\nbackend  {DIGEST}\n"


def test_a_promotion_is_a_build_of_the_next_environment() -> None:
    known = replace(PROMOTION, parts=(replace(GATEWAY_PART, built=GATEWAY), BACKEND_PART))
    build = replace(build_of(known), id=BUILD.id, created=BUILD.created, finished=BUILD.finished, result="built")
    assert parse(serialise(build), "here") == build
    assert build.environment == "staging"
    assert build.promoted_from
    assert (build.promoted_from.environment, build.promoted_from.record) == ("dev", "r2")
    service = build.services["api-gateway"]
    assert (service.image, service.digest, service.tags) == ("staging/api-gateway", DIGEST, ("v1",))
    assert service.reasons == ("runs in dev (release r2)", *GATEWAY.reasons)
    assert (service.commit, service.sbom, service.gates) == (COMMIT, GATEWAY.sbom, GATEWAY.gates)
    assert build.artifacts["backend"].location == "s3://staging/x"


def test_the_commit_of_an_image_that_no_build_built_is_unknown() -> None:
    build = replace(build_of(PROMOTION), id=BUILD.id, created=BUILD.created)
    assert parse(serialise(build), "here").services["api-gateway"].commit == ""


def test_the_same_promotion_is_recognised() -> None:
    build = build_of(PROMOTION)
    assert same_as(replace(build, id="x", created="y"), build)
    assert not same_as(build_of(replace(PROMOTION, source="test")), build)
    other = replace(GATEWAY_PART, digest=DIGEST.replace("d", "e"))
    assert not same_as(build_of(replace(PROMOTION, parts=(other, BACKEND_PART))), build)
    assert not same_as(replace(build, promoted_from=None), build)


def test_the_newest_build_of_an_image_says_what_it_is() -> None:
    older = replace(BUILD, services={"api-gateway": replace(GATEWAY, reasons=("older",))})
    failed = replace(BUILD, services={"api-gateway": replace(GATEWAY, digest=None, result="failed")})
    assert built_before([failed, BUILD, older]) == {("api-gateway", DIGEST): GATEWAY}


def test_a_jar_keeps_the_name_and_the_gates_of_its_build() -> None:
    gated = replace(BACKEND, gates=GATEWAY.gates, reasons=("pom.xml",))
    older = replace(BUILD, artifacts={"umigo": gated})
    newer = replace(BUILD, artifacts={"umigo": replace(gated, digest=DIGEST.replace("d", "e"))})
    part = with_gates(BACKEND_PART, [newer, older])
    assert part.artifact == replace(gated, location="s3://staging/x")
    assert list(build_of(replace(PROMOTION, parts=(part,))).artifacts) == ["umigo"]
    assert with_gates(BACKEND_PART, [newer]) == BACKEND_PART
    assert with_gates(GATEWAY_PART, [older]) == GATEWAY_PART
