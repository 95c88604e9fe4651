"""The final verdict, from the ends of probes, the judge's verdict, and whether the row binds the target."""

from dataclasses import replace
from typing import Any

import pytest

from sigmic_conformance.checks import Clause
from sigmic_conformance.model.observation.seen import Seen
from sigmic_conformance.model.record.evidence import cite
from sigmic_conformance.model.record.finding import (
    Finding,
    Findings,
    breaks,
    fulfils,
    left_open,
    notes,
    warns,
)
from sigmic_conformance.model.record.premises import Premise
from sigmic_conformance.model.record.record import NotRecorded, Record
from sigmic_conformance.model.record.verdict import (
    Outcome,
    Unproven,
    Verdict,
    failed,
    inconclusive,
    warned,
)
from sigmic_conformance.run.adjudication import adjudicate, bind
from sigmic_conformance.target.profile import Profile
from sigmic_conformance.wire.transcript import Closed, Ending, Exchange, Transcript
from sigmic_spec.ledger import Ledger
from sigmic_spec.requirement import Evidence, Level
from tests.conformance.kit import P, check_by, check_of, exchange, verdicts

LEDGER = Ledger.load().by_id
MUST, SHOULD, SAFETY = LEDGER["ARTIFACT-011"], LEDGER["AUTH-013"], LEDGER["ARTIFACT-017"]
FILES = frozenset({"files"})


GOOD = fulfils("this", "fine", exchange=exchange())
BAD = breaks("this", "that", exchange=exchange())
FAILED = failed("broken", cite(exchange(), "that"), expected="this", observed="that")
NOISE = left_open(Unproven.TIMING_NOISE, "this", "noise")
UNCITED = failed("broken", expected="a", observed="b")


def record(
    *exchanges: Exchange, ending: Ending = Ending.COMPLETE, detail: str = "", **profile: Any
) -> Record:
    made = Transcript(probe="p", ending=ending, detail=detail, exchanges=exchanges or (exchange(),))
    return Record(Profile(base_url="http://x", **profile), {"p": made})


@verdicts(
    (GOOD, "passed"),
    (BAD, "broken"),
    (NOISE, "timing-noise"),
    (notes("this", "so", exchange=exchange()), "info"),
    (warns("this", "that", exchange=exchange()), Outcome.WARNED),
    (left_open(None, "this", "an earlier step failed"), "blocked"),
)
def test_a_finding_on_a_complete_record_decides_the_verdict(finding):
    return adjudicate(check_of(finding), MUST, record())


def test_a_failed_check_shows_the_rule_and_what_was_seen():
    assert adjudicate(check_of(BAD), MUST, record()) == FAILED


def numbered(number: int, finding: Finding) -> Finding:
    return replace(finding, exchange=exchange(number=number))


def test_one_violation_fails_the_requirement_and_the_first_one_is_reported():
    findings = [numbered(n, [GOOD, BAD][n % 2]) for n in range(1, 9)]

    verdict = adjudicate(check_of(*findings), MUST, record())

    assert (verdict.observed, verdict.others) == ("that", 3)
    assert [each.exchange for each in verdict.evidence] == [1, 3, 5]


def test_the_other_exchanges_at_which_it_held_are_counted():
    found = adjudicate(check_of(*(numbered(n, GOOD) for n in (1, 2, 2, 3))), MUST, record())

    assert (found.observed, found.others) == ("fine", 2)


def test_a_violation_goes_before_a_warning():
    both = check_of(warns("", "odd", exchange=exchange()), BAD)

    assert adjudicate(both, MUST, record()) == FAILED


@verdicts(
    ((GOOD, NOISE), "timing-noise"),
    ((NOISE, GOOD), "timing-noise"),
    ((GOOD, NotRecorded("gone")), "blocked"),
    ((BAD, NOISE), "broken"),
    ((BAD, NotRecorded("gone")), "broken"),
)
def test_a_clause_of_the_run_that_leaves_something_open_can_only_violate(findings):
    return adjudicate(check_of(*findings), MUST, record())


@verdicts((GOOD, "passed"), (BAD, "broken"), (NOISE, "timing-noise"))
def test_an_observation_can_only_violate_a_statement_about_the_run(of_the_run):
    def holds_everywhere(_: Seen) -> Findings:
        yield fulfils("", "fine")

    on_tasks = Clause(name="on tasks", on=frozenset({"get_task"}), reason="no", function=holds_everywhere)
    check = check_of(of_the_run)

    return adjudicate(replace(check, clauses=(*check.clauses, on_tasks)), MUST, record())


