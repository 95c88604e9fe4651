"""Judges an exploration: sweeps over every exchange, and the rows that only it can show. Pure.

`walks` are its transcripts by name, of random walks as well as of the phases of a generator.
"""

import traceback
from collections.abc import Iterator, Mapping
from typing import Any

from sigmic_conformance.conformance.explore.refusals import broken_requests
from sigmic_conformance.conformance.judging.evidence import cite, summary
from sigmic_conformance.conformance.judging.observations import Observations
from sigmic_conformance.conformance.judging.record import NotRecorded, Record
from sigmic_conformance.conformance.judging.verdict import Outcome, Verdict, bind, errored, failed
from sigmic_conformance.conformance.probing.steps import FINAL, status_of
from sigmic_conformance.conformance.registry import Judge
from sigmic_conformance.conformance.transcript.transcript import Closed, Exchange, Transcript
from sigmic_conformance.spec.ledger import Ledger

HISTORY_AT_THE_END = "history at the end"

SELECTION = "explore"
"""How the selection of an exploration begins in `result.json`."""


def judged(
    walks: Mapping[str, Transcript], record: Record, judges: Mapping[str, Judge], ledger: Ledger
) -> dict[str, Verdict]:
    """The verdicts by ledger id; a row of which the walks showed nothing is left out."""
    found: dict[str, Verdict] = {}
    for row, judge in judges.items():
        if judge.sweep:
            found[row] = _ask(judge, record)
    found |= broken_requests([each for walk in walks.values() for each in walk.labelled_any()])
    found["FOLLOWUP-015"] = never_half_taken(walks)
    found["STATE-002"] = finished_stays(walks)
    found["GET-031"] = readable_at_once(walks)
    found["VARS-003"] = secrets_stay_inside(walks, of_tokens=False)
    found["TOKEN-012"] = secrets_stay_inside(walks, of_tokens=True)
    gone = left_alone(walks)
    if gone is not None:
        found["HTTP-006"] = gone
    shown = {row: verdict for row, verdict in found.items() if _is_decided(verdict)}
    return {
        row: bind(
            verdict,
            evidence=ledger.by_id[row].evidence,
            level=ledger.by_id[row].level,
            reference=record.profile.reference,
        )
        for row, verdict in sorted(shown.items())
    }


def never_half_taken(walks: Mapping[str, Transcript]) -> Verdict:
    """A message that was accepted is in the history exactly once, a refused one is not there."""
    observations = Observations(
        "half-taken", "accepted messages once in the history, refused ones not at all"
    )
    for walk in walks.values():
        for task, known in walk.facts.get("tasks", {}).items():
            last = _last(walk, task, HISTORY_AT_THE_END)
            if last is None or not last.ok:
                continue
            texts = list(_said_by_user(last))
            for message in known["said"][1:]:
                count = sum(message in text for text in texts)
                observations.add(count == 1, last, f"an accepted message is there {count} times")
            for message in known["refused"]:
                count = sum(message in text for text in texts)
                observations.add(count == 0, last, f"a refused message is there {count} times")
    return observations.verdict()


def finished_stays(walks: Mapping[str, Transcript]) -> Verdict:
    """Between two looks at a finished task nothing but an accepted follow-up changes its status."""
    observations = Observations("changed", "a finished task keeps its status until a follow-up")
    for walk in walks.values():
        final: dict[str, str] = {}
        for exchange in walk.labelled_any():
            task = exchange.task
            if exchange.operation == "send_message" and not exchange.refused:
                final.pop(task, None)
            if exchange.operation != "get_task" or (status := status_of(exchange)) is None:
                continue
            if task in final:
                observations.add(status == final[task], exchange, f"{final[task]}, then {status}")
            if status in FINAL:
                final[task] = status
    return observations.verdict()


def readable_at_once(walks: Mapping[str, Transcript]) -> Verdict:
    """The first look at a task that was created finds it."""
    observations = Observations("not-found", "a task can be read as soon as it is created")
    for walk in walks.values():
        fresh: set[str] = set()
        for exchange in walk.labelled_any():
            made = exchange.fields.get("id") if exchange.operation == "create_task" else None
            if isinstance(made, str):
                fresh.add(made)
            looked = exchange.operation == "get_task" and exchange.sent.method == "GET"
            if looked and exchange.role == "owner" and exchange.task in fresh and exchange.status is not None:
                fresh.discard(exchange.task)
                observations.add(exchange.succeeded, exchange, summary(exchange))
    return observations.verdict()


def secrets_stay_inside(walks: Mapping[str, Transcript], *, of_tokens: bool) -> Verdict:
    """No value of `secrets` that was sent comes back: in answers of the exchange, or in all others."""
    observations = Observations("secret-shown", "no secret value in any captured byte")
    given = {each.encode() for walk in walks.values() for each in walk.facts.get("placeholders", ())}
    if not given:
        return observations.verdict()
    for walk in walks.values():
        for exchange in walk.labelled_any():
            if (exchange.operation == "create_token") is of_tokens and exchange.status is not None:
                seen = exchange.head + exchange.body
                shown = any(each in seen for each in given)
                observations.add(not shown, exchange, f"searched {summary(exchange)}")
    return observations.verdict()


def left_alone(walks: Mapping[str, Transcript]) -> Verdict | None:
    """Failed when the target stopped taking connections while it was explored; None when it did not."""
    for walk in walks.values():
        unanswered = [each for each in walk.exchanges if each.closed is Closed.REFUSED]
        if walk.facts.get("gone") and unanswered:
            last = next((each for each in reversed(walk.exchanges) if each.status is not None), unanswered[0])
            return failed(
                "gone",
                cite(last, "the last request that was answered"),
                cite(unanswered[0]),
                expected="the service goes on serving",
                observed=f"no connection any more: {unanswered[0].error}",
            )
    return None


def _said_by_user(exchange: Exchange) -> Iterator[str]:
    data = exchange.data
    messages: Any = data.get("messages") if isinstance(data, dict) else None
    for message in messages if isinstance(messages, list) else ():
        if isinstance(message, dict) and message.get("role") == "user":
            yield str(message.get("content"))


def _last(walk: Transcript, task: str, label: str) -> Exchange | None:
    found = [exchange for exchange in walk.labelled(label) if exchange.task == task]
    return found[-1] if found else None


def _ask(judge: Judge, record: Record) -> Verdict:
    try:
        return judge.function(record)
    except NotRecorded as cause:
        return Verdict(outcome=Outcome.INAPPLICABLE, observed=str(cause))
    except Exception:  # noqa: BLE001 - reported as the harness's own fault
        return errored(f"the judge of {judge.id} broke: {traceback.format_exc()}")


def _is_decided(verdict: Verdict) -> bool:
    return verdict.outcome not in {Outcome.INAPPLICABLE, Outcome.INCONCLUSIVE, Outcome.BLOCKED}
