# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an operator sees: Slipway's own lines, one line for each failure, and nothing about tasks that succeeded."""

from __future__ import annotations

DOCUMENTATION = r"""
name: operator
type: stdout
short_description: Output for the person who deploys
version_added: "0.1.0"
description:
  - Prints the lines that Slipway's own plugins return, and one line for each change and each failure. Tasks without
    changes and banners are not printed.
  - After some seconds without output, prints which task is running and for how long.
  - With C(-v) and above, behaves as the callback C(ansible.builtin.default).
  - A failure in a block with the variable C(slipway_failure_is_kept) is left to the task that reports it later. It is
    shown with C(-v).
  - On a terminal, passes its size to the workers, so that the progress of a rollout can be updated in place.
    E(NO_COLOR), C(TERM=dumb) and E(CI) are respected.
  - While a Slipway rollout runs, the first SIGINT, SIGTERM or SIGHUP (a closed terminal) goes to the rollout, which
    stops and undoes its changes. The second one ends C(ansible-playbook) as usual.
  - In GitHub Actions, each failure is also an annotation of the run.
  - If the output cannot be written any more (C(| head), a full disk, a closed terminal), the run continues silently.
author: The Slipway authors (!UNKNOWN)
extends_documentation_fragment: [default_callback, result_format_callback]
requirements:
  - set as stdout in configuration
"""

import atexit
import os
import shutil
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from ansible import constants
from ansible.plugins.callback.default import CallbackModule as DefaultCallback
from ansible.plugins.loader import action_loader

from ..module_utils.common.neutral import neutral
from ..module_utils.common.text import clean
from ..module_utils.lock.process import identify
from ..module_utils.render.screen import VARIABLE, Screen, Terminal
from ..module_utils.render.style import Style, wants_colour
from ..plugin_utils.files import RunFiles, runs_directory
from ..plugin_utils.interrupt import Interrupts
from ..plugin_utils.process import collect_rarely
from ..plugin_utils.signs import Signs, environment_of, slowness
from ..plugin_utils.streams import keep_going, last_write, write_now
from ..plugin_utils.workflow import annotate

if TYPE_CHECKING:
    from ansible.executor.task_result import CallbackTaskResult
    from ansible.playbook.task import Task

_OWN = "slipway.deploy."
_DEBUG = frozenset({"debug", "ansible.builtin.debug", "ansible.legacy.debug"})
_PAUSE = frozenset({"pause", "ansible.builtin.pause"})
#: The variable of a block whose failures are reported by a later task.
_KEPT = "slipway_failure_is_kept"
_STDERR_LINES = 5


