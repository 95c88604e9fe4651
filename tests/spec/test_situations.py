"""The list of situations: complete, without contradictions, and which values can occur together."""

import pytest

from sigmic_spec.situations import Situations, SituationsError, Value

SITUATIONS = Situations.load()
SMALL = """
dimensions:
  turn: {about: Which., of: task, values: {first: A., second: B.}}
  session: {about: Which., of: task, values: {new: A., restored: B.}}
  page: {about: Where., of: request, values: {last: A.}}
impossible:
  - between: {turn: [first], session: [restored]}
    because: A restore takes a follow-up.
triples: [turn, session, page]
"""


def test_every_pair_that_can_occur_is_named_once():
    pairs = [" ".join(map(str, pair)) for pair in Situations.parse(SMALL).pairs()]

    assert pairs == [
        "turn=first session=new",
        "turn=second session=new",
        "turn=second session=restored",
        "turn=first page=last",
        "turn=second page=last",
        "session=new page=last",
        "session=restored page=last",
    ]


def test_a_triple_holds_no_impossible_pair():
    triples = [" ".join(map(str, values)) for values in Situations.parse(SMALL).triples_of_values()]

    assert triples == [
        "turn=first session=new page=last",
        "turn=second session=new page=last",
        "turn=second session=restored page=last",
    ]


def test_a_situation_is_possible_unless_two_of_its_values_exclude_one_another():
    assert SITUATIONS.is_possible({"turn": "second", "session": "restored", "caller": "end_user"})
    assert not SITUATIONS.is_possible({"caller": "end_user", "turn": "first", "session": "restored"})


def test_every_value_can_occur_with_some_value_of_every_other_dimension():
    met = {(each, other.dimension) for pair in SITUATIONS.pairs() for each, other in (pair, pair[::-1])}
    missing = [
        f"{name}={value} with {other}"
        for name, dimension in SITUATIONS.dimensions.items()
        for value in dimension.values
        for other in SITUATIONS.dimensions
        if other != name and (Value(name, value), other) not in met
    ]

    assert missing == []


def test_the_first_values_can_all_occur_together():
    usual = {name: next(iter(each.values)) for name, each in SITUATIONS.dimensions.items()}

    assert SITUATIONS.is_possible(usual)


def test_a_value_is_read_as_it_is_written():
    assert str(SITUATIONS.value("session=restored")) == "session=restored"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("weather=rain", "no dimension is called 'weather'; there are turn, session"),
        ("turn=zeroth", "turn is never 'zeroth'; it is one of first, second, third, many"),
        ("turn", "turn is never ''"),
    ],
)
def test_an_unknown_value_is_refused_with_the_known_values(text: str, said: str):
    with pytest.raises(SituationsError, match=said):
        SITUATIONS.value(text)


@pytest.mark.parametrize(
    ("before", "after"),
    [("session: [restored]", "session: [lost]"), ("triples: [turn", "triples: [weather")],
    ids=["impossible", "triples"],
)
def test_a_list_with_an_unknown_dimension_or_value_is_refused(before: str, after: str):
    with pytest.raises(SituationsError):
        Situations.parse(SMALL.replace(before, after))
