# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Sets the backend up on a developer's machine. See modules/dev_bootstrap.py."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible import constants

from ..module_utils.common.command import again
from ..module_utils.common.errors import SlipwayError
from ..module_utils.configuration.model import Configuration
from ..module_utils.developer.checkout import Checkout, find_checkout, render, write_environment
from ..module_utils.developer.database import Database, developers_environment, migrate, seed
from ..module_utils.developer.process import Backend, Launch
from ..module_utils.files.atomic import ensure_directory, write_atomic
from ..module_utils.parameters.collect import collect
from ..module_utils.parameters.model import property_variable, read_wanted
from ..module_utils.secret_values.redaction import credential_values, without_secrets
from ..plugin_utils.action import SlipwayAction
from ..plugin_utils.console import Console
from ..plugin_utils.context import Context
from ..plugin_utils.reading import begin_reading

_PATH = "-e backend_path"
_STEPS = ("env file", "database seed", "backend launch")
#: Shorter values are ordinary words; redacting them would make lines unreadable.
_SHORTEST = 6


class ActionModule(SlipwayAction):
    """Changes this machine only; AWS settings and the database's address are the environment's."""

    def act(self, context: Context) -> dict[str, Any]:
        """Do the three steps, or say that they are skipped."""
        self._console = Console(lambda: 0.0)
        self._check = context.check_mode
        given = self.arguments
        if not given["backend_path"]:
            return self._skip()
        checkout = find_checkout(given["backend_path"], given["module"], _PATH)
        self._state = _state_of(checkout)
        backend = Backend(self._state)
        if given["state"] == "stopped":
            return self._stop(backend)
        begin_reading(context)
        configuration = self._configuration(context)
        values = _secret_values(configuration)
        variables = self._variables(configuration)
        text = render(variables, f"The backend's environment of {context.environment}, from {given['path']}")
        changed = self._write(checkout, text, configuration)
        changed |= self._fill(checkout, configuration)
        changed |= self._launch(backend, checkout, variables, text, values)
        return {"changed": changed, "env_file": str(checkout.env_file), "log": str(backend.log)}

    def _skip(self) -> dict[str, Any]:
        named = again(backend_path="…")
        self._console.lines([*(f"{step}: skipped" for step in _STEPS), f"Name the backend's checkout: {named}"])
        return {"changed": False, "skipped_steps": list(_STEPS)}

    def _stop(self, backend: Backend) -> dict[str, Any]:
        process = backend.running()
        if process is None:
            self._console.lines(["backend launch: it is not running"])
        elif self._check:
            self._console.lines([f"backend launch: process {process.pid} would be stopped"])
        else:
            backend.stop()
            self._console.lines([f"backend launch: process {process.pid} was stopped"])
        return {"changed": process is not None}

    def _configuration(self, context: Context) -> Configuration:
        given = self.arguments
        where = f"inventories/{context.environment}"
        wanted = read_wanted(
            path=given["path"],
            environment=given["environment"],
            secrets=given["secrets"],
            required=given["required"],
            where=where,
        )
        return collect(context.clients, wanted, os.environ, where)[0]

    @property
    def _credentials(self) -> Path:
        return self._state / "credentials"

    def _variables(self, configuration: Configuration) -> dict[str, str]:
        """The environment variables, and the paths of the credential files."""
        variables = dict(configuration.environment)
        if configuration.credentials:
            variables.setdefault("SPRING_CONFIG_IMPORT", f"optional:configtree:{self._credentials}/")
        for name, credential in configuration.properties.items():
            variables[name] = str(self._credentials / credential)
        return variables

    def _write(self, checkout: Checkout, text: str, configuration: Configuration) -> bool:
        changed = write_environment(checkout, text, check=self._check)
        if configuration.credentials and not self._check:
            ensure_directory(self._state, 0o700)
            ensure_directory(self._credentials, 0o700)
            for name, content in configuration.credentials.items():
                changed |= write_atomic(self._credentials / name, content)
        said = self._said(changed, "written")
        count = len(configuration.environment)
        self._console.lines([f"env file: {checkout.env_file} {said} ({count} variables, for its owner only)"])
        return changed

    def _fill(self, checkout: Checkout, configuration: Configuration) -> bool:
        values = dict(configuration.environment)
        for name, content in configuration.credentials.items():
            values.setdefault(property_variable(name), content.decode(errors="replace"))
        database = Database.of(values)
        environment = developers_environment()
        file = self.arguments["seed_sql"]
        if self._check:
            self._console.lines([f"database seed: {database.place} would be migrated, if anything is pending"])
            return bool(file) and seed(database, file, self._state / "seeds.json", environment, check=True)
        applied = migrate(checkout, database, environment)
        parts = [f"{applied} migrations applied" if applied else "nothing to migrate"]
        seeded = False
        if file:
            ensure_directory(self._state, 0o700)
            seeded = seed(database, file, self._state / "seeds.json", environment, check=False)
            parts.append(f"{Path(file).name} {'run' if seeded else 'was run before'}")
        self._console.lines([f"database seed: {database.place}: {', '.join(parts)}"])
        return bool(applied) or seeded

    def _launch(
        self, backend: Backend, checkout: Checkout, variables: Mapping[str, str], text: str, values: list[str]
    ) -> bool:
        launch = self._wanted(checkout, variables, text)
        if backend.runs(launch) and self.arguments["state"] != "restarted":
            process = backend.running()
            self._console.lines([f"backend launch: it is already running (process {process.pid if process else '?'})"])
            return False
        if self._check:
            self._console.lines(["backend launch: it would be started"])
            return True
        backend.stop()
        process = backend.start(launch, lambda lines: without_secrets(lines, values))
        place = f"http://127.0.0.1:{launch.port}"
        self._console.lines([f"backend launch: ready at {place} (process {process.pid}, log {backend.log})"])
        return True

    def _wanted(self, checkout: Checkout, variables: Mapping[str, str], text: str) -> Launch:
        command = ["sh", "./mvnw", "-B", "-ntp", "spring-boot:run"]
        if self.arguments["jar"]:
            jar = Path(self.arguments["jar"]).expanduser().absolute()
            if not jar.is_file():
                remedy = "Build it with ./mvnw package, or leave it out"
                raise SlipwayError(f"{jar} does not exist", "-e backend_jar", remedy)
            command = ["java", "-jar", str(jar)]
        port = variables.get("SERVER_PORT", str(self.arguments["port"]))
        if not port.isdecimal():
            raise SlipwayError("this is not a valid port", "SERVER_PORT", "Write a number, such as 8080")
        return Launch(
            command=command,
            directory=checkout.module,
            environment={**developers_environment(), "SERVER_PORT": port, **variables},
            identity=f"{' '.join(command)}\n{text}",
            port=int(port),
            timeout=self.arguments["timeout"],
        )

    def _said(self, changed: bool, done: str) -> str:
        if not changed:
            return "is up to date"
        return f"would be {done}" if self._check else f"was {done}"


def _state_of(checkout: Checkout) -> Path:
    """The state directory of a checkout: outside of it, so that neither a clean-up nor a commit includes it."""
    name = hashlib.sha256(str(checkout.module.resolve()).encode()).hexdigest()[:12]
    return Path(constants.ANSIBLE_HOME).expanduser() / "slipway" / "dev" / name


def _secret_values(configuration: Configuration) -> list[str]:
    values = {value for value in configuration.environment.values() if len(value) >= _SHORTEST}
    for content in configuration.credentials.values():
        values.update(credential_values(content.decode(errors="replace")))
    return sorted(values, key=len, reverse=True)
