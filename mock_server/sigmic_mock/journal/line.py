"""An entry of the journal in one line, for people."""

from collections.abc import Mapping
from typing import Any

from sigmic_spec.plural import plural


def line_of(entry: Mapping[str, Any]) -> str:
    """Return an entry as one line: number, time, kind, content, and the faults that affected it."""
    touched = f"  ! {', '.join(entry['faults'])}" if entry["faults"] and entry["kind"] != "fault" else ""
    clock = entry["at"][11:23]
    return f"{entry['number']:>6}  {clock}  {entry['kind']:7}  {_TOLD[entry['kind']](entry)}{touched}"


def _request(entry: Mapping[str, Any]) -> str:
    status = entry.get("status") or "-"
    ended = "" if entry["ended"] == "answered" else f"  ended by {entry['ended']}"
    return f"{status}  {entry['method']} {entry['path']}  {entry['seconds'] * 1000:.1f} ms{ended}"


def _open(entry: Mapping[str, Any]) -> str:
    after = f"  after {entry['last_event_id']}" if entry["last_event_id"] else ""
    return f"stream {entry['stream']}  task {entry['task']}{after}"


def _frame(entry: Mapping[str, Any]) -> str:
    return f"stream {entry['stream']}  {entry['event']}  {plural(entry['bytes'], 'byte')}"


def _end(entry: Mapping[str, Any]) -> str:
    unsent = f", {entry['unsent_bytes']} unsent" if entry["unsent_bytes"] else ""
    wrote = f"{entry['frames']} frames, {plural(entry['bytes'], 'byte')}{unsent}"
    return f"stream {entry['stream']}  closed by {entry['closed_by']}  {wrote}"


def _fault(entry: Mapping[str, Any]) -> str:
    where = [entry[name] for name in ("operation", "event") if name in entry]
    return f"{entry['fault']}  fired on {' '.join(where) or 'the platform'}"


_TOLD = {"request": _request, "open": _open, "frame": _frame, "end": _end, "fault": _fault}
