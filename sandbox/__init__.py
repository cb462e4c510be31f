# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""AWS in a box: moto with an ECS that behaves like ECS, for the demo and the tests."""