@pytest.mark.parametrize(
    ("ending", "outcome", "reason"),
    [
        (Ending.ERRORED, Outcome.ERRORED, None),
        (Ending.INAPPLICABLE, Outcome.INAPPLICABLE, None),
        (Ending.UNAVAILABLE, Outcome.INCONCLUSIVE, "precondition"),
        (Ending.THROTTLED, Outcome.INCONCLUSIVE, "target-throttled"),
        (Ending.BUDGET, Outcome.INCONCLUSIVE, "budget"),
        (Ending.GONE, Outcome.INCONCLUSIVE, "target-gone"),
        (Ending.INTERRUPTED, Outcome.PASSED, None),
        (Ending.DEADLINE, Outcome.PASSED, None),
        (Ending.MISSED, Outcome.PASSED, None),
    ],
)
def test_how_a_probe_ended_goes_before_the_judge(ending, outcome, reason):
    verdict = adjudicate(check_of(GOOD), MUST, record(ending=ending, detail="why"))

    assert (verdict.outcome, verdict.reason) == (outcome, reason)
    assert ("why" in verdict.observed) is (verdict.outcome is not Outcome.PASSED)


@pytest.mark.parametrize("ending", [Ending.UNAVAILABLE, Ending.INAPPLICABLE, Ending.BUDGET])
def test_a_check_of_all_answers_runs_however_its_probes_ended(ending):
    assert adjudicate(check_of(BAD, anywhere=True), MUST, record(ending=ending)).outcome is Outcome.FAILED


def test_a_sweep_stands_on_no_broken_probe():
    assert (
        adjudicate(check_of(GOOD, anywhere=True), MUST, record(ending=Ending.ERRORED)).outcome
        is Outcome.ERRORED
    )


def test_a_capability_that_the_profile_denies_is_not_asked_for():
    judge = check_of(BAD, capabilities=FILES)

    verdict = adjudicate(judge, MUST, record(without=FILES))

    assert verdict.outcome is Outcome.INAPPLICABLE
    assert "files" in verdict.observed


def test_a_fault_of_the_judge_is_the_suites_own():
    verdict = adjudicate(check_of(KeyError("x")), MUST, record())

    assert verdict.outcome is Outcome.ERRORED
    assert "KeyError" in verdict.observed


@pytest.mark.parametrize(
    ("ending", "outcome", "reason"),
    [
        (Ending.COMPLETE, Outcome.BLOCKED, None),
        (Ending.INTERRUPTED, Outcome.BLOCKED, None),
        (Ending.MISSED, Outcome.INCONCLUSIVE, "stimulus-not-reached"),
    ],
)
def test_a_missing_record_blocks_unless_the_agent_missed_the_stimulus(ending, outcome, reason):
    verdict = adjudicate(check_of(NotRecorded("gone")), MUST, record(ending=ending))

    assert (verdict.outcome, verdict.reason) == (outcome, reason)
    assert "gone" in verdict.observed


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (Unproven.ZERO_OBSERVATIONS, "stimulus-not-reached"),
        (Unproven.PRECONDITION, "stimulus-not-reached"),
        (Unproven.TIMING_NOISE, "timing-noise"),
    ],
)
def test_nothing_seen_of_an_agent_that_never_came_to_it_says_so(said, reason):
    judge = check_of(left_open(said, "this", "nothing"))

    assert adjudicate(judge, MUST, record(ending=Ending.MISSED)).reason == reason
    assert adjudicate(judge, MUST, record()).reason == said


@pytest.mark.parametrize(
    ("finding", "outcome"),
    [
        (NotRecorded("x"), Outcome.INAPPLICABLE),
        (left_open(Unproven.ZERO_OBSERVATIONS, "this", "x"), Outcome.INAPPLICABLE),
        (NOISE, Outcome.INCONCLUSIVE),
        (GOOD, Outcome.PASSED),
    ],
)
def test_a_sweep_that_decides_nothing_where_the_target_lacks_it_is_inapplicable(finding, outcome):
    made = adjudicate(
        check_of(finding, anywhere=True), MUST, record(ending=Ending.INAPPLICABLE, detail="lacks it")
    )

    assert made.outcome is outcome
    assert (made.observed == "lacks it") is (outcome is Outcome.INAPPLICABLE)


def uploads(*statuses: int | None) -> tuple[Exchange, ...]:
    made = []
    for number, status in enumerate(statuses, 1):
        each = exchange(operation="create_task", number=number, status=status, body={})
        made.append(replace(each, sent=replace(each.sent, parts=("files: a.txt (1 bytes)",))))
    return tuple(made)


