"""Files that come with messages, and the entries of archives among them. Pure."""

import posixpath
from collections.abc import Hashable, Iterator
from urllib.parse import unquote

from sigmic_conformance.conformance.model.cells.counters import (
    Names,
    Numbers,
    Order,
    Sizes,
    When,
    noun,
    repeated,
)
from sigmic_conformance.conformance.model.cells.facts import SENDS, Facts, is_broken, is_spelled, overlap
from sigmic_conformance.conformance.model.task import Task
from sigmic_conformance.conformance.transcript.sent_file import SentFile
from sigmic_conformance.conformance.transcript.transcript import Exchange

MOST, MEGABYTE = 20, 1_000_000
EMPTY_ARCHIVE = 22
"""Size in bytes of an empty archive."""
Read = Iterator[tuple[Task, Exchange]]

# ----- file


def _brought(facts: Facts) -> Iterator[tuple[Exchange, tuple[SentFile, ...]]]:
    return ((each, body.files) for each, body in facts.bodies if body.files)


def _is_form(exchange: Exchange) -> bool:
    kinds = (value for name, value in exchange.sent.headers if name.lower() == "content-type")
    return next(kinds, "").lower().startswith("multipart/")


def _names_again(facts: Facts) -> Iterator[Exchange]:
    for task in facts.tasks:
        before: set[str] = set()
        for said in task.said:
            names = {file.name for file in said.asked.files}
            if names & before:
                yield said.exchange
            before |= names


def _missing(facts: Facts) -> Iterator[Exchange]:
    """The downloads of a path that the target reports as missing."""
    return (e for e in facts.requests("download_artifact") if e.refused and "path=" in e.sent.target)


def _read(facts: Facts) -> Read:
    for task in facts.tasks:
        yield from ((task, each.exchange) for each in task.listings if each.exchange.ok)
        yield from ((task, each.exchange) for each in task.downloads if each.exchange.ok)


def _at_work(facts: Facts) -> Read:
    return ((task, each) for task, each in _read(facts) if facts.is_at_work(task, each.started))


def _at_rest(facts: Facts) -> Read:
    return ((task, e) for task, e in _read(facts) if task.at_rest(e.started, e.ended) is not None)


def _in_later_turns(facts: Facts) -> Read:
    for task, each in _at_rest(facts):
        turn = task.turn_at(each.started)
        if turn is not None and any(one.said.exchange.ended < turn.began for one in task.brought):
            yield task, each


def _downloads(facts: Facts) -> Iterator[tuple[Task, str, Exchange]]:
    """The accepted downloads, with their paths."""
    for task in facts.tasks:
        yield from ((task, each.path or "", each.exchange) for each in task.downloads if each.exchange.ok)


def _listed_too(facts: Facts) -> Iterator[tuple[Task, str, Exchange]]:
    """The accepted downloads of listed paths."""
    listed = {task.id: {path for each in task.listings for path in each.files} for task in facts.tasks}
    return (each for each in _downloads(facts) if each[1] in listed[each[0].id])


def _spelled(facts: Facts) -> Iterator[Exchange]:
    yield from filter(is_spelled, facts.requests("list_artifacts", "download_artifact"))
    yield from (each for each, _ in _brought(facts) if is_spelled(each))


