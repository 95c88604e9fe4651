"""LIST: the number of messages that a page tells of a finished task."""

from sigmic_conformance.conformance.model.invariant import invariant
from sigmic_conformance.conformance.model.seen import Findings, Seen, says
from sigmic_conformance.conformance.model.statuses import COMPLETED
from sigmic_conformance.conformance.transcript import json_values as shapes

LIST = "list_tasks"


@invariant("LIST-009", LIST, reason="wrong-count", expected="as many as the history of the finished task has")
def message_count_is_that_of_the_history(seen: Seen) -> Findings:
    """MessageCount of a completed task at rest is the number of messages that its history showed."""
    for item in seen.exchange.entries if seen.exchange.ok else ():
        name = item.get("id")
        task = seen.model.tasks.get(name) if isinstance(name, str) else None
        rest = task.at_rest(seen.began, seen.ended) if task else None
        if task is None or rest is None or rest.over is None or rest.over.status != COMPLETED:
            continue
        for view in task.views:
            if (
                not view.is_stream
                and task.at_rest(view.began, seen.ended) is rest
                and view.ended <= seen.began
            ):
                known = f"{view.exchange.label} showed {len(view.messages)} messages"
                yield says(
                    item.get("messageCount") == len(view.messages),
                    known,
                    f"messageCount {item.get('messageCount')}",
                )
                break


@invariant("LIST-009", LIST, reason="wrong-count", expected="one number, as long as nothing happens")
def message_count_stays(seen: Seen) -> Findings:
    """MessageCount of a completed task at rest is what an earlier page told: one of two is wrong."""
    for item in seen.exchange.entries if seen.exchange.ok else ():
        task, count = seen.model.tasks.get(shapes.word(item.get("id"))), item.get("messageCount")
        rest = task.at_rest(seen.began, seen.ended) if task else None
        if task is None or rest is None or rest.over is None or rest.over.status != COMPLETED:
            continue
        for earlier, told in seen.model.pages.counted_before(task.id, seen.began):
            if task.at_rest(earlier.started, seen.ended) is rest:
                yield says(count == told, f"{earlier.label} told {told} messages", f"messageCount {count}")
                break
