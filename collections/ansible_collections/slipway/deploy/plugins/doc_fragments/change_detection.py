# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a commit of the source changes."""

from __future__ import annotations


class ModuleDocFragment:
    """The options that changes and build_images share."""

    DOCUMENTATION = r"""
options:
  path:
    description: A clone of the source, with its whole history.
    type: raw
    required: true
  base:
    description:
      - The commit to compare with. By default the commit that each service runs. If the records released it, its image
        tag or the tag of git with the same name; else the label C(org.opencontainers.image.revision) of the image that
        runs, else a tag of it.
      - For hosts, the commit or the tag of the release that the records have, else that of C(versions.json).
    type: raw
    default: ""
  head:
    description: The commit that is to be built.
    type: raw
    default: HEAD
  rules:
    description:
      - Which files reach which services where the graph does not show it - Dockerfiles outside of modules, base images,
        CI files.
      - Each rule has C(paths) (patterns; C(**) crosses directories, C({service}) is the service of this name) and
        C(services) (V(all), V(none) or a list). The first rule that matches a file is used.
    type: raw
    default: []
  unclaimed:
    description: What a changed file means that no module and no rule claims, V(all) services or V(none). Such files are
      always listed.
    type: raw
    default: all
  tests:
    description: Whether services are built of which only tests changed.
    type: raw
    default: false
  force:
    description: List all services, whatever changed.
    type: bool
    default: false
"""
