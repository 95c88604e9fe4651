"""Reports the clients' use of this server to the command that runs them (`gauntlet.run_folder`)."""

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sigmic_mock.gauntlet.run_folder import RunFolder, Totals
from sigmic_mock.service.dependencies import Counters

if TYPE_CHECKING:
    from sigmic_mock.faults.armed import Armed

log = logging.getLogger(__name__)


class RunReport:
    """The totals of one server; nothing is written before `begin`."""

    def __init__(self, folder: RunFolder, counters: Counters, armed: "Sequence[Armed]") -> None:
        self._folder = folder
        self._counters = counters
        self._armed = armed
        self._requests = 0
        self._url = ""

    def begin(self, url: str) -> None:
        """The server can be reached."""
        self._url = url
        self.write()

    def ended(self, *, of_api: bool) -> None:
        """A request is over."""
        self._requests += of_api
        self.write()

    def write(self) -> None:
        """Write the totals; a missing folder is not an error."""
        counters = self._counters
        totals = Totals(
            requests=self._requests,
            tasks=counters.tasks_created,
            messages=counters.tasks_created + counters.messages_sent,
            fired=sum(each.fired for each in self._armed),
        )
        try:
            if self._url:
                self._folder.report(self._url, totals)
        except OSError as problem:
            log.warning("can't report to %s: %s", self._folder.path, problem.strerror)
            self._url = ""
