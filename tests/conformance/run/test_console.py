"""What a run says on the console of what is not in order."""

from sigmic_conformance.conformance.journeys.planning import plan_journeys
from sigmic_conformance.conformance.judging.verdict import Unproven, Verdict, failed, inconclusive
from sigmic_conformance.conformance.registry import Registry
from sigmic_conformance.conformance.run.console import findings, journeys
from sigmic_conformance.conformance.run.run import Run
from sigmic_conformance.conformance.target.profile import Credentials, Profile
from sigmic_conformance.conformance.target.reference_server import reference_profile
from sigmic_conformance.conformance.transcript.transcript import Ending, Transcript
from sigmic_conformance.spec.ledger import Ledger

NO_WIDGET = "no widget credentials were given (profile key widget)"


def said(verdicts: dict[str, Verdict]) -> list[str]:
    run = Run(
        profile=Profile(base_url="http://127.0.0.1:1"),
        credentials=Credentials(api_key="k"),
        ledger=Ledger.load(),
        registry=Registry(),
        verdicts=verdicts,
    )
    return list(findings(run))


def open_for(observed: str) -> Verdict:
    return inconclusive(Unproven.PRECONDITION, observed)


def test_rows_that_lack_the_same_thing_are_told_together():
    lines = said(
        {
            "TOKEN-001": open_for(f"token_exchange: {NO_WIDGET}"),
            "TOKEN-014": open_for(f"end_users: {NO_WIDGET}"),
            "VARS-015": open_for(f"token_variables: {NO_WIDGET}"),
        }
    )

    assert lines == [
        f"3 rows inconclusive (precondition): {NO_WIDGET}",
        "    TOKEN-001, TOKEN-014, VARS-015",
    ]


def test_a_failure_has_its_own_lines_before_what_is_open():
    wrong = failed("wrong-status", expected="200", observed="500")

    lines = said({"TOKEN-001": open_for("a: lone"), **{f"GET-00{n}": wrong for n in range(1, 4)}})

    assert [line.partition("  ")[0] for line in lines if not line.startswith(" ")] == [
        "GET-001",
        "GET-002",
        "GET-003",
        "TOKEN-001",
    ]
    assert lines[1:3] == ["    expected  200", "    observed  500"]


def test_no_row_is_told_twice_or_not_at_all():
    rows = {f"TOKEN-{n:03}": open_for(f"a: {'same' if n % 2 else n}") for n in range(1, 10)}

    text = "\n".join(said(rows))

    assert {row: text.count(row) for row in rows} == dict.fromkeys(rows, 1)


def test_how_far_the_journeys_came_is_told():
    plan = plan_journeys(
        reference_profile("http://reference"),
        seed=1,
        triples=False,
        limit=lambda cost: "no more" if cost.turns > 22 else "",
    )
    facts = {"steps": [], "taken": 3}
    ended = {
        "journey_01": Transcript(probe="journey_01", ending=Ending.COMPLETE, facts=facts | {"taken": 11}),
        "journey_02": Transcript(
            probe="journey_02", ending=Ending.INTERRUPTED, detail="step 4: the task is gone", facts=facts
        ),
    }

    lines = list(journeys(plan, ended))

    assert lines == [
        "Journeys: 2, 14 of 22 steps taken",
        "    journey 02 interrupted: step 4: the task is gone",
    ]
    assert list(journeys(None, ended)) == []
