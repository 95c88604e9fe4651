"""UPLOAD: file names twice, beyond ASCII and with paths, and forms of unusual but legal shape."""

import unicodedata

from sigmic_conformance.conformance.judges.uploads import listed
from sigmic_conformance.conformance.judging.evidence import summary
from sigmic_conformance.conformance.judging.observations import Claim
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.verdict import Verdict
from sigmic_conformance.conformance.registry import judge

SHAPES, CONTENTS = "form_shapes", "file_contents"
NAME = "quarterly report ü.csv"


@judge("UPLOAD-018", SHAPES)
def names_twice(record: Record) -> Verdict:
    claim = Claim("other-names", "both kept, the second as same (1).txt")
    made = record.exchange(SHAPES, "same names")
    if claim.see(made.ok, made, summary(made), reason="refused"):
        page = record.exchange(SHAPES, "same names: files")
        names = sorted(path.rpartition("/")[2] for path in listed(page))
        claim.see(names == ["same (1).txt", "same.txt"], page, f"{names}")
        for path, content in (("uploads/same.txt", b"one"), ("uploads/same (1).txt", b"two")):
            if path in listed(page):
                exchange = record.exchange(SHAPES, f"same names: {path}")
                claim.see(exchange.body == content, exchange, f"{path}: {exchange.body[:20]!r}")
    return claim.verdict()


@judge("UPLOAD-023", SHAPES)
def last_component_in_form_c(record: Record) -> Verdict:
    claim = Claim("other-name", "the last component of the name, in Unicode normal form C")
    made = record.exchange(SHAPES, "decomposed")
    if claim.see(made.ok, made, summary(made), reason="refused"):
        page = record.exchange(SHAPES, "decomposed: files")
        wanted = f"uploads/caf\u00e9-{record.fact(SHAPES, 'word')}.txt"
        claim.see(list(listed(page)) == [wanted], page, f"{list(listed(page))}")
    return claim.verdict()


@judge("UPLOAD-025", CONTENTS)
def name_in_utf_8(record: Record) -> Verdict:
    claim = Claim("name-changed", f"a file named {NAME}")
    page = record.exchange(CONTENTS, "files")
    names = [unicodedata.normalize("NFC", path.rpartition("/")[2]) for path in listed(page)]
    seen = [name for name in names if "report" in name]
    claim.see(NAME in names, page, f"listed: {seen or names}")
    return claim.verdict()


def as_if_plain(record: Record, name: str) -> Verdict:
    """The form is taken, and message and file are as if it had its usual shape."""
    claim = Claim("refused", "accepted, with its message and its file")
    made = record.exchange(SHAPES, name)
    if claim.see(made.ok, made, f"{name}: {summary(made)}"):
        task, page = (record.exchange(SHAPES, f"{name}: {what}") for what in ("task", "files"))
        data = task.data if isinstance(task.data, dict) else {}
        told = data.get("message")
        claim.see(told == record.fact(SHAPES, "message"), task, f"message {told!r}", reason="misread")
        paths = list(listed(page))
        whole = len(paths) == 1 and paths[0].endswith("plain.txt")
        if claim.see(whole, page, f"files {paths}", reason="misread"):
            exchange = record.exchange(SHAPES, f"{name}: {paths[0]}")
            same = exchange.body == record.fact(SHAPES, "word").encode()
            claim.see(same, exchange, f"{exchange.size} bytes", reason="misread")
    return claim.verdict()


@judge("UPLOAD-026", SHAPES)
def files_before_fields(record: Record) -> Verdict:
    return as_if_plain(record, "files first")


@judge("UPLOAD-027", SHAPES)
def text_around_the_parts(record: Record) -> Verdict:
    return as_if_plain(record, "text around")