FILE = noun(
    count=Numbers(
        lambda facts: ((each, len(body.files)) for each, body in facts.bodies if _is_form(each)),
        many=MOST,
        too_many=MOST + 1,
    ),
    size=Sizes(
        lambda facts: ((each, file.size) for each, files in _brought(facts) for file in files), large=MEGABYTE
    ),
    place=[
        Order(lambda facts: ([each] * len(files) for each, files in _brought(facts))),
        When(again=_names_again),
    ],
    name=[
        Names(
            lambda facts: ([(each, file.name) for file in files] for each, files in _brought(facts)),
            frozenset({"same"}),
        ),
        Names(
            lambda facts: (
                [(one.said.exchange, one.file.name) for one in task.brought] for task in facts.tasks
            ),
            frozenset({"nearly_same"}),
        ),
    ],
    moment=When(
        before=_missing,
        during=lambda facts: (each for _, each in _at_work(facts)),
        after=lambda facts: (each for _, each in _at_rest(facts)),
        at_once=lambda facts: (
            each for task in facts.tasks for each in overlap([one.exchange for one in task.downloads])
        ),
        twice=lambda facts: repeated((each, (task.id, path)) for task, path, each in _downloads(facts)),
    ),
    spelling=_spelled,
    view=lambda facts: (each for _, _, each in _listed_too(facts)),
    end=lambda facts: (each for _, each in _in_later_turns(facts)),
    cut=lambda facts: (each for each in facts.requests(*SENDS) if _is_form(each) and is_broken(each)),
)

# ----- archive entry


def _archives(facts: Facts) -> Iterator[tuple[Exchange, SentFile]]:
    """The archives that came with messages; one that cannot be read has no entries."""
    for each, files in _brought(facts):
        yield from ((each, file) for file in files if file.entries is not None)


def _readable(facts: Facts) -> Iterator[tuple[Exchange, tuple[SentFile, ...]]]:
    return ((each, file.entries) for each, file in _archives(facts) if file.entries)


def _entry_numbers(facts: Facts) -> Iterator[tuple[Exchange, int]]:
    for each, file in _archives(facts):
        if file.entries or file.size == EMPTY_ARCHIVE:
            yield each, len(file.entries or ())


def _paths_again(facts: Facts) -> Iterator[Exchange]:
    for task in facts.tasks:
        before: set[Hashable] = set()
        for each in task.brought:
            mine = {entry.name for entry in each.file.entries or ()}
            if mine & before:
                yield each.said.exchange
            before |= mine


def _archives_again(facts: Facts) -> Iterator[Exchange]:
    for task in facts.tasks:
        archives = (each for each in task.brought if each.file.entries)
        yield from repeated((each.said.exchange, each.file.sha256) for each in archives)


def _entries_of(task: Task) -> set[str]:
    return {entry.name for each in task.brought for entry in each.file.entries or ()}


def _missing_entries(facts: Facts) -> Iterator[Exchange]:
    mine = {task.id for task in facts.tasks if _entries_of(task)}
    return (e for e in _missing(facts) if e.task in mine and "uploads" in unquote(e.sent.target))


def _of_archives(found: Read) -> Iterator[Exchange]:
    return (each for task, each in found if _entries_of(task))


def _entries_downloaded(facts: Facts) -> Iterator[Exchange]:
    for task, path, each in _listed_too(facts):
        if any(path.endswith(name) for name in _entries_of(task)):
            yield each


ENTRY = noun(
    count=Numbers(_entry_numbers, many=MOST),
    size=Sizes(
        lambda facts: ((each, entry.size) for each, entries in _readable(facts) for entry in entries),
        large=65_536,
        small=2,
    ),
    place=[
        Order(lambda facts: ([each] * len(entries) for each, entries in _readable(facts))),
        When(again=_paths_again),
    ],
    name=Names(
        lambda facts: (
            [(each, posixpath.basename(entry.name)) for entry in entries]
            for each, entries in _readable(facts)
        )
    ),
    moment=When(
        before=_missing_entries,
        during=lambda facts: _of_archives(_at_work(facts)),
        after=lambda facts: _of_archives(_at_rest(facts)),
        at_once=lambda facts: (e for e, files in _brought(facts) if sum(bool(f.entries) for f in files) > 1),
        twice=_archives_again,
    ),
    spelling=lambda facts: (each for each, _ in _archives(facts) if is_spelled(each)),
    view=_entries_downloaded,
    end=lambda facts: _of_archives(_in_later_turns(facts)),
    cut=lambda facts: (e for e, file in _archives(facts) if not file.entries and file.size > EMPTY_ARCHIVE),
)