def test_a_declared_capability_that_no_request_was_granted_fails_with_three_of_them():
    judge = check_of(NotRecorded("nothing to see"), capabilities=FILES)

    verdict = adjudicate(judge, MUST, record(*uploads(400, 401, 404, 403)))

    assert (verdict.outcome, verdict.reason) == (Outcome.FAILED, "capability-absent")
    assert "none of 4 requests" in verdict.observed
    assert verdict.observed.endswith(verdict.evidence[0].note)
    assert [each.exchange for each in verdict.evidence] == [1, 2, 3]
    assert adjudicate(judge, MUST, record(*uploads(400, 201))).outcome is Outcome.BLOCKED
    assert (
        adjudicate(check_of(GOOD, capabilities=FILES), MUST, record(*uploads(400))).outcome is Outcome.PASSED
    )


@pytest.mark.parametrize(
    ("finding", "outcome", "reason"),
    [
        (GOOD, Outcome.INFO, None),
        (BAD, Outcome.INFO, "broken"),
        (warns("this", "odd", exchange=exchange(), reason="odd"), Outcome.INFO, "odd"),
        (NotRecorded("x"), Outcome.INAPPLICABLE, None),
        (left_open(Unproven.BUDGET, "this", "x"), Outcome.INAPPLICABLE, None),
        (KeyError("x"), Outcome.ERRORED, None),
    ],
)
def test_an_unclaimed_capability_that_exists_is_reported_and_not_required(finding, outcome, reason):
    made = adjudicate(check_of(finding, capabilities=FILES), MUST, record(without=FILES, found=FILES))

    assert (made.outcome, made.reason) == (outcome, reason)
    if outcome is Outcome.INFO:
        assert finding.observed in made.observed
        assert [each.exchange for each in made.evidence] == [1]


def test_safety_is_required_of_all_even_where_nothing_was_promised():
    assert adjudicate(check_of(BAD, capabilities=FILES), SAFETY, record(without=FILES, found=FILES)) == FAILED


def test_strict_turns_warnings_into_failures_and_nothing_else():
    assert adjudicate(check_of(BAD), SHOULD, record()).outcome is Outcome.WARNED
    assert adjudicate(check_of(BAD), SHOULD, record(), strict=True).outcome is Outcome.FAILED
    assert adjudicate(check_of(GOOD), SHOULD, record(), strict=True).outcome is Outcome.PASSED


def cut_off(number: int, method: str = "POST") -> Exchange:
    return exchange(number=number, probe="p", status=None, closed=Closed.RESET, method=method)


@pytest.mark.parametrize(
    ("exchanges", "outcome"),
    [
        ((cut_off(1), cut_off(2)), Outcome.INCONCLUSIVE),
        ((cut_off(1), exchange(number=2, probe="p")), Outcome.FAILED),
        ((cut_off(1, "GET"), cut_off(2)), Outcome.FAILED),
    ],
)
def test_a_requirement_does_not_fail_if_all_its_requests_were_cut_off(exchanges, outcome):
    first, *more = exchanges
    findings = [replace(BAD, exchange=each) for each in (replace(first, label="the first"), *more)]

    made = adjudicate(check_of(*findings), MUST, record(*exchanges))

    assert made.outcome is outcome
    if outcome is Outcome.INCONCLUSIVE:
        assert made.reason == "precondition"
        assert made.observed.startswith("the first: ")
        assert [each.exchange for each in made.evidence] == [1]


def test_a_request_that_is_lost_each_time_while_others_are_answered_fails_its_requirement():
    lost = [replace(cut_off(number), started=number) for number in range(1, 9, 2)]
    others = [
        replace(exchange(number=number, probe="p", label="y"), started=number) for number in range(2, 9)
    ]
    check = check_of(replace(BAD, exchange=lost[0]))

    assert adjudicate(check, MUST, record(*lost, *others)).outcome is Outcome.FAILED
    assert adjudicate(check, MUST, record(*lost[:3], *others)).outcome is Outcome.INCONCLUSIVE


def test_a_warning_or_what_held_is_not_left_open_by_a_request_that_was_cut_off():
    held, warned = replace(GOOD, exchange=cut_off(1)), warns("this", "odd", exchange=cut_off(1))

    assert adjudicate(check_of(held), MUST, record(cut_off(1))).outcome is Outcome.PASSED
    assert adjudicate(check_of(warned), MUST, record(cut_off(1))).outcome is Outcome.WARNED


def test_a_requirement_left_open_by_a_lost_target_names_that_reason():
    gone = record(ending=Ending.GONE, detail="it went away")

    found = adjudicate(check_of(NotRecorded("no exchange"), anywhere=True), MUST, gone)
    assert (found.reason, found.observed) == ("target-gone", "it went away")
    assert adjudicate(check_of(BAD, anywhere=True), MUST, gone) == FAILED


