# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Publishes what a commit builds: the jar of a JVM service to S3, packages of Maven and npm to CodeArtifact."""
