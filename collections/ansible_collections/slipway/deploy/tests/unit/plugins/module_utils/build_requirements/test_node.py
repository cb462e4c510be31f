# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.build_requirements.node import read_node_needs
from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError

VITE = {"version": "7.1.0", "bin": {"vite": "bin/vite.js"}, "engines": {"node": "^20.19.0 || >=22.12.0"}}
PNPM = """\
lockfileVersion: '9.0'
packages:
  '@types/node@20.1.0':
    resolution: {integrity: sha512-a}
  typescript@5.6.2:
    engines: {node: '>=14.17'}
    hasBin: true
  vite@6.0.1(@types/node@20.1.0):
    engines: {node: ^18.0.0 || ^20.0.0 || >=22.0.0}
    hasBin: true
  vitest@3.0.0:
    engines: {node: '>=99'}
    hasBin: true
"""


def read(files: Mapping[str, Any], directory: str = "frontend", script: str = "build") -> Any:
    texts = {name: body if isinstance(body, str) else json.dumps(body) for name, body in files.items()}
    return read_node_needs(texts.get, directory, script, "auto")


def package(build: str = "vite build", **more: Any) -> dict[str, Any]:
    return {"scripts": {"build": build}, **more}


def npm(**packages: Any) -> dict[str, Any]:
    return {"lockfileVersion": 3, "packages": {"": {}, **packages}}


def test_vite_asks_for_its_node() -> None:
    needs = read(
        {
            "frontend/package.json": package("tsc -b && vite build", engines={"node": ">=18"}),
            "frontend/package-lock.json": npm(**{"node_modules/vite": VITE}),
        }
    )
    assert needs.tool == "npm"
    assert needs.engines == (("frontend/package.json", ">=18"), ("vite 7.1.0", "^20.19.0 || >=22.12.0"))


def test_a_script_that_runs_another_is_followed() -> None:
    scripts = {"build": "npm run build:app", "build:app": "pnpm run pack", "pack": "vite build", "test": "vitest"}
    files = {"package.json": {"scripts": scripts}, "package-lock.json": npm(**{"node_modules/vite": VITE})}
    assert read(files, "").engines == (("vite 7.1.0", VITE["engines"]["node"]),)


@pytest.mark.parametrize(
    ("name", "entry"),
    [
        ("node_modules/vitest", {**VITE, "bin": {"vitest": "vitest.mjs"}}),
        ("node_modules/other/node_modules/vite", VITE),
        ("node_modules/vite", {"version": "7.1.0", "bin": {"vite": "x"}}),
        ("node_modules/vite", {"version": "7.1.0", "bin": {"vite": "x"}, "engines": ["node >= 99"]}),
        ("node_modules/vite", "not a mapping"),
    ],
)
def test_what_the_build_does_not_start_decides_nothing(name: str, entry: Any) -> None:
    assert read({"frontend/package.json": package(), "frontend/package-lock.json": npm(**{name: entry})}).engines == ()


def test_a_pnpm_lock_is_read_as_well() -> None:
    needs = read({"frontend/package.json": package("tsc && vite build"), "frontend/pnpm-lock.yaml": PNPM})
    assert needs.tool == "pnpm"
    assert needs.engines == (("typescript 5.6.2", ">=14.17"), ("vite 6.0.1", "^18.0.0 || ^20.0.0 || >=22.0.0"))


def test_the_lock_file_of_a_workspace_is_above() -> None:
    needs = read(
        {
            "package.json": {"workspaces": ["apps/*"]},
            "package-lock.json": npm(**{"apps/web/node_modules/vite": VITE}),
            ".npmrc": "//registry.example.org/:_authToken=${NPM_TOKEN}\n",
            "apps/web/package.json": package(),
            "apps/web/.npmrc": "# ${NOT_THIS}\n@ours:registry=https://npm.example.org/\n//npm.example.org/:_auth=${OTHER}\n",
        },
        "apps/web",
    )
    assert needs.engines == (("vite 7.1.0", VITE["engines"]["node"]),)
    assert needs.variables == ("NPM_TOKEN", "OTHER")


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "there is no package.json"),
        ({"frontend/package.json": "[]"}, "it is not a JSON object"),
        ({"frontend/package.json": {"scripts": {"dev": "vite"}}}, "it has no script build"),
        ({"frontend/package.json": package(), "frontend/bun.lock": "{}"}, "its lock file is bun.lock, and Bun is not"),
        ({"frontend/package.json": package(), "frontend/yarn.lock": ""}, "its lock file is yarn.lock, and Yarn is not"),
        ({"frontend/package.json": package()}, "there is no lock file"),
    ],
)
def test_what_no_host_can_build_is_refused(files: Mapping[str, Any], said: str) -> None:
    with pytest.raises(SlipwayError, match=said):
        read(files)


@pytest.mark.parametrize("lock", ["{", "[]", '{"packages": []}', "[" * 100_000])
def test_a_damaged_lock_file_asks_for_nothing(lock: str) -> None:
    assert read({"frontend/package.json": package(), "frontend/package-lock.json": lock}).engines == ()
