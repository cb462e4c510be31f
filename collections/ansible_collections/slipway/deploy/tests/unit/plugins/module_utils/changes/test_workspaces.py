# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a change in npm and pnpm workspaces reaches, and why."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.changes.detect import Choices
from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError

from .builders import at, chains, detected

SERVICES = ["web", "admin"]
LOCK = """\
lockfileVersion: '9.0'
settings:
  autoInstallPeers: true
catalogs:
  default:
    vue: {specifier: ^3.5.0, version: 3.5.1}
importers:
  .:
    devDependencies:
      eslint: {specifier: ^9.0.0, version: 9.0.0}
  packages/ui:
    dependencies:
      vue: {specifier: 'catalog:', version: 3.5.1}
  apps/web:
    dependencies:
      '@acme/ui': {specifier: 'workspace:^', version: link:../../packages/ui}
  apps/admin:
    dependencies:
      koa: {specifier: ^2.0.0, version: 2.1.0}
packages:
  vue@3.5.1: {resolution: {integrity: sha512-a}}
  eslint@9.0.0: {resolution: {integrity: sha512-b}}
  koa@2.1.0: {resolution: {integrity: sha512-c}}
  debug@4.0.0: {resolution: {integrity: sha512-d}}
  ms@2.0.0: {resolution: {integrity: sha512-e}}
snapshots:
  vue@3.5.1: {}
  eslint@9.0.0: {}
  koa@2.1.0:
    dependencies: {debug: 4.0.0}
  debug@4.0.0:
    dependencies: {ms: 2.0.0, koa: 2.1.0}
  ms@2.0.0: {}
"""


def package(name: str, **fields: Any) -> str:
    return json.dumps({"name": name, "version": "1.0.0", **fields})


PNPM = {
    "package.json": package("root", private=True, devDependencies={"eslint": "^9.0.0", "typescript": "^5.0.0"}),
    "pnpm-workspace.yaml": "packages: ['packages/*', 'apps/*', '!**/fixtures/**']\n"
    "catalog: {vue: ^3.5.0, unused: ^1.0.0}\n",
    "pnpm-lock.yaml": LOCK,
    "packages/ui/package.json": package("@acme/ui", dependencies={"vue": "catalog:"}),
    "packages/ui/src/a.ts": "1",
    "packages/ui/src/a.test.ts": "1",
    "packages/ui/test/fixtures/one/package.json": package("web"),
    "apps/web/package.json": package("web", dependencies={"@acme/ui": "workspace:^"}, description="A shop"),
    "apps/web/src/a.ts": "1",
    "apps/admin/package.json": package("admin", dependencies={"koa": "^2.0.0"}),
    "tsconfig.json": "{}",
}


def edited(files: dict[str, str], path: str, old: str = "", new: str = "") -> dict[str, str]:
    assert old in files[path]
    return {**files, path: files[path].replace(old, new) if old else f"{files[path]} "}


@pytest.mark.parametrize(
    ("path", "old", "new", "reached"),
    [
        ("packages/ui/src/a.ts", "", "", {"web": "packages/ui/src/a.ts → @acme/ui → web"}),
        ("packages/ui/src/a.test.ts", "", "", {}),
        ("packages/ui/test/fixtures/one/package.json", "1.0.0", "1.0.1", {}),
        ("apps/web/package.json", "A shop", "The shop", {}),
        ("apps/web/package.json", "1.0.0", "1.0.1", {"web": "apps/web/package.json (version 1.0.0 → 1.0.1) → web"}),
        (
            "pnpm-workspace.yaml",
            "^3.5.0",
            "^3.6.0",
            {"web": "pnpm-workspace.yaml (dependency vue ^3.5.0 → ^3.6.0) → @acme/ui → web"},
        ),
        ("pnpm-workspace.yaml", "unused: ^1.0.0", "unused: ^1.1.0", {}),
        ("package.json", '"root"', '"top"', {}),
        (
            "package.json",
            "^5.0.0",
            "^5.1.0",
            {
                "web": "package.json (dependency typescript ^5.0.0 → ^5.1.0) → web",
                "admin": "package.json (dependency typescript ^5.0.0 → ^5.1.0) → admin",
            },
        ),
        ("pnpm-lock.yaml", "ms@2.0.0: {", "ms@2.0.0:  {", {}),
        ("pnpm-lock.yaml", "sha512-b", "sha512-f", {}),
        ("pnpm-lock.yaml", "sha512-e", "sha512-f", {"admin": "pnpm-lock.yaml (ms 2.0.0, other content) → admin"}),
        (
            "pnpm-lock.yaml",
            "sha512-a",
            "sha512-f",
            {"web": "pnpm-lock.yaml (vue 3.5.1, other content) → @acme/ui → web"},
        ),
        (
            "pnpm-lock.yaml",
            "autoInstallPeers: true",
            "autoInstallPeers: false",
            {
                "web": "pnpm-lock.yaml (its settings differ) → web",
                "admin": "pnpm-lock.yaml (its settings differ) → admin",
            },
        ),
    ],
)
def test_pnpm(path: str, old: str, new: str, reached: dict[str, str]) -> None:
    assert chains(PNPM, edited(PNPM, path, old, new), SERVICES) == reached