class CallbackModule(DefaultCallback):
    """The callback; with ``-v`` every event goes to the default callback."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "slipway.deploy.operator"

    def __init__(self) -> None:
        super().__init__()
        self._terminal: Terminal | None = None
        self._style = Style()
        self._notice = False
        self._said: set[tuple[str, str]] = set()
        self._only_own_failures = True
        self._stopped = ""
        self._interrupts = Interrupts(_ask_to_stop, self._interrupted, self._left)
        self._signs = Signs(self._display.display, last_write)
        self._environment = ""

    @property
    def _verbose(self) -> bool:
        return bool(self._display.verbosity >= 1)

    # The terminal, and the signals.

    def _look_at_terminal(self) -> None:
        """Describe this terminal to the workers, which have none."""
        is_terminal = sys.stdout.isatty()
        environ = {**os.environ, **({"NO_COLOR": "1"} if constants.ANSIBLE_NOCOLOR else {})}
        self._style = Style(wants_colour(environ, is_terminal))
        size = shutil.get_terminal_size()
        # With -v Ansible's own lines come in between, which would break a block that is drawn in place.
        drawable = is_terminal and not self._verbose
        self._terminal = Terminal.of(environ, drawable, size.columns, size.lines)
        if self._terminal:
            os.environ[VARIABLE] = self._terminal.export()
        else:
            os.environ.pop(VARIABLE, None)

    def _interrupted(self, name: str) -> None:
        what = "Ctrl-C" if name == "SIGINT" else name
        text = f"{what}: stopping; changes are undone."
        # Unbuffered: a signal handler must not touch a stream that the interrupted code may be writing to.
        if self._terminal:
            self._notice = True
            # Must fit below the table on one line of 80 columns.
            notice = Screen(self._terminal.columns, self._terminal.lines).notice(f"{text} Again: leave, resume later.")
            write_now(1, notice)
        else:
            again = "Press Ctrl-C again to leave at once (the record stays, the next run resumes)"
            write_now(2, f"{text} {again}\n")

    def _left(self) -> None:
        _leave()
        said, self._stopped = self._stopped, ""
        if said:
            write_now(2, f"\n{said}\n" if self._terminal else f"{said}\n")

    def _entering(self, task: Task) -> None:
        self._stopped = str(getattr(_class_of(_action(task)), "STOPPED", "")) if _is_own(task) else ""
        # Do not disturb a prompt, nor a rollout that is drawn in place.
        asks = _action(task) in _PAUSE or _is(task, "ASKS")
        quiet = asks or (self._terminal is not None and _is(task, "ON_RECORD"))
        self._signs.doing("" if quiet else f"{self._environment}{_name(task)}")
        if _is(task, "ON_RECORD"):
            # From the first of them to the end of the last one, also in between.
            self._interrupts.engine_runs = True
            # The window may have been resized since.
            self._look_at_terminal()

    def _leaving(self, result: CallbackTaskResult) -> None:
        self._stopped = ""
        if _is(result.task, "CLOSES_RECORD"):
            self._interrupts.engine_runs = False

    # What is printed.

    def _say(self, lines: Iterable[str], stderr: bool = False) -> None:
        if self._notice:
            self._notice = False
            self._display.display("\r\x1b[J", screen_only=True, newline=False)
        for text in lines:
            line = neutral(text, lines=False)
            self._display.display(self._style.line(line), screen_only=True, stderr=stderr)
            self._display.display(line, log_only=True)

    def _fail(self, result: CallbackTaskResult, lines: list[str], ignored: bool = False) -> None:
        # A failure of the whole run, repeated by every host of a play, is shown once.
        key = (str(result.task.get_path()), "\n".join(lines))
        if key not in self._said:
            self._said.add(key)
            self._say(lines, stderr=bool(self.get_option("display_failed_stderr")))
            annotate(() if ignored else lines)

    def _own_lines(self, result: CallbackTaskResult) -> list[str]:
        """Slipway's own lines, taken out of the result so that nothing prints them a second time."""
        lines = result.result.pop("slipway_lines", None)
        return [str(line) for line in lines] if isinstance(lines, (list, tuple)) and _is_own(result.task) else []

    # Events.

    def v2_playbook_on_start(self, playbook: Any) -> None:
        """Inspect the terminal and install the signal handlers."""
        collect_rarely()
        keep_going()
        reconfigure = getattr(sys.stdout, "reconfigure", None)
        if reconfigure is not None:
            # Progress must be visible at once, also in a pipe.
            reconfigure(line_buffering=True)
        self._look_at_terminal()
        if self._interrupts.install():
            atexit.register(_leave)
        if not self._verbose:
            self._signs = Signs(self._display.display, last_write, slowness=slowness())
            atexit.register(self._signs.stop)
            self._signs.start()
        super().v2_playbook_on_start(playbook)

    def v2_playbook_on_play_start(self, play: Any) -> None:
        """No banner."""
        self._environment = environment_of(play)
        if self._verbose:
            super().v2_playbook_on_play_start(play)
        else:
            self._play = play

    def v2_playbook_on_task_start(self, task: Task, is_conditional: bool) -> None:
        """No banner; if the task runs the engine, the engine handles the first Ctrl-C."""
        self._entering(task)
        if self._verbose:
            super().v2_playbook_on_task_start(task, is_conditional)

    def v2_playbook_on_handler_task_start(self, task: Task) -> None:
        """As any task."""
        self._entering(task)
        if self._verbose:
            super().v2_playbook_on_handler_task_start(task)

    def v2_runner_on_ok(self, result: CallbackTaskResult) -> None:
        """Slipway's lines, a debug message, or a change in one line."""
        self._leaving(result)
        own = self._own_lines(result)
        if self._verbose:
            self._say(own)
            super().v2_runner_on_ok(result)
            return
        self._handle_warnings(result.result)
        if own:
            self._say(own)
        elif _action(result.task) in _DEBUG:
            self._say(_lines(result.result.get("msg", "")))
        elif result.result.get("changed") and not _is_own(result.task) and not _looped(result):
            self._say([f"changed: [{self.host_label(result)}] {_name(result.task)}"])

    def v2_runner_on_failed(self, result: CallbackTaskResult, ignore_errors: bool = False) -> None:
        """The failure in one line, or the card from the result."""
        self._leaving(result)
        own = self._own_lines(result)
        if self._verbose:
            self._say(own)
            super().v2_runner_on_failed(result, ignore_errors)
            return
        self._handle_warnings(result.result)
        if not _looped(result) and (own or not _kept(result.task)):
            self._fail(result, [*own, *self._failure(result, own, ignore_errors)], ignore_errors)

    def _failure(self, result: CallbackTaskResult, own: list[str], ignored: bool) -> list[str]:
        message = _lines(result.result.get("msg", ""))
        if _is_own(result.task):
            return [] if _is(result.task, "REPORTED") else [line for line in message if line not in own]
        self._only_own_failures = self._only_own_failures and ignored
        label = f"{'ignored' if ignored else 'FAILED'}: [{self.host_label(result)}] {_name(result.task)}"
        item = _item(self._get_item_label(result.result)) if "item" in result.result else ""
        first, *rest = message or ["failed"]
        tail = [] if ignored else _tail(result.result)
        return [f"{label}{item}: {first}", *(f"  {line}" for line in (*rest, *tail))]

    def v2_runner_on_skipped(self, result: CallbackTaskResult) -> None:
        """Nothing."""
        self._leaving(result)
        if self._verbose:
            super().v2_runner_on_skipped(result)

    def v2_runner_on_unreachable(self, result: CallbackTaskResult) -> None:
        """One line."""
        self._leaving(result)
        if self._verbose:
            super().v2_runner_on_unreachable(result)
            return
        self._only_own_failures = False
        message = " ".join(_lines(result.result.get("msg", ""))) or "no answer"
        self._fail(result, [f"UNREACHABLE: [{self.host_label(result)}] {_name(result.task)}: {message}"])

    def v2_runner_item_on_ok(self, result: CallbackTaskResult) -> None:
        """As a task, naming the item."""
        own = self._own_lines(result)
        if self._verbose:
            self._say(own)
            super().v2_runner_item_on_ok(result)
            return
        self._handle_warnings(result.result)
        if own:
            self._say(own)
        elif result.result.get("changed") and not _is_own(result.task):
            item = _item(self._get_item_label(result.result))
            self._say([f"changed: [{self.host_label(result)}] {_name(result.task)}{item}"])

    def v2_runner_item_on_failed(self, result: CallbackTaskResult) -> None:
        """As a task, naming the item."""
        own = self._own_lines(result)
        if self._verbose:
            self._say(own)
            super().v2_runner_item_on_failed(result)
            return
        self._handle_warnings(result.result)
        if own or not _kept(result.task):
            self._fail(result, [*own, *self._failure(result, own, False)])

    def v2_runner_item_on_skipped(self, result: CallbackTaskResult) -> None:
        """Nothing."""
        if self._verbose:
            super().v2_runner_item_on_skipped(result)

    def v2_runner_retry(self, result: CallbackTaskResult) -> None:
        """Nothing: a waiting action prints its own lines."""
        if self._verbose:
            super().v2_runner_retry(result)

    def v2_on_file_diff(self, result: CallbackTaskResult) -> None:
        """The difference, with ``--diff``."""
        if self._verbose:
            super().v2_on_file_diff(result)
            return
        for part in result.result["results"] if _looped(result) else [result.result]:
            diff = self._get_diff(part["diff"]) if part.get("diff") and part.get("changed") else ""
            if diff:
                self._display.display(diff.rstrip("\n"))

    def v2_playbook_on_include(self, included_file: Any) -> None:
        """Nothing."""
        if self._verbose:
            super().v2_playbook_on_include(included_file)

    def v2_playbook_on_no_hosts_matched(self) -> None:
        """Nothing: an environment may lack services or hosts, and what ``--limit`` names was checked before."""
        if self._verbose:
            super().v2_playbook_on_no_hosts_matched()

    def v2_playbook_on_no_hosts_remaining(self) -> None:
        """Nothing: the failures were shown."""
        if self._verbose:
            super().v2_playbook_on_no_hosts_remaining()

    def v2_playbook_on_stats(self, stats: Any) -> None:
        """Which hosts failed; nothing if none did, or if a card already shows it."""
        self._signs.stop()
        if self._verbose:
            super().v2_playbook_on_stats(stats)
            return
        if self._only_own_failures:
            return
        totals = {host: stats.summarize(host) for host in sorted(stats.processed)}
        unreachable = [host for host, total in totals.items() if total["unreachable"]]
        failed = [host for host, total in totals.items() if total["failures"] and host not in unreachable]
        if failed or unreachable:
            well = len(totals) - len(failed) - len(unreachable)
            parts = [
                f"{len(hosts)} {word} ({', '.join(hosts[:5])}{', …' if len(hosts) > 5 else ''})"
                for word, hosts in (("failed", failed), ("unreachable", unreachable))
                if hosts
            ]
            self._say([f"hosts: {', '.join([*parts, f'{well} ok'] if well else parts)}"])


