# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Fixtures of all tests of the project."""

from ansible_collections.slipway.deploy.tests.unit import hypothesis_profile

hypothesis_profile.load()
