"""The ring's limit, the shares of projects, the numbers of entries, and the effect of a reset."""

from sigmic_mock.journal.entry import Entry, Kind
from sigmic_mock.journal.ring import Journal, Numbered


def entry(project: str | None = "mine", text: bytes = b"") -> Entry:
    return Entry(kind=Kind.FRAME, project=project, at=0, real=0, detail={"data": text})


def numbers(found: list[Numbered]) -> list[int]:
    return [each.number for each in found]


def test_the_oldest_entries_go_and_are_counted():
    journal = Journal(3)

    for _ in range(10):
        journal.add(entry(), journal.last)

    assert numbers(journal.entries("mine")) == [8, 9, 10]
    assert journal.state("mine") == {
        "held": 3,
        "held_bytes": 3 * entry().size,
        "dropped": 7,
        "bound": 3,
        "last": 10,
    }


def test_bytes_are_bounded_over_all_projects_and_the_noisy_one_pays():
    text = b"x" * 10_000
    journal = Journal(1000, most_bytes=105_000)
    for _ in range(2):
        journal.add(entry("quiet", text), 0)

    for _ in range(100):
        journal.add(entry("noisy", text), 0)

    assert journal.state("quiet")["held"] == 2
    assert journal.state("quiet")["dropped"] == 0
    assert journal.state("x", everybody=True)["held_bytes"] <= 105_000
    assert journal.state("noisy")["held"] + journal.state("noisy")["dropped"] == 100


def test_a_quiet_project_that_comes_late_finds_room():
    text = b"x" * 10_000
    journal = Journal(1000, most_bytes=105_000)
    for _ in range(20):
        journal.add(entry("noisy", text), 0)
    before = journal.state("noisy")["held"]

    journal.add(entry("quiet", text), 0)

    assert journal.state("quiet")["held"] == 1
    assert journal.state("noisy")["held"] == before - 1


def test_an_entry_larger_than_all_is_dropped_itself():
    journal = Journal(10, most_bytes=1000)

    journal.add(entry(text=b"x" * 5000), 0)

    assert journal.state("mine") == {"held": 0, "held_bytes": 0, "dropped": 1, "bound": 10, "last": 1}


def test_projects_see_their_own_and_the_server_sees_all_in_order():
    journal = Journal(10)
    for project in ("a", None, "b", "a"):
        journal.add(entry(project), journal.last)

    assert numbers(journal.entries("a")) == [1, 4]
    assert numbers(journal.entries("a", since=1)) == [4]
    assert numbers(journal.entries("nobody", everybody=True)) == [1, 2, 3, 4]
    assert numbers(journal.entries("nobody", everybody=True, since=2)) == [3, 4]


def test_clearing_forgets_one_project_and_lets_its_stories_go_on():
    journal = Journal(10)
    born = journal.last
    journal.add(entry("a"), born)
    journal.add(entry("b"), born)

    gone = journal.clear("a")
    journal.add(entry("a"), born)

    assert gone == 1
    assert numbers(journal.entries("a")) == [3]
    assert numbers(journal.entries("b")) == [2]


def test_after_a_reset_nothing_that_began_before_it_is_noted():
    journal = Journal(10)
    born = journal.last
    journal.add(entry("a"), born)

    journal.reset("a")
    late, other, new = (
        journal.add(entry("a"), born),
        journal.add(entry("b"), born),
        journal.add(entry("a"), journal.last),
    )

    assert late == 0
    assert 0 < other < new
    assert numbers(journal.entries("a")) == [new]


def test_a_watcher_hears_of_every_entry_until_it_is_taken_away():
    journal, heard = Journal(10), []
    unwatch = journal.watch(lambda each: heard.append(each.number))
    journal.add(entry(), 0)

    unwatch()
    journal.add(entry(), 0)

    assert heard == [1]
