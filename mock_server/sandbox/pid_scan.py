"""Finds the processes beneath a process, and those that a command left behind, from /proc.

Rule: numbers here go stale at once (processes fork and end while we read), so every caller repeats until a
reading finds nobody. Where there is no /proc (macOS) the scan is empty and only process groups are known.
"""

import os
import time
from collections.abc import Collection, Mapping
from typing import NamedTuple

_STARTED = 19
"""Of the fields after the name in /proc/<pid>/stat: state, parent, group, session, …"""


class Member(NamedTuple):
    """One living process; `started` in clock ticks since boot."""

    parent: int
    session: int
    started: int


def scan() -> dict[int, Member]:
    """Read every process that /proc shows and that is not a zombie."""
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
    """Return the present moment in the unit of `Member.started`."""
    return int(_boot_seconds() * os.sysconf("SC_CLK_TCK"))


def descendants(members: Mapping[int, Member], ancestor: int) -> set[int]:
    """Return everybody beneath `ancestor`, at any depth."""
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
    """Return what the command with process id `command` started and is still alive beneath `beneath`.

    Its session and descendants belong to it for certain. A daemon (own session, adopted by `beneath`) belongs
    to it when it began no earlier (`since`, in ticks) and neither its session nor its ancestors are those of
    `others`, the commands before and beside this one.
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
        return None  # it ended meanwhile
    # The name is in parentheses and may itself hold spaces and parentheses: count from the last one.
    fields = text[text.rfind(b")") + 2 :].split()
    if len(fields) <= _STARTED or fields[0] in {b"Z", b"X"}:
        return None
    return Member(parent=int(fields[1]), session=int(fields[3]), started=int(fields[_STARTED]))


def _boot_seconds() -> float:
    boot_clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.clock_gettime(boot_clock) if boot_clock is not None else time.monotonic()
