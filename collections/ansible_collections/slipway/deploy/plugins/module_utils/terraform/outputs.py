# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Maps Terraform's outputs to variables of an environment. Pure.

``terraform_outputs`` in group_vars names the source, a file from ``terraform output -json`` or the parameters of
SSM that Terraform wrote, and maps variables to outputs.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..common.documents import loads
from ..common.errors import SlipwayError, SlipwayErrors, raise_all

VARIABLE = "terraform_outputs"
_FORM = "Write file: terraform.json or ssm: /dev/terraform/, and variables: {artifact_bucket: artifacts_bucket_name}"
_REFRESH = "Run terraform output -json > {shown} without sensitive outputs, or correct terraform_outputs"


@dataclass(frozen=True)
class Declared:
    """The setting in group_vars.

    :ivar file: the file, relative to the environment's directory, or ``""``.
    :ivar ssm: the path of the parameters, without a trailing slash, or ``""``.
    :ivar variables: variable → output.
    """

    file: str = ""
    ssm: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Output:
    """An output's value, or a secret that was not read."""

    value: Any = field(repr=False, default=None)
    sensitive: bool = False


def read_declared(value: Any, where: str) -> Declared:
    """Read ``terraform_outputs``.

    :raises SlipwayErrors: naming all mistakes.
    """
    if not isinstance(value, Mapping):
        raise SlipwayErrors([SlipwayError(f"{VARIABLE} is not a mapping", where, _FORM)])
    what: list[str] = []
    unknown = sorted(str(name) for name in value if name not in ("file", "ssm", "variables"))
    if unknown:
        what.append(f"has unknown keys: {', '.join(unknown)}")
    file, ssm, variables = value.get("file") or "", value.get("ssm") or "", value.get("variables") or {}
    if bool(file) == bool(ssm):
        what.append("names both a file and a path of SSM" if file else "names neither a file nor a path of SSM")
    if not isinstance(file, str) or file.startswith("/") or ".." in file.split("/"):
        what.append(f"names the file {file!r}, which is not in the environment's directory")
    if not isinstance(ssm, str) or (ssm and not ssm.startswith("/")):
        what.append(f"names the path {ssm!r}, which does not begin with /")
    if not isinstance(variables, Mapping) or not variables:
        what.append("maps no variables")
    else:
        odd = [str(name) for name, output in variables.items() if not (_is_variable(name) and _is_output(output))]
        what += [f"maps {name}, which cannot be" for name in odd]
    if what:
        raise SlipwayErrors([SlipwayError(f"{VARIABLE} {line}", where, _FORM) for line in what])
    return Declared(str(file), str(ssm).rstrip("/"), {str(name): str(output) for name, output in variables.items()})


def _is_variable(name: Any) -> bool:
    return isinstance(name, str) and name.isidentifier() and name not in ("env", VARIABLE)


def _is_output(name: Any) -> bool:
    return isinstance(name, str) and bool(name.strip("/"))


def read_file(text: str, shown: str) -> dict[str, Output]:
    """Read the output of ``terraform output -json``.

    :raises SlipwayError: it is malformed, or contains a sensitive value. Messages contain no values.
    """
    remedy = f"Write it with terraform output -json > {shown}"
    try:
        found = loads(text)
    except ValueError as error:
        raise SlipwayError(f"is not valid JSON (line {getattr(error, 'lineno', 1)})", shown, remedy) from None
    if not isinstance(found, dict) or not all(isinstance(item, dict) and "value" in item for item in found.values()):
        raise SlipwayError("is not what terraform output -json writes", shown, remedy)
    sensitive = sorted(name for name, item in found.items() if item.get("sensitive"))
    if sensitive:
        # Even if it is not used: a secret must not be in the repository.
        what = f"holds the value of the sensitive {', '.join(sensitive)}"
        better = f"terraform output -json | jq 'map_values(select(.sensitive | not))' > {shown}"
        raise SlipwayError(what, shown, f"Write it with {better}, and secrets to Secrets Manager")
    return {name: Output(item["value"]) for name, item in found.items()}


def resolve(declared: Declared, outputs: Mapping[str, Output], shown: str, taken: Collection[str]) -> dict[str, Any]:
    """The variables and their values.

    :param shown: the source of the outputs, for messages.
    :param taken: the variables that group_vars set for all hosts.
    :raises SlipwayErrors: naming everything that is missing, secret, or set twice.
    """
    lacking = [f"{output} ({name})" for name, output in declared.variables.items() if output not in outputs]
    secret = [output for output in declared.variables.values() if output in outputs and outputs[output].sensitive]
    twice = [name for name in declared.variables if name in taken]
    errors = []
    if lacking:
        remedy = _REFRESH.format(shown=shown) if declared.file else f"Let Terraform write it, or correct {VARIABLE}"
        errors.append(SlipwayError(f"has no {', no '.join(lacking)}", shown, remedy))
    if secret:
        remedy = "Read it where it is used: runtime_parameters_secrets"
        errors.append(SlipwayError(f"is secret and must not become a variable: {', '.join(secret)}", shown, remedy))
    if twice:
        remedy = f"Remove it there, or from {VARIABLE}"
        errors.append(SlipwayError(f"is also set in group_vars: {', '.join(twice)}", VARIABLE, remedy))
    raise_all(errors)
    return {name: outputs[output].value for name, output in declared.variables.items()}
