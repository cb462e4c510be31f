# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Suggestions for misspelt words, and values shortened for messages. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def suggest(word: str, known: Iterable[str]) -> str | None:
    """The suggestion for a misspelt word.

    :return: ``Did you mean dev?``, or ``None`` when nothing is close.
    """
    by_folded = {name.casefold(): name for name in known}
    folded = word.casefold()
    begun = [name for name in by_folded if len(folded) > 1 and (name.startswith(folded) or folded.startswith(name))]
    close = begun[:1] or get_close_matches(folded, by_folded, n=1, cutoff=0.6)
    return f"Did you mean {by_folded[close[0]]}?" if close else None


def shorten(value: object, limit: int = 60) -> str:
    """A value as one line of at most ``limit`` characters, fit for a message."""
    text = " ".join(str(value).split())
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
