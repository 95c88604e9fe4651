"""The history and the marker at the head of a stream."""

from collections import Counter

from sigmic_conformance.checks import check
from sigmic_conformance.model.conversation import View
from sigmic_conformance.model.observation.seen import Seen
from sigmic_conformance.model.observation.seen_tasks import counted, how_often, message_in_brief, settled_stay
from sigmic_conformance.model.operations import GET, HISTORY, STREAM
from sigmic_conformance.model.record.evidence import brief
from sigmic_conformance.model.record.finding import Findings, breaks, says
from sigmic_conformance.model.record.timing import (
    NANO,
    PATIENCE,
)
from sigmic_conformance.model.requests import SentMessage
from sigmic_conformance.model.statuses import COMPLETED, RUNNING
from sigmic_conformance.model.task import Task
from sigmic_conformance.model.turns import Turn
from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.difference import spelled
from sigmic_conformance.wire.stream import Stream
from sigmic_conformance.wire.stream_events import TYPES
from sigmic_conformance.wire.transcript import Closed
from sigmic_spec.plural import plural

CUT = frozenset({Closed.HUNG_UP, Closed.DEADLINE, Closed.RESET})


def _marked(seen: Seen) -> Stream | None:
    """The stream, if its history phase ended, or should have ended."""
    stream = seen.stream
    return stream if stream and (stream.marker is not None or seen.exchange.closed not in CUT) else None


@check("PHASE-001", STREAM, reason="history-out-of-order")
def history_comes_first(seen: Seen) -> Findings:
    """Messages come in the order of their time, before everything else."""
    stream = _marked(seen)
    if stream is None:
        return
    other = next((each for each in stream.history if each.type in TYPES - {"history_message"}), None)
    odd = other or next((each for each in stream.live if each.type == "history_message"), None)
    instants = [json_values.instant(each.get("createdAt")) for each in stream.messages]
    times = [each for each in instants if each is not None]
    if odd is not None:
        known = "the history comes before its marker"
        yield says(odd is None, known, f"{odd.type} at place {odd.number + 1}", offset=odd.offset)
    elif times:
        in_order = times == sorted(times)
        yield says(
            in_order, f"{plural(len(times), 'message')}", f"{'' if in_order else 'not '}in order of time"
        )


@check("PHASE-001", STREAM, reason="message-missing")
def accepted_messages_are_replayed(seen: Seen) -> Findings:
    """A stream's history has each message that was accepted before the request."""
    for count, view, there in counted(seen):
        known = f"{spelled(str(count.message.asked.message), 60)} was accepted {plural(count.least, 'time')}"
        yield says(there >= count.least, known, f"it is replayed {how_often(count, view, there)}")


@check("PHASE-001", STREAM, reason="message-repeated")
def no_message_is_replayed_twice(seen: Seen) -> Findings:
    """A stream's history has no message more often than the clients sent it."""
    for count, _, there in counted(seen):
        if not count.refused:
            known = f"{spelled(str(count.message.asked.message), 60)} was sent {plural(count.most, 'time')}"
            yield says(there <= count.most, known, f"it is replayed {plural(there, 'time')}")


@check("PHASE-001", STREAM, reason="message-repeated")
def no_message_is_sent_twice(stream: Stream) -> Findings:
    """A history has no two equal messages. Equal ids alone are not a repetition."""
    told = Counter(map(json_values.word, stream.messages))
    if told:
        twice = [message for message, number in told.items() if number > 1]
        shown = f"sent twice: {brief(twice[0])}" if twice else "each is sent once"
        yield says(not twice, f"{told.total()} messages", shown)


@check("PHASE-001", STREAM, reason="message-missing")
def counted_messages_are_sent(seen: Seen, task: Task, stream: Stream) -> Findings:
    """A message that the marker counts, and that another view shows, is sent before the marker."""
    counted = stream.marker.get("messageCount") if stream.marker else None
    if stream.marker is None or not json_values.count(counted):
        return
    mine = Counter(
        (json_values.word(each.get("role")), json_values.word(each.get("content")))
        for each in stream.messages
    )
    for view in task.views:
        was_said = any(each.answered > seen.began and each.sent < view.ended for each in task.messages)
        if view.ended <= stream.marker.at or was_said:
            continue
        theirs = Counter(
            (json_values.word("user"), json_values.word(each.get("content"))) for each in view.of_user
        )
        lacking = theirs - mine
        if lacking and counted == mine.total() + lacking.total():
            known = f"the marker counts {counted}, and {view.exchange.label} shows what is missing"
            yield breaks(known, f"not sent: {brief(min(lacking)[1])}")
            return


@check("PHASE-001", STREAM, reason="message-missing")
def settled_messages_are_replayed(seen: Seen) -> Findings:
    """Messages that were settled are replayed by each later stream, unchanged."""
    return settled_stay(seen, "not replayed, or replayed differently")


