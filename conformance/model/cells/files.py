"""Files that come with messages, and the entries of archives among them. Pure."""

import posixpath
from collections.abc import Hashable, Iterator
from urllib.parse import unquote

from sigmic_conformance.conformance.model.cells.counters import (
    ORDER_ALONE,
    Both,
    Names,
    Noun,
    Numbers,
    Order,
    Sizes,
    When,
)
from sigmic_conformance.conformance.model.cells.facts import (
    SENDS,
    Facts,
    is_broken,
    is_spelled,
    overlap,
)
from sigmic_conformance.conformance.model.task import Task
from sigmic_conformance.conformance.transcript.sent_file import SentFile
from sigmic_conformance.conformance.transcript.transcript import Exchange

MOST, MEGABYTE = 20, 1_000_000
EMPTY_ARCHIVE = 22
"""Bytes of an archive that has nothing but its end."""
READS = ("list_artifacts", "download_artifact")

Brought = tuple[Exchange, list[SentFile]]

# ----- file


def _with_files(facts: Facts) -> Iterator[Brought]:
    return ((each, list(body.files)) for each, body in facts.bodies if body.files)


def _is_form(exchange: Exchange) -> bool:
    kinds = (value for name, value in exchange.sent.headers if name.lower() == "content-type")
    return next(kinds, "").lower().startswith("multipart/")


def _numbers(facts: Facts) -> Iterator[tuple[str, int]]:
    return ((each.probe, len(body.files)) for each, body in facts.bodies if _is_form(each))


def _sizes(facts: Facts) -> Iterator[tuple[str, str | int]]:
    return ((each.probe, file.size) for each, files in _with_files(facts) for file in files)


def _order(facts: Facts) -> Iterator[list[tuple[str, Hashable]]]:
    return ([(each.probe, None) for _ in files] for each, files in _with_files(facts))


def _names_of_one(facts: Facts) -> Iterator[list[tuple[str, str]]]:
    return ([(each.probe, file.name) for file in files] for each, files in _with_files(facts))


def _names_of_a_task(facts: Facts) -> Iterator[list[tuple[str, str]]]:
    for task in facts.tasks:
        yield [(each.said.exchange.probe, each.file.name) for each in task.brought]


def _names_again(facts: Facts) -> Iterator[str]:
    for task in facts.tasks:
        before: set[str] = set()
        for said in task.said:
            names = {file.name for file in said.asked.files}
            if names & before:
                yield said.exchange.probe
            before |= names


def _missing(facts: Facts) -> Iterator[Exchange]:
    """The downloads of a path that the target says it does not have."""
    return (
        each for each in facts.requests("download_artifact") if each.refused and "path=" in each.sent.target
    )


def _read(facts: Facts) -> Iterator[tuple[Task, Exchange]]:
    for task in facts.tasks:
        yield from ((task, each.exchange) for each in task.listings if each.exchange.ok)
        yield from ((task, each.exchange) for each in task.downloads if each.exchange.ok)


def _read_at_work(facts: Facts) -> Iterator[tuple[Task, Exchange]]:
    return ((task, each) for task, each in _read(facts) if facts.is_at_work(task, each.started))


def _read_at_rest(facts: Facts) -> Iterator[tuple[Task, Exchange]]:
    return ((task, e) for task, e in _read(facts) if task.at_rest(e.started, e.ended) is not None)


def _downloads_together(facts: Facts) -> Iterator[str]:
    for task in facts.tasks:
        yield from (each.probe for each in overlap([one.exchange for one in task.downloads]))


def _downloaded_again(facts: Facts) -> Iterator[str]:
    for task in facts.tasks:
        seen: set[str | None] = set()
        for each in task.downloads:
            if each.exchange.ok:
                if each.path in seen:
                    yield each.exchange.probe
                seen.add(each.path)


def _listed_and_downloaded(facts: Facts) -> Iterator[tuple[Task, str, str]]:
    """The task, the path and the probe of each download of a path that a list has."""
    for task in facts.tasks:
        listed = {path for each in task.listings for path in each.files}
        for each in task.downloads:
            if each.exchange.ok and each.path in listed:
                yield task, each.path or "", each.exchange.probe


def _read_in_later_turns(facts: Facts) -> Iterator[tuple[Task, Exchange]]:
    for task, each in _read_at_rest(facts):
        turn = task.turn_at(each.started)
        if turn is not None and any(one.said.exchange.ended < turn.began for one in task.brought):
            yield task, each


def _spelled(facts: Facts) -> Iterator[str]:
    yield from facts.spelled(*READS)
    yield from (each.probe for each, _ in _with_files(facts) if is_spelled(each))