def _ask_to_stop(signal_name: str) -> bool:
    process = identify(os.getpid())
    return process is not None and RunFiles(runs_directory(), process).ask_to_stop(signal_name)


def _leave() -> None:
    process = identify(os.getpid())
    if process is not None:
        RunFiles(runs_directory(), process).leave()


def _action(task: Task) -> str:
    return str(task.action)


def _kept(task: Task) -> bool:
    """Whether a block around the task declares that a later task reports its failure."""
    around = getattr(task, "_parent", None)
    while around is not None:
        if (getattr(around, "vars", None) or {}).get(_KEPT):
            return True
        around = getattr(around, "_parent", None)
    return False


def _is(task: Task, attribute: str) -> bool:
    """An attribute of the class of one of Slipway's own actions; false for any other."""
    return _is_own(task) and bool(getattr(_class_of(_action(task)), attribute, False))


@cache
def _class_of(action: str) -> object:
    return action_loader.get(action, class_only=True)


def _is_own(task: Task) -> bool:
    return _action(task).startswith(_OWN)


def _name(task: Task) -> str:
    return clean(task.get_name())


def _looped(result: CallbackTaskResult) -> bool:
    return bool(result.task.loop) and "results" in result.result


def _item(label: object) -> str:
    return f" ({clean(label)})"


def _lines(message: object) -> list[str]:
    texts = message if isinstance(message, list) else [message]
    # ansible-core puts this before the text of an exception; the line already says that it failed.
    words = (str(text).removeprefix("Task failed: ") for text in texts)
    return [clean(line) for text in words for line in text.splitlines() if line.strip()]


def _tail(result: Mapping[str, Any]) -> list[str]:
    return _lines(result.get("stderr") or result.get("module_stderr") or "")[-_STDERR_LINES:]
