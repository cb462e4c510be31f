# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The control endpoint ``/_sandbox/…``: what tests and people change about the sandbox while it runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, fields
from typing import Any
from urllib.parse import parse_qs, unquote

from sandbox import fleet
from sandbox.ecs import definitions, scheduler
from sandbox.ecs.model import Behaviour, Timings
from sandbox.state import State

Response = tuple[int, list[tuple[str, str]], bytes]
JSON = [("Content-Type", "application/json")]
BEHAVIOUR_FIELDS = {one.name for one in fields(Behaviour)}
TIMING_FIELDS = {one.name for one in fields(Timings)}
IMAGE_FIELDS = {
    *("repository", "tag", "digest", "platforms", "index", "labels", "latest"),
    *("build", "behaviour"),
}
FAILURES = (None, "crash", "unhealthy", "oom", "missing", "secret")


class BadRequest(Exception):
    """An invalid control request; the text says why."""


def behaviour_of(body: dict[str, Any]) -> Behaviour:
    """A behaviour of a request's fields. Raises BadRequest."""
    _known(body, BEHAVIOUR_FIELDS)
    made = Behaviour(**body)
    if made.fail not in FAILURES:
        raise BadRequest(f"fail must be one of {', '.join(str(one) for one in FAILURES)}")
    return made


def _known(body: dict[str, Any], names: set[str]) -> None:
    unknown = sorted(set(body) - names)
    if unknown:
        raise BadRequest(f"unknown: {', '.join(unknown)}; known: {', '.join(sorted(names))}")


