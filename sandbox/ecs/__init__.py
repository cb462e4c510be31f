# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An ECS that moves: a pure engine with an injected clock (``engine``) behind ECS's own protocol (``api``)."""
