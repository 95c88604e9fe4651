"""Asks the engine about one thing that is happening, on behalf of the misbehaving twins."""

from collections.abc import Callable, Mapping
from typing import Any

from sigmic_conformance.mock_server.faults.engine import ALWAYS, Faults
from sigmic_conformance.mock_server.faults.rehearsal import Acts
from sigmic_conformance.mock_server.faults.trigger import FaultContext


class Asker:
    """The faults as one project, and maybe one task, meets them.

    Ask only where a yes changes what happens: a yes counts as fired.
    """

    __slots__ = ("_code", "_faults", "_operation", "_project", "_task")

    def __init__(
        self,
        faults: Faults,
        project: str | None,
        *,
        task: str | None = None,
        operation: str | None = None,
        code: str | None = None,
    ) -> None:
        self._faults = faults
        self._project = project
        self._task = task
        self._operation = operation
        self._code = code

    @property
    def may_act(self) -> bool:
        """True while any fault could act on what the project does."""
        return self._faults.may_act(self._project)

    def is_idle(self, decision: str) -> bool:
        """Return whether nothing can want `decision`; to be asked first where asking costs much."""
        return self._faults.is_idle(decision)

    def wanted(self, decision: str, code: str | None = None) -> bool:
        """Return whether an armed fault wants `decision`; `code` says what it is about."""
        return self.parameters(decision, code) is not None

    def parameters(
        self, decision: str, code: str | None = None, *, acts: Acts = ALWAYS
    ) -> Mapping[str, Any] | None:
        """Return the parameters of the armed fault that wants `decision`, or None.

        `acts` tells of a fault whether it would change what happens, where that depends on its parameters.
        """
        if self._faults.is_idle(decision):
            return None
        return self._faults.fire(
            decision,
            self._project,
            task=self._task,
            operation=self._operation,
            code=self._code if code is None else code,
            acts=acts,
        )

    def wanted_for_later(
        self, decision: str, later: list[Callable[[Acts], None]], code: str | None = None
    ) -> bool:
        """Return the same as `wanted` where it turns out later whether a yes changes what happens.

        Whom to tell of it then is added to `later`.
        """
        if self._faults.is_idle(decision):
            return False
        later.append(self.rehearsed(decision, code))
        return self.parameters_unrehearsed(decision, code) is not None

    def parameters_unrehearsed(self, decision: str, code: str | None = None) -> Mapping[str, Any] | None:
        """The same where it turns out later whether a yes changes what happens: see `rehearsed`."""
        return self._faults.fire(
            decision,
            self._project,
            task=self._task,
            operation=self._operation,
            code=self._code if code is None else code,
            acts=None,
        )

    def rehearsed(self, decision: str, code: str | None = None) -> Callable[[Acts], None]:
        """Return whom to tell, once it has turned out, what a fault that wants `decision` would change.

        The situation is that of the call: it is now that an armed fault is asked.
        """
        context = FaultContext(
            task=self._task, operation=self._operation, code=self._code if code is None else code
        )
        return self._faults.rehearse_later(decision, self._project, context) or (lambda _acts: None)
