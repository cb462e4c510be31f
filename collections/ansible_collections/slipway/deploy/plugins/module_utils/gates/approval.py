# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who approved a release: a name on the command line, or the tag typed at a prompt. Pure.

A prompt without a terminal is a refusal, never a pass, and so is any answer but the tag itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

from ..common.command import again
from ..common.errors import SlipwayError
from .gate import Point, Request, Result, judged

#: The variables of the command line.
BY, REFERENCE = "approved_by", "approval_ref"
_LONGEST = 100
_LONGEST_REFERENCE = 500
#: Values that a pipeline passes without a user name: nobody's approval.
_NOBODY = frozenset({"true", "false", "yes", "no", "none", "null", "undefined"})

How = Literal["prompt", "variable"]


@dataclass(frozen=True)
class Approval:
    """Who approved a release, how, and when (ISO 8601)."""

    by: str
    how: How
    at: str
    reference: str = ""

    def to_record(self) -> dict[str, Any]:
        """A record's ``approval``."""
        reference = {"reference": self.reference} if self.reference else {}
        return {"by": self.by, "how": self.how, "at": self.at, **reference}


@dataclass(frozen=True)
class Prompt:
    """The question for a person, and who is asked; ``releases`` as :func:`decide` takes them."""

    text: str
    tag: str
    by: str
    reference: str = ""
    releases: Mapping[str, str] = field(default_factory=dict)


def read_approvers(value: Any, where: str) -> tuple[str, ...] | None:
    """Who may approve; ``None``: anyone.

    :param value: the inventory's list.
    :raises SlipwayError: it is not a list of names, or is empty.
    """
    if value is None:
        return None
    remedy = "Write a list of names, or leave it out"
    if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Sequence):
        raise SlipwayError("the approvers are not a list", where, remedy)
    names = [str(item).strip() if isinstance(item, (str, int)) else "" for item in value]
    if not names:
        raise SlipwayError("the list of approvers is empty: nobody may approve", where, remedy)
    for name in names:
        _name(name, where)
    return tuple(names)


def common_approvers(given: Sequence[Any], where: str) -> Any:
    """Who may approve releases of several kinds of host together, as :func:`read_approvers` takes it.

    :param given: the list of each kind's inventory.
    :raises SlipwayError: no one may approve all of them, or a list is invalid.
    """
    if len(given) <= 1:
        return next(iter(given), None)
    lists = [names for value in given if (names := read_approvers(value, where)) is not None]
    common = [name for name in lists[0] if all(name in names for names in lists)] if lists else None
    if common == []:
        what = "nobody may approve all of these releases"
        raise SlipwayError(what, where, "Deploy the kinds of host one by one, by --limit")
    return common


def _name(text: str, where: str) -> str:
    if not text or not text.isprintable() or len(text) > _LONGEST or text.lower() in _NOBODY or text[0] in "[{":
        what = "the approver's name is empty" if not text else "this is not a valid name of an approver"
        raise SlipwayError(what, where, "Give the name of the person who approved")
    return text


def decide(
    tag: str,
    environment: str,
    given: Mapping[str, Any],
    extra: Sequence[str] | frozenset[str],
    approvers: tuple[str, ...] | None,
    user: str,
    now: str,
    releases: Mapping[str, str],
) -> Approval | Prompt:
    """The approval from the command line, or the prompt.

    :param given: the variables :data:`BY` and :data:`REFERENCE`, if set.
    :param extra: the names of the variables from the command line.
    :param user: the user who runs this and answers the prompt.
    :param releases: the variables that choose the releases, and their values, for the command that approves them.
    :raises SlipwayError: the given approval is invalid, or not by an approver.
    """
    reference = _reference(given.get(REFERENCE))
    if given.get(BY) is not None:
        if BY not in extra:
            # A name in a file would approve every future release.
            what = "approved_by is set in a file, which does not approve a release"
            raise SlipwayError(
                what, f"inventories/{environment}", f"Set it for this release only: {_approving(releases)}"
            )
        by = _name(str(given[BY]).strip(), f"-e {BY}")
        return Approval(_allowed(by, approvers, f"-e {BY}", environment, releases), "variable", now, reference)
    by = _allowed(user, approvers, None, environment, releases)
    text = f"{environment} is about to get {tag}. Type the tag to approve it as {by}"
    return Prompt(text, tag, by, reference, releases)


def _allowed(
    name: str, approvers: tuple[str, ...] | None, where: str | None, environment: str, releases: Mapping[str, str]
) -> str:
    if approvers is None or name in approvers:
        return name
    what = f"{name} may not approve a release of {environment}"
    raise SlipwayError(what, where, f"Ask one of {', '.join(approvers)}: {_approving(releases)}")


def _approving(releases: Mapping[str, str]) -> str:
    return again(**releases, **{BY: "…"})


def _reference(value: Any) -> str:
    if value is None:
        return ""
    text = str(value).strip()
    try:
        parts = urlsplit(text)
        fine = parts.scheme in ("https", "http") and bool(parts.hostname) and not parts.username
    except ValueError:
        fine = False
    if not fine or not text.isprintable() or " " in text or len(text) > _LONGEST_REFERENCE:
        raise SlipwayError(
            "this is not a URL", f"-e {REFERENCE}", "Give the URL of the page on which it was approved: https://…"
        )
    return text


def answered(prompt: Prompt, answer: str, now: str) -> Approval:
    """The approval from a prompt's answer.

    :raises SlipwayError: the answer is not the tag.
    """
    if answer.strip() != prompt.tag:
        said = "nothing was typed" if not answer.strip() else "what was typed is not the tag"
        raise SlipwayError(
            f"{prompt.tag} is not approved: {said}", None, "Run it again, and type the tag as it is shown"
        )
    return Approval(prompt.by, "prompt", now, prompt.reference)


def refused(prompt: Prompt, why: str) -> SlipwayError:
    """The refusal if there was no answer."""
    what = f"{prompt.tag} is not approved: {why}"
    return SlipwayError(what, None, f"Give the name of the approver: {_approving(prompt.releases)}")


class ApprovalGate:
    """The release is approved. The playbook's ``when`` decides whether an approval is required.

    Facts: ``given``, ``extra``, ``user`` and ``releases`` as :func:`decide` reads them; ``approvers`` and where
    they are defined.
    """

    name = "approval"
    point: Point = "approval"

    def check(self, request: Request) -> Result:
        """What is found is the approval, or the prompt for it."""
        facts = request.facts

        def find() -> Approval | Prompt:
            approvers = read_approvers(facts["approvers"], request.where)
            now = request.now.isoformat(timespec="seconds")
            named = (request.release, request.environment, facts["given"], facts["extra"])
            return decide(*named, approvers, facts["user"], now, facts["releases"])

        return judged(self, find)
