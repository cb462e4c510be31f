# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""SSM and Secrets Manager as far as parameters need them, with two items a page."""

from __future__ import annotations

PAGE = 2


class Refused(Exception):
    """What botocore raises for an answer of a service."""

    __module__ = "botocore.exceptions"

    def __init__(self, code, operation):
        super().__init__(code)
        self.response = {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": 400}}
        self.operation_name = operation


Refused.__name__ = "ClientError"


class Aws:
    """Called with a service's name, it is that service's client.

    :param denied: operations that are not allowed.
    """

    def __init__(self, parameters=(), secrets=(), denied=(), described=()):
        self.parameters = dict(parameters)
        self.secrets = dict(secrets)
        self.described = dict(described)
        self.denied = denied
        self.calls = []

    def __call__(self, service):
        return self

    def _called(self, operation):
        self.calls.append(operation)
        if operation in self.denied:
            raise Refused("AccessDeniedException", operation)

    def get_paginator(self, operation):
        aws = self

        class Paginator:
            def paginate(self, **arguments):
                aws._called(operation)
                return getattr(aws, f"_{operation}")(**arguments)

        return Paginator()

    def _get_parameters_by_path(self, **arguments):
        assert arguments["Recursive"]
        yield from self._pages([name for name in self.parameters if name.startswith(f"{arguments['Path']}/")])

    def _describe_parameters(self, **arguments):
        (wanted,) = arguments["ParameterFilters"]
        if wanted["Key"] == "Path":
            assert wanted["Option"] == "Recursive"
            names = [name for name in self.parameters if name.startswith(f"{wanted['Values'][0]}/")]
        else:
            names = [name for name in self.parameters if name in wanted["Values"]]
        for page in self._pages(names):
            yield {"Parameters": [{"Name": item["Name"]} for item in page["Parameters"]]}

    def _pages(self, names):
        items = [{"Name": name, "Value": self.parameters[name], "Type": "String"} for name in names]
        for start in range(0, max(len(items), 1), PAGE):
            yield {"Parameters": items[start : start + PAGE]}

    def get_parameter(self, **arguments):
        assert arguments["WithDecryption"]
        self._called("get_parameter")
        if arguments["Name"] not in self.parameters:
            raise Refused("ParameterNotFound", "GetParameter")
        return {"Parameter": {"Value": self.parameters[arguments["Name"]]}}

    def get_secret_value(self, **arguments):
        self._called("get_secret_value")
        if arguments["SecretId"] not in self.secrets:
            raise Refused("ResourceNotFoundException", "GetSecretValue")
        value = self.secrets[arguments["SecretId"]]
        return {"SecretBinary": value} if isinstance(value, bytes) else {"SecretString": value}

    def describe_secret(self, **arguments):
        self._called("describe_secret")
        if arguments["SecretId"] not in self.secrets:
            raise Refused("ResourceNotFoundException", "DescribeSecret")
        return self.described.get(arguments["SecretId"], {"VersionIdsToStages": {"1": ["AWSCURRENT"]}})
