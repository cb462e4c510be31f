# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a run says while it waits for the lock."""

from __future__ import annotations

from ansible_collections.slipway.deploy.plugins.action.deploy_open import Waiting


def test_the_holder_is_named_at_once_and_again() -> None:
    now, said = [100.0], []
    waiting = Waiting(600, lambda line: said.append((now[0] - 100, line)), lambda: now[0])
    for _look in range(34):
        waiting.show("dev is locked by maria")
        now[0] += 3
    assert said == [
        (0, "dev is locked by maria"),
        (6, "waited 6 s of 600 s for the lock: dev is locked by maria"),
        (15, "waited 15 s of 600 s for the lock: dev is locked by maria"),
        (30, "waited 30 s of 600 s for the lock: dev is locked by maria"),
        (60, "waited 60 s of 600 s for the lock: dev is locked by maria"),
        (90, "waited 90 s of 600 s for the lock: dev is locked by maria"),
    ]
