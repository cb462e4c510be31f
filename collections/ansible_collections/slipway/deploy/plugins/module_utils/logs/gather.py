# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Collects the logs of services: ECS's tasks and events, CloudWatch's lines. It only reads.

A failed call is reported with its service; the others are not affected.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from ..aws.client import Clients
from ..aws.errors import error_code
from ..common.errors import SlipwayError
from ..fleet import api as fleet_api
from ..fleet.model import DesiredService, ObservedService
from ..fleet.observe import observe_services
from ..rollout import api
from .model import ContainerLog, ServiceLogs, Source, Task
from .parse import is_troubled, log_lines, ordered, parse_task, sources, telling_events

WORKERS = 4
#: How many failed tasks are searched for one with logs.
_TRIED = 3

Observed = Mapping[str, ObservedService]
"""Services by inventory name; one that the cluster does not know is absent."""


@dataclass(frozen=True)
class Gatherer:
    """Reads with the environment's clients.

    :ivar region: the environment's region.
    :ivar count: lines of each log.
    :ivar stamp: formats epoch seconds for a log line.
    """

    clients: Clients
    region: str
    count: int
    stamp: Callable[[float], str]

    def observe(self, wanted: Sequence[DesiredService]) -> Observed:
        """The services as ECS describes them, ten per call.

        :raises SlipwayError: ECS does not answer, or the cluster does not exist.
        """
        found: dict[str, ObservedService] = {}
        for cluster in dict.fromkeys(item.cluster for item in wanted):
            names = {item.service: item.name for item in wanted if item.cluster == cluster}
            answered = observe_services(self.clients, cluster, list(names))
            found.update((names[service], value) for service, value in answered.items() if service in names)
        return found

    def gather(self, wanted: Sequence[DesiredService], observed: Observed) -> list[ServiceLogs]:
        """The logs of each service, in that order."""
        with ThreadPoolExecutor(WORKERS, thread_name_prefix="logs") as pool:
            return list(pool.map(lambda item: self._service(item, observed.get(item.name)), wanted))

    def _service(self, wanted: DesiredService, observed: ObservedService | None) -> ServiceLogs:
        if observed is None:
            return ServiceLogs(wanted.name, f"there is no service {wanted.service} in cluster {wanted.cluster}")
        tasks: tuple[Task, ...] = ()
        logs: tuple[ContainerLog, ...] = ()
        problem = "" if observed.status == "ACTIVE" else f"the service is {observed.status}"
        try:
            tasks = self._tasks(wanted)
            logs = self._logs(tasks)
        except SlipwayError as error:
            problem = problem or str(error)
        return ServiceLogs(
            wanted.name,
            problem,
            observed.running,
            observed.desired,
            (observed.primary.rollout_state or "") if observed.primary else "",
            tasks,
            telling_events(observed.events),
            logs,
        )

    def _tasks(self, wanted: DesiredService) -> tuple[Task, ...]:
        running = fleet_api.describe_running_tasks(self.clients, wanted.cluster, wanted.service)
        arns = api.list_stopped_tasks(self.clients, wanted.cluster, wanted.service)
        stopped = api.describe_tasks(self.clients, wanted.cluster, arns)
        # A task that stops between the two calls is in both lists.
        return ordered({task.id: task for task in map(parse_task, (*running, *stopped))}.values())

    def _logs(self, tasks: Sequence[Task]) -> tuple[ContainerLog, ...]:
        """The logs of the newest failed task that has any, and of the newest running one."""
        bodies: dict[str, Mapping[str, Any]] = {}
        logs: list[ContainerLog] = []
        failed = [task for task in tasks if task.state == "failed"][:_TRIED]
        others = [task for task in tasks if task.state in ("running", "starting")][:1]
        for number, task in enumerate(failed):
            found = self._of_task(task, bodies)
            if number == 0:
                logs = found
            if any(log.lines for log in found):
                logs = found
                break
        if not failed and not others:
            others = list(tasks[:1])
        return (*logs, *(log for task in others for log in self._of_task(task, bodies)))

    def _of_task(self, task: Task, bodies: dict[str, Mapping[str, Any]]) -> list[ContainerLog]:
        if task.task_definition not in bodies:
            body, _tags, _unknown = fleet_api.describe_task_definition(self.clients, task.task_definition)
            bodies[task.task_definition] = body
        found = sources(bodies[task.task_definition], task.id, self.region)
        return [self._read(source, task.id) for source in found]

    def _read(self, source: Source, task: str) -> ContainerLog:
        if source.problem:
            return ContainerLog(source, task, problem=source.problem)
        try:
            events = api.tail_log(self.clients, source.group, source.stream, self.count)
        except SlipwayError as error:
            return ContainerLog(source, task, problem=self._why(source, error))
        lines = log_lines(events, self.count, self.stamp)
        return ContainerLog(source, task, lines, "" if lines else "it has written nothing yet")

    def _why(self, source: Source, error: SlipwayError) -> str:
        if error_code(error) != "ResourceNotFoundException":
            return str(error)
        try:
            exists = fleet_api.log_group_exists(self.clients, source.group)
        except SlipwayError:
            return str(error)
        if exists:
            return "it has written nothing: there is no such stream"
        return "the log group does not exist: nothing that its tasks wrote was kept"


def most_troubled(wanted: Sequence[DesiredService], observed: Observed, most: int) -> list[DesiredService]:
    """At most ``most`` of the services, preferring those with problems, in their own order."""
    if len(wanted) <= most:
        return list(wanted)
    chosen = sorted(wanted, key=lambda item: not is_troubled(observed.get(item.name)))[:most]
    names = {item.name for item in chosen}
    return [item for item in wanted if item.name in names]
