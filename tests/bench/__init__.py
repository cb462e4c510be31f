# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How fast Slipway is: the real commands, on sandboxes of their own, against floors measured in the same run."""
