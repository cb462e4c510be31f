#!/usr/bin/python
# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Creates a release directory from a checkout or an archive."""

from __future__ import annotations

DOCUMENTATION = r"""
module: release_directory
short_description: Create a release directory from a checkout or an archive
version_added: "0.1.0"
author: The Slipway authors (!UNKNOWN)
description:
  - Creates C(<root>/releases/<id>) from the tree of a repository at a tag. The id is the tag and the first 12 digits of
    the commit or of the archive's digest.
  - A release is either complete or does not exist. It is created under a temporary name, gets the completion mark
    C(.slipway-complete), and is then renamed. A complete release is never changed. One without the mark is created
    again.
  - The archive is read completely before anything is written. It is refused if it is damaged, needs more space than is
    available, or contains an absolute path, C(..), a path below a symbolic link, a link that may lead outside, a device
    or a pipe.
  - The files belong to root, and O(group) can read them. Only the executable bit of the archive's modes is kept.
options:
  tag:
    description: The tag of the release.
    type: str
    required: true
  root:
    description: The directory that contains C(releases), C(shared) and the symbolic link C(current).
    type: path
    required: true
  checkout:
    description: A git checkout on the host. Its tree at O(commit) is exported with C(git archive), as the checkout's
      owner.
    type: path
  archive:
    description: A tar archive on the host, compressed or not. Requires O(digest).
    type: path
  url:
    description:
      - An HTTP or HTTPS URL of a tar archive, which the host downloads. Requires O(digest).
      - The query of the URL, which can be a signature, is never shown.
    type: str
  digest:
    description:
      - The archive's SHA-256 digest.
      - With O(checkout), the digest of the container image that runs the release, which then becomes part of the id.
    type: str
  commit:
    description:
      - The full commit hash. Required with O(checkout).
      - With an archive, it is only recorded. If C(git archive) wrote the archive, it contains the commit too, and the
        two must match.
    type: str
  source:
    description: The name of the checkout or archive in the completion mark and in error messages.
    type: str
  strip:
    description: How many leading directories of the archive's paths to remove.
    type: int
    default: 0
  shared:
    description:
      - Directories below C(<root>/shared) that all releases share. The release gets a symbolic link to each at the same
        path.
      - At that path, the tree may contain only files that keep an empty directory in git, such as C(.gitkeep).
    type: list
    elements: str
    default: []
  expected:
    description: Paths that the release must contain.
    type: list
    elements: str
    default: []
  owner:
    description: The owner of the shared directories that are created. By default, root.
    type: str
  group:
    description: The group that can read the release. By default, all users can.
    type: str
  links:
    description:
      - Symbolic links that may point at a release. An incomplete release that a link points at is not removed.
      - By default, the link C(current) in O(root).
    type: list
    elements: path
  timeout:
    description: How many seconds C(git archive) may take.
    type: int
    default: 300
extends_documentation_fragment: [slipway.deploy.attributes, slipway.deploy.attributes.full]
attributes:
  check_mode:
    details: Does not read the checkout or the archive.
"""

EXAMPLES = r"""
- name: Create a release from a checkout
  slipway.deploy.release_directory:
    tag: staging-20261108
    root: /srv/salitemihret
    checkout: /srv/salitemihret/source
    commit: 6f1c0b8f1d1a4e0c8a4e4d8d7c0e5b9f3a2d1c0b
    shared: [server/uploads]
    expected: [server, frontend]
    owner: salitemihret
    group: salitemihret

- name: Create a release from an archive
  slipway.deploy.release_directory:
    tag: prod-20261108
    root: /srv/salitemihret
    url: https://builds.example.org/salitemihret/prod-20261108.tar.gz
    digest: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
"""

RETURN = r"""
path:
  description: The directory of the release.
  returned: success
  type: str
  sample: /srv/salitemihret/releases/staging-20261108-6f1c0b8f1d1a
release:
  description: The release, for O(slipway.deploy.service_release#module:release).
  returned: success
  type: dict
  sample: {id: staging-20261108-6f1c0b8f1d1a, tag: staging-20261108, digest: null}
commit:
  description: The commit of the release, or V(null) if it is not known.
  returned: success
  type: str
  sample: 6f1c0b8f1d1a4e0c8a4e4d8d7c0e5b9f3a2d1c0b
links:
  description: The links to switch, for O(slipway.deploy.service_release#module:links).
  returned: success
  type: list
  elements: dict
  sample:
    - {path: /srv/salitemihret/current, target: /srv/salitemihret/releases/staging-20261108-6f1c0b8f1d1a}
made:
  description: Whether the release was created (in check mode, would be). V(false) if it already existed.
  returned: success
  type: bool
"""

import grp
import pwd
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.artifact.model import check_tag, read_digest
from ..module_utils.common.errors import SlipwayError
from ..module_utils.files.atomic_directory import check_not_live, links_of, locked, read_mark
from ..module_utils.git.version import COMMIT
from ..module_utils.programs.module import finish
from ..module_utils.releases.archive_source import downloaded, exported, opened, shown
from ..module_utils.releases.directory import Layout, Owner, Release, check_path, ensure_shared, make