class Control:
    """Routes of the control endpoint; one method each."""

    def __init__(self, state: State) -> None:
        self.state = state
        self._routes: dict[str, Callable[[str, str, dict[str, Any]], Any]] = {
            "health": self.health,
            "faults": self.faults,
            "services": self.services,
            "images": self.images,
            "calls": self.calls,
            "reset": self.reset,
            "clock": self.clock,
            "throttle": self.throttle,
            "timings": self.timings,
            "task-definitions": self.task_definitions,
            "seed": self.seed,
            "clusters": self.clusters,
            "tasks": self.tasks,
            "registry": self.registry,
        }

    def respond(self, environ: dict[str, Any]) -> Response:
        """Answer a control request."""
        method = environ["REQUEST_METHOD"]
        _, _, rest = environ["PATH_INFO"].partition("/_sandbox/")
        name, _, argument = rest.partition("/")
        if name == "blobs":
            return self._blob(argument)
        route = self._routes.get(name)
        if route is None:
            return 404, JSON, json.dumps({"error": f"no such control: {name}", "known": sorted(self._routes)}).encode()
        body = {key: values[0] for key, values in parse_qs(environ["QUERY_STRING"]).items()}
        try:
            if environ["sandbox.body"]:
                body.update(json.loads(environ["sandbox.body"]))
            answer = route(method, unquote(argument), body)
        except (BadRequest, ValueError, TypeError, KeyError) as error:
            text = f"missing {error}" if isinstance(error, KeyError) else str(error)
            return 400, JSON, json.dumps({"error": text}).encode()
        status = 503 if name == "health" and not self.state.ready else 200
        return status, JSON, json.dumps(answer).encode()

    def _blob(self, argument: str) -> Response:
        name, _, digest = argument.rpartition("/")
        content = self.state.world.registry.blobs.get(name, {}).get(digest)
        if content is None:
            return 404, JSON, b"{}"
        return 200, [("Content-Type", "application/octet-stream")], content

    def health(self, _method: str, _argument: str, _body: dict[str, Any]) -> Any:
        """GET: whether the sandbox is seeded and serves, and where."""
        state = self.state
        return {
            "ready": state.ready,
            "account": state.account,
            "region": state.region,
            "endpoint": state.endpoint,
            "alb": state.alb_endpoint,
            "services": len(state.engine.services),
            "time": state.clock(),
        }

    def faults(self, method: str, argument: str, body: dict[str, Any]) -> Any:
        """GET lists, POST adds one or a list under ``faults``, DELETE removes one (by id) or all."""
        faults = self.state.faults
        if method == "POST":
            added = [faults.add(one) for one in body.get("faults", [body])]
            return {"faults": [asdict(one) for one in added]}
        if method == "DELETE":
            faults.remove(int(argument) if argument else None)
        return {"faults": faults.rules()}

    def services(self, method: str, argument: str, body: dict[str, Any]) -> Any:
        """POST: timings and behaviour of a service; DELETE: its behaviour and timings back to the defaults."""
        state, engine = self.state, self.state.engine
        with engine.lock:
            engine.tick()
            if method == "DELETE":
                state.world.services.pop(argument, None)
                state.world.log_lines.pop(argument, None)
                engine.service_timings.pop(argument, None)
            elif method == "POST":
                _known(body, TIMING_FIELDS | {"start_seconds", "behaviour", "log_lines"})
                timings = {key: value for key, value in body.items() if key in TIMING_FIELDS}
                if "start_seconds" in body:
                    timings["start"] = body["start_seconds"]
                if timings:
                    engine.set_timings(argument, timings)
                given = body.get("behaviour")
                if given is not None:
                    state.world.services[argument] = behaviour_of(given)
                if "log_lines" in body:
                    state.world.log_lines[argument] = list(body["log_lines"])
            behaviour = state.world.services.get(argument)
            return {
                "timings": asdict(engine.timings_for(argument)),
                "behaviour": asdict(behaviour) if behaviour else None,
            }

    def images(self, method: str, argument: str, body: dict[str, Any]) -> Any:
        """Build an image, or mark one; GET lists a repository's.

        POST ``{"repository", "tag", "platforms"?, "latest"?}`` builds one and returns its digest; with ``behaviour``
        it marks an existing one (``tag`` or ``digest``), or the one just built when ``build`` is true. DELETE takes
        all marks away.
        """
        registry, world = self.state.world.registry, self.state.world
        if method == "DELETE":
            registry.marks.clear()
            return {}
        _known(body, IMAGE_FIELDS)
        repository = body.get("repository") or argument
        if not repository:
            raise BadRequest("repository is missing")
        if method == "GET":
            return {
                "images": [
                    {"digest": one.digest, "tags": one.tags, "index": one.is_index, "pushed_at": one.pushed_at}
                    for one in registry.repository(repository).values()
                ]
            }
        marking = "behaviour" in body
        reference = body.get("digest") or body.get("tag")
        if not reference:
            raise BadRequest("tag or digest is missing")
        build = body.get("build", not marking)
        answer: dict[str, Any] = {}
        if build:
            with self.state.moto_lock:
                repositories = world.backend("ecr").repositories
                if repository not in repositories:
                    world.backend("ecr").create_repository(repository, None, {}, None, "MUTABLE", [])
            image = registry.build(
                repository,
                body.get("tag"),
                self.state.clock(),
                body.get("platforms", ["linux/amd64"]),
                body.get("labels"),
                body.get("index"),
            )
            if body.get("latest"):
                registry.put(repository, image.manifest, image.media_type, "latest", self.state.clock())
            answer["digest"] = image.digest
        if marking:
            given = body["behaviour"]
            answer["marked"] = registry.mark(repository, reference, behaviour_of(given) if given else None)
        return answer

    def calls(self, method: str, _argument: str, body: dict[str, Any]) -> Any:
        """GET: the journal (``since``, ``service``, ``mutating``); DELETE or POST ``{"reset": true}`` empties it."""
        if method == "DELETE" or body.get("reset"):
            self.state.journal.reset()
        shown = self.state.journal.show(
            float(body.get("since", 0)), body.get("service"), str(body.get("mutating", "")).lower() in ("1", "true")
        )
        shown["throttled"] = dict(self.state.throttle.refused)
        return shown

    def reset(self, method: str, argument: str, body: dict[str, Any]) -> Any:
        """POST: empty everything and seed again."""
        self.state.reset()
        return self.health(method, argument, body)

    def clock(self, _method: str, _argument: str, body: dict[str, Any]) -> Any:
        """POST ``{"speed": 10}``: everything that is scheduled from now on takes a tenth of its time."""
        engine = self.state.engine
        if "speed" in body:
            speed = float(body["speed"])
            if speed <= 0:
                raise BadRequest("speed must be positive")
            with engine.lock:
                engine.speed = speed
        return {"speed": engine.speed, "time": self.state.clock()}

    def throttle(self, method: str, _argument: str, body: dict[str, Any]) -> Any:
        """POST ``{"scale": 0}`` turns throttling off, 1 is AWS's own figures; the buckets are filled."""
        throttle = self.state.throttle
        if method == "POST":
            throttle.reset(float(body["scale"]) if "scale" in body else None)
            for group, figures in (body.get("groups") or {}).items():
                throttle.groups[group] = (float(figures[0]), float(figures[1]))
        return {"scale": throttle.scale, "groups": throttle.groups, "refused": throttle.refused}

    def timings(self, _method: str, _argument: str, body: dict[str, Any]) -> Any:
        """POST: the default timings; with ``all``, also of the services that have their own."""
        engine = self.state.engine
        _known(body, TIMING_FIELDS | {"all", "rollback_to_inactive"})
        given = {key: float(value) for key, value in body.items() if key in TIMING_FIELDS and value is not None}
        with engine.lock:
            engine.set_timings(None, given)
            if body.get("all"):
                for own in engine.service_timings.values():
                    for name in given:
                        own.pop(name, None)
            if "rollback_to_inactive" in body:
                engine.rollback_to_inactive = bool(body["rollback_to_inactive"])
        return asdict(engine.timings)

    def task_definitions(self, _method: str, argument: str, body: dict[str, Any]) -> Any:
        """POST: merge raw fields into a definition's body (``containers``: by container name)."""
        engine = self.state.engine
        with engine.lock:
            found = definitions.find(engine, argument)
            if found is None:
                raise BadRequest(f"no task definition {argument}")
            containers = body.pop("containers", {})
            found.body.update(body)
            for one in found.containers:
                one.update(containers.get(one["name"], {}))
            return found.body

    def seed(self, method: str, _argument: str, body: dict[str, Any]) -> Any:
        """POST a fleet in the form of fleet.yml: added to what is there, which may not have its environment yet."""
        if method == "POST":
            made = fleet.from_mapping(body)
            if f"{made.prefix}-cluster" in self.state.engine.clusters:
                raise BadRequest(f"{made.prefix}-cluster is there already: reset first, or seed another environment")
            self.state.seed(made)
        return {"services": len(self.state.engine.services)}

    def registry(self, _method: str, _argument: str, body: dict[str, Any]) -> Any:
        """POST ``{"expire": true}``: the logins to the registry that were given out end now."""
        tokens = self.state.registry_tokens
        if body.get("expire"):
            tokens.update(dict.fromkeys(tokens, 0.0))
        return {"logins": len(tokens), "expired": sum(end <= self.state.clock() for end in tokens.values())}

    def clusters(self, _method: str, argument: str, body: dict[str, Any]) -> Any:
        """POST ``{"instances": 3}``: how many container instances a DAEMON service runs on."""
        engine = self.state.engine
        with engine.lock:
            found = engine.clusters.get(argument)
            if found is None:
                raise BadRequest(f"no cluster {argument}")
            now = engine.tick()
            found.instances = int(body.get("instances", found.instances))
            for service in list(engine.services.values()):
                if service.daemon and service.cluster is found:
                    scheduler.reconcile(engine, service, now)
            return {"instances": found.instances}

    def tasks(self, _method: str, argument: str, body: dict[str, Any]) -> Any:
        """POST ``{"exit_code": 1}`` on a task id: its container exits now."""
        engine = self.state.engine
        with engine.lock:
            now = engine.tick()
            found = engine.tasks.get(argument)
            if found is None:
                raise BadRequest(f"no task {argument}")
            found.behaviour = Behaviour(fail="crash", exit_code=int(body.get("exit_code", 1)))
            engine.at(now, found, "die")
            engine.tick()
            return {"task": found.arn, "status": found.status}
