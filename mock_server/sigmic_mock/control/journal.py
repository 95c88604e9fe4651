"""/journal: what was asked and written: look, count, wait, export, forget (docs/guides/journal.md)."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from typing import Any

from aiohttp import web

from sigmic_mock.control.router import ControlCall, Handlers, by_name
from sigmic_mock.domain.errors import ApiError, ErrorCode
from sigmic_mock.http.envelope import json_answer
from sigmic_mock.journal.entry import Kind
from sigmic_mock.journal.har import har
from sigmic_mock.journal.query import Query, read_query
from sigmic_mock.journal.ring import Journal, Numbered
from sigmic_mock.runtime.clock.mode import read_duration

_LONGEST_WAIT = 300.0
_REQUEST_TIMEOUT = 408
_PIECE = 256 * 1024
_FORMATS = {"har": "application/json", "ndjson": "application/x-ndjson"}


def handlers(journal: Journal, version: str) -> Handlers:
    """Return the handlers."""

    async def list_entries(call: ControlCall) -> dict[str, Any]:
        view = _View(journal, call, call.query)
        limit = call.query["limit"]
        patience = _seconds("wait", call.query.get("wait", 0))
        found = await _awaited(view, 1, patience)
        has_more = len(found) > limit
        shown = found[-limit:] if call.query["newest"] == "true" else found[:limit]
        return {
            "entries": [each.entry.as_json(each.number) for each in shown],
            "next": shown[-1].number if has_more and shown[-1] is not found[-1] else None,
            **view.state(),
        }

    async def count_entries(call: ControlCall) -> dict[str, Any]:
        view = _View(journal, call, call.query)
        return _counted(view.found()) | view.state()

    async def wait_for_entries(call: ControlCall) -> Any:
        view = _View(journal, call, call.body)
        at_least, seconds = call.body["at_least"], _seconds("timeout", call.body["timeout"])
        found = await _awaited(view, at_least, seconds)
        if len(found) >= at_least:
            return _counted(found) | {"entry": found[at_least - 1].entry.as_json(found[at_least - 1].number)}
        return _timed_out(view, found, at_least, seconds)

    async def clear_journal(call: ControlCall) -> dict[str, int]:
        view = _View(journal, call, call.query)
        return {"cleared": view.journal.clear(view.project, everybody=view.everybody)}

    async def export_journal(call: ControlCall) -> web.StreamResponse:
        view = _View(journal, call, call.query)
        form = call.query["format"]
        found = view.found()
        texts = har(found, version) if form == "har" else _ndjson(found)
        headers = {
            "Content-Type": _FORMATS[form],
            "Content-Disposition": f'attachment; filename="journal.{form}"',
        }
        return web.Response(body=_pieces(texts), headers=headers)

    return by_name(list_entries, clear_journal, count_entries, wait_for_entries, export_journal)


class _View:
    """The entries that a call is about."""

    def __init__(self, journal: Journal, call: ControlCall, values: Mapping[str, Any]) -> None:
        self.journal = journal
        self.project = call.project_id
        self.everybody = values.get("scope") == "server"
        self.since = values.get("since", 0)
        self.query: Query = read_query(values)

    def everything(self) -> list[Numbered]:
        """Return all entries in sight, whatever the conditions."""
        return self.journal.entries(self.project, everybody=self.everybody, since=self.since)

    def found(self) -> list[Numbered]:
        """Return the entries that match, oldest first."""
        return [each for each in self.everything() if not self.query.misses(each.entry)]

    def is_one(self, each: Numbered) -> bool:
        """True when a new entry is in sight and matches."""
        entry = each.entry
        in_sight = self.everybody or entry.project == self.project
        return in_sight and each.number > self.since and not self.query.misses(entry)

    def state(self) -> dict[str, int]:
        """Return what is held and was dropped."""
        return self.journal.state(self.project, everybody=self.everybody)


async def _awaited(view: _View, at_least: int, seconds: float) -> list[Numbered]:
    """Return what matches: at least this number, or fewer when the time has passed."""
    found = view.found()
    if len(found) >= at_least or not seconds:
        return found
    reached: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def notice(each: Numbered) -> None:
        if view.is_one(each):
            found.append(each)
            if len(found) >= at_least and not reached.done():
                reached.set_result(None)

    unwatch = view.journal.watch(notice)
    try:
        # One wait may not hold up the server's end, nor outlive its caller: aiohttp cancels the request.
        await asyncio.wait([reached], timeout=seconds)
    finally:
        unwatch()
    return found


def _timed_out(view: _View, found: Sequence[Numbered], at_least: int, seconds: float) -> web.Response:
    message = f"{len(found)} of {at_least} entries came within {seconds:g} s"
    everything = view.everything()
    nearest = None
    if not found:
        near = view.query.nearest(everything)
        if near is not None:
            each, missed = near
            nearest = {"entry": each.entry.as_json(each.number), "differs": missed}
            message += f"; the nearest, number {each.number}, differs in {', '.join(missed)}"
        else:
            message += "; there is no entry at all"
    body = {
        "success": False,
        "error": {"message": message, "code": "WAIT_TIMED_OUT"},
        "seen": _counted(found),
        "all": _counted(everything),
        "nearest": nearest,
    }
    return json_answer(body, _REQUEST_TIMEOUT, {})


def _counted(found: Sequence[Numbered]) -> dict[str, Any]:
    kinds = {kind.value: sum(each.entry.kind is kind for each in found) for kind in Kind}
    return {"count": len(found), "kinds": kinds}


def _seconds(name: str, value: object) -> float:
    seconds = read_duration(name, value)
    if seconds > _LONGEST_WAIT:
        raise ApiError(ErrorCode.VALIDATION_ERROR, f"{name} may be at most {_LONGEST_WAIT:g} s")
    return seconds


def _ndjson(found: Iterable[Numbered]) -> Iterator[str]:
    for each in found:
        yield json.dumps(each.entry.as_json(each.number), ensure_ascii=False, separators=(",", ":")) + "\n"


async def _pieces(texts: Iterator[str]) -> AsyncIterator[bytes]:
    """Encode in larger pieces, letting others run between two."""
    held: list[bytes] = []
    size = 0
    for text in texts:
        held.append(text.encode("utf-8", "replace"))
        size += len(held[-1])
        if size >= _PIECE:
            yield b"".join(held)
            held, size = [], 0
            await asyncio.sleep(0)
    yield b"".join(held)
