"""Files that come with messages, and the entries of archives among them. Pure."""

import posixpath
from urllib.parse import unquote

from sigmic_conformance.conformance.model.cells.facts import SENDS, Facts, broken, overlap, spelled
from sigmic_conformance.conformance.model.cells.heuristics import Reach, again, near, numbers, order, sizes
from sigmic_conformance.conformance.model.task import Task
from sigmic_conformance.conformance.transcript.sent_file import SentFile
from sigmic_conformance.conformance.transcript.transcript import Exchange

MOST, MEGABYTE = 20, 1_000_000
EMPTY_ARCHIVE = 22
"""Size in bytes of an empty archive."""


def file(run: Facts) -> Reach:
    """The cells of files."""
    files = _files(run)
    downloads = [(task, one.path, one.exchange) for task in run.tasks for one in task.downloads]
    return {
        **numbers(
            ((e, len(body.files)) for e, body in run.bodies if _is_form(e)), many=MOST, too_many=MOST + 1
        ),
        **sizes(((e, one.size) for e, mine in files for one in mine), large=MEGABYTE),
        **order([e] * len(mine) for e, mine in files),
        "place=again": again(
            (said.exchange, {(task.id, one.name) for one in said.asked.files}) for task, said in run.said
        ),
        "name=same": again((e, {(id(e), one.name)}) for e, mine in files for one in mine),
        "name=nearly_same": (
            e for task in run.tasks for e in near((one.said.exchange, one.file.name) for one in task.brought)
        ),
        "moment=before": _missing(run),
        **_read(run, run.tasks),
        "moment=at_once": (e for task in run.tasks for e in overlap(one.exchange for one in task.downloads)),
        "moment=twice": again((e, {(task.id, path)}) for task, path, e in downloads if e.ok),
        "spelling=other": [
            *spelled(run.requests("list_artifacts", "download_artifact")),
            *spelled(e for e, _ in files),
        ],
        "view=several": (e for _, _, e in _listed_too(run)),
        "cut=middle": broken(filter(_is_form, run.requests(*SENDS))),
    }


def archive_entry(run: Facts) -> Reach:
    """The cells of entries: an archive that cannot be read has none."""
    archives = [(e, one, one.entries) for e, mine in _files(run) for one in mine if one.entries is not None]
    readable = [(e, entries) for e, _, entries in archives if entries]
    names = [[(e, posixpath.basename(one.name)) for one in entries] for e, entries in readable]
    brought = [(task, one) for task in run.tasks for one in task.brought if one.file.entries]
    paths = {
        task.id: tuple(entry.name for one in task.brought for entry in one.file.entries or ())
        for task, _ in brought
    }
    return {
        **numbers(
            ((e, len(entries)) for e, one, entries in archives if entries or one.size == EMPTY_ARCHIVE),
            many=MOST,
        ),
        **sizes(((e, one.size) for e, entries in readable for one in entries), large=65_536, small=2),
        **order([e] * len(entries) for e, entries in readable),
        "place=again": again(
            (one.said.exchange, {(task.id, entry.name) for entry in one.file.entries or ()})
            for task, one in brought
        ),
        "name=same": again((e, {(id(mine), name)}) for mine in names for e, name in mine),
        "name=nearly_same": (e for mine in names for e in near(mine)),
        "moment=before": (
            e for e in _missing(run) if e.task in paths and "uploads" in unquote(e.sent.target)
        ),
        **_read(run, [task for task in run.tasks if task.id in paths]),
        "moment=at_once": (e for e, mine in _files(run) if sum(bool(one.entries) for one in mine) > 1),
        "moment=twice": again((one.said.exchange, {(task.id, one.file.sha256)}) for task, one in brought),
        "spelling=other": spelled(e for e, _, _ in archives),
        "view=several": (e for task, path, e in _listed_too(run) if path.endswith(paths.get(task.id, ()))),
        "cut=middle": (e for e, one, entries in archives if not entries and one.size > EMPTY_ARCHIVE),
    }


def _read(run: Facts, tasks: list[Task]) -> Reach:
    """The cells of listings and downloads of these tasks, by the state of the task."""
    listings = [(task, one.exchange) for task in tasks for one in task.listings if one.exchange.ok]
    downloads = [(task, one.exchange) for task in tasks for one in task.downloads if one.exchange.ok]
    reads = listings + downloads
    rests = [(task, e) for task, e in reads if task.at_rest(e.started, e.ended) is not None]
    return {
        "moment=during": (e for task, e in reads if run.is_at_work(task, e.started)),
        "moment=after": (e for _, e in rests),
        "end=after": (
            e
            for task, e in rests
            if (turn := task.turn_at(e.started)) is not None
            and any(one.said.exchange.ended < turn.began for one in task.brought)
        ),
    }


def _files(run: Facts) -> list[tuple[Exchange, tuple[SentFile, ...]]]:
    return [(e, body.files) for e, body in run.bodies if body.files]


def _is_form(exchange: Exchange) -> bool:
    kinds = (value for name, value in exchange.sent.headers if name.lower() == "content-type")
    return next(kinds, "").lower().startswith("multipart/")


def _missing(run: Facts) -> list[Exchange]:
    """The downloads of a path that the target reports as missing."""
    return [e for e in run.requests("download_artifact") if e.refused and "path=" in e.sent.target]


def _listed_too(run: Facts) -> list[tuple[Task, str, Exchange]]:
    """The accepted downloads of listed paths."""
    return [
        (task, one.path, one.exchange)
        for task in run.tasks
        for one in task.downloads
        if one.exchange.ok and one.path is not None and any(one.path in each.files for each in task.listings)
    ]
