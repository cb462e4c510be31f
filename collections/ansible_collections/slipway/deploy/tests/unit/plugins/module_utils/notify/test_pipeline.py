# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is said about a pipeline, in which text of others stays text."""

from __future__ import annotations

import json

from ansible_collections.slipway.deploy.plugins.module_utils.dispatch.report import Report
from ansible_collections.slipway.deploy.plugins.module_utils.notify.pipeline import pipeline_message, pipeline_summary
from ansible_collections.slipway.deploy.plugins.module_utils.notify.slack import YELLOW

REPORT = Report("partial", "the deploy failed", (("build", "success"), ("<b>", "failure")), ("a-service",), "b1")
CHANGE = {"repository": "acme/<!channel>", "commit": "3f9c2d1e8a7b6c5d", "pull_request": "7"}


def test_the_summary() -> None:
    text = pipeline_summary(REPORT, "dev", CHANGE)
    assert text.startswith("## ! dev: the deploy failed\n\n**1 service changed:** a-service\n\n| Job | Result |\n")
    assert "| &lt;b&gt; | ✘ failure |" in text
    assert "pull request 7 · commit 3f9c2d1e8a7b · build b1" in text
    assert "<!channel>" not in text


def test_the_message() -> None:
    message = pipeline_message(REPORT, "dev", CHANGE, "https://github.com/acme/devops/actions/runs/1")
    text = json.dumps(message.payload(), ensure_ascii=False)
    assert message.colour == YELLOW
    assert "*dev: the deploy failed*" in text
    assert "✔ build · ✘ &lt;b&gt;" in text
    assert "<https://github.com/acme/devops/actions/runs/1|run>" in text
    assert "<!channel>" not in text


def test_without_anything_else() -> None:
    text = pipeline_summary(Report("succeeded", "everything succeeded", (("build", "success"),)), "dev", {})
    assert text.endswith("| build | ✔ success |\n")
