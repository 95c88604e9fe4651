"""LIST: the number of messages that a page tells of a finished task."""

from sigmic_conformance.conformance.model.invariant import invariant
from sigmic_conformance.conformance.model.invariants.list import listed_at_rest
from sigmic_conformance.conformance.model.seen import Findings, Seen, says
from sigmic_conformance.conformance.model.statuses import COMPLETED
from sigmic_conformance.spec.plural import plural

LIST = "list_tasks"


@invariant("LIST-009", LIST, reason="wrong-count", expected="as many as the history of the finished task has")
def message_count_is_that_of_the_history(seen: Seen) -> Findings:
    """MessageCount of a completed task at rest is the number of messages that its history showed."""
    for item, task, rest in listed_at_rest(seen):
        if rest.over is None or rest.over.status != COMPLETED:
            continue
        for view in task.views:
            if (
                not view.is_stream
                and task.at_rest(view.began, seen.ended) is rest
                and view.ended <= seen.began
            ):
                known = f"{view.exchange.label} showed {plural(len(view.messages), 'message')}"
                yield says(
                    item.get("messageCount") == len(view.messages),
                    known,
                    f"messageCount {item.get('messageCount')}",
                )
                break


@invariant("LIST-009", LIST, reason="wrong-count", expected="one number, as long as nothing happens")
def message_count_stays(seen: Seen) -> Findings:
    """MessageCount of a completed task at rest is what an earlier page told: one of two is wrong."""
    for item, task, rest in listed_at_rest(seen):
        if rest.over is None or rest.over.status != COMPLETED:
            continue
        count = item.get("messageCount")
        for earlier, told in seen.model.pages.counted_before(task.id, seen.began):
            if task.at_rest(earlier.started, seen.ended) is rest:
                yield says(
                    count == told, f"{earlier.label} told messageCount {told}", f"messageCount {count}"
                )
                break
