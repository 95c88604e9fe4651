"""Plans the faults for a client's tests, each armed so that the client can survive it.

The gauntlet and the mark `sigmic_transient` follow it.

Faults of MCP servers fire only in a project that has one, so only a glob selects them. Two rules change a
row's own trigger. A transient fault passes: a fault that would break every request fires twice, because no
client survives an outage without end. A variation of JSON fires for every operation that the client uses.
"""

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from sigmic_mock.faults.catalogue import BadFaultSpec
from sigmic_mock.faults.fault import Fault, FaultClass
from sigmic_spec.document import Document
from sigmic_spec.nearest import hint, hint_of_known

_PASSES_AFTER = 2
_HARMLESS_FOR_EVER = frozenset({"frame.pace", "frame.hold"})
"""Transient faults that only slow a client down."""
_FAILS_ONCE = frozenset({"agent.fails"})
_OF_MCP_SERVERS = "mcp."
_ABOUT_JSON = frozenset({"answer.set", "answer.change", "answer.header"})
_NO_JSON = frozenset({"stream_task", "download_artifact"})


def chosen(
    faults: Iterable[Fault], classes: Sequence[str], only: str | None, exclude: str | None = None
) -> list[Fault]:
    """Return the faults of these classes whose id matches `only` and not `exclude`: globs, `a|b` for several.

    Raises `BadFaultSpec`, also without any match.
    """
    known = [kind.value for kind in FaultClass]
    for name in classes:
        if name not in known:
            raise BadFaultSpec(f"unknown class {name!r}{hint_of_known(name, known)}")
    # A fault with its whole id is selected, whatever its class.
    faults = list(faults)
    named, spared = _globs(only), _globs(exclude)
    for glob in (*named, *spared):
        if not any(fnmatchcase(fault.id, glob) for fault in faults):
            near = hint(glob, [fault.id for fault in faults])
            raise BadFaultSpec(f"no fault matches {glob!r}{near}; see `sigmic-mock faults list`")
    wanted = [
        fault
        for fault in faults
        if (fault.id in named or (fault.kind in classes and _fits(fault, named)))
        and not _matches(fault.id, spared)
    ]
    if not wanted:
        kinds = " or ".join(classes)
        but = "" if exclude is None else f" without {exclude!r}"
        others = sorted({fault.kind.value for fault in faults if _fits(fault, named)} - {*classes})
        also = f"; faults of class {', '.join(others)} do" if others and exclude is None else ""
        raise BadFaultSpec(
            f"no {kinds} fault matches {only or '*'!r}{but}{also}; see `sigmic-mock faults list`"
        )
    return wanted


def _globs(text: str | None) -> list[str]:
    return [] if text is None else [glob.strip() for glob in text.split("|")]


def _fits(fault: Fault, only: Sequence[str]) -> bool:
    if not only:
        return not fault.effect.startswith(_OF_MCP_SERVERS)
    return _matches(fault.id, only)


def _matches(id: str, globs: Sequence[str]) -> bool:
    return any(fnmatchcase(id, glob) for glob in globs)


def values(fault: Fault, longest: float | None) -> Mapping[str, Any]:
    """Return the values for arming the fault that differ from its row; no wait is over `longest` seconds."""
    changed: dict[str, Any] = {}
    times = _times(fault)
    if times is not None:
        changed["times"] = times
    if _is_about_json(fault):
        names = Document.load().operations
        changed["operation"] = "|".join(name for name in names if name not in _NO_JSON)
    if fault.kind is FaultClass.TRANSIENT and fault.where.get("event") == "tool_call":
        # Not every agent uses a tool; every one prints text.
        changed["event"] = "tool_call|content"
    if longest is not None and fault.params.get("seconds", 0) > longest:
        changed["seconds"] = longest
    return changed


def _is_about_json(fault: Fault) -> bool:
    """True for a variation of a JSON answer that its row shows on one operation."""
    operation = fault.where.get("operation")
    is_json = fault.effect in _ABOUT_JSON and operation is not None and operation not in _NO_JSON
    return is_json and fault.kind is FaultClass.VARIATION


def _times(fault: Fault) -> int | None:
    if fault.kind is not FaultClass.TRANSIENT or "times" in fault.where or "nth" in fault.where:
        return None
    if fault.effect in _HARMLESS_FOR_EVER or fault.params.get("piece"):
        return None
    return 1 if fault.effect in _FAILS_ONCE else _PASSES_AFTER


def may_repeat(fault: Fault) -> bool:
    """True when another attempt is right: the task itself failed, so more than one may be rightly left."""
    return fault.effect in _FAILS_ONCE
