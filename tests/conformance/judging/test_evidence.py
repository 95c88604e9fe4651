from sigmic_conformance.conformance.judging.evidence import BRIEF, brief


def test_as_much_of_a_text_is_told_as_a_line_holds():
    assert brief("x" * 500) == "x" * BRIEF
    assert brief(None) == "None"
