"""UPLOAD: limits of number and size, names and forms, and a refusal that leaves nothing behind."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sigmic_conformance.model.record.verdict import Outcome, Verdict
from sigmic_conformance.wire.numbered_text import numbered
from sigmic_conformance.wire.sent_file import SentFile
from sigmic_conformance.wire.transcript import Chunk, Closed, Exchange
from tests.conformance.handwritten import DONE, FOUR, HI, MORE, TASKS, Traffic, agent, cases, stories, user
from tests.conformance.kit import exchange, judged, no, ok

FORM = "multipart/form-data; boundary=b"
NO: dict[str, Any] = {"status": 400, "code": "NO"}


def file(name: str, content: bytes = b"x") -> SentFile:
    return SentFile.of(name, content)


def listed(*names: str, **sizes: int) -> Callable[[list[str]], Traffic]:
    """A function of paths: a task that was created with these files, and a list of the paths."""

    def made(paths: list[str]) -> Traffic:
        traffic = Traffic().create_form(*(file(name, b"x" * sizes.get("size", 1)) for name in names))
        return traffic.files(*({"path": path, "size": sizes.get("size", 1)} for path in paths))

    return made


def delivered(status: int) -> Traffic:
    traffic = listed("a b.txt")(["uploads/a b.txt"])
    return traffic.download("uploads/a b.txt", status=status)


def followed_up(paths: list[str], upload: SentFile | None = None) -> Traffic:
    """A follow-up whose file name a target may change, the list after it, and another follow-up."""
    traffic = listed("a.txt")(["uploads/a.txt"])
    traffic.say_form(upload or file("it's ü.txt"))
    traffic.add("POST", f"{TASKS}/t/tools/nobody-knew/approve", text='{"outcome": "cancel"}', status=404)
    traffic.files(*({"path": path, "size": 1} for path in paths))
    return traffic.say_form(file("b.txt"))


def archived(paths: list[str]) -> Traffic:
    return followed_up(paths, SentFile("a.zip", 9, "0" * 64, (file("inside.txt"),)))


def created(*files: SentFile, **more: Any) -> Traffic:
    return Traffic().create_form(*files, **more)


def archive_first(**more: Any) -> Traffic:
    """A form with its archive first, after an accepted form with its archive last."""
    traffic = Traffic().create_form(ARCHIVE)
    traffic.exchanges += files_first({}, ARCHIVE, **more).exchanges
    return traffic


def files_first(fields: dict[str, Any], sent: SentFile | None = None, **more: Any) -> Traffic:
    traffic, first = Traffic(), sent or file("a.txt")
    parts = (f"files: {first.name} ({first.size} bytes)", "message=Hi", "autoExecute=false")
    data = {"id": "t", "status": "pending"}
    traffic.add("POST", TASKS, data, kind=FORM, parts=parts, files=(first,), **more)
    if not more:
        traffic.get(fields=fields)
    return traffic


def too_much(what: list[SentFile]) -> tuple[str, tuple[str, ...], tuple[SentFile, ...]]:
    """A form of these files, with a systemPrompt that identifies it."""
    parts = ("message=Hi", "systemPrompt=odd", *(f"files: {each.name} ({each.size} bytes)" for each in what))
    return FORM, parts, tuple(what)


def refused_creation(*files: SentFile) -> Callable[[list[str]], Traffic]:
    """A function of ids: a creation refused for its files, and a list of tasks with its systemPrompt."""

    def made(ids: list[str]) -> Traffic:
        traffic = Traffic()
        for number, sent in enumerate(([file("a.txt")], list(files))):
            kind, parts, which = too_much(sent)
            more: dict[str, Any] = NO if number else {}
            traffic.add("POST", TASKS, {"id": "t"}, kind=kind, parts=parts, files=which, **more)
        return traffic.listing(*({"id": each, "systemPrompt": "odd", "message": "Hi"} for each in ids))

    return made


ARCHIVE = replace(file("a.zip"), entries=(file("x/a.txt"),))
LARGE, LARGEST, LARGER = (SentFile("large.bin", size) for size in (50_000_000, 52_428_800, 52_428_801))
MANY = [file(f"{number}.txt") for number in range(20)]


test_an_upload = stories(
    (
        "FOLLOWUP-009",
        followed_up,
        ["uploads/a.txt", "uploads/it_s _.txt"],
        ["uploads/a.txt", "made.txt"],
        "files-missing",
    ),
    ("FOLLOWUP-009", archived, ["uploads/a.txt", "uploads/inside.txt"], ["uploads/a.txt"], "files-missing"),
    ("UPLOAD-019", listed("it's ü.txt"), ["uploads/it's ü.txt"], ["uploads/its.txt"], "not-reachable"),
    ("UPLOAD-019", delivered, 200, 404, "not-reachable"),
    ("UPLOAD-003", refused_creation(*MANY, file("21.txt")), ["t"], ["t", "u"], "half-done"),
    ("UPLOAD-026", lambda more: files_first({}, **more), {"status": 201}, NO, "refused"),
    ("UPLOAD-026", lambda more: archive_first(**more), {"status": 201}, NO, "refused"),
    ("UPLOAD-026", lambda told: files_first({"autoExecute": told}), False, True, "misread"),
)


def test_a_form_that_is_accepted_does_not_show_that_its_file_is_kept():
    assert not created(LARGE).row("UPLOAD-005").spoke
    assert created(LARGE, status=413).reasons("UPLOAD-005") == {"refused"}


def test_an_empty_file_may_be_refused_before_the_message_too():
    assert files_first({}, file("a.txt", b""), **NO).row("UPLOAD-026").breaches == []


@cases("UPLOAD-019", "not-reachable")
def test_a_name_of_the_platforms_own_is_delivered_as_it_is_listed() -> Traffic:
    traffic = listed("a.txt", "a.txt")(["uploads/a.txt", "uploads/a%20(1).txt"])
    return traffic.download("uploads/a%20(1).txt", status=404)


@cases("UPLOAD-012 UPLOAD-019 UPLOAD-025", "unjudged")
def test_a_name_that_a_platform_may_refuse_is_not_spoken_of() -> Traffic:
    return listed('a"b.txt', "a/b ü.txt")(["uploads/ab.txt"])


def test_who_refuses_a_form_for_its_size_need_not_read_it_to_its_end():
    traffic = created(*MANY[:2], status=413)
    traffic.exchanges = [replace(each, sent=replace(each.sent, whole=False)) for each in traffic.exchanges]

    assert traffic.reasons("UPLOAD-015") == {"refused"}


@cases("UPLOAD-021", (Closed.COMPLETE, None), (Closed.DEADLINE, "answer-lost"))
def test_a_page_of_a_front_end_that_arrives_whole_can_be_read(closed: Closed) -> Traffic:
    traffic = created(*MANY, file("21.txt"), status=413)
    page = (Chunk(0, b"<h1>413 Request Entity Too Large</h1>"),)
    traffic.exchanges = [replace(each, chunks=page, closed=closed) for each in traffic.exchanges]
    return traffic


def test_a_task_of_an_unanswered_creation_fails_no_requirement():
    traffic = refused_creation(LARGER)(["t", "u"])
    traffic.exchanges[0] = replace(traffic.exchanges[0], status=None)

    assert traffic.reasons("UPLOAD-006") == set()


def shape(
    name: str, *paths: str, message: str = "m", content: str = "w", accepted: bool = True
) -> list[Exchange]:
    made = exchange(probe="form_shapes", label=name, status=201, body={"success": True, "data": {}})
    bodies = [
        exchange(probe="form_shapes", label=f"{name}: {path}", chunks=[(0.0, content.encode())])
        for path in paths
    ]
    return [
        made if accepted else no("form_shapes", name, 400, "INVALID_ENV"),
        ok("form_shapes", f"{name}: task", {"message": message}),
        ok("form_shapes", f"{name}: files", {"files": [{"path": path} for path in paths]}),
        *bodies,
    ]


def test_text_around_the_parts_changes_nothing():
    facts, path = {"message": "m", "word": "w"}, "uploads/plain.txt"

    def seen(*paths: str, **more: Any) -> Verdict:
        return judged("UPLOAD-027", *shape("text around", *paths, **more), noted=facts)

    assert seen(path).outcome is Outcome.PASSED
    assert seen(path, "README.md").outcome is Outcome.PASSED
    assert seen(path, accepted=False).reason == "refused"
    assert {seen(path, message="").reason, seen(path, content="w\r\n").reason, seen().reason} == {"misread"}


def test_a_cut_upload_leaves_nothing():
    message = {"id": "m", "role": "user", "content": "x", "createdAt": "2026-01-26T15:50:54.870Z"}

    def seen(*marks: str, messages: int = 1, path: str = "uploads/a.txt") -> Verdict:
        items = [{"id": mark, "systemPrompt": f"m {mark}"} for mark in marks]
        told: dict[str, Any] = {
            "history before": {"messages": [message]},
            "history after": {"messages": [message] * messages},
        }
        told["files after"], told["list"] = {"files": [{"path": path}]}, items
        answers = [
            exchange(probe="cut_uploads", label=label, body={"success": True, "data": data})
            for label, data in told.items()
        ]
        return judged("UPLOAD-024", *answers, facts={"cut_uploads": {"mark": "m"}})

    assert seen("whole").outcome is Outcome.PASSED
    assert seen().reason == "precondition"
    assert seen("whole", "cut").reason == "half-done"
    assert seen("whole", messages=2).reason == "half-done"
    assert seen("whole", path="uploads/cut.bin").reason == "half-done"


@cases(
    "UPLOAD-010",
    ("uploads/a (1).txt", b"two", None),
    ("uploads/a.txt", b"two", None),
    ("uploads/a.txt", b"one", "bytes-of-another"),
    ids=["renamed", "replaced", "the older one"],
)
def test_an_attached_file_is_the_one_of_its_message(path: str, content: bytes) -> Traffic:
    traffic = Traffic().create_form(file("a.txt", b"one"), message="Hi")
    traffic.stream(DONE, shown=[user(1, "Hi")])
    traffic.get()
    traffic.say_form(file("a.txt", b"two"), message="More")
    first, second = ({"attachedFiles": [{"name": "a.txt", "path": each}]} for each in ("uploads/a.txt", path))
    traffic.stream(DONE, shown=[user(1, "Hi", **first), agent(1, "4"), user(2, "More", **second)])
    traffic.get()
    return traffic.download(path, content)


@cases("UPLOAD-011", ("b", "not-attached"), ("ab", "not-attached not-its-own"))
def test_a_message_shows_only_its_own_files(shown: str) -> Traffic:
    traffic = Traffic().create_form(file("a.txt", b"one"), message="Hi")
    traffic.stream(DONE, shown=[user(1, "Hi", attachedFiles=[{"name": "a.txt", "path": "uploads/a.txt"}])])
    traffic.get()
    traffic.say_form(file("b.txt", b"two"), message="More")
    told = [{"name": f"{name}.txt", "path": f"uploads/{name}.txt"} for name in shown]
    return traffic.stream(DONE, shown=[user(1, "Hi"), agent(1, "4"), user(2, "More", attachedFiles=told)])


def test_a_long_upload_is_reported_with_what_is_missing():
    text = numbered(5000)
    traffic = created(file("long.txt", text.encode())).download("uploads/long.txt", text.encode()[:4096])
    (breach,) = traffic.row("UPLOAD-010").breaches

    assert breach.finding.observed.startswith("4,096 bytes: bytes 4094 to ")


@cases(
    "UPLOAD-009",
    ("c1", "mv uploads/a.txt b.txt", "unjudged"),
    ("c2", "mv uploads/a.txt b.txt", "unjudged"),
    ("c1", "echo two > b.txt", "not-listed"),
)
def test_a_later_call_may_have_changed_a_file_whatever_its_id_is(later: str, command: str) -> Traffic:
    traffic = created(file("a.txt"))
    for name, line in (("c1", "echo one"), (later, command)):
        traffic.ran(line, "", name=name).get()
        if line != command:
            traffic.say()
    return traffic.files({"path": "b.txt", "size": 1})


@cases("UPLOAD-022", ("date", "file-replaced"), ("date >> turns.txt", "unjudged"))
def test_a_call_may_have_changed_a_file_before_a_reader_hears_of_it(command: str) -> Traffic:
    traffic = Traffic().begun().get().download("turns.txt", b"1\n")
    traffic.say_form(SentFile.of("a.txt", b"x"))
    began = traffic.now
    traffic.ran(command, "", shown=[HI, FOUR, MORE], step=0.5)
    return traffic.at(began + 0.1).download("turns.txt", b"1\n2\n")


@cases(
    "UPLOAD-001",
    (1, 201, 3_000_000, None),
    (1, 413, 3_000_000, "refused"),
    (1, 413, 2_000_000, "unjudged"),
    (2, 413, 3_000_000, "unjudged"),
)
def test_a_file_within_the_limit_is_taken_but_a_sum_may_be_limited(count: int, status: int, limit: int):
    files = [SentFile(f"large-{number}.bin", 2_500_000, "0" * 64) for number in range(count)]
    traffic = Traffic(accepted_file_bytes=limit).create_form(*files, status=status)
    made = traffic.exchanges[-1]
    traffic.exchanges[-1] = replace(made, sent=replace(made.sent, size=count * 2_500_000))
    return traffic


def many(count: int) -> tuple[SentFile, ...]:
    return tuple(SentFile.of(f"f{number}.txt", b"x") for number in range(count))


def large(size: int) -> SentFile:
    return replace(SentFile.of("big.bin", b"x"), size=size)


LIMIT = 52_428_800

test_what_a_form_with_files_does = stories(
    ("UPLOAD-002", lambda more: Traffic().begun().say_form(*many(20), **more), {}, NO, "refused"),
    ("UPLOAD-006", lambda more: Traffic().create_form(large(LIMIT + 1), **more), NO, {}, "accepted"),
    ("UPLOAD-007", lambda more: Traffic().begun().say_form(large(LIMIT + 1), **more), NO, {}, "accepted"),
    (
        "UPLOAD-012",
        lambda count: (
            Traffic()
            .create_form(*many(2))
            .files(*({"path": f"uploads/f{number}.txt", "size": 1} for number in range(count)))
        ),
        2,
        1,
        "files-missing",
    ),
    (
        "UPLOAD-017",
        lambda path: Traffic().create_form(*many(1)).files({"path": path}),
        "uploads/f0.txt",
        "f0.txt",
        "outside-uploads",
    ),
    (
        "UPLOAD-025",
        lambda name: Traffic().create_form(SentFile.of("ä.txt", b"x")).files({"path": f"uploads/{name}"}),
        "ä.txt",
        "a.txt",
        "name-changed",
    ),
)


def test_files_without_a_message_are_refused():
    parts = ("files: a.txt (1 bytes)",)
    for more, reasons in ((NO, set()), ({}, {"accepted"})):
        form: dict[str, Any] = {"kind": "multipart/form-data; boundary=b", "parts": parts, "files": many(1)}
        traffic = Traffic().add("POST", TASKS, {"id": "t", "status": "pending"}, **form, **more)
        assert traffic.reasons("UPLOAD-013") == reasons
