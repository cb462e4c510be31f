# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the scenario puts into AWS, and what its service must get. ``python values.py ENDPOINT`` puts it there.

The values are those that a quoting mistake shows with. Each would be one more canary: they are made of nothing else.
"""

from __future__ import annotations

import json
import sys

PATH = "/molecule/backend"
HARD = {
    "SPRING_DATASOURCE_URL": "jdbc:postgresql://db.internal:5432/umigo?a=b&c=d%20e",
    "SPRING_REDIS_HOST": "redis.internal",
    "SPRING_REDIS_PORT": "6379",
    "QUOTES": """a "b" 'c' `d` ""''``""",
    "DOLLAR": "$HOME ${HOME} $$ $(id) $",
    "BACKSLASH": '\\ \\\\ \\n \\t \\$ \\" trailing\\',
    "SPACES": "   leading and trailing\t  ",
    "COMMENT": "# no comment ; neither",
    "PERCENT": "%i %n %% %d %",
    "NOT_ASCII": "Zürich – 東京 – 🚢 – \u00a0 – \u2028",
    "CONTROL": "bell\x07 escape\x1b[31m delete\x7f",
    "LOOKS_LIKE_MORE": 'x" OTHER="y',
    "TEMPLATE": "{{ lookup('pipe', 'id') }} {% raw %}",
    "LINES": "-----BEGIN-----\nab+/=\n-----END-----\n",
    "LINES_OF_WINDOWS": "one\r\ntwo\r\n",
    "LINES_THAT_LOOK_LIKE_MORE": '\n\nx"\nOTHER="y"\\\n# z\n ',
    "LONG": "0123456789abcdef" * 255,
}
MANY = {f"FILLER_{number:02}": f"filler value {number}" for number in range(25)}
SECURE = {"DB_HINT": "canary-parameter-7c1f2a"}
NESTED = {"mq/host": "mq.internal"}
DATABASE = {"username": "umigo", "password": "canary-password-\"'$\\ ü-93ab"}
FIREBASE = json.dumps(
    {"type": "service_account", "private_key": "-----BEGIN-----\ncanary-firebase-51d0\n-----END-----\n"}
)
CANARIES = [SECURE["DB_HINT"], DATABASE["password"], "canary-firebase-51d0"]


def expected() -> dict[str, str]:
    """The environment variables that the service gets from SSM."""
    return {**HARD, **MANY, **SECURE, "MQ_HOST": NESTED["mq/host"]}


def seed(endpoint: str) -> None:
    """Put everything into the sandbox, as it was at the beginning."""
    import boto3

    account = {"region_name": "eu-west-1", "aws_access_key_id": "sandbox", "aws_secret_access_key": "sandbox"}
    ssm = boto3.client("ssm", endpoint_url=endpoint, **account)
    for values, kind in ((HARD, "String"), (MANY, "String"), (NESTED, "String"), (SECURE, "SecureString")):
        for name, value in values.items():
            ssm.put_parameter(Name=f"{PATH}/{name}", Value=value, Type=kind, Overwrite=True, Tier="Advanced")
    ssm.put_parameter(Name="/molecule/firebase", Value=FIREBASE, Type="SecureString", Overwrite=True)
    secrets = boto3.client("secretsmanager", endpoint_url=endpoint, **account)
    try:
        secrets.create_secret(Name="molecule/umigo/db", SecretString=json.dumps(DATABASE))
    except secrets.exceptions.ResourceExistsException:
        secrets.put_secret_value(SecretId="molecule/umigo/db", SecretString=json.dumps(DATABASE))


if __name__ == "__main__":
    seed(sys.argv[1])