FILE: Noun = {
    "count": Numbers(_numbers, many=MOST, too_many=MOST + 1),
    "size": Sizes(_sizes, large=MEGABYTE),
    "place": Both(Order(_order, ORDER_ALONE), When({"again": _names_again})),
    "name": Both(
        Names(_names_of_one, frozenset({"same"})), Names(_names_of_a_task, frozenset({"nearly_same"}))
    ),
    "moment": When(
        {
            "before": lambda facts: (each.probe for each in _missing(facts)),
            "during": lambda facts: (each.probe for _, each in _read_at_work(facts)),
            "after": lambda facts: (each.probe for _, each in _read_at_rest(facts)),
            "at_once": _downloads_together,
            "twice": _downloaded_again,
        }
    ),
    "spelling": When({"other": _spelled}),
    "view": When({"several": lambda facts: (probe for _, _, probe in _listed_and_downloaded(facts))}),
    "end": When({"after": lambda facts: (each.probe for _, each in _read_in_later_turns(facts))}),
    "cut": When(
        {
            "middle": lambda facts: (
                each.probe for each in facts.requests(*SENDS) if _is_form(each) and is_broken(each)
            )
        }
    ),
}

# ----- archive entry


def _archives(facts: Facts) -> Iterator[tuple[Exchange, SentFile]]:
    """The archives that came with messages; one that cannot be read has no entries."""
    for each, files in _with_files(facts):
        yield from ((each, file) for file in files if file.entries is not None)


def _readable(facts: Facts) -> Iterator[tuple[Exchange, tuple[SentFile, ...]]]:
    return ((each, file.entries) for each, file in _archives(facts) if file.entries)


def _entry_numbers(facts: Facts) -> Iterator[tuple[str, int]]:
    for each, file in _archives(facts):
        if file.entries or file.size == EMPTY_ARCHIVE:
            yield each.probe, len(file.entries or ())


def _entry_sizes(facts: Facts) -> Iterator[tuple[str, str | int]]:
    return ((each.probe, entry.size) for each, entries in _readable(facts) for entry in entries)


def _entry_order(facts: Facts) -> Iterator[list[tuple[str, Hashable]]]:
    return ([(each.probe, None) for _ in entries] for each, entries in _readable(facts))


def _entry_names(facts: Facts) -> Iterator[list[tuple[str, str]]]:
    for each, entries in _readable(facts):
        yield [(each.probe, posixpath.basename(entry.name)) for entry in entries]


def _have_archives(facts: Facts) -> frozenset[str]:
    return frozenset(task.id for task in facts.tasks if any(each.file.entries for each in task.brought))


def _again(facts: Facts, *, whole: bool) -> Iterator[str]:
    """A later archive of a task that has a path of an earlier one, or is the same."""
    for task in facts.tasks:
        before: set[str | None] = set()
        for each in task.brought:
            mine: set[str | None] = {entry.name for entry in each.file.entries or ()}
            mine = {each.file.sha256} if whole and mine else mine
            if mine & before:
                yield each.said.exchange.probe
            before |= mine


def _missing_entries(facts: Facts) -> Iterator[str]:
    mine = _have_archives(facts)
    return (
        each.probe for each in _missing(facts) if each.task in mine and "uploads" in unquote(each.sent.target)
    )


def _of_archives(facts: Facts, reads: Iterator[tuple[Task, Exchange]]) -> Iterator[str]:
    mine = _have_archives(facts)
    return (each.probe for task, each in reads if task.id in mine)


def _two_archives(facts: Facts) -> Iterator[str]:
    for each, files in _with_files(facts):
        if sum(bool(file.entries) for file in files) > 1:
            yield each.probe


def _entries_downloaded(facts: Facts) -> Iterator[str]:
    names = {
        task.id: {entry.name for each in task.brought for entry in each.file.entries or ()}
        for task in facts.tasks
    }
    for task, path, probe in _listed_and_downloaded(facts):
        if any(path.endswith(name) for name in names[task.id]):
            yield probe


def _cut_archives(facts: Facts) -> Iterator[str]:
    for each, file in _archives(facts):
        if not file.entries and file.size > EMPTY_ARCHIVE:
            yield each.probe


ENTRY: Noun = {
    "count": Numbers(_entry_numbers, many=MOST),
    "size": Sizes(_entry_sizes, large=65_536, small=2),
    "place": Both(
        Order(_entry_order, ORDER_ALONE), When({"again": lambda facts: _again(facts, whole=False)})
    ),
    "name": Names(_entry_names),
    "moment": When(
        {
            "before": _missing_entries,
            "during": lambda facts: _of_archives(facts, _read_at_work(facts)),
            "after": lambda facts: _of_archives(facts, _read_at_rest(facts)),
            "at_once": _two_archives,
            "twice": lambda facts: _again(facts, whole=True),
        }
    ),
    "spelling": When(
        {"other": lambda facts: (each.probe for each, _ in _archives(facts) if is_spelled(each))}
    ),
    "view": When({"several": _entries_downloaded}),
    "end": When({"after": lambda facts: _of_archives(facts, _read_in_later_turns(facts))}),
    "cut": When({"middle": _cut_archives}),
}
