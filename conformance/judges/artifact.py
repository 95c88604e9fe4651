"""ARTIFACT, the list: which files are told, in which order and with which fields."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from sigmic_conformance.conformance.judging.evidence import cite, summary
from sigmic_conformance.conformance.judging.observations import Observations
from sigmic_conformance.conformance.judging.readings import Reading
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.verdict import Unproven, Verdict, inconclusive
from sigmic_conformance.conformance.judging.workspace_files import entries_kept, listed
from sigmic_conformance.conformance.labels.artifact import MadeFile
from sigmic_conformance.conformance.labels.artifact_files import FilesWhileRunning, OddFiles
from sigmic_conformance.conformance.labels.conversation import EasyTask
from sigmic_conformance.conformance.labels.session import Restore
from sigmic_conformance.conformance.labels.upload import FileContents
from sigmic_conformance.conformance.labels.zip import HonestArchive
from sigmic_conformance.conformance.registry import judge, judge_each
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.conformance.transcript.label import ProbeName
from sigmic_conformance.spec.plural import plural

MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(\s*;.*)?")
CATEGORIES = frozenset(
    {
        *("csv", "pdf", "image", "code", "text", "json"),
        *("archive", "audio", "video", "spreadsheet", "document", "other"),
    }
)


@dataclass(frozen=True, slots=True)
class FileField:
    """A field of every listed file of the run; `holds` looks at the whole entry."""

    name: str
    holds: Callable[[Mapping[str, object]], bool]
    reason: str
    expected: str

    @property
    def probes(self) -> tuple[ProbeName, ...]:
        """The probes that are read."""
        return (FileContents.PROBE, MadeFile.PROBE)

    def __call__(self, record: Record) -> Verdict:
        observations = Observations(self.reason, self.expected)
        for exchange in record.exchanges():
            if exchange.operation == "list_artifacts" and exchange.ok:
                for path, entry in listed(exchange).items():
                    observed = f"{path}: {self.name} {entry.get(self.name)!r}"
                    observations.add(self.holds(entry), exchange, observed)
        return observations.verdict()


def is_relative(entry: Mapping[str, object]) -> bool:
    """A name, and a path that does not begin at the root."""
    return shapes.filled(entry.get("name")) and not str(entry["path"]).startswith("/")


def stays_inside(entry: Mapping[str, object]) -> bool:
    """A path that neither begins at the root nor climbs."""
    return not str(entry["path"]).startswith("/") and ".." not in str(entry["path"]).split("/")


def has_category(entry: Mapping[str, object]) -> bool:
    """Any category."""
    return shapes.filled(entry.get("category"))


def has_known_category(entry: Mapping[str, object]) -> bool:
    """One of the documented categories."""
    return shapes.one_of(entry.get("category"), CATEGORIES)


def has_time(entry: Mapping[str, object]) -> bool:
    """A time of the last change, told as a string."""
    return shapes.text(entry.get("modifiedAt")) and shapes.instant(entry["modifiedAt"]) is not None


def is_named_by_its_path(entry: Mapping[str, object]) -> bool:
    """The name is the last component of the path."""
    return entry.get("name") == str(entry["path"]).rpartition("/")[2]


judge_each(
    __name__,
    {
        "ARTIFACT-002": FileField("path", is_relative, "wrong-path", "strings name and path, path relative"),
        "ARTIFACT-005": FileField("category", has_category, "wrong-category", "a non-empty string"),
        "ARTIFACT-007": FileField("modifiedAt", has_time, "no-timestamp", "a timestamp"),
        "ARTIFACT-026": FileField(
            "category", has_known_category, "other-category", "one of the twelve categories"
        ),
        "ARTIFACT-032": FileField("path", stays_inside, "outside-workspace", "neither absolute nor with .."),
        "ARTIFACT-034": FileField("name", is_named_by_its_path, "other-name", "the last component of path"),
    },
    sweep=True,
)


@judge("ARTIFACT-001", MadeFile.PROBE, sweep=True)
def files_list(record: Record) -> Verdict:
    observations = Observations("wrong-shape", "data is an object with the list files")
    for exchange in record.exchanges():
        if exchange.operation == "list_artifacts" and exchange.ok:
            data = exchange.data
            observations.add(
                isinstance(data, dict) and isinstance(data.get("files"), list), exchange, summary(exchange)
            )
    return observations.verdict()


@judge("ARTIFACT-003", FileContents.PROBE)
def size_is_delivered(record: Record) -> Verdict:
    observations = Observations("size-differs", "size is what the download delivers")
    for path, entry in listed(record.exchange(FileContents.FILES)).items():
        exchange = record.exchange(FileContents.DOWNLOAD.of(path))
        observations.add(
            exchange.ok and exchange.size == entry.get("size"), exchange, f"{path}: {entry.get('size')}"
        )
    return observations.verdict()


@judge("ARTIFACT-004", FileContents.PROBE)
def media_types(record: Record) -> Verdict:
    observations = Observations("wrong-type", "a media type; text/csv for .csv, application/pdf for .pdf")
    page = record.exchange(FileContents.FILES)
    known = {".csv": "text/csv", ".pdf": "application/pdf"}
    for path, entry in listed(page).items():
        value = str(entry.get("mimeType"))
        wanted = next((kind for ending, kind in known.items() if path.endswith(ending)), None)
        holds = MEDIA_TYPE.fullmatch(value) is not None and wanted in {None, value.partition(";")[0].strip()}
        observations.add(holds, page, f"{path}: {value}")
    return observations.verdict()


@judge("ARTIFACT-006", FileContents.PROBE)
def categories(record: Record) -> Verdict:
    observations = Observations("other-category", "csv, pdf, image and code")
    page = record.exchange(FileContents.FILES)
    for path, category in {
        "data.csv": "csv",
        "paper.pdf": "pdf",
        "dot.png": "image",
        "script.py": "code",
    }.items():
        found = listed(page).get(f"uploads/{path}", {}).get("category")
        observations.add(found == category, page, f"{path}: {found}")
    return observations.verdict()


@judge("ARTIFACT-008", MadeFile.PROBE)
def made_file_is_listed(record: Record) -> Verdict:
    observations = Observations("not-listed", "the agent's file is listed")
    page, word = record.exchange(MadeFile.FILES), record.fact(MadeFile.WORD)
    found = [path for path in listed(page) if word in path]
    if not found and not _made(record, word):
        return inconclusive(Unproven.STIMULUS_NOT_REACHED, "no tool call made the file")
    observations.add(
        bool(found), page, f"listed as {found}" if found else f"{word} was created but is not listed"
    )
    return observations.verdict()


def _made(record: Record, word: str) -> bool:
    """True when a stream tells a tool call with this word in its arguments that succeeded."""
    for stream in record.streams(MadeFile.PROBE):
        calls = {event.call for event in stream.of("tool_call") if word in event.data}
        if any(
            event.call in calls and event.get("status") == "success" for event in stream.of("tool_result")
        ):
            return True
    return False


@judge("ARTIFACT-009", FilesWhileRunning.PROBE)
def files_at_any_time(record: Record) -> Verdict:
    task, name = (
        record.exchange(FilesWhileRunning.TASK.of("running")),
        record.fact(FilesWhileRunning.PATH),
    )
    state = task.data.get("status") if isinstance(task.data, dict) else None
    if state != "running":
        return inconclusive(Unproven.STIMULUS_NOT_REACHED, f"the task was {state} by then", cite(task))
    observations = Observations("not-reachable", "listed and downloaded while the task runs, and after it")
    for when in ("running", "finished"):
        page, got = (
            record.exchange(FilesWhileRunning.FILES.of(when)),
            record.exchange(FilesWhileRunning.DOWNLOAD.of(when)),
        )
        found = [path for path in listed(page) if path.endswith(name)]
        observations.add(page.ok and bool(found), page, f"{when}: {summary(page)}, {found or 'not listed'}")
        whole = record.fact(FilesWhileRunning.WORD).encode() in got.body
        observations.add(got.ok and whole, got, f"{when}: {summary(got)}, {plural(got.size, 'byte')}")
    return observations.verdict()


@judge("ARTIFACT-010", Restore.PROBE)
def files_after_expiry(record: Record) -> Verdict:
    observations = Observations("files-lost", "the same files, listed and downloaded with the same bytes")
    before, page = record.exchange(Restore.FILES_BEFORE), record.exchange(Restore.FILES_EXPIRED)
    observations.add(set(listed(before)) == set(listed(page)), page, f"{sorted(listed(page))}")
    first, then = record.exchange(Restore.DOWNLOAD_BEFORE), record.exchange(Restore.DOWNLOAD_EXPIRED)
    observations.add(then.ok and first.body == then.body, then, f"{plural(then.size, 'byte')}")
    return observations.verdict()


@judge("ARTIFACT-022", OddFiles.PROBE)
def hidden_files(record: Record) -> Verdict:
    page, word = record.exchange(OddFiles.FILES), record.fact(OddFiles.WORD)
    paths = [path for path in listed(page) if word in path]
    if not any(path.endswith(f"seen-{word}.txt") for path in paths):
        return inconclusive(Unproven.CONTROL_FAILED, "a plain file of the same command is not listed")
    observations = Observations("hidden-listed", "neither hidden files nor node_modules")
    odd = [path for path in paths if any(part.startswith(".") for part in path.split("/"))]
    odd += [path for path in paths if "node_modules" in path]
    observations.add(not odd, page, f"listed: {odd or 'none of them'}")
    return observations.verdict()


@judge("ARTIFACT-023", FileContents.PROBE, sweep=True)
def ordered_by_path(record: Record) -> Verdict:
    observations = Observations("other-order", "ascending by path")
    for exchange in record.exchanges():
        paths = list(listed(exchange)) if exchange.operation == "list_artifacts" and exchange.ok else []
        if len(paths) > 1:
            wrong = next((pair for pair in pairwise(paths) if _is_descending(*pair)), None)
            shown = f"{plural(len(paths), 'path')}" if wrong is None else f"{wrong[0]!r} before {wrong[1]!r}"
            observations.add(wrong is None, exchange, shown)
    return observations.verdict()


def _is_descending(first: str, second: str) -> bool:
    """Whether two paths stand in the wrong order in every alphabet: by bytes, by a language's, by numbers.

    They differ first in two small or two capital letters. How signs and cases are sorted is not documented
    (G-81).
    """
    a, b = next(((a, b) for a, b in zip(first, second, strict=False) if a != b), ("", ""))
    plain = a.isascii() and b.isascii() and ((a.islower() and b.islower()) or (a.isupper() and b.isupper()))
    return plain and a > b


@judge("ARTIFACT-024", EasyTask.PROBE)
def empty_list(record: Record) -> Verdict:
    observations = Observations("not-empty", "an empty list")
    exchange = record.exchange(EasyTask.NO_FILES)
    observations.add(exchange.ok and exchange.fields.get("files") == [], exchange, summary(exchange))
    return observations.verdict()


@judge("ARTIFACT-025", OddFiles.PROBE)
def unknown_kind(record: Record) -> Verdict:
    observations = Observations("other-type", "application/octet-stream")
    page = record.exchange(OddFiles.FILES)
    for path, entry in listed(page).items():
        if path.endswith(".qqq"):
            kind = entry.get("mimeType")
            observations.add(kind == "application/octet-stream", page, f"{path}: {kind!r}")
    return observations.verdict()


@judge("ARTIFACT-031", MadeFile.PROBE, OddFiles.PROBE)
def where_the_agent_writes(record: Record) -> Verdict:
    followed = Reading(as_written="the path that the agent wrote to", downloads="a path under downloads/")
    page, name = record.exchange(MadeFile.FILES), record.fact(MadeFile.NAME)
    other, word = record.exchange(OddFiles.FILES), record.fact(OddFiles.WORD)
    for exchange, wanted in ((page, name), (other, f"seen-{word}.txt")):
        readings = {wanted: "as_written", f"downloads/{wanted}": "downloads"}
        for path in listed(exchange):
            if path.endswith(wanted):
                followed.add(readings.get(path), exchange, f"{wanted} is listed as {path}")
    return followed.verdict()


@judge("ARTIFACT-033", HonestArchive.PROBE)
def entries_listed(record: Record) -> Verdict:
    return entries_kept(record, HonestArchive.ENTRIES, HonestArchive.FILES, HonestArchive.DOWNLOAD)
