from sigmic_conformance.reports.mistakes import mistakes_by_reason, usual_mistake
from tests.conformance.kit import LEDGER


def test_notes_are_one_or_two_plain_sentences():
    own = {each.id: each.mistake for each in LEDGER.requirements if each.mistake}

    assert len(own) >= 60
    for name, note in {**own, **mistakes_by_reason()}.items():
        assert note.endswith("."), name
        assert len(note) < 260, name
        assert note.count("`") % 2 == 0, name


def test_the_requirement_speaks_before_the_reason():
    beat = LEDGER.by_id["BEAT-002"]

    assert usual_mistake(beat, "wrong-type") == beat.mistake
    assert usual_mistake(None, "wrong-type") == mistakes_by_reason()["wrong-type"]
    assert usual_mistake(None, None) == ""
