from lab.mutation.report import figures, survivor
from lab.mutation.sources import Mutant
from lab.mutation.trying import Fate, Trial


def trial(fate: Fate, after: str = "b", strange: tuple[str, ...] = ()) -> dict:
    mutant = Mutant("m/a.py", "dropped-call", 3, (3,), "a", after, "")
    return Trial(mutant=mutant.as_json(), fate=fate, strange=strange).as_json()


def test_the_detected_share_counts_only_mutants_that_a_client_can_observe():
    found = [trial(fate) for fate in (Fate.UNREACHED, Fate.INVALID, Fate.SAME, Fate.OTHER, Fate.OBSERVED)]
    found += [trial(Fate.RIGHT)] * 3

    told = figures(found, None)

    assert told.share == 3 / 5
    assert "8 mutants: no probe comes to 1, 1 do not start" in told.text
    assert "detected by a right requirement: 3 of 5, 60.0%" in told.text
    assert "not detected: 1 of 5" in told.text


def test_an_unproven_requirement_is_no_detection():
    told = figures([trial(fate) for fate in (Fate.RIGHT, Fate.UNPROVEN, Fate.UNPROVEN, Fate.ELSEWHERE)], None)

    assert told.share == 1 / 4
    assert "a right requirement is unproven: 2 of 4" in told.text
    assert "another requirement is unproven: 1 of 4" in told.text
    assert "not detected: 0 of 4" in told.text


def test_an_explanation_says_whether_a_client_can_observe_it(tmp_path):
    explained = tmp_path / "explained.yaml"
    explained.write_text(
        '"m/a.py [dropped-call] a => legal": {is: legal, why: no page speaks of it}\n'
        '"m/a.py [dropped-call] a => seen": {is: missing, why: no probe does it twice}\n'
    )
    found = [trial(Fate.OBSERVED, "legal"), trial(Fate.SAME, "seen"), trial(Fate.RIGHT)]

    assert figures(found, explained).share == 1 / 2


def test_a_survivor_is_reported_with_its_diff_and_a_detected_mutant_is_not():
    told = survivor(trial(Fate.OBSERVED, strange=("p/get/1: 200\nOK",)))

    assert told.splitlines()[0] == "observed  m/a.py:3  dropped-call"
    assert "    - a\n    + b" in told
    assert "another answer: p/get/1: 200 OK" in told
    assert survivor(trial(Fate.RIGHT)) == ""
