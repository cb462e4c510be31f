# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The load balancer's own health checks: real HTTP requests to every registered target."""

from __future__ import annotations

import http.client
import threading
from concurrent.futures import ThreadPoolExecutor

from sandbox.elb import model
from sandbox.elb.groups import Groups
from sandbox.elb.model import Health, Settings, Target

AGENT = "ELB-HealthChecker/2.0"
PAUSE_SECONDS = 0.1
CHECKERS = 8


def check(address: str, port: int, settings: Settings) -> Health:
    """Ask a target once, as the load balancer does."""
    connection = http.client.HTTPConnection(address, port, timeout=settings.timeout)
    try:
        connection.request("GET", settings.path, headers={"User-Agent": AGENT, "Connection": "close"})
        status = connection.getresponse().status
    except TimeoutError:
        return model.TIMEOUT
    except (OSError, http.client.HTTPException):
        return model.FAILED
    finally:
        connection.close()
    return model.HEALTHY if settings.takes(status) else model.mismatch(status)


class Checker:
    """A thread that asks every target when its check is due."""

    def __init__(self, groups: Groups) -> None:
        self._groups = groups
        self._stopping = threading.Event()
        self._pool = ThreadPoolExecutor(CHECKERS, thread_name_prefix="check")
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End; checks that are under way are not waited for."""
        self._stopping.set()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _run(self) -> None:
        while not self._stopping.wait(PAUSE_SECONDS):
            for target, settings in self._groups.due():
                self._pool.submit(self._check, target, settings)

    def _check(self, target: Target, settings: Settings) -> None:
        address = self._groups.address(target.id)
        if address:
            self._groups.observe(target, check(address, target.check_port(settings), settings), settings)
