"""Find the descendants of a process, and the processes that a command left behind, from /proc.

Invariant: the numbers are outdated immediately (processes fork and end during the scan), so every caller
repeats until a scan finds none. Without /proc (macOS) the scan is empty, and only process groups are known.
"""

import os
import time
from collections.abc import Collection, Mapping
from typing import NamedTuple

_STARTED = 19
"""Index of the start time among the fields after the name in /proc/<pid>/stat: state, parent, group, …"""


class Member(NamedTuple):
    """One living process; `started` is in clock ticks since boot."""

    parent: int
    session: int
    started: int


def scan() -> dict[int, Member]:
    """Return every process in /proc that is not a zombie."""
    members = {}
    try:
        names = os.listdir("/proc")
    except OSError:
        return {}
    for name in names:
        if name.isdigit():
            member = _read(name)
            if member is not None:
                members[int(name)] = member
    return members


def ticks_now() -> int:
    """Return the current time in the unit of `Member.started`."""
    return int(_boot_seconds() * os.sysconf("SC_CLK_TCK"))


def descendants(members: Mapping[int, Member], ancestor: int) -> set[int]:
    """Return all descendants of `ancestor`, at any depth."""
    children: dict[int, list[int]] = {}
    for pid, member in members.items():
        children.setdefault(member.parent, []).append(pid)
    found: set[int] = set()
    pending = [ancestor]
    while pending:
        for child in children.get(pending.pop(), ()):
            if child not in found:
                found.add(child)
                pending.append(child)
    return found


def left_by(
    members: Mapping[int, Member], command: int, since: int, *, beneath: int, others: Collection[int]
) -> set[int]:
    """Return the living processes below `beneath` that the command with process id `command` started.

    Its session and its descendants are certain. A daemon (own session, adopted by `beneath`) is one of them
    if it started no earlier than `since`, in ticks, and neither its session nor its ancestors are among
    `others`, the earlier and concurrent commands.
    """
    mine = descendants(members, command) | {command}
    theirs: set[int] = set()
    for other in others:
        theirs |= descendants(members, other) | {other}
    left = set()
    for pid in descendants(members, beneath):
        member = members[pid]
        certain = pid in mine or member.session == command
        if certain or (member.started >= since and pid not in theirs and member.session not in others):
            left.add(pid)
    return left


def _read(pid: str) -> Member | None:
    try:
        with open(f"/proc/{pid}/stat", "rb", buffering=0) as file:
            text = file.read(1024)
    except OSError:
        return None  # it has ended since
    # The name is in parentheses and may contain spaces and parentheses: count from the last one.
    fields = text[text.rfind(b")") + 2 :].split()
    if len(fields) <= _STARTED or fields[0] in {b"Z", b"X"}:
        return None
    return Member(parent=int(fields[1]), session=int(fields[3]), started=int(fields[_STARTED]))


def _boot_seconds() -> float:
    boot_clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.clock_gettime(boot_clock) if boot_clock is not None else time.monotonic()
