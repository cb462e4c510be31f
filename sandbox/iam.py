# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Decisions over identity policies, and iam:SimulatePrincipalPolicy over moto's roles, which ignores conditions."""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape


def _many(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else [str(one) for one in value or []]


def _covers(statement: dict[str, Any], action: str, resource: str) -> bool:
    def any_of(patterns: list[str], text: str, fold: bool) -> bool:
        return any(
            fnmatch.fnmatchcase(text.lower() if fold else text, (one.lower() if fold else one).replace("[", "[[]"))
            for one in patterns
        )

    if "Action" in statement:
        named = any_of(_many(statement["Action"]), action, True)
    else:
        named = not any_of(_many(statement.get("NotAction")), action, True)
    if "Resource" in statement:
        return named and any_of(_many(statement["Resource"]), resource, False)
    return named and not any_of(_many(statement.get("NotResource")), resource, False)


def _holds(operator: str, wanted: list[str], value: str | None) -> bool:
    """One operator of a condition over one key.

    :raises ValueError: the operator is not one of those that the sandbox knows.
    """
    base = operator.removesuffix("IfExists")
    if base == "Null":
        return (value is None) == (wanted == ["true"])
    if base not in ("StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "ArnEquals", "ArnLike"):
        raise ValueError(f"the sandbox does not know the condition operator {operator}")
    negative = "Not" in base
    if value is None:
        return negative or operator.endswith("IfExists")
    # ArnEquals is ArnLike.
    like = "Equals" not in base or base.startswith("Arn")
    met = any(fnmatch.fnmatchcase(value, one.replace("[", "[[]")) if like else value == one for one in wanted)
    return met != negative


def _applies(statement: dict[str, Any], context: Mapping[str, str] | None) -> bool:
    """Whether a statement's conditions hold; they are ignored without a context."""
    if context is None:
        return True
    values = {name.lower(): value for name, value in context.items()}
    return all(
        _holds(operator, _many(wanted), values.get(name.lower()))
        for operator, keys in statement.get("Condition", {}).items()
        for name, wanted in keys.items()
    )


def decide(
    policies: Iterable[dict[str, Any]], action: str, resource: str, context: Mapping[str, str] | None = None
) -> str:
    """allowed, explicitDeny or implicitDeny.

    :param context: the request's condition keys; ``None`` ignores conditions.
    """
    verdict = "implicitDeny"
    for policy in policies:
        statements = policy.get("Statement", [])
        for one in [statements] if isinstance(statements, dict) else statements:
            if not (_covers(one, action, resource) and _applies(one, context)):
                continue
            if one.get("Effect") == "Deny":
                return "explicitDeny"
            verdict = "allowed"
    return verdict


def policies_of(role: Any) -> list[dict[str, Any]]:
    """The documents of a role's inline and attached policies."""
    texts = list(role.policies.values())
    texts += [one.document for one in role.managed_policies.values()]
    return [json.loads(one) if isinstance(one, str) else one for one in texts]


def simulate(backend: Any, body: bytes) -> tuple[int, str]:
    """(HTTP status, XML) for a SimulatePrincipalPolicy request."""
    form = parse_qs(body.decode())
    arn = form.get("PolicySourceArn", [""])[0]
    role = next((one for one in backend.roles.values() if one.arn == arn), None)
    if role is None:
        return 404, (
            "<ErrorResponse><Error><Type>Sender</Type><Code>NoSuchEntity</Code>"
            f"<Message>The role with name {escape(arn.rpartition('/')[2])} cannot be found.</Message></Error>"
            "<RequestId>0</RequestId></ErrorResponse>"
        )
    actions = [form[key][0] for key in sorted(form) if key.startswith("ActionNames.member.")]
    resources = [form[key][0] for key in sorted(form) if key.startswith("ResourceArns.member.")] or ["*"]
    documents = policies_of(role)
    results = []
    for action in actions:
        for resource in resources:
            verdict = decide(documents, action, resource)
            results.append(
                f"<member><EvalActionName>{escape(action)}</EvalActionName>"
                f"<EvalResourceName>{escape(resource)}</EvalResourceName><EvalDecision>{verdict}</EvalDecision>"
                "<MatchedStatements/><MissingContextValues/></member>"
            )
    return 200, (
        '<SimulatePrincipalPolicyResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">'
        "<SimulatePrincipalPolicyResult><IsTruncated>false</IsTruncated>"
        f"<EvaluationResults>{''.join(results)}</EvaluationResults>"
        "</SimulatePrincipalPolicyResult><ResponseMetadata><RequestId>0</RequestId></ResponseMetadata>"
        "</SimulatePrincipalPolicyResponse>"
    )