ARGUMENTS = {
    "tag": {"type": "str", "required": True},
    "root": {"type": "path", "required": True},
    "checkout": {"type": "path"},
    "archive": {"type": "path"},
    "url": {"type": "str", "no_log": True},
    "digest": {"type": "str"},
    "commit": {"type": "str"},
    "source": {"type": "str"},
    "strip": {"type": "int", "default": 0},
    "shared": {"type": "list", "elements": "str", "default": []},
    "expected": {"type": "list", "elements": "str", "default": []},
    "owner": {"type": "str"},
    "group": {"type": "str"},
    "links": {"type": "list", "elements": "path"},
    "timeout": {"type": "int", "default": 300},
}
URLS = ("https://", "http://")


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec=ARGUMENTS,
        supports_check_mode=True,
        mutually_exclusive=[("checkout", "archive", "url")],
        required_one_of=[("checkout", "archive", "url")],
        required_by={"checkout": "commit", "archive": "digest", "url": "digest"},
    )
    # The displayed part of a URL is not secret, even if that is all of it.
    module.no_log_values.discard(shown(module.params["url"] or ""))
    finish(module, lambda: run(module.params, check=module.check_mode))


def run(params: dict[str, Any], *, check: bool) -> dict[str, Any]:
    """Create the release; return the module's result."""
    release, layout = release_of(params), layout_of(params, check=check)
    path = layout.releases / release.id
    there = read_mark(path)
    mark = there or {}
    check_commit(release, mark, path)
    if there is None and not check:
        with locked(layout.releases):
            links = [str(layout.root / "current")] if params["links"] is None else params["links"]
            check_not_live(path, links_of(links))
            with ExitStack() as stack:
                mark = make(layout, release, stack.enter_context(archive_of(params, layout, release)), params["strip"])
    made = ensure_shared(layout, check=check)
    before = "".join(f"{layout.kept(item)}: absent\n" for item in made)
    after = "".join(f"{layout.kept(item)}: a directory\n" for item in made)
    if there is None:
        before += f"{path}: {'not whole' if path.exists() else 'absent'}\n"
        after += f"{path}: {release.source}\n"
    return {
        "changed": there is None or bool(made),
        "path": str(path),
        "release": {"id": release.id, "tag": release.tag, "digest": release.digest},
        "commit": mark.get("commit", release.commit),
        "links": [{"path": str(layout.root / "current"), "target": str(path)}],
        "made": there is None,
        "diff": {"before": before, "after": after},
        "warnings": [*differing(there, layout, path), *incomplete(there, mark, path)],
    }


def release_of(params: dict[str, Any]) -> Release:
    """Read the release from the arguments.

    :raises SlipwayError: an argument is invalid.
    """
    tag, commit, url = check_tag(params["tag"]), params["commit"] or None, params["url"]
    if commit and not COMMIT.fullmatch(commit):
        raise SlipwayError(f"{commit!r} is not a commit", "commit", "Write it with all its 40 digits")
    if params["strip"] < 0:
        raise SlipwayError("it is negative", "strip", "Write the number of directories to remove")
    if url and not url.startswith(URLS):
        raise SlipwayError("it is not an http(s) URL", "url", "Write it as in https://builds.example.org/site.tar.gz")
    if url and "@" in urlsplit(url).netloc:
        raise SlipwayError("it has credentials in it", "url", "Use a URL that is signed, or a bucket")
    source = params["source"] or (shown(url) if url else params["archive"] or params["checkout"])
    digest = read_digest(params["digest"], "digest") if params["digest"] or not params["checkout"] else None
    return Release(tag, commit, digest, source)


def check_commit(release: Release, mark: dict[str, Any], path: Path) -> None:
    """Refuse an existing release of another commit, as when only the tag was moved and not the image.

    :raises SlipwayError: it is.
    """
    if release.digest and release.commit and mark.get("commit") and mark["commit"] != release.commit:
        what = f"it was made from commit {mark['commit']}, but {release.tag} is now at {release.commit}"
        raise SlipwayError(what, str(path), "Build the tag again, or deploy another tag")


def layout_of(params: dict[str, Any], *, check: bool) -> Layout:
    """The layout and owner of the releases.

    :raises SlipwayError: a user or group does not exist, or a path is invalid.
    """
    root = Path(params["root"])
    if not root.is_absolute():
        raise SlipwayError(f"{params['root']!r} is not an absolute path", "root", "Write it as in /srv/salitemihret")
    owner, group = params["owner"], params["group"]
    try:
        uid = pwd.getpwnam(owner).pw_uid if owner else -1
        gid = grp.getgrnam(group).gr_gid if group else -1
    except KeyError as error:
        # In check mode an earlier task has not created them.
        if not check:
            raise SlipwayError(str(error.args[0]), "owner, group", "Create it first") from None
        uid, gid = -1, -1
    shared = tuple(check_path(path, "shared") for path in params["shared"])
    expected = tuple(check_path(path, "expected") for path in params["expected"])
    return Layout(root, shared, expected, Owner(uid, gid))


def archive_of(params: dict[str, Any], layout: Layout, release: Release) -> Any:
    """The release's archive, an open file in the context."""
    if params["checkout"]:
        return exported(Path(params["checkout"]), release.commit or "", layout.releases, params["timeout"])
    digest = (release.digest or "").rpartition(":")[2]
    if params["url"]:
        return downloaded(params["url"], digest, layout.releases / f".{release.id}.archive")
    return opened(Path(params["archive"]), digest)


def differing(mark: dict[str, Any] | None, layout: Layout, path: Path) -> list[str]:
    """How an existing release differs from the arguments: it is never changed."""
    if mark is None or mark.get("shared", []) == sorted(layout.shared):
        return []
    linked = ", ".join(mark.get("shared", [])) or "nothing"
    return [f"{path} links to {linked} of the shared directories, because an existing release is never changed"]


def incomplete(there: dict[str, Any] | None, mark: dict[str, Any], path: Path) -> list[str]:
    """What a new release lacks of its repository."""
    return [f"{path}: {line}. Deploy an archive that has them" for line in mark.get("left_out", []) if there is None]


if __name__ == "__main__":
    main()
