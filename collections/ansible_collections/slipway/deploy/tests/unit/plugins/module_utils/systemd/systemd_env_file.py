# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How systemd reads an EnvironmentFile: ``parse_env_file_internal`` of its ``src/basic/env-file.c``, state by state."""

from __future__ import annotations

WHITESPACE, NEWLINE, COMMENTS, NEED_ESCAPE = " \t\n\r", "\n\r", "#;", '"\\`$'


class Reader:
    """Its states are the methods: each is given a character and says which state is next."""

    def __init__(self):
        self.found = {}
        self.key = self.value = ""
        self.trailing = 0

    def pre_key(self, char):
        if char in COMMENTS:
            return self.comment
        if char in WHITESPACE:
            return self.pre_key
        self.key, self.value = char, ""
        return self.in_key

    def in_key(self, char):
        if char in NEWLINE:
            return self.pre_key
        if char == "=":
            return self.pre_value
        self.key += char
        return self.in_key

    def pre_value(self, char):
        if char in NEWLINE:
            return self.push()
        if char in WHITESPACE:
            return self.pre_value
        named = {"'": self.single, '"': self.double, "\\": self.escape}
        if char not in named:
            self.value, self.trailing = self.value + char, 0
        return named.get(char, self.in_value)

    def in_value(self, char):
        if char in NEWLINE:
            self.value = self.value[: len(self.value) - self.trailing]
            return self.push()
        if char == "\\":
            self.trailing = 0
            return self.escape
        self.trailing = self.trailing + 1 if char in WHITESPACE else 0
        self.value += char
        return self.in_value

    def escape(self, char):
        self.value += "" if char in NEWLINE else char
        return self.in_value

    def single(self, char):
        if char == "'":
            return self.pre_value
        self.value += char
        return self.single

    def double(self, char):
        if char in '"\\':
            return self.pre_value if char == '"' else self.double_escape
        self.value += char
        return self.double

    def double_escape(self, char):
        if char in NEED_ESCAPE:
            self.value += char
        elif char != "\n":
            self.value += "\\" + char
        return self.double

    def comment(self, char):
        return self.pre_key if char in NEWLINE else self.comment

    def push(self):
        self.found[self.key.rstrip(WHITESPACE)] = self.value
        return self.pre_key


def read(text):
    """The variables that the service gets."""
    reader = Reader()
    state = reader.pre_key
    for char in text:
        state = state(char)
    if state not in (reader.pre_key, reader.in_key, reader.comment):
        reader.push()
    return reader.found