@check("PHASE-002", STREAM, reason="wrong-number-of-markers")
def one_marker(seen: Seen) -> Findings:
    """Each stream has one history_done."""
    if stream := _marked(seen):
        number = sum(event.type == "history_done" for event in stream.events)
        yield says(number == 1, "the history is over", f"{number} history_done")


@check("PHASE-003", STREAM, reason="wrong-count")
def marker_counts(stream: Stream) -> Findings:
    """The marker has the number of messages before it."""
    if stream.marker is None:
        return
    counted, sent = (
        stream.marker.get("messageCount"),
        sum(e.type == "history_message" for e in stream.history),
    )
    if sent or counted != sent:
        yield says(
            counted == sent, f"{sent} were sent", f"messageCount {counted}", offset=stream.marker.offset
        )


@check("PHASE-004", STREAM, reason="wrong-is-streaming")
def marker_foretells(stream: Stream) -> Findings:
    """Events follow if and only if the marker has isStreaming true."""
    if stream.marker is None:
        return
    live = len(stream.live)
    if stream.is_streaming is False:
        holds, is_told = live == 0, live > 0
    else:
        holds, is_told = stream.is_streaming is True and live > 0, stream.complete
    if is_told:
        yield says(
            holds,
            plural(live, "event follows", "events follow"),
            f"isStreaming {json_values.word(stream.marker.get('isStreaming'))}",
        )


@check("PHASE-004", STREAM, reason="wrong-is-streaming")
def at_rest_nothing_streams(seen: Seen, task: Task, stream: Stream) -> Findings:
    """The marker of an idle task says that no events follow."""
    if stream.marker is None or stream.is_streaming is None:
        return
    rest = task.turns.at_rest(seen.began, stream.marker.at)
    if rest is not None and rest.over is not None:
        shown_ = f"isStreaming {str(stream.is_streaming).lower()}"
        yield says(not stream.is_streaming, f"turn {rest.number} was {rest.over.words}", shown_)


@check("PHASE-004", STREAM, reason="wrong-is-streaming")
def at_work_it_streams(seen: Seen, task: Task, stream: Stream) -> Findings:
    """If a later answer shows a turn as running, its marker says that events follow.

    The arrival time of an event is weaker evidence: a network may have delayed it. A turn that asks may
    await a decision, although no event has reported a call yet (X-21).
    """
    if stream.marker is None or stream.is_streaming is None or task.asks is not False:
        return
    turn = task.turns.at(stream.marker.at)
    if turn is None or not turn.is_clear or turn.taken > seen.began:
        return
    later = [
        told
        for told in task.statuses
        if told.status == RUNNING and told.began >= stream.marker.at and turn.holds(told.began, told.ended)
    ]
    if later:
        shown_ = f"isStreaming {str(stream.is_streaming).lower()}"
        yield says(stream.is_streaming, f"{later[0].exchange.label} shows it as running afterwards", shown_)


def _goes_on_elsewhere(seen: Seen, stream: Stream) -> bool:
    """Whether a message was sent while the stream was open: it may run live then (G-58)."""
    sent = [said.sent for said in seen.task.messages] if seen.task else []
    return any(seen.began < at < stream.exchange.ended for at in sent)


@check("PHASE-005", STREAM, reason="idle-stream-goes-on")
def nothing_follows_an_idle_marker(seen: Seen, task: Task, stream: Stream) -> Findings:
    """The stream of an idle task has no event after history_done."""
    if stream.marker is None:
        return
    rest = task.turns.at_rest(seen.began, stream.marker.at)
    if rest is None or rest.over is None or _goes_on_elsewhere(seen, stream):
        return
    known = f"turn {rest.number} was {rest.over.words}"
    later = [event.type for event in stream.live]
    yield says(not later, known, f"behind history_done come {', '.join(later[:4]) or 'no events'}")


@check("PHASE-005", STREAM, reason="idle-stream-goes-on")
def idle_stream_is_closed(seen: Seen, stream: Stream, rest: Turn) -> Findings:
    """The stream of a task that stayed idle is closed within seconds of history_done."""
    if stream.marker is None or rest.over is None or stream.live:
        return
    since = seen.ended - stream.marker.at
    if stream.complete or since > PATIENCE:
        shown_ = "it ended" if stream.complete else f"{since / NANO:.1f} s later it was open"
        yield says(stream.complete, f"turn {rest.number} was {rest.over.words}", shown_)


