"""Bugs that break one requirement in one situation, such as a second turn. Importing this registers them.

Their author wrote them from the facts of `spec/facts.yaml`, without knowledge of any check or probe. Only
those of `views` and `volume` were written together with the checks.
"""

from tests.conformance.targets.bugs import (
    approvals,
    bodies,
    callers,
    files,
    lists,
    readers,
    regressions,
    sessions,
    turns,
    views,
    volume,
)

AREAS = (approvals, bodies, callers, files, lists, readers, regressions, sessions, turns, views, volume)
