# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""CodeArtifact in the sandbox: the API, and the registries of Maven and npm.

Sources: the CodeArtifact user guide ("Package publishing", "Package version status", "Use Maven snapshots",
"Publishing with curl") and botocore's service model, by which requests are checked.
"""
