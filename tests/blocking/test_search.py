"""The search climbs from a small cost to a find, and does not trust a single measurement."""

import itertools

import pytest

from tests.blocking import cases
from tests.blocking.inputs import SHAPES, Input
from tests.blocking.operations import SURFACES, documents, operations
from tests.blocking.places import request
from tests.blocking.search import LIMIT, Case, Doors, Search, Tried
from tests.blocking.tokens import vocabulary
from tests.blocking.trial import doors

DOORS = Doors(
    (("api one", "json /a", ("key",)), ("api two", "header Cookie", ("nobody",))), ("what ",), ("\\",)
)
IDS = {"project": "p", "id": "t"}


def turns(count: int):
    """A clock whose second ends after `count` readings."""
    looks = itertools.count()
    return lambda: next(looks) / count


def searched(measure, count=3000) -> list[Tried]:
    return list(Search(DOORS, measure, seed=7).run(1.0, turns(count)))


def test_what_grows_with_the_square_is_found_by_what_it_costs_when_it_is_small():
    def measure(case: Case) -> float:
        is_costly = case.place == "header Cookie" and case.input.shape == "quoted"
        return 5e-12 * case.input.size**2 + 0.002 if is_costly else 0.001

    found = [tried for tried in searched(measure) if tried.seconds > LIMIT]

    assert {tried.case.place for tried in found} == {"header Cookie"}
    assert max(tried.seconds for tried in found) > 0.5


def test_a_pause_that_does_not_come_again_is_no_find():
    measured: set[Case] = set()

    def once(case: Case) -> float:
        is_first = case not in measured
        measured.add(case)
        return 0.2 if is_first else 0.001

    assert [tried for tried in searched(once) if tried.seconds > LIMIT] == []


def test_a_seed_tries_the_same():
    def cost(case: Case) -> float:
        return len(case.input.tokens) / 1000

    assert searched(cost, 200) == searched(cost, 200)


@pytest.mark.parametrize("shape", SHAPES)
def test_an_input_has_about_the_size_that_it_says(shape):
    text = Input(("what ", "\\"), shape, 20_000).text()

    assert 100 < len(text) <= 30_000


def test_every_operation_of_every_document_has_places():
    reached = {operation for operation, _, _ in doors(()).places}

    assert {each.name for each in operations()} <= reached
    assert {surface.name for surface in SURFACES} <= {name.split(" ")[0] for name in reached}


def test_every_place_makes_a_request():
    known = {each.name: each for each in operations()}
    for operation, place, _ in doors(()).places:
        if operation in known:
            made = request(known[operation], place, Input(("a",), "repeated", 100), IDS, {}).encoded("h")
            assert b"HTTP/1.1\r\n" in made


def test_the_vocabulary_has_the_words_of_our_grammars_and_examples():
    words = vocabulary(documents())

    assert {"what is ", "capital "} <= {word.lower() for word in words}
    assert "What is the capital of France? " in words


def test_a_case_is_kept_as_data(tmp_path):
    tried = Tried(Case("api one", "json /a", "key", Input(("\\", "\n"), "quoted", 5000)), 0.3)
    cases.keep([tried], tmp_path / "cases.yaml")

    assert list(cases.kept(tmp_path / "cases.yaml")) == [tried.case]
