"""A run's messages on the console about problems."""

from dataclasses import replace
from datetime import date

from sigmic_conformance.exit_codes import ExitCode
from sigmic_conformance.model.record.evidence import cite
from sigmic_conformance.model.record.verdict import (
    Outcome,
    Unproven,
    Verdict,
    failed,
    inconclusive,
    warned,
)
from sigmic_conformance.registry import Registry
from sigmic_conformance.reports.five_lines import to_do
from sigmic_conformance.results.baseline import Entry
from sigmic_conformance.run.console import conclusion, findings, full_text, journeys, next_step
from sigmic_conformance.run.retrial import Retrial
from sigmic_conformance.run.run import Run
from sigmic_conformance.target.profile import Credentials, Profile
from sigmic_conformance.target.reference_server import reference_profile
from sigmic_conformance.traffic.journeys.planning import plan_journeys
from sigmic_conformance.wire.transcript import Ending, Transcript
from sigmic_spec.ledger import Ledger
from tests.conformance.kit import exchange

NO_WIDGET = "no widget credentials were given (profile key widget)"


def run_of(verdicts: dict[str, Verdict]) -> Run:
    return Run(
        profile=Profile(base_url="http://127.0.0.1:1"),
        credentials=Credentials(api_key="k"),
        ledger=Ledger.load(),
        registry=Registry(),
        verdicts=verdicts,
    )


def said(verdicts: dict[str, Verdict]) -> list[str]:
    return list(findings(run_of(verdicts)))


def open_for(observed: str) -> Verdict:
    return inconclusive(Unproven.PRECONDITION, observed)


def test_requirements_with_the_same_missing_precondition_are_grouped():
    rows = {
        "TOKEN-001": open_for(f"token_exchange: {NO_WIDGET}"),
        "TOKEN-014": open_for(f"end_users: {NO_WIDGET}"),
        "VARS-015": open_for(f"token_variables: {NO_WIDGET}"),
    }

    lines = said(rows)

    assert lines == [
        f"3 requirements inconclusive (precondition): {NO_WIDGET}",
        "    TOKEN-001, TOKEN-014, VARS-015",
        f"    to do     {to_do(next(iter(rows.values())), list(rows), target='http://127.0.0.1:1')}",
    ]


def test_the_worst_stands_last_and_a_failure_has_its_own_lines():
    wrong = failed("wrong-status", expected="200", observed="500")

    lines = said({"TOKEN-001": open_for("a: lone"), **{f"GET-00{n}": wrong for n in range(1, 4)}})

    assert [line.partition("  ")[0] for line in lines if not line.startswith(" ")] == [
        "TOKEN-001",
        "GET-001",
        "GET-002",
        "GET-003",
    ]
    assert lines[-2:] == ["    expected  200 [documented: tasks/get]", "    observed  500"]


def test_rows_that_one_answer_breaks_are_one_story():
    piece = cite(exchange(label="the list"), "seen", offset=7)
    severe = failed("wrong-order", piece, expected="this", observed="that")
    mild = warned("no-date", piece, expected="a date", observed="none")

    lines = said({"LIST-006": severe, "HTTP-021": mild})

    heads = [line for line in lines if "LIST-006" in line or "HTTP-021" in line]
    assert heads[0].startswith("LIST-006  failed (wrong-order)")
    assert heads[1].startswith("    with it   HTTP-021  warned (no-date)")
    assert "    where     exchange 1 of p, GET /api/v1/tasks/t, byte 7 of the body" in lines


def test_a_shared_note_is_written_once_and_requirements_keep_their_order():
    piece = cite(exchange(), "seen")
    rows = {f"GET-00{n}": failed("wrong", piece, expected="this", observed="that") for n in range(1, 4)}
    run = run_of(rows)
    run.retries.plan = Retrial(left=dict.fromkeys(rows, "3 requirements failed, too many to be transient"))

    lines = list(findings(run))

    assert [line.split()[:3:2] for line in lines if "GET-00" in line] == [
        ["GET-001", "(wrong):"],
        ["with", "GET-002"],
        ["with", "GET-003"],
    ]
    assert lines[-1] == "retry     not retried: 3 requirements failed, too many to be transient"
    assert "\n".join(lines).count("too many to be transient") == 1


