"""UPLOAD, names and forms: names twice, beyond ASCII and with paths; parts of unusual but legal shape."""

import unicodedata

from sigmic_conformance.conformance.judging.evidence import cite, summary
from sigmic_conformance.conformance.judging.observations import Observations
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.verdict import Unproven, Verdict, inconclusive
from sigmic_conformance.conformance.judging.workspace_files import listed, strays
from sigmic_conformance.conformance.labels.upload import FileContents, FileNames
from sigmic_conformance.conformance.labels.upload_forms import FormShapes
from sigmic_conformance.conformance.registry import judge
from sigmic_conformance.conformance.transcript.label import Label
from sigmic_conformance.spec.plural import plural

NAME = "quarterly report ü.csv"


def as_if_plain(record: Record, label: Label) -> Verdict:
    """The form is taken, and message and file are as if it had its usual shape."""
    observations = Observations("refused", "accepted, with its message and its file")
    made = record.exchange(label)
    if observations.add(made.ok, made, f"{label}: {summary(made)}"):
        task, page = record.exchange(FormShapes.TASK.of(label)), record.exchange(FormShapes.FILES.of(label))
        data = task.data if isinstance(task.data, dict) else {}
        found = data.get("message")
        observations.add(
            found == record.fact(FormShapes.MESSAGE), task, f"message {found!r}", reason="misread"
        )
        paths = [path for path in listed(page) if path.startswith("uploads/")]
        whole = len(paths) == 1 and paths[0].endswith("plain.txt")
        if observations.add(whole, page, f"files {paths}", reason="misread"):
            exchange = record.exchange(FormShapes.DOWNLOAD.of(label, paths[0]))
            same = exchange.body == record.fact(FormShapes.WORD).encode()
            observations.add(same, exchange, f"{plural(exchange.size, 'byte')}", reason="misread")
    return observations.verdict()


@judge("UPLOAD-017", FileNames.PROBE)
def names_stay_inside(record: Record) -> Verdict:
    control = record.exchange(FileNames.TWIN)
    if not control.ok:
        return inconclusive(
            Unproven.CONTROL_FAILED, f"the plain control was refused: {summary(control)}", cite(control)
        )
    observations = Observations("outside-uploads", "refused, or kept under uploads/")
    names = record.fact(FileNames.NAMES)
    for number, name in enumerate(names):
        exchange = record.exchange(FileNames.NAME.of(number))
        if exchange.refused:
            observations.holds(exchange, f"{name!r} is refused")
            continue
        if not exchange.ok:
            observations.broken(exchange, f"{name!r}: {summary(exchange)}", reason="server-error")
            continue
        page = record.exchange(FileNames.FILES.of(FileNames.NAME.of(number)))
        outside = strays(page, record.fact(FileNames.WORD))
        observations.add(not outside, page, f"{name!r} became {list(listed(page))}")
    return observations.verdict()


@judge("UPLOAD-018", FormShapes.PROBE)
def names_twice(record: Record) -> Verdict:
    observations = Observations("other-names", "both kept, the second as same (1).txt")
    made = record.exchange(FormShapes.SAME_NAMES)
    if observations.add(made.ok, made, summary(made), reason="refused"):
        page = record.exchange(FormShapes.FILES.of(FormShapes.SAME_NAMES))
        names = sorted(path.rpartition("/")[2] for path in listed(page))
        observations.add(names == ["same (1).txt", "same.txt"], page, f"{names}")
        for path, content in (("uploads/same.txt", b"one"), ("uploads/same (1).txt", b"two")):
            if path in listed(page):
                exchange = record.exchange(FormShapes.DOWNLOAD.of(FormShapes.SAME_NAMES, path))
                observations.add(exchange.body == content, exchange, f"{path}: {exchange.body[:20]!r}")
    return observations.verdict()


@judge("UPLOAD-019", FileContents.PROBE)
def names_with_spaces(record: Record) -> Verdict:
    observations = Observations("not-reachable", "listed, and downloadable by its listed path")
    page = record.exchange(FileContents.FILES)
    paths = [path for path in listed(page) if path.endswith(".csv") and "report" in path]
    observations.add(len(paths) == 1, page, f"listed: {paths}")
    for path in paths:
        exchange = record.exchange(FileContents.DOWNLOAD.of(path))
        observations.add(exchange.ok and exchange.size > 0, exchange, summary(exchange))
    return observations.verdict()


@judge("UPLOAD-023", FormShapes.PROBE)
def last_component_in_form_c(record: Record) -> Verdict:
    observations = Observations("other-name", "the last component of the name, in Unicode normal form C")
    made = record.exchange(FormShapes.DECOMPOSED)
    if observations.add(made.ok, made, summary(made), reason="refused"):
        page = record.exchange(FormShapes.FILES.of(FormShapes.DECOMPOSED))
        wanted = f"uploads/caf\u00e9-{record.fact(FormShapes.WORD)}.txt"
        paths = [path for path in listed(page) if path.startswith("uploads/")]
        observations.add(paths == [wanted], page, f"{list(listed(page))}")
    return observations.verdict()


@judge("UPLOAD-025", FileContents.PROBE)
def name_in_utf_8(record: Record) -> Verdict:
    observations = Observations("name-changed", f"a file named {NAME}")
    page = record.exchange(FileContents.FILES)
    names = [unicodedata.normalize("NFC", path.rpartition("/")[2]) for path in listed(page)]
    seen = [name for name in names if "report" in name]
    observations.add(NAME in names, page, f"listed: {seen or names}")
    return observations.verdict()


@judge("UPLOAD-026", FormShapes.PROBE)
def files_before_fields(record: Record) -> Verdict:
    return as_if_plain(record, FormShapes.FILES_FIRST)


@judge("UPLOAD-027", FormShapes.PROBE)
def text_around_the_parts(record: Record) -> Verdict:
    return as_if_plain(record, FormShapes.TEXT_AROUND)
