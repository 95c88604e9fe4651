"""All small bugs; importing this registers them."""

from tests.conformance.targets.bugs import (
    approvals,
    bodies,
    callers,
    files,
    history,
    lists,
    readers,
    sessions,
    states,
    turns,
    values,
)
from tests.conformance.targets.bugs.catalogue import BUGS

AREAS = (lists, turns, history, sessions, readers, approvals, states, callers, bodies, files, values)
__all__ = ["AREAS", "BUGS"]