def test_the_conclusion_says_no_more_than_was_shown():
    broken = run_of({"GET-001": failed("wrong", expected="200", observed="500"), "GET-002": open_for("x")})

    assert conclusion(broken, ExitCode.FAILED) == (
        "0 of 2 requirements passed, 1 broken, 1 unproven: requirements are broken"
    )
    assert next_step(broken, "reports") == (
        "next: sigmic-conformance reproduce GET-001 reports --target http://127.0.0.1:1"
    )
    of_the_mock = replace(broken, profile=reference_profile("http://127.0.0.1:1"))
    assert next_step(of_the_mock, "reports") == "next: sigmic-conformance explain GET-001 reports"
    mild = warned("other-name", expected="read_file", observed="ls")
    unproven = run_of({"AGENT-005": mild, "GET-002": open_for("x")})
    assert conclusion(unproven, ExitCode.UNPROVEN).endswith(": requirements that bind are unproven: GET-002")
    assert next_step(unproven, "reports") == (
        "next: sigmic-conformance reproduce AGENT-005 reports --target http://127.0.0.1:1"
    )
    only_unproven = run_of({"GET-002": open_for("x")})
    assert next_step(only_unproven, "reports") == "next: sigmic-conformance explain GET-002 reports"
    many = run_of({f"GET-{number:03}": open_for("x") for number in range(1, 28)})
    assert " more" in conclusion(many, ExitCode.UNPROVEN)
    entry = Entry(
        check="GET-001",
        target="*",
        outcome=Outcome.FAILED,
        reason="wrong",
        owner="us",
        expires=date(2999, 1, 1),
        why="known",
    )
    excused = replace(broken, baseline=(entry,), verdicts={"GET-001": broken.verdicts["GET-001"]})
    assert conclusion(excused, ExitCode.OK).endswith(
        "not conformant, but nothing beyond the 1 known to the baseline"
    )


def test_every_requirement_is_listed_exactly_once():
    rows = {f"TOKEN-{n:03}": open_for(f"a: {'same' if n % 2 else n}") for n in range(1, 10)}

    text = "\n".join(said(rows))

    listed = "\n".join(line for line in text.split("\n") if "to do" not in line)
    assert {row: listed.count(row) for row in rows} == dict.fromkeys(rows, 1)


def test_the_console_shows_the_progress_of_the_journeys():
    plan = plan_journeys(
        reference_profile("http://reference"),
        seed=1,
        triples=False,
        limit=lambda cost: "no more" if cost.turns > 22 else "",
    )
    facts = {"steps": [], "taken": 3, "sweeps left out": 1}
    ended = {
        "journey_01": Transcript(probe="journey_01", ending=Ending.COMPLETE, facts=facts | {"taken": 11}),
        "journey_02": Transcript(
            probe="journey_02", ending=Ending.INTERRUPTED, detail="step 4: the task is gone", facts=facts
        ),
    }

    lines = list(journeys(plan, ended))

    assert lines == [
        "Journeys: 2, 14 of 22 steps taken",
        "    2 steps read no other task again, because requests are limited",
        "    journey 02 interrupted: step 4: the task is gone",
    ]
    assert list(journeys(None, ended)) == []


def test_the_full_text_of_a_verdict_is_no_command_in_the_log_of_pytest():
    evil = "\n::error::x\n  ##[group]y\x1b[2J"
    seen = exchange(label=evil, body={"message": evil})
    verdict = failed("wrong", cite(seen, evil), expected=evil, observed=f"first{evil}")

    text = full_text(Ledger.load().by_id["GET-001"], verdict)

    lines = text.split("\n")
    assert any(line.startswith("expected  ⟨U+003A⟩:error::x") for line in lines), text
    assert not [line for line in lines if line.lstrip().startswith("::") or "##[" in line]
    assert all(line.isprintable() for line in lines)