def test_a_requirement_left_open_by_a_delayed_stream_names_that_reason():
    held = exchange(status=None, closed=Closed.DEADLINE, label="x")

    def reads(record: Record) -> Findings:
        record.stream("p", "x")
        yield GOOD

    assert adjudicate(check_by(reads), MUST, record(held)).reason == "stream-held-back"
    missing = check_of(NotRecorded("nothing"))
    assert adjudicate(missing, MUST, record(ending=Ending.HELD_BACK)).reason == "stream-held-back"


@pytest.mark.parametrize(
    ("newer", "strict", "outcome"),
    [
        (False, False, Outcome.FAILED),
        (True, False, Outcome.INFO),
        (True, True, Outcome.INFO),
    ],
)
def test_a_row_that_is_newer_than_the_gate_informs_only(newer, strict, outcome):
    record = Record(Profile(base_url="http://127.0.0.1:1"), {P: Transcript(probe=P, ending=Ending.COMPLETE)})

    found = adjudicate(check_of(BAD), replace(MUST, is_newer=newer), record, strict=strict)

    assert (found.outcome, found.reason) == (outcome, FAILED.reason)


def test_a_requirement_does_not_pass_on_an_unanswered_request():
    silent = exchange(status=None, headers=(), closed=Closed.DEADLINE)

    found = adjudicate(check_of(replace(GOOD, exchange=silent)), MUST, record(silent))

    assert found.reason == Unproven.ZERO_OBSERVATIONS


@verdicts(
    (Evidence.DOCUMENTED, Level.MUST, False, Outcome.FAILED),
    (Evidence.INHERITED, Level.MUST, False, Outcome.FAILED),
    (Evidence.DOCUMENTED, Level.SHOULD, False, Outcome.WARNED),
    (Evidence.DOCUMENTED, Level.MAY, False, Outcome.INFO),
    (Evidence.EXAMPLE, Level.MUST, False, Outcome.WARNED),
    (Evidence.INFERRED, Level.MUST, True, Outcome.WARNED),
)
def test_only_documented_and_inherited_musts_fail_an_independent_target(evidence, level, reference):
    return bind(UNCITED, evidence=evidence, level=level, reference=reference)


@pytest.mark.parametrize(
    ("evidence", "premises", "outcome"),
    [
        (Evidence.DOCUMENTED, (Premise.DONE_COMPLETES,), Outcome.WARNED),
        (Evidence.DOCUMENTED, (Premise.CANCELLED_CANCELS,), Outcome.INFO),
        (Evidence.INHERITED, (Premise.CANCELLED_CANCELS, Premise.DONE_COMPLETES), Outcome.INFO),
    ],
)
def test_a_finding_is_only_as_strong_as_its_weakest_premise(evidence, premises, outcome):
    seen = replace(UNCITED, premises=premises)

    bound = bind(seen, evidence=evidence, level=Level.MUST, reference=False)

    assert bound.outcome is outcome
    assert bound.expected.startswith("a. Assumed: ")
    for premise in premises:
        assert premise.text in bound.expected


def test_a_premise_that_no_page_states_fails_the_reference_platform_alone():
    seen = replace(UNCITED, premises=(Premise.CANCELLED_CANCELS,))

    bound = bind(seen, evidence=Evidence.DOCUMENTED, level=Level.MUST, reference=True)

    assert bound.outcome is Outcome.FAILED


def test_binding_leaves_everything_else_alone():
    unproven = inconclusive(Unproven.BUDGET, "spent")

    assert bind(unproven, evidence=Evidence.INFERRED, level=Level.MAY, reference=False) is unproven


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome.INAPPLICABLE,
        Outcome.PASSED,
        Outcome.INFO,
        Outcome.BLOCKED,
        Outcome.INCONCLUSIVE,
        Outcome.ERRORED,
    ],
)
@pytest.mark.parametrize("evidence", list(Evidence))
@pytest.mark.parametrize("level", list(Level))
def test_only_broken_rules_are_bound(outcome, evidence, level):
    seen = Verdict(outcome=outcome, reason="a-b", evidence=(cite(exchange()),))

    assert bind(seen, evidence=evidence, level=level, reference=False) is seen


@verdicts(
    (Evidence.DOCUMENTED, Level.MUST, False, Outcome.WARNED),
    (Evidence.DOCUMENTED, Level.MAY, True, Outcome.INFO),
    (Evidence.INFERRED, Level.SHOULD, False, Outcome.WARNED),
)
def test_a_warning_is_bound_as_well_and_never_becomes_a_failure(evidence, level, reference):
    seen = warned("odd", expected="a", observed="b")
    return bind(seen, evidence=evidence, level=level, reference=reference)


def test_a_bound_verdict_keeps_all_but_its_outcome():
    bound = bind(UNCITED, evidence=Evidence.DOCUMENTED, level=Level.SHOULD, reference=False)

    assert bound == replace(UNCITED, outcome=Outcome.WARNED)
