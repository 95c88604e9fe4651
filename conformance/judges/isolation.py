"""ISOLATION: a valid key of somebody else, another end user, and a neighbour's command."""

from collections.abc import Callable, Iterator

from sigmic_conformance.conformance.judges.uploads import messages
from sigmic_conformance.conformance.judging.controls import refusals
from sigmic_conformance.conformance.judging.evidence import cite, summary
from sigmic_conformance.conformance.judging.observations import Claim
from sigmic_conformance.conformance.judging.record import NotRecorded, Record
from sigmic_conformance.conformance.judging.verdict import Unproven, Verdict, inconclusive
from sigmic_conformance.conformance.registry import judge
from sigmic_conformance.conformance.transcript.transcript import Exchange

OTHER = "other_key"
USERS = "end_users"
READS = ("get_task", "get_task_history", "list_artifacts", "download_artifact")
CHANGES = ("send_message", "approve_tool_call", "cancel_task", "cancel running")


def strange(record: Record, names: tuple[str, ...]) -> list[Exchange]:
    """What the stranger asked."""
    return [record.exchange(OTHER, f"stranger: {name}") for name in names]


def kept_out(asked: list[Exchange], twin: Callable[[], Exchange], expected: str) -> Verdict:
    """403 or 404, while the owner is let in."""
    verdict = refusals(asked, twin=twin, expected=expected)
    odd = [each for each in asked if each.status not in {403, 404}]
    if verdict.outcome == "passed" and odd:
        claim = Claim("wrong-status", expected)
        claim.see(False, odd[0], summary(odd[0]))
        return claim.verdict()
    return verdict


@judge("ISOLATION-001", OTHER)
def cannot_read(record: Record) -> Verdict:
    asked = strange(record, READS)
    return kept_out(asked, lambda: record.exchange(OTHER, "twin: get_task"), "403 or 404 for every read")


@judge("ISOLATION-002", OTHER)
def cannot_stream(record: Record) -> Verdict:
    asked = strange(record, ("stream_task",))
    return kept_out(asked, lambda: record.exchange(OTHER, "twin: stream_task"), "403 or 404, no stream")


@judge("ISOLATION-003", OTHER)
def cannot_change(record: Record) -> Verdict:
    verdict = refusals(
        strange(record, CHANGES),
        twin=lambda: record.exchange(OTHER, "twin: get_task"),
        expected="refused, and without effect",
    )
    if verdict.outcome != "passed":
        return verdict
    claim = Claim("effect-by-a-stranger", "the task is as before")
    before, after = record.exchange(OTHER, "history before"), record.exchange(OTHER, "history after")
    claim.see(messages(before) == messages(after), after, f"{len(messages(after))} messages")
    one, other = record.exchange(OTHER, "before"), record.exchange(OTHER, "after")
    claim.see(one.fields.get("status") == other.fields.get("status"), other, "the same status")
    running = record.exchange(OTHER, "running after")
    claim.see(running.fields.get("status") == "completed", running, "the running task was not cancelled")
    return claim.verdict()


@judge("ISOLATION-004", OTHER)
def not_in_the_list(record: Record) -> Verdict:
    claim = Claim("listed-to-a-stranger", "neither listed nor counted")
    mine, theirs = record.fact(OTHER, "task"), record.fact(OTHER, "stranger's task")
    page = record.exchange(OTHER, "stranger's list")
    ids = list(_ids(page))
    if theirs not in ids:
        return inconclusive(
            Unproven.CONTROL_FAILED, "the stranger's own task is not in the stranger's list", cite(page)
        )
    claim.see(mine not in ids, page, f"{len(ids)} tasks, not the other's")
    own = record.exchange(OTHER, "list")
    claim.see(theirs not in list(_ids(own)), own, "and the reverse")
    return claim.verdict()


def _ids(page: Exchange) -> Iterator[object]:
    return (entry.get("id") for entry in page.entries)


@judge("ISOLATION-005", USERS)
def other_end_user_cannot_read(record: Record) -> Verdict:
    names = ("get_task", "get_task_history", "list_artifacts", "stream_task")
    asked = [record.exchange(USERS, f"other: {name}") for name in names]
    verdict = kept_out(
        asked, lambda: record.exchange(USERS, "own: get_task"), "403 or 404 for another end user"
    )
    if verdict.outcome != "passed":
        return verdict
    claim = Claim("listed-to-a-stranger", "not in the other end user's list")
    page = record.exchange(USERS, "other: list_tasks")
    task = record.fact(USERS, "task")
    claim.see(page.ok and task not in list(_ids(page)), page, f"{len(list(_ids(page)))} tasks")
    own = record.exchange(USERS, "own: list_tasks")
    claim.see(task in list(_ids(own)), own, "and in the own list")
    return claim.verdict()


@judge("ISOLATION-006", USERS)
def other_end_user_cannot_change(record: Record) -> Verdict:
    asked = [record.exchange(USERS, f"other: {name}") for name in ("send_message", "cancel_task")]
    return refusals(asked, twin=lambda: record.exchange(USERS, "own: get_task"), expected="a refusal")


@judge("ISOLATION-007", OTHER, "unknown_task")
def looks_unknown(record: Record) -> Verdict:
    claim = Claim("existence-revealed", "404 NOT_FOUND, exactly as for an unknown task")
    for exchange in strange(record, ("get_task", "get_task_history", "list_artifacts", "stream_task")):
        unknown = next(
            (
                each
                for each in record.transcript("unknown_task").labelled("unknown")
                if each.operation == exchange.operation
            ),
            None,
        )
        if unknown is None:
            raise NotRecorded(f"unknown_task: {exchange.operation} was not asked")
        same = (exchange.status, exchange.code, exchange.message) == (
            unknown.status,
            unknown.code,
            unknown.message,
        )
        claim.see(same and exchange.status == 404, exchange, summary(exchange))
    return claim.verdict()


@judge("ISOLATION-008", "neighbours")
def neighbours_file(record: Record) -> Verdict:
    claim = Claim("neighbour-read", "no workspace file of another task")
    word = record.fact("neighbours", "word")
    made = record.stream("neighbours", f"{record.fact('neighbours', 'mine')}: stream")
    outputs = " ".join(str(event.get("output")) for event in made.of("tool_result"))
    if f"SEEN-{word}" not in outputs:
        return inconclusive(Unproven.CONTROL_FAILED, "the owner's own command does not see the file")
    stream = record.stream("neighbours", f"{record.fact('neighbours', 'search')}: stream")
    found = " ".join(str(event.get("output")) for event in stream.of("tool_result"))
    if "end-of-search" not in found:
        return inconclusive(Unproven.STIMULUS_NOT_REACHED, "the search did not run to its end")
    claim.see(f"SEEN-{word}" not in found, stream.exchange, f"the search printed {found.strip()[-80:]!r}")
    return claim.verdict()
