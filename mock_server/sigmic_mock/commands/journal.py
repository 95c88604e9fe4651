"""`sigmic-mock journal`: show requests and written frames, follow them, count, export, clear."""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sigmic_mock.commands.command import FAILED, USAGE, CommandRefused, Console, write
from sigmic_mock.commands.table_verbs import flag_of
from sigmic_mock.commands.target import Target, find_target, target_arguments
from sigmic_mock.control.table import Field, control_table
from sigmic_mock.journal.line import line_of
from sigmic_spec.plural import plural

_FOLLOW_SECONDS = 60
_NOTHING_CAME = 408
_FIRST_REFUSAL = 400


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="print entries, the newest last", allow_abbrev=False)
    listing.add_argument(
        "--limit", type=int, default=50, metavar="NUMBER", help="maximum number of entries (default 50)"
    )
    listing.add_argument("--follow", action="store_true", help="keep printing new entries until Ctrl-C")
    count = actions.add_parser("count", help="count entries", allow_abbrev=False)
    export = actions.add_parser("export", help="write entries as HAR or NDJSON", allow_abbrev=False)
    export.add_argument("--format", choices=("har", "ndjson"), default="ndjson", help="default: ndjson")
    export.add_argument("--output", metavar="FILE", help="file to write (default: standard output)")
    clear = actions.add_parser("clear", help="delete the project's entries", allow_abbrev=False)
    for action in (listing, count, export):
        for field in _conditions():
            flag_of(action, field)
    for action in (listing, count, export, clear):
        action.add_argument("--all", action="store_true", help="for the whole server instead of one project")
        target_arguments(action)


def run(given: argparse.Namespace, console: Console, environment: Mapping[str, str]) -> int:
    """Do it."""
    target = find_target(given, environment)
    named = {field.name: getattr(given, field.name, None) for field in _conditions()}
    query = {name: value for name, value in named.items() if value is not None}
    if given.all:
        query["scope"] = "server"
    match given.action:
        case "list":
            _list(given, console, target, query)
        case "count":
            answer = target.ask("count_entries", **query)
            console.say(json.dumps(answer) if given.json else _count_line(answer))
        case "export":
            _export(given, console, target, query)
        case _:
            answer = target.ask("clear_journal", **query)
            console.say(
                json.dumps(answer)
                if given.json
                else f"cleared {plural(answer['cleared'], 'entry', 'entries')}"
            )
    return 0


def _conditions() -> list[Field]:
    """Return the fields that select entries; `--all` is the scope."""
    fields = control_table().operations["count_entries"].query.values()
    return [field for field in fields if field.name != "scope"]


def _list(given: argparse.Namespace, console: Console, target: Target, query: dict[str, Any]) -> None:
    if given.limit < 1:
        raise CommandRefused("--limit must be above 0", USAGE)
    newest = {} if given.since else {"newest": "true"}
    page = target.ask("list_entries", **query, **newest, limit=min(given.limit, 1000))
    _print(page["entries"], given, console)
    if not given.json and not page["entries"] and not given.follow:
        console.say("no entry")
    if not given.json and page["dropped"]:
        console.note(
            f"{plural(page['dropped'], 'older entry was', 'older entries were')} dropped; "
            "a larger --journal keeps more"
        )
    since = page["entries"][-1]["number"] if page["entries"] else page["last"]
    while given.follow:
        since = _follow(given, console, target, query | {"since": since})


def _follow(given: argparse.Namespace, console: Console, target: Target, query: dict[str, Any]) -> int:
    """Wait for something new and print it; return the number of the last entry printed."""
    raw, status = target.fetch("wait_for_entries", **query, timeout=_FOLLOW_SECONDS)
    if status != _NOTHING_CAME:
        _check(raw, status)
    entries = target.ask("list_entries", **query, limit=1000)["entries"]
    _print(entries, given, console)
    return int(entries[-1]["number"] if entries else query["since"])


def _print(entries: list[dict[str, Any]], given: argparse.Namespace, console: Console) -> None:
    for entry in entries:
        console.say(json.dumps(entry) if given.json else line_of(entry))


def _export(given: argparse.Namespace, console: Console, target: Target, query: dict[str, Any]) -> None:
    raw, status = target.fetch("export_journal", **query, format=given.format)
    _check(raw, status)
    if given.output is None:
        sys.stdout.buffer.write(raw)
        sys.stdout.buffer.flush()
        return
    write(Path(given.output), raw)
    answer = {"file": given.output, "bytes": len(raw)}
    console.say(json.dumps(answer) if given.json else f"wrote {plural(len(raw), 'byte')} to {given.output}")


def _check(raw: bytes, status: int) -> None:
    if status >= _FIRST_REFUSAL:
        code = USAGE if status == _FIRST_REFUSAL else FAILED
        raise CommandRefused(str(json.loads(raw)["error"]["message"]), code)


def _count_line(answer: Mapping[str, Any]) -> str:
    kinds = ", ".join(f"{count} {kind}" for kind, count in answer["kinds"].items() if count)
    counted = plural(answer["count"], "entry", "entries") + (f": {kinds}" if kinds else "")
    return f"{counted}; {answer['dropped']} dropped"
