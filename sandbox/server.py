# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The sandbox's port: control endpoint, faults and throttle, ECS's and ECR's own answers, moto for the rest."""

from __future__ import annotations

import io
import threading
import time
import uuid
from collections.abc import Callable, Iterable
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from sandbox import iam, oci, targets
from sandbox.authorization import Authorization
from sandbox.control import Control
from sandbox.ecs import api
from sandbox.elb import groups
from sandbox.elb.checks import Checker
from sandbox.faults import Fault, answer_of
from sandbox.protocol import Call, classify, error, expired
from sandbox.state import State
from sandbox.wsgi import CUT, ResetConnection, Server

Response = tuple[int, list[tuple[str, str]], bytes]
JSON = [("Content-Type", "application/x-amz-json-1.1")]
XML = [("Content-Type", "text/xml")]
REASONS = {200: "OK", 400: "Bad Request", 403: "Forbidden", 404: "Not Found", 500: "Internal Server Error"}
TICK = 0.25


class Sandbox:
    """The WSGI application of the main port."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.control = Control(state)
        self.authorization = Authorization(state.account, self._backend)
        self._moto = DomainDispatcherApplication(create_backend_app)

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request."""
        path = environ["PATH_INFO"]
        if path.startswith("/_sandbox"):
            status, headers, content = self.control.respond(environ)
        else:
            status, headers, content = self._aws(environ)
            if not any(name.lower() in ("x-amzn-requestid", "x-amz-request-id") for name, _ in headers):
                headers = [*headers, ("x-amzn-RequestId", str(uuid.uuid4()))]
        start(f"{status} {REASONS.get(status, 'Status')}", headers)
        return [content]

    def _aws(self, environ: dict[str, Any]) -> Response:
        state = self.state
        pushed = environ["PATH_INFO"].startswith("/v2/")
        call = oci.call_of(environ, state.region) if pushed else classify(environ, state.region)
        began = time.monotonic()
        response: Response | None = None
        try:
            response = self._with_faults(call, environ)
            return response
        finally:
            status = response[0] if response else 0
            code = _code(response) if response and status >= 400 else None
            state.journal.add(call, state.clock(), environ["PATH_INFO"], status, code, time.monotonic() - began)

    def _with_faults(self, call: Call, environ: dict[str, Any]) -> Response:
        struck = self.state.faults.strike(call)
        for fault in struck:
            if fault.when == "before":
                failed = self._fail(fault, call)
                if failed is not None:
                    return failed
        if call.service == "registry":
            response = oci.Oci(self.state.region_of(call.region)[2], self.state.distribution).respond(environ)
        else:
            response = self._allowed(call, environ, stale=any(one.kind == "stale" for one in struck))
        for fault in struck:
            if fault.when == "after":
                failed = self._fail(fault, call)
                if failed is not None:
                    return failed
            response = _spoil(fault, response)
        return response

    @staticmethod
    def _fail(fault: Fault, call: Call) -> Response | None:
        if fault.kind == "reset":
            raise ResetConnection
        if fault.kind == "latency":
            time.sleep(fault.seconds)
        if fault.kind in ("latency", "stale", "date", "truncate"):
            return None
        return error(call, *answer_of(fault, call))

    def _backend(self, service: str) -> Any:
        return self.state.world.backend(service)

    def _allowed(self, call: Call, environ: dict[str, Any], stale: bool) -> Response:
        """The answer, if the policies of the role that asks allow the request."""
        if not call.access_key.startswith("ASIA"):
            return self._answer(call, environ, stale)
        with self.state.moto_lock:
            refused = self.authorization.refuse(call, environ.get("QUERY_STRING", ""))
        response = refused or self._answer(call, environ, stale)
        if response[0] == 404:
            with self.state.moto_lock:
                return self.authorization.hidden(call) or response
        return response

    def _answer(self, call: Call, environ: dict[str, Any], stale: bool) -> Response:
        if call.service in ("ecs", "codeartifact"):
            of_ecs = call.service == "ecs"
            return self._ecs(call, stale) if of_ecs else self.state.codeartifact.respond(call.region, environ)
        if call.service == "ecr":
            answered = self.state.region_of(call.region)[2].respond(call.action, call.json())
            if answered is not None:
                return answered[0], JSON, answered[1]
        if call.service == "iam" and call.action == "SimulatePrincipalPolicy":
            with self.state.moto_lock:
                status, text = iam.simulate(self.state.world.backend("iam"), call.body)
            return status, XML, text.encode()
        if call.service == "application-autoscaling" and call.action == "RegisterScalableTarget":
            self._mirror_service(call)
        if call.service == "s3" and expired(environ, self.state.clock()):
            return error(call, 403, "AccessDenied", "Request has expired")
        if call.service == "logs":
            self.state.advance()
        if call.service == "elasticloadbalancing" and call.action in groups.ACTIONS:
            return self._targets(call, environ)
        if call.service in ("elasticloadbalancing", "ec2"):
            self._settle(call)
        return self._to_moto(environ)

    def _settle(self, call: Call) -> None:
        with self.state.moto_lock:
            self.state.region_of(call.region)[1].settle()

    def _targets(self, call: Call, environ: dict[str, Any]) -> Response:
        if call.action == "DescribeTargetHealth":
            described = targets.describe(self.state.region_of(call.region)[0], call.body)
            if described is not None:
                return 200, XML, described
        self._settle(call)
        found = self.state.target_groups.respond(call, lambda: self._to_moto(environ))
        return (found[0], XML, found[1]) if found is not None else self._to_moto(environ)

    def _ecs(self, call: Call, stale: bool) -> Response:
        if not self.state.throttle.allow(call.action):
            return error(call, 400, "ThrottlingException", "Rate exceeded")
        engine, world, _ = self.state.region_of(call.region)
        status, content = api.respond(engine, call.action, call.body, stale)
        if world.has_logs:
            with self.state.moto_lock:
                world.flush()
        return status, JSON, content

    def _mirror_service(self, call: Call) -> None:
        """Let moto's autoscaling find the service that it wants to see in moto's own ECS."""
        parts = str(call.json().get("ResourceId", "")).split("/")
        engine, world, _ = self.state.region_of(call.region)
        if len(parts) != 3 or (parts[1], parts[2]) not in engine.services:
            return
        with self.state.moto_lock:
            ecs = world.backend("ecs")
            known = engine.services[(parts[1], parts[2])]
            if parts[1] not in ecs.clusters:
                ecs.create_cluster(parts[1])
            ecs.describe_services = lambda _cluster, _names: ([known], [])

    def _to_moto(self, environ: dict[str, Any]) -> Response:
        environ["wsgi.input"] = io.BytesIO(environ["sandbox.body"])
        caught: list[Any] = []

        def start(status: str, headers: list[tuple[str, str]], _exc_info: Any = None) -> Callable[[bytes], object]:
            caught[:] = [int(status.split(maxsplit=1)[0]), list(headers)]
            return io.BytesIO().write

        # moto's back ends are not thread-safe, and S3's conditional writes must be atomic.
        with self.state.moto_lock:
            content = b"".join(self._moto(environ, start))
        return caught[0], caught[1], content


