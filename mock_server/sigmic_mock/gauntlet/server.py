"""A server of a gauntlet, which runs use in sequence: its address and key for a run, and the run's totals.

Blocking. The fault of a run is armed for all callers, so that it fires in every project that the tests make.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, Self

from sigmic_mock.domain.secret import Secret
from sigmic_mock.gauntlet.run_folder import RunFolder, Totals


class Control(Protocol):
    """Calls of a server's control plane about one project, or about all."""

    def ask(self, operation: str, /, **fields: Any) -> Any:
        """Call an operation by its id; return its answer."""

    def about(self, project: str) -> Self:
        """Return the calls about another project."""


@dataclass(slots=True, kw_only=True)
class Lane:
    """A running server; `ready` is its ready file, `reports` the folder of its totals."""

    ready: Mapping[str, Any]
    reports: RunFolder
    control: Control
    _before: Totals = field(default_factory=Totals)
    _armed: frozenset[int] = frozenset()
    """The faults for all callers that were armed before the run: those of `--serve`."""

    def begin(self, fault: str | None, values: Mapping[str, Any]) -> Secret:
        """Arm the fault of a run, if it has one; return the key of a project for the run."""
        made = self.control.ask("create_project", name=f"gauntlet {fault or ''}")
        self._before = self._totals()
        self._armed = frozenset(each["number"] for each in self._active())
        if fault is not None:
            self.control.ask("arm_fault", scope="server", **{"fault": fault, "with": dict(values)})
        return Secret(made["api_key"])

    def end(self) -> Totals:
        """Return the totals of the run, and remove its leftovers."""
        armed = [each for each in self._active() if each["number"] not in self._armed]
        for each in armed:
            self.control.ask("clear_faults", scope="server", number=each["number"])
        done = self._totals() - self._before
        for project in self.control.ask("list_projects")["projects"]:
            if project["declared"]:
                self.control.about(project["id"]).ask("reset")
            else:
                self.control.ask("delete_project", id=project["id"])
        # Of faults that the tests armed themselves, the one of the run was the first.
        return done + Totals(fired=int(armed[0]["fired"]) if armed else 0)

    def _active(self) -> Sequence[Mapping[str, Any]]:
        active: Sequence[Mapping[str, Any]] = self.control.ask("list_armed_faults", scope="server")["active"]
        return active

    def _totals(self) -> Totals:
        """Return the totals so far. The call itself makes the server report."""
        self.control.ask("health")
        return self.reports.totals()[self.ready["base_url"]]