BOTH = {"web", "admin"}


@pytest.mark.parametrize(
    ("place", "old", "new", "reached"),
    [
        ("", {"scripts": {"lint": "eslint ."}}, {"scripts": {"lint": "eslint src"}}, set()),
        ("", {"scripts": {"test": "vitest"}}, {"scripts": {"test": "vitest run"}}, set()),
        ("", {"scripts": {"pretest": "x"}}, {"scripts": {}}, set()),
        ("", {"scripts": {"build": "pnpm -r build"}}, {"scripts": {"build": "pnpm -r run build"}}, BOTH),
        ("", {"scripts": {"prepare": "husky"}}, {"scripts": {}}, BOTH),
        # What a build calls belongs to it.
        (
            "",
            {"scripts": {"build": "pnpm check", "check": "a"}},
            {"scripts": {"build": "pnpm check", "check": "b"}},
            BOTH,
        ),
        ("", {"scripts": {"ship": "pnpm --filter admin build"}}, {}, {"admin"}),
        ("", {"scripts": {"ship": "pnpm --filter=./apps/admin build"}}, {}, {"admin"}),
        ("", {"scripts": {"ship": "pnpm --filter @acme/ui... build"}}, {}, {"web"}),
        ("", {"scripts": {"ship": "pnpm --filter !web build"}}, {}, BOTH),
        ("", {"scripts": {"ship": "pnpm --filter admin build && node all.js"}}, {}, BOTH),
        ("", {"devDependencies": {"eslint": "^9.0.0", "vitest": "^3.0.0"}}, {}, set()),
        ("", {"dependencies": {"prettier": "^3.0.0"}}, {}, BOTH),
        ("apps/admin", {"devDependencies": {"@typescript-eslint/parser": "^8.0.0"}}, {}, set()),
        ("apps/admin", {"devDependencies": {"vite": "^6.0.0"}}, {}, {"admin"}),
        ("", {"prettier": {"semi": False}, "lint-staged": {"*": "x"}}, {}, set()),
        ("", {"main": "a.js", "keywords": ["a"]}, {"main": "b.js"}, set()),
        ("", {"engines": {"node": ">=20"}}, {"engines": {"node": ">=22"}}, BOTH),
        ("", {"packageManager": "pnpm@9.0.0"}, {"packageManager": "pnpm@10.0.0"}, BOTH),
        ("", {"browserslist": "defaults"}, {"browserslist": "last 2 versions"}, BOTH),
        # What these lead to is in the lock file.
        ("", {"overrides": {"ms": "2.0.0"}}, {"overrides": {"ms": "2.1.0"}}, set()),
        ("", {"resolutions": {"ms": "2.0.0"}}, {}, set()),
        ("", {"pnpm": {"overrides": {"ms": "2.0.0"}}}, {}, set()),
        ("", {"pnpm": {"auditConfig": {"ignoreCves": []}}}, {}, set()),
        ("", {"pnpm": {"onlyBuiltDependencies": ["sharp"]}}, {}, BOTH),
        ("apps/admin", {"scripts": {"lint": "a", "test:unit": "b"}, "jest": {"a": 1}}, {}, set()),
        ("apps/admin", {"scripts": {"start": "node ."}}, {"scripts": {"start": "node --trace ."}}, {"admin"}),
        ("apps/admin", {"engines": {"node": ">=20"}}, {}, {"admin"}),
        ("apps/admin", {"overrides": {"ms": "2.0.0"}}, {}, set()),
    ],
)
def test_a_package_is_compared_by_what_it_means(
    place: str, old: dict[str, Any], new: dict[str, Any], reached: set[str]
) -> None:
    path = f"{place}/package.json".lstrip("/")
    said = json.loads(PNPM[path])
    # What is not given is the same in both.
    said = {name: value for name, value in said.items() if name not in old}
    base, head = ({**PNPM, path: json.dumps({**said, **fields})} for fields in (old, new))
    assert chains(base, head, SERVICES).keys() == reached


