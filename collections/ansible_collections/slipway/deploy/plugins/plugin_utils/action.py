# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The base of all of Slipway's actions: arguments in, a result or one line of failure out."""

from __future__ import annotations

import os
import traceback
from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ..module_utils.common.errors import SlipwayError
from ..module_utils.common.neutral import neutral, neutral_value
from .command_line import note_started
from .context import Context
from .documented import arguments_of
from .process import Interruption, die_with, interruptible


class Said:
    """Ansible's display for lines that may contain text from outside, which is neutralized."""

    def __init__(self) -> None:
        self._display = Display()

    def display(self, line: object, **how: Any) -> None:
        """Print a line.

        :param how: arguments of ``Display.display``.
        """
        self._display.display(neutral(line), **how)

    def warning(self, line: object) -> None:
        """Show a warning in one line."""
        self._display.warning(neutral(line))

    def prompt_until(self, prompt: object, **how: Any) -> Any:
        """Prompt on the terminal.

        :param how: arguments of ``Display.prompt_until``.
        """
        return self._display.prompt_until(neutral(prompt), **how)

    def vvv(self, text: object) -> None:
        """Print a text with ``-vvv``."""
        self._display.vvv(neutral(text))


display = Said()


class SlipwayAction(ActionBase):
    """An action that runs on the control node and changes no host."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    _supports_async = False
    #: The argument spec for ``validate_argument_spec``; ``None``: the options of the action's documentation.
    ARGUMENTS: Mapping[str, Mapping[str, Any]] | None = None
    #: Whether the action works on the run's open record; in check mode there is none, and nothing to do. From the first
    #: such action to the one that closes the record, the action handles the first Ctrl-C: changes must be undone.
    ON_RECORD = False
    #: Whether the action closes the record.
    CLOSES_RECORD = False
    #: Whether the action prompts on the terminal.
    ASKS = False
    #: Whether the failure was reported already, by the task that closed the record.
    REPORTED = False
    #: What a signal that ends the action leaves, in one line; the main process shows it, as it reads nothing any more.
    STOPPED = ""
    #: The task's arguments, validated: :meth:`run` sets them.
    arguments: Mapping[str, Any] = {}

    @classmethod
    def spec(cls) -> Mapping[str, Mapping[str, Any]]:
        """The argument spec."""
        return arguments_of(cls.__module__.rpartition(".")[2]) if cls.ARGUMENTS is None else cls.ARGUMENTS

    def act(self, context: Context) -> dict[str, Any]:
        """Do the work; return the task's result.

        :raises SlipwayError: for a readable failure.
        """
        raise NotImplementedError

    def fail_safe(self, context: Context) -> None:
        """Release what must not be left behind if the action fails."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Ansible's entry."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        _validated, self.arguments = self.validate_argument_spec(self.spec())
        if self.ON_RECORD and self._task.check_mode:
            return {**result, "changed": False}
        # Otherwise a worker whose run was killed would continue, take the lock and write records.
        die_with(os.getppid())
        context = Context(task_vars or {}, self.arguments.get("observations"))
        note_started(str((task_vars or {}).get("env") or ""))
        # On a record the engine handles the signals. Elsewhere the first one ends the action, and further ones, which
        # Ansible sends at once, must not keep it from releasing what it holds.
        with nullcontext(Interruption()) if self.ON_RECORD else interruptible() as interruption:
            # Other callbacks than ours print results unchanged.
            result.update(neutral_value(self._carried_out(context, interruption)))
        return result

    def _carried_out(self, context: Context, interruption: Interruption) -> dict[str, Any]:
        try:
            result = self.act(context)
            interruption.check()
            return result
        except SlipwayError as error:
            message = str(error)
        except Exception as error:  # noqa: BLE001 - an operator gets one line; the traceback is shown with -vvv
            display.vvv(traceback.format_exc())
            name = self._task.action.rsplit(".", 1)[-1]
            line = " ".join(f"{type(error).__name__}: {error}".split())
            message = f"{name}: internal error: {line}. Run it again with -vvv and report it"
        self._release(context)
        return {"failed": True, "msg": message}

    def _release(self, context: Context) -> None:
        try:
            self.fail_safe(context)
        except SlipwayError as error:
            display.warning(str(error))