@check("PHASE-011", STREAM, reason="wrong-beginning")
def new_tasks_begin_with_their_message(
    seen: Seen, task: Task, stream: Stream, creation: SentMessage
) -> Findings:
    """The history of a live stream in the first turn has exactly the message of the creation."""
    if stream.marker is None or not stream.is_streaming:
        return
    turn = task.turns.at(stream.marker.at)
    if turn is None or turn.number != 1 or creation.asked.message is None or turn.taken > seen.began:
        return
    messages = stream.messages
    said = [each for each in messages if each.get("role") == "user"]
    # The agent's text so far may already be a separate message (G-49).
    holds = len(said) == 1 and creation.is_shown_as(said[0].get("content")) and messages[0] is said[0]
    first = message_in_brief(messages[0]) if messages else "no message"
    shown_ = f"it begins with {first}, and has {len(said)} of the user"
    yield says(holds, f"the task was created with {spelled(creation.asked.message, 60)}", shown_)


@check("PHASE-016", STREAM, reason="replays-differ")
def messages_are_replayed_the_same(seen: Seen, task: Task, stream: Stream) -> Findings:
    """The messages that an earlier stream of the task replayed are replayed with the same ids."""
    if stream.marker is None:
        return
    before = [each for each in task.streams if each.exchange.ended <= seen.began and each.marker is not None]
    if not before or not before[-1].messages:
        return
    mine, theirs = (
        [each.get("id") for each in one.messages if each.get("role") == "user"]
        for one in (stream, before[-1])
    )
    known = f"{before[-1].exchange.label} had replayed {plural(len(theirs), 'message')} of the user"
    yield says(mine[: len(theirs)] == theirs, known, f"{plural(len(mine), 'message')} of the user")


@check("PHASE-016", STREAM, reason="replays-differ")
def repeated_streams_are_equal(seen: Seen, task: Task, stream: Stream, rest: Turn) -> Findings:
    """Two streams of a task that stayed idle have the same events."""
    if not stream.complete or stream.is_streaming:
        return
    for earlier in task.streams:
        if earlier.exchange.ended > seen.began:
            break
        if earlier.complete and task.turns.at_rest(earlier.exchange.started, seen.ended) is rest:
            one, other = earlier.documented, stream.documented
            known = f"{earlier.exchange.label} had {plural(len(one), 'event')} of the task at rest"
            yield says(
                one == other,
                known,
                f"{plural(len(other), 'event')}, {'the same' if one == other else 'not the same'}",
            )
            return


@check("PHASE-024", GET, reason="ran-again")
def reading_streams_runs_nothing(seen: Seen, task: Task, rest: Turn) -> Findings:
    """Streaming an idle task does not change its times or its output."""
    if not seen.exchange.ok:
        return
    for earlier in task.read:
        if earlier.ended > seen.began:
            break
        between = any(earlier.ended <= each.exchange.started < seen.began for each in task.streams)
        if between and task.turns.at_rest(earlier.started, seen.ended) is rest:
            names = ("status", "startedAt", "completedAt")
            mine, theirs = (
                [*(each.get(name) for name in names), json_values.fields(each.get("output")).get("content")]
                for each in (seen.fields, earlier.fields)
            )
            shown = "it is unchanged" if mine == theirs else f"{spelled(mine[:3])}"
            yield says(
                mine == theirs, f"{earlier.label} showed {spelled(theirs[:3])}, then it was streamed", shown
            )
            return


def _is_before(one: View, other: View) -> bool:
    return not one.is_stream and one.ended <= other.began


@check("PHASE-024", HISTORY, reason="ran-again")
def reading_streams_adds_nothing(seen: Seen, task: Task, view: View, rest: Turn) -> Findings:
    """Streaming a completed idle task adds no message to its history."""
    if rest.over is None or rest.over.status != COMPLETED:
        return
    earlier = next(
        (
            each
            for each in task.views
            if _is_before(each, view) and task.turns.at_rest(each.began, view.ended) is rest
        ),
        None,
    )
    if earlier is not None and any(
        earlier.ended <= each.exchange.started < seen.began for each in task.streams
    ):
        known = f"{earlier.exchange.label} showed {plural(len(earlier.messages), 'message')}"
        yield says(
            len(view.messages) == len(earlier.messages), known, f"{plural(len(view.messages), 'message')}"
        )


@check("PHASE-024", STREAM, reason="ran-again")
def a_stream_adds_no_message(task: Task, view: View) -> Findings:
    """The stream of an idle task replays as many messages of the user as existed before."""
    rest = task.turns.at_rest(view.began, view.ended)
    if rest is None:
        return
    for earlier in task.views:
        if earlier.ended <= view.began and task.turns.at_rest(earlier.began, view.ended) is rest:
            known = f"{earlier.exchange.label} showed {plural(len(earlier.of_user), 'message')} of the user"
            holds = len(view.of_user) == len(earlier.of_user)
            yield says(holds, known, f"the stream replays {len(view.of_user)}")
            return