def test_a_source_of_the_root_is_not_handed_down() -> None:
    base = {**PNPM, "src/build.ts": "1"}
    uses = {**base, "apps/web/package.json": package("web", dependencies={"root": "workspace:^"})}
    assert chains(base, {**base, "src/build.ts": "2"}, SERVICES) == {}
    assert chains(uses, {**uses, "src/build.ts": "2"}, SERVICES) == {"web": "src/build.ts → root → web"}


def test_what_a_root_says_is_named() -> None:
    base, head = (
        {**PNPM, "package.json": package("root", engines={"node": said}, scripts={"build": said})}
        for said in (">=20", ">=22")
    )
    assert chains(base, head, ["admin"]) == {"admin": "package.json (engines.node >=20 → >=22) → admin"}


def test_overrides_without_a_lock_file_reach_all() -> None:
    plain = {path: text for path, text in PNPM.items() if path != "pnpm-lock.yaml"}
    base, head = ({**plain, "package.json": package("root", overrides={"ms": said})} for said in ("1", "2"))
    assert chains(base, head, SERVICES).keys() == BOTH


@pytest.mark.parametrize("added", ["overrides: {ms: 2.0.0}", "patchedDependencies: {}", "time: {}"])
def test_what_the_packages_of_a_lock_file_show_is_no_setting(added: str) -> None:
    assert chains(PNPM, {**PNPM, "pnpm-lock.yaml": f"{LOCK}{added}\n"}, SERVICES) == {}


def test_a_package_deep_in_the_lock_file_reaches_its_workspace() -> None:
    text = LOCK.replace("ms: 2.0.0", "ms: 2.1.0").replace("ms@2.0.0", "ms@2.1.0")
    assert chains(PNPM, {**PNPM, "pnpm-lock.yaml": text}, SERVICES) == {
        "admin": "pnpm-lock.yaml (ms 2.0.0 → 2.1.0) → admin"
    }


@pytest.mark.parametrize(
    ("tools", "reached"),
    [
        ("configDependencies: {}, packageManagerDependencies: {pnpm: {specifier: 11.0.0, version: 11.0.0}}", set()),
        ("configDependencies: {hooks: {specifier: 1.0.0, version: 1.0.0}}", BOTH),
    ],
)
def test_a_lock_file_that_begins_with_pnpm_itself(tools: str, reached: set[str]) -> None:
    first = f"---\nlockfileVersion: '9.0'\nimporters:\n  .: {{{tools}}}\n---\n"
    assert chains(PNPM, {**PNPM, "pnpm-lock.yaml": first + LOCK}, SERVICES).keys() == reached
    # And the rest is read as ever.
    base, head = ({**PNPM, "pnpm-lock.yaml": first + text} for text in (LOCK, LOCK.replace("sha512-e", "sha512-f")))
    assert chains(base, head, SERVICES).keys() == {"admin"}


@pytest.mark.parametrize(
    "text", ["lockfileVersion: 5.4\n", "lockfileVersion: '9.0'\npackages: &a {b: *a}\n", "[", "", "a: ["]
)
def test_a_lock_file_that_is_not_understood_means_all(text: str) -> None:
    found = chains(PNPM, {**PNPM, "pnpm-lock.yaml": text}, SERVICES)
    assert found["web"] == "pnpm-lock.yaml (this lock file is not understood) → web"
    assert len(found) == 2


