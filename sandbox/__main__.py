# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""``python -m sandbox serve|up|down|status``."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from pathlib import Path

from sandbox import process


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text in (("serve", "run in the foreground"), ("up", "start detached unless it is up")):
        one = commands.add_parser(name, help=text)
        one.add_argument("--port", type=int, default=4510, help="AWS and control endpoint (0: a free port)")
        one.add_argument("--alb-port", type=int, default=4511, help="the load balancer (0: a free port)")
        one.add_argument("--account", default="000000000000")
        one.add_argument("--region", default="eu-west-1")
        one.add_argument("--seed", default=str(Path(__file__).with_name("fleet.yml")), help="a fleet file, or none")
        one.add_argument("--environment", help="seed that environment's names instead of the file's")
        one.add_argument("--fleet", type=int, help="seed so many numbered services instead of the file's")
        one.add_argument("--speed", type=float, default=1.0, help="divide all times by this")
        one.add_argument("--throttle", type=float, default=1.0, help="multiply AWS's rate limits; 0 for none")
        one.add_argument("--stale", type=float, help="seconds for which reads may miss a change (default 0.1)")
        one.add_argument("--state-file", type=Path, help="write endpoint, pid and account there when ready")
        one.add_argument("--with-parent", action="store_true", help="end when the process that started this one ends")
        if name == "serve":
            one.add_argument("--address", default="127.0.0.1", help="where to listen: one address of this machine")
    for name in ("down", "status"):
        one = commands.add_parser(name)
        one.add_argument("--port", type=int, default=4510)
    return parser


def _serve(options: argparse.Namespace) -> int:
    # moto reads its account when it is imported.
    os.environ["MOTO_ACCOUNT_ID"] = options.account
    from sandbox import fleet
    from sandbox.server import serve
    from sandbox.state import State

    state = State(options.account, options.region)
    state.speed = options.speed
    if options.stale is not None:
        state.timings["stale"] = options.stale
    try:
        _main, _balancer, stop = serve(state, options.port, options.alb_port, options.address)
    except OSError as error:
        where = f"{options.address}:{options.port} or :{options.alb_port}"
        print(f"sandbox: cannot listen on {where}: {error}", file=sys.stderr)
        return 1
    state.throttle.reset(options.throttle)
    if options.fleet is not None:
        state.seed(fleet.numbered(options.fleet, options.environment or "local"))
    elif options.seed != "none":
        state.seed(fleet.load(Path(options.seed), options.environment))
    state.ready = True
    found = {"endpoint": state.endpoint, "alb": state.alb_endpoint, "account": state.account, "pid": os.getpid()}
    if options.state_file:
        partial = options.state_file.with_suffix(".partial")
        partial.write_text(json.dumps(found))
        partial.replace(options.state_file)
    print(f"sandbox: AWS on {state.endpoint}, load balancer on {state.alb_endpoint}", flush=True)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    parent = os.getppid()
    while not ended.wait(1.0):
        if options.with_parent and os.getppid() != parent:
            break
    stop()
    return 0


def _up(options: argparse.Namespace, arguments: list[str]) -> int:
    try:
        found = process.up(options.port, arguments)
    except process.ProcessError as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return 1
    print(f"sandbox: up, AWS on {found['endpoint']}, load balancer on {found['alb']}")
    return 0


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    options = _parser().parse_args(given)
    if options.command == "serve":
        return _serve(options)
    if options.command == "up":
        return _up(options, given[1:])
    if options.command == "down":
        print("sandbox: stopped" if process.down(options.port) else "sandbox: was not up")
        return 0
    found = process.health(options.port)
    print(f"sandbox: up, AWS on {found['endpoint']}, {found['services']} services" if found else "sandbox: not up")
    return 0 if found else 3


if __name__ == "__main__":
    sys.exit(main())