def _code(response: Response) -> str:
    text = response[2][:2000].decode("utf-8", "replace")
    for opening, closing in (('"__type": "', '"'), ('"__type":"', '"'), ("<Code>", "</Code>")):
        if opening in text:
            return text.partition(opening)[2].partition(closing)[0]
    return str(response[0])


def _spoil(fault: Fault, response: Response) -> Response:
    status, headers, content = response
    if fault.kind == "date":
        headers = [*headers, ("Date", _date(fault.seconds))]
    if fault.kind == "truncate" and content:
        sent = len(content) // 2 if fault.bytes is None else min(fault.bytes, len(content) - 1)
        headers = [*headers, (CUT, str(sent))]
    return status, headers, content


def _date(offset: float) -> str:
    return time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + offset))


def serve(
    state: State, port: int, alb_port: int, address: str = "127.0.0.1"
) -> tuple[Server, Server, Callable[[], None]]:
    """Start both ports in threads; returns them and a function that stops everything."""
    from sandbox.alb import Alb

    main = Server(port, Sandbox(state), address)
    balancer = Server(alb_port, Alb(state), address)
    state.endpoint = f"http://{address}:{main.server_port}"
    state.alb_endpoint = f"http://{address}:{balancer.server_port}"
    stopping = threading.Event()
    checker = Checker(state.target_groups)
    checker.start()

    def timer() -> None:
        while not stopping.wait(TICK):
            state.advance()

    threads = [threading.Thread(target=one.serve_forever, args=(0.1,), daemon=True) for one in (main, balancer)]
    threads.append(threading.Thread(target=timer, daemon=True))
    for thread in threads:
        thread.start()

    def stop() -> None:
        stopping.set()
        checker.stop()
        for one in (main, balancer):
            one.shutdown()
            one.server_close()
        state.distribution.stop()

    return main, balancer, stop
