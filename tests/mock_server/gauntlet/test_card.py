"""The result card of a gauntlet."""

from xml.etree import ElementTree as ET

from sigmic_mock.faults.catalogue import find
from sigmic_mock.gauntlet.card import Card
from sigmic_mock.gauntlet.outcome import Ended, FaultOutcome, Passage
from sigmic_mock.gauntlet.run_folder import Totals

LEFT = Totals(tasks=1, messages=2)


def passage(fault: str, outcome: FaultOutcome, why: str = "", last: str = "") -> Passage:
    end = Ended(code=0, seconds=0.5, last=last)
    return Passage(fault=find(fault), outcome=outcome, why=why, ended=end, totals=LEFT)


CARD = Card(
    healthy=Ended(code=0, seconds=1.0),
    totals=LEFT,
    passages=[
        passage("sse.crlf", FaultOutcome.FAILED, "exit code 1: bell \x07 <&>", "bell \x07"),
        passage("net.slow", FaultOutcome.HUNG, "still running after 9 s"),
        passage("sse.cr", FaultOutcome.SURVIVED),
        passage("sse.retry", FaultOutcome.NOT_MET, "nothing"),
    ],
    flags=["--timeout", "9"],
    command=["pytest", "-k", "a b"],
)


def test_the_text_report_shows_outcomes_lessons_and_how_to_repeat_a_fault():
    text = CARD.as_text()

    assert find("sse.crlf").learns in text
    assert "    guide   docs/guides/correct-your-client.md#parse-events-by-the-standard\n" in text
    assert "sigmic-mock gauntlet --only sse.crlf --timeout 9 -- pytest -k 'a b'" in text
    assert "exit code 1: bell \x07 <&>\n    learns" in text
    assert "NEVER FIRED, so not tested: sse.retry" in text
    assert "4 faults: 1 survived, 1 failed, 1 hung, 1 never fired" in text


def test_the_json_report_shows_outcomes_and_how_to_repeat_a_fault():
    value = CARD.as_json()

    assert value["counts"] == {"survived": 1, "failed": 1, "hung": 1, "never fired": 1}
    assert [each["outcome"] for each in value["faults"]] == ["failed", "hung", "survived", "never fired"]
    assert value["faults"][0]["again"] == CARD.again("sse.crlf")


def test_the_junit_report_is_valid_xml_with_one_case_per_fault():
    suite = ET.fromstring(CARD.as_junit())

    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("4", "2", "1")
    assert [case.find("failure") is not None for case in suite] == [True, True, False, False]
