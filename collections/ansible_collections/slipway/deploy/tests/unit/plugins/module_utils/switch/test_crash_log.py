# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why a process ended, out of its log: the cause, not the last lines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.switch.crash_log import LINES, root_cause, telling


def frames(
    count: int, where: str = "org.springframework.boot.SpringApplication.run(SpringApplication.java:342)"
) -> str:
    return "".join(f"\tat {where}\n" for _number in range(count))


SPRING = f"""\
2026-11-30T07:00:01.001Z  INFO 1 --- [main] com.umigo.Application : Starting Application
2026-11-30T07:00:09.001Z ERROR 1 --- [main] o.s.boot.SpringApplication : Application run failed
org.springframework.beans.factory.BeanCreationException: Error creating bean with name 'flyway'
{frames(30)}Caused by: org.flywaydb.core.internal.exception.FlywaySqlException: Unable to obtain connection
------------------------------------------------------------
SQL State  : 28P01
{frames(9)}\t... 24 common frames omitted
Caused by: org.postgresql.util.PSQLException: FATAL: password authentication failed for user "umigo"
\tat org.postgresql.core.v3.ConnectionFactoryImpl.doAuthentication(ConnectionFactoryImpl.java:690)
{frames(14)}\t... 31 more
"""
REPORT = """\
2026-11-30T07:00:09.001Z ERROR 1 --- [main] o.s.b.d.LoggingFailureAnalysisReporter :

***************************
APPLICATION FAILED TO START
***************************

Description:

Web server failed to start. Port 8080 was already in use.

Action:

Identify and stop the process that's listening on port 8080
or configure this application to listen on another port.

2026-11-30T07:00:10.001Z  INFO 1 --- [main] com.umigo.Application : Bye
"""
PLAIN = f"""\
Exception in thread "main" java.lang.IllegalStateException: no key
{frames(20, "com.umigo.Main.main(Main.java:7)")}
"""
PYTHON = """\
INFO:     Started
Traceback (most recent call last):
  File "/srv/app/main.py", line 3, in <module>
    import settings
  File "/srv/app/settings.py", line 9, in <module>
    KEY = os.environ["KEY"]
KeyError: 'KEY'
"""


@pytest.mark.parametrize(
    ("log", "cause", "shown"),
    [
        pytest.param(
            SPRING,
            'org.postgresql.util.PSQLException: FATAL: password authentication failed for user "umigo"',
            ["Application run failed", "BeanCreationException", "Caused by: org.postgresql", "doAuthentication"],
            id="the root of a chain",
        ),
        pytest.param(
            REPORT,
            "Web server failed to start. Port 8080 was already in use.",
            [
                "Description: Web server failed",
                "Action: Identify and stop the process that's listening on port 8080 or",
            ],
            id="spring's own report",
        ),
        pytest.param(
            PLAIN, 'Exception in thread "main" java.lang.IllegalStateException: no key', ["no key"], id="bare"
        ),
        pytest.param(PYTHON, "KeyError: 'KEY'", ["settings.py", "KeyError"], id="python"),
        pytest.param("one\ntwo\n", "", ["one", "two"], id="it does not say"),
        pytest.param("", "", [], id="it says nothing"),
    ],
)
def test_the_cause_is_shown(log: str, cause: str, shown: list[str]) -> None:
    lines = log.splitlines()
    assert root_cause(lines) == cause
    found = telling(lines)
    assert len(found) <= LINES
    for words in shown:
        assert any(words in line for line in found), found


@pytest.mark.parametrize("more", [0, 40])
def test_frames_do_not_push_the_cause_out(more: int) -> None:
    log = SPRING + frames(more)
    assert 'password authentication failed for user "umigo"' in "\n".join(telling(log.splitlines()))


@given(st.lists(st.sampled_from([*SPRING.splitlines(), *REPORT.splitlines(), *PYTHON.splitlines(), ""]), max_size=60))
def test_any_log_has_an_answer(lines: list[str]) -> None:
    assert len(telling(lines)) <= LINES
    assert "\n" not in root_cause(lines)
    if any(line.strip() for line in lines):
        assert telling(lines)
