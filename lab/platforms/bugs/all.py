"""Bugs of the independent platform that no violation of the mock shows. Importing this registers them.

Their authors wrote them from the facts of `spec/facts.yaml`, without knowledge of any check or probe, except
those of `views` and `volume`. A bug is here only if no fault of the mock's catalogue has its requirement and
its effect in a situation that a fault can be confined to. What a fault cannot express:

- a relation to other data: another task of the same key, two ids or names that differ in little, a file or
  message of an earlier turn (`approvals`, `callers`, `files`, `lists`, `turns`, `views`, `volume`),
- a size: the 257th event or file, the 1,025th character, a second buffer (`volume`),
- two requests at the same time, or on one connection (`callers`, `regressions`, `volume`),
- what a message, a file or a name contains: the dimension `value` is that of variables (`bodies`, `files`),
- a state of the listed task: a list has none (`lists`, `views`),
- an effect that no fault has: a late approval that runs, a header out of a file name, a lifetime in the wrong
  unit, a cancellation of the wrong part (`approvals`, `callers`, `files`, `regressions`, `turns`).
"""

from lab.platforms.bugs import (
    approvals,
    bodies,
    callers,
    files,
    lists,
    regressions,
    turns,
    views,
    volume,
)

AREAS = (approvals, bodies, callers, files, lists, regressions, turns, views, volume)
