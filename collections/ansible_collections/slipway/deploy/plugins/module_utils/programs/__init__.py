# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Programs that run on a host as an unprivileged user, or in a container. Python 3.8, standard library only."""
