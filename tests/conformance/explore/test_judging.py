from dataclasses import replace
from typing import Any

from sigmic_conformance.conformance.explore.judging import (
    finished_stays,
    judged,
    left_alone,
    never_half_taken,
    readable_at_once,
    secrets_stay_inside,
)
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.verdict import Outcome, Verdict
from sigmic_conformance.conformance.registry import Judge
from sigmic_conformance.conformance.target.profile import Profile
from sigmic_conformance.conformance.transcript.label import ProbeName
from sigmic_conformance.conformance.transcript.transcript import Closed, Ending, Exchange, Transcript
from sigmic_conformance.spec.ledger import Ledger
from tests.conformance.kit import exchange

TASK = "/api/v1/tasks/t"


def walk(
    *exchanges: Exchange, said: tuple[str, ...] = ("first",), refused: tuple[str, ...] = ()
) -> dict[str, Any]:
    facts = {"tasks": {"t": {"said": list(said), "refused": list(refused)}}}
    return {"walk": Transcript(probe="walk", ending=Ending.COMPLETE, exchanges=exchanges, facts=facts)}


def seen(status: str, number: int) -> Exchange:
    return exchange(target=TASK, number=number, body={"success": True, "data": {"status": status}})


def sent(number: int, status: int = 200) -> Exchange:
    return exchange(
        operation="send_message", method="POST", target=f"{TASK}/messages", number=number, status=status
    )


def told(*texts: str) -> Exchange:
    messages = [{"role": "user", "content": text} for text in texts]
    return exchange(
        operation="get_task_history",
        target=f"{TASK}/history",
        label="history at the end",
        body={"success": True, "data": {"messages": messages}},
    )


def test_accepted_messages_are_there_once():
    assert never_half_taken(walk(told("first", "second"), said=("first", "second"))).outcome is Outcome.PASSED


def test_an_accepted_message_that_is_lost_or_doubled():
    said = ("first", "second")

    assert never_half_taken(walk(told("first"), said=said)).reason == "half-taken"
    assert never_half_taken(walk(told("first", "second", "second"), said=said)).reason == "half-taken"


def test_a_refused_message_that_was_kept():
    assert never_half_taken(walk(told("first", "no"), refused=("no",))).reason == "half-taken"
    assert never_half_taken(walk(told("first"), refused=("no",))).outcome is Outcome.PASSED


def test_a_finished_task_that_changes_by_itself():
    assert finished_stays(walk(seen("completed", 1), seen("running", 2))).reason == "changed"
    assert finished_stays(walk(seen("completed", 1), seen("completed", 2))).outcome is Outcome.PASSED


def test_an_accepted_follow_up_may_change_it_and_a_refused_one_may_not():
    after = (seen("completed", 1), sent(2), seen("running", 3))
    refused = (seen("completed", 1), sent(2, 409), seen("running", 3))

    assert finished_stays(walk(*after)).outcome is Outcome.INCONCLUSIVE
    assert finished_stays(walk(*refused)).reason == "changed"


def test_what_walks_did_not_show_is_left_out_and_a_broken_judge_is_told():
    def breaks(_record: Record) -> Verdict:
        raise KeyError("x")

    walks = walk(seen("completed", 1))
    record = Record(Profile(base_url="http://127.0.0.1:1"), walks)
    judges = {"GET-001": Judge(id="GET-001", function=breaks, needs=(ProbeName("p"),), sweep=True)}

    found = judged(walks, record, judges, Ledger.load())

    assert {row: verdict.outcome for row, verdict in found.items()} == {"GET-001": Outcome.ERRORED}


def phase(*exchanges: Exchange, **facts: Any) -> dict[str, Transcript]:
    return {"p": Transcript(probe="p", ending=Ending.COMPLETE, exchanges=exchanges, facts=facts)}


def made(number: int = 1) -> Exchange:
    body = {"success": True, "data": {"id": "t"}}
    return exchange(operation="create_task", method="POST", target="/api/v1/tasks", number=number, body=body)


def test_a_task_is_there_as_soon_as_it_was_made():
    found, missing = exchange(number=2), exchange(number=2, status=404)

    assert readable_at_once(phase(made(), found)).outcome is Outcome.PASSED
    assert readable_at_once(phase(made(), missing)).reason == "not-found"
    assert readable_at_once(phase(made(), replace(missing, role="stranger"), found)).outcome is Outcome.PASSED
    assert readable_at_once(phase(missing)).outcome is Outcome.INCONCLUSIVE


def test_a_secret_that_comes_back_in_an_answer_of_its_kind():
    shown = exchange(body={"success": True, "data": "[secret:ab]"})
    token = replace(shown, operation="create_token")
    clean = exchange(number=2)

    def judge(*exchanges: Exchange, of_tokens: bool) -> Verdict:
        return secrets_stay_inside(phase(*exchanges, placeholders=["[secret:ab]"]), of_tokens=of_tokens)

    assert judge(shown, of_tokens=False).reason == "secret-shown"
    assert judge(token, of_tokens=True).reason == "secret-shown"
    assert judge(token, clean, of_tokens=False).outcome is Outcome.PASSED
    assert secrets_stay_inside(phase(shown), of_tokens=False).outcome is Outcome.INCONCLUSIVE


def test_a_target_that_is_gone_is_told_with_the_last_request_that_was_answered():
    answered, refused = exchange(), exchange(number=2, status=None, closed=Closed.REFUSED)

    verdict = left_alone(phase(answered, refused, gone=True))

    assert verdict is not None
    assert verdict.reason == "gone"
    assert [each.exchange for each in verdict.evidence] == [1, 2]
    assert left_alone(phase(answered, refused, gone=False)) is None
    assert left_alone(phase(answered, gone=True)) is None
