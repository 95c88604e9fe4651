"""Bugs that break one requirement in one situation, such as a second turn. Importing this registers them.

Their author wrote them from the facts of `spec/facts.yaml` and had not seen any check or probe; those of
`views` and `volume` were written with the checks.
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
