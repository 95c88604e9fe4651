from sigmic_conformance.conformance.reports.mistakes import usual_mistake, usual_mistakes
from sigmic_conformance.spec.ledger import Ledger


def test_every_note_is_about_a_row_of_the_ledger_or_a_reason():
    known = Ledger.load().by_id

    rows = [name for name in usual_mistakes() if name.isupper()]
    assert [name for name in rows if name not in known] == []
    assert len(rows) >= 60


def test_notes_are_one_or_two_plain_sentences():
    for name, note in usual_mistakes().items():
        assert isinstance(note, str), name
        assert note.endswith("."), name
        assert len(note) < 260, name
        assert note.count("`") % 2 == 0, name


def test_the_row_speaks_before_the_reason():
    notes = usual_mistakes()

    assert usual_mistake("BEAT-002", "wrong-type") == notes["BEAT-002"]
    assert usual_mistake("NONE-001", "wrong-type") == notes["wrong-type"]
    assert usual_mistake("NONE-001", None) == ""
