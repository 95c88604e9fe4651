"""The cells of files and archive entries that traffic reaches."""

from sigmic_conformance.conformance.transcript.sent_file import SentFile
from tests.conformance.traffic import Traffic


def file(name: str, size: int = 100) -> SentFile:
    return SentFile(name, size, f"{name}{size}")


def archive(*names: str, name: str = "a.zip") -> SentFile:
    return SentFile(name, 400, "".join(names), tuple(file(each, 1) for each in names))


def test_files_have_numbers_sizes_and_names():
    traffic = Traffic().create_form(file("a", 0), file("A", 1), file("b", 4096), file("b", 2_000_000))

    assert traffic.cells("file") == {
        "count=two",
        "size=nothing",
        "size=small",
        "size=at_an_edge",
        "size=large",
        "place=first",
        "place=middle",
        "place=last",
        "name=same",
        "name=nearly_same",
    }


def test_files_of_two_messages_do_not_have_one_name_in_a_message():
    traffic = Traffic().create_form(file("a")).create_form(file("a"), task="other")

    assert "name=same" not in traffic.cells("file")


def test_a_file_comes_again_and_is_read_later():
    traffic = Traffic().create_form(file("a")).get("completed").say_form(file("a"))
    traffic.get("completed")
    traffic.files({"path": "uploads/a"})
    for _ in range(2):
        traffic.download("uploads/a")
    traffic.download("uploads/b", status=404)

    assert traffic.cells("file") >= {
        "place=again",
        "view=several",
        "end=after",
        "moment=before",
        "moment=twice",
    }
    assert "moment=at_once" not in traffic.cells("file")


def test_the_entries_of_an_archive():
    traffic = Traffic().create_form(archive("x/a", "y/a", "y/A"), archive("z", name="b.zip"))
    traffic.get("completed")
    traffic.say_form(archive("y/a"))
    traffic.get("completed")
    traffic.files({"path": "uploads/a/y/a"})
    traffic.download("uploads/a/y/a")

    assert traffic.cells("archive entry") >= {
        "count=one",
        "count=two",
        "size=small",
        "place=again",
        "name=same",
        "name=nearly_same",
        "moment=at_once",
        "view=several",
        "end=after",
    }
    assert "moment=twice" not in traffic.cells("archive entry")


def test_an_archive_without_entries_is_empty_or_cut():
    traffic = Traffic().create_form(SentFile("a.zip", 22, "e", ()))
    assert traffic.cells("archive entry") == {"count=zero"}

    traffic.create_form(SentFile("b.zip", 300, "f", ()), task="u")
    assert traffic.cells("archive entry") == {"count=zero", "cut=middle"}
