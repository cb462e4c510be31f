# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""ECS's own error codes, as its API names them."""

from __future__ import annotations


class EcsError(Exception):
    """An error that the ECS API answers with: ``code`` is the exception's name, HTTP ``status`` 400 or 500."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


def client(message: str) -> EcsError:
    """A ClientException."""
    return EcsError("ClientException", message)


def invalid(message: str) -> EcsError:
    """An InvalidParameterException."""
    return EcsError("InvalidParameterException", message)


def cluster_not_found() -> EcsError:
    """ECS's answer for a cluster that does not exist or is not active."""
    return EcsError("ClusterNotFoundException", "Cluster not found.")


def service_not_found() -> EcsError:
    """ECS's answer for a service that does not exist."""
    return EcsError("ServiceNotFoundException", "Service not found.")


def service_not_active() -> EcsError:
    """ECS's answer for a service that was deleted."""
    return EcsError("ServiceNotActiveException", "Service was not ACTIVE.")


def conflict(message: str) -> EcsError:
    """A ConflictException."""
    return EcsError("ConflictException", message)