def test_a_file_of_the_root_is_nobodys() -> None:
    found = detected(PNPM, edited(PNPM, "tsconfig.json"), SERVICES, Choices(unclaimed="all"))
    assert found.unclaimed == (("tsconfig.json", ""),)
    assert [item.chain for item in found.decisions] == [
        ("tsconfig.json", "nothing claims it", name) for name in SERVICES
    ]


PACKAGES: dict[str, Any] = {
    "": {"name": "root", "workspaces": ["packages/*", "apps/*"]},
    "packages/ui": {"version": "1.0.0", "dependencies": {"vue": "^3"}},
    "apps/web": {"version": "1.0.0", "dependencies": {"ui": "*", "debug": "^4"}},
    "apps/admin": {"version": "1.0.0", "dependencies": {"debug": "^3"}},
    "node_modules/ui": {"resolved": "packages/ui", "link": True},
    "node_modules/vue": {"version": "3.5.1", "integrity": "a"},
    "node_modules/debug": {"version": "4.0.0", "integrity": "b", "dependencies": {"ms": "^2"}},
    "node_modules/ms": {"version": "2.0.0", "integrity": "c"},
    "apps/admin/node_modules/debug": {"version": "3.0.0", "integrity": "d", "dependencies": {"ms": "^1"}},
    "apps/admin/node_modules/debug/node_modules/ms": {"version": "1.0.0", "integrity": "e"},
}


def npm(packages: dict[str, Any], version: int = 3) -> dict[str, str]:
    return {
        "package.json": package("root", workspaces=["packages/*", "apps/*"]),
        "package-lock.json": json.dumps({"lockfileVersion": version, "packages": packages}),
        "packages/ui/package.json": package("ui", dependencies={"vue": "^3"}),
        "apps/web/package.json": package("web", dependencies={"ui": "*", "debug": "^4"}),
        "apps/admin/package.json": package("admin", dependencies={"debug": "^3"}),
    }


def updated(place: str, **fields: str) -> dict[str, Any]:
    return {**PACKAGES, place: {**PACKAGES[place], **fields}}


@pytest.mark.parametrize(
    ("packages", "reached"),
    [
        (updated("node_modules/vue", version="3.5.2"), {"web": "package-lock.json (vue 3.5.1 → 3.5.2) → ui → web"}),
        (updated("node_modules/ms", version="2.0.1"), {"web": "package-lock.json (ms 2.0.0 → 2.0.1) → web"}),
        (
            updated("apps/admin/node_modules/debug/node_modules/ms", integrity="f"),
            {"admin": "package-lock.json (ms 1.0.0, other content) → admin"},
        ),
        # The same package in another place.
        (
            {
                **{place: entry for place, entry in PACKAGES.items() if not place.endswith("debug/node_modules/ms")},
                "apps/admin/node_modules/ms": PACKAGES["apps/admin/node_modules/debug/node_modules/ms"],
            },
            {},
        ),
    ],
)
def test_npm(packages: dict[str, Any], reached: dict[str, str]) -> None:
    assert chains(npm(PACKAGES), npm(packages), SERVICES) == reached


def test_a_package_inside_a_maven_module_is_part_of_it() -> None:
    base = {"pom.xml": "<project><groupId>x</groupId><artifactId>site</artifactId><version>1</version></project>"}
    base |= {
        "web/package.json": package("web"),
        "web/package-lock.json": json.dumps({"lockfileVersion": 3, "packages": {}}),
    }
    head = edited(base, "web/package-lock.json")
    assert chains(base, head, ["site"]) == {"site": "web/package-lock.json → site"}


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"package.json": "{"}, "package.json at .*: it is not valid JSON"),
        ({"package.json": "[]"}, "it is not a package"),
        ({"package.json": "[" * 100_000}, "nested too deeply"),
        ({"package.json": "{}", "pnpm-workspace.yaml": "packages: ["}, "pnpm-workspace.yaml at .*: it cannot be read"),
    ],
)
def test_what_is_not_readable_is_named(files: dict[str, str], said: str) -> None:
    with pytest.raises(SlipwayError, match=said):
        at(files)
