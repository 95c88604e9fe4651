"""UPLOAD, names and forms: names twice, beyond ASCII and with paths; parts of unusual but legal shape."""

import unicodedata

from sigmic_conformance.conformance.judging.evidence import cite, summary
from sigmic_conformance.conformance.judging.observations import Observations
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.verdict import Unproven, Verdict, inconclusive
from sigmic_conformance.conformance.judging.workspace_files import listed
from sigmic_conformance.conformance.registry import judge

FILE_CONTENTS = "file_contents"
FORM_SHAPES = "form_shapes"
NAME = "quarterly report ü.csv"


def as_if_plain(record: Record, name: str) -> Verdict:
    """The form is taken, and message and file are as if it had its usual shape."""
    observations = Observations("refused", "accepted, with its message and its file")
    made = record.exchange(FORM_SHAPES, name)
    if observations.add(made.ok, made, f"{name}: {summary(made)}"):
        task, page = (record.exchange(FORM_SHAPES, f"{name}: {what}") for what in ("task", "files"))
        data = task.data if isinstance(task.data, dict) else {}
        found = data.get("message")
        observations.add(
            found == record.fact(FORM_SHAPES, "message"), task, f"message {found!r}", reason="misread"
        )
        paths = list(listed(page))
        whole = len(paths) == 1 and paths[0].endswith("plain.txt")
        if observations.add(whole, page, f"files {paths}", reason="misread"):
            exchange = record.exchange(FORM_SHAPES, f"{name}: {paths[0]}")
            same = exchange.body == record.fact(FORM_SHAPES, "word").encode()
            observations.add(same, exchange, f"{exchange.size} bytes", reason="misread")
    return observations.verdict()


@judge("UPLOAD-017", "file_names")
def names_stay_inside(record: Record) -> Verdict:
    control = record.exchange("file_names", "twin")
    if not control.ok:
        return inconclusive(
            Unproven.CONTROL_FAILED, f"the plain control was refused: {summary(control)}", cite(control)
        )
    observations = Observations("outside-uploads", "refused, or kept under uploads/")
    for number, name in enumerate(record.fact("file_names", "names")):
        exchange = record.exchange("file_names", f"name {number}")
        if exchange.refused:
            observations.holds(exchange, f"{name!r} is refused")
            continue
        if not exchange.ok:
            observations.broken(exchange, f"{name!r}: {summary(exchange)}", reason="server-error")
            continue
        page = record.exchange("file_names", f"name {number}: files")
        outside = [
            path for path in listed(page) if not path.startswith("uploads/") or ".." in path.split("/")
        ]
        observations.add(not outside, page, f"{name!r} became {list(listed(page))}")
    return observations.verdict()


@judge("UPLOAD-018", FORM_SHAPES)
def names_twice(record: Record) -> Verdict:
    observations = Observations("other-names", "both kept, the second as same (1).txt")
    made = record.exchange(FORM_SHAPES, "same names")
    if observations.add(made.ok, made, summary(made), reason="refused"):
        page = record.exchange(FORM_SHAPES, "same names: files")
        names = sorted(path.rpartition("/")[2] for path in listed(page))
        observations.add(names == ["same (1).txt", "same.txt"], page, f"{names}")
        for path, content in (("uploads/same.txt", b"one"), ("uploads/same (1).txt", b"two")):
            if path in listed(page):
                exchange = record.exchange(FORM_SHAPES, f"same names: {path}")
                observations.add(exchange.body == content, exchange, f"{path}: {exchange.body[:20]!r}")
    return observations.verdict()


@judge("UPLOAD-019", FILE_CONTENTS)
def names_with_spaces(record: Record) -> Verdict:
    observations = Observations("not-reachable", "listed, and downloadable by its listed path")
    page = record.exchange(FILE_CONTENTS, "files")
    paths = [path for path in listed(page) if path.endswith(".csv") and "report" in path]
    observations.add(len(paths) == 1, page, f"listed: {paths}")
    for path in paths:
        exchange = record.exchange(FILE_CONTENTS, f"download {path}")
        observations.add(exchange.ok and exchange.size > 0, exchange, summary(exchange))
    return observations.verdict()


@judge("UPLOAD-023", FORM_SHAPES)
def last_component_in_form_c(record: Record) -> Verdict:
    observations = Observations("other-name", "the last component of the name, in Unicode normal form C")
    made = record.exchange(FORM_SHAPES, "decomposed")
    if observations.add(made.ok, made, summary(made), reason="refused"):
        page = record.exchange(FORM_SHAPES, "decomposed: files")
        wanted = f"uploads/caf\u00e9-{record.fact(FORM_SHAPES, 'word')}.txt"
        observations.add(list(listed(page)) == [wanted], page, f"{list(listed(page))}")
    return observations.verdict()


@judge("UPLOAD-025", FILE_CONTENTS)
def name_in_utf_8(record: Record) -> Verdict:
    observations = Observations("name-changed", f"a file named {NAME}")
    page = record.exchange(FILE_CONTENTS, "files")
    names = [unicodedata.normalize("NFC", path.rpartition("/")[2]) for path in listed(page)]
    seen = [name for name in names if "report" in name]
    observations.add(NAME in names, page, f"listed: {seen or names}")
    return observations.verdict()


@judge("UPLOAD-026", FORM_SHAPES)
def files_before_fields(record: Record) -> Verdict:
    return as_if_plain(record, "files first")


@judge("UPLOAD-027", FORM_SHAPES)
def text_around_the_parts(record: Record) -> Verdict:
    return as_if_plain(record, "text around")
