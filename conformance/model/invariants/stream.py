"""STREAM, EVENT and ISOLATION: a stream tells of its own task, and what everybody else is told."""

from collections.abc import Iterable

from sigmic_conformance.conformance.judging.timing import NANO
from sigmic_conformance.conformance.model.calls import Call
from sigmic_conformance.conformance.model.conversation import calls_in, doubled
from sigmic_conformance.conformance.model.invariant import invariant
from sigmic_conformance.conformance.model.requests import Certainty
from sigmic_conformance.conformance.model.seen import Findings, Seen, says
from sigmic_conformance.conformance.model.statuses import COMPLETED
from sigmic_conformance.conformance.model.turns import Turn
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.conformance.transcript.stream import Stream
from sigmic_conformance.conformance.transcript.transcript import Closed, Exchange, Framing
from sigmic_conformance.spec.plural import plural

STREAM, HISTORY, GET = "stream_task", "get_task_history", "get_task"
LONG_ENOUGH = 12
"""Characters of a text that two tasks do not say by chance."""


@invariant("ISOLATION-012", STREAM, HISTORY, reason="foreign-content", expected="no message of another task")
def no_foreign_messages(seen: Seen) -> Findings:
    """No view of a task has a message of the user that only another task was sent."""
    if seen.view is None or seen.task is None or seen.task.creation is None:
        return
    if any(each.asked.message is None for each in seen.task.said if each.certainty is not Certainty.REFUSED):
        return
    for message in seen.view.of_user:
        text = message.get("content")
        if (
            not isinstance(text, str)
            or len(text) < LONG_ENOUGH
            or any(s.is_shown_as(text) for s in seen.task.said)
        ):
            continue
        others = [name for name in seen.model.said_by(text) if name != seen.task.id]
        yield says(
            not others, "this task was never sent this", f"{text[:60]!r}, said in {others[:2] or 'no task'}"
        )


@invariant("ISOLATION-012", STREAM, reason="foreign-content", expected="no tool call of another task")
def no_foreign_calls(seen: Seen) -> Findings:
    """No stream of a task tells a result of which it told no call, while another task's streams do."""
    if seen.stream is None or seen.task is None or not seen.stream.complete:
        return
    told = {event.call for event in seen.stream.of("tool_call")}
    saved = calls_in(seen.stream.messages)
    for event in seen.stream.of("tool_result"):
        if event.call in told or event.call in saved:
            continue
        others = [
            task.id
            for task in seen.model.tasks.values()
            if task is not seen.task and event.call in task.calls
        ]
        yield says(
            not others, "the stream told no call of this id", f"{event.call}, of {others[:2] or 'no task'}"
        )


@invariant("ISOLATION-012", STREAM, reason="foreign-content", expected="no text of another task")
def no_foreign_texts(seen: Seen) -> Findings:
    """What a completed run said after its last tool is of its own answer, as done and views tell it.

    Before a view tells the answer nothing is known of it: `finalResponse` may be worded apart (X-04).
    """
    stream, task = seen.stream, seen.task
    if stream is None or task is None or not stream.complete or not stream.closing or stream.grows:
        return
    done = stream.terminal if stream.terminal is not None and stream.terminal.type == "done" else None
    turn = task.turn_at(seen.began)
    over = turn.over if turn is not None else None
    # Whether the text of a run that was cut off is saved is not documented (G-74).
    if stream.is_streaming is not False and (done is None or over is None or over.status != COMPLETED):
        return
    after = [each for view in task.views if view.began >= seen.ended for each in view.messages]
    if not any(each.get("role") == "assistant" for each in after):
        return
    shown = [each.get("content") for view in task.views for each in view.messages]
    own = _dense([*shown, done.get("finalResponse") if done else ""])
    for event, words in stream.closing_words:
        text = shapes.word(event.get("text"))
        known = all(_dense([each]) in own for each in words)
        told = f"{text[:40]!r} is {'' if known else 'not '}of its own conversation"
        yield says(known, f"shown: {plural(len(shown), 'message')} of the task", told, offset=event.offset)


def _dense(texts: Iterable[object]) -> str:
    """Texts without their white space, which views may tell otherwise."""
    return "".join("".join(str(each).split()) for each in texts)


@invariant("STREAM-035", STREAM, reason="foreign-event", expected="events of the requested task only")
def only_the_tasks_own_story(seen: Seen) -> Findings:
    """A stream's history has no more messages of the user than the task was sent, whatever was asked for.

    One of its own that is told twice is another row's matter.
    """
    if (
        seen.view is None
        or seen.task is None
        or seen.task.creation is None
        or not seen.task.counts(seen.view)
    ):
        return
    asked = any(name.lower() == "last-event-id" for name, _ in seen.exchange.sent.headers)
    if asked:
        most = sum(
            each.certainty is not Certainty.REFUSED and each.sent < seen.view.ended for each in seen.task.said
        )
        there = seen.view.of_user
        own = all(any(each.is_shown_as(one.get("content")) for each in seen.task.said) for one in there)
        holds = own or len(there) <= most
        yield says(holds, f"the task was sent {plural(most, 'message')}", f"replayed: {len(there)}")


@invariant("HISTORY-006", STREAM, HISTORY, reason="id-repeated", expected="an id that no other message has")
def ids_of_messages_differ(seen: Seen) -> Findings:
    """No two messages of a view have one id."""
    if seen.view is not None and seen.view.messages:
        twice = doubled(seen.view.messages)
        yield says(
            not twice,
            f"{plural(len(seen.view.messages), 'message')}",
            f"ids that occur twice: {twice[:3] or 'none'}",
        )


@invariant("HISTORY-004", STREAM, HISTORY, reason="wrong-order", expected="createdAt never decreases")
def messages_are_in_the_order_of_time(seen: Seen) -> Findings:
    """The messages of a view are in the order of their createdAt."""
    if seen.view is not None and len(seen.view.messages) > 1:
        times = [shapes.instant(each.get("createdAt")) for each in seen.view.messages]
        known = [each for each in times if each is not None]
        yield says(
            known == sorted(known),
            f"{plural(len(known), 'message')}",
            "in order" if known == sorted(known) else "not",
        )


@invariant(
    "HISTORY-017", STREAM, HISTORY, reason="views-differ", expected="history and history_message agree"
)
def views_of_a_task_at_rest_agree(seen: Seen) -> Findings:
    """Two views of a finished task at rest have the same messages, in whatever way they are read.

    Of one that did not complete, up to the last of the user's: what was cut off may still be saved.
    """
    rest = seen.task.at_rest(seen.view.began, seen.view.ended) if seen.task and seen.view else None
    if rest is None or seen.task is None or seen.view is None:
        return
    earlier, settled = seen.task.settled_before(seen.began), seen.task.settled_by(seen.view)
    if earlier is None or settled is None:
        return
    if seen.task.at_rest(earlier.by.began, seen.view.ended) is not rest:
        return
    before, now = ([shapes.message(each) for each in view.messages] for view in (earlier, settled))
    known = f"{earlier.by.exchange.label} showed {plural(len(before), 'message')} of the task at rest"
    yield says(
        before == now,
        known,
        f"{plural(len(now), 'message')}, {'the same' if before == now else 'not the same'}",
    )


@invariant("PHASE-012", STREAM, reason="wrong-end", expected="exactly one done, and no event behind it")
def completed_turns_end_with_done(seen: Seen) -> Findings:
    """A stream that was closed in order, of a turn that is told to be completed, has one done at its end."""
    stream, task = seen.stream, seen.task
    turn = task.turn_at(seen.began) if task else None
    if stream is None or task is None or turn is None or not turn.is_clear or turn.taken > seen.began:
        return
    completed = any(
        told.status == COMPLETED and turn.holds(told.began, told.ended) and told.ended > seen.began
        for told in task.told
    )
    if stream.is_streaming and stream.complete and completed:
        done = [event for event in stream.live if event.type == "done"]
        last = bool(stream.live) and stream.live[-1].type == "done"
        shown = f"{len(done)} done, {'at' if last else 'not at'} the end"
        yield says(len(done) == 1 and last, f"turn {turn.number} is shown as completed", shown)


@invariant(
    "PHASE-022", STREAM, reason="left-hanging", expected="whatever ends a run, its open streams end too"
)
def no_stream_is_left_open(seen: Seen) -> Findings:
    """The stream of a turn that was told to be over, however, has ended some seconds later."""
    stream, task = seen.stream, seen.task
    turn = task.turn_at(seen.began) if task else None
    if stream is None or turn is None or not turn.is_clear or turn.over is None or not stream.is_streaming:
        return
    patience = 6 * NANO
    if turn.over.by is seen.exchange or turn.over.ended > seen.ended or _was_cut(seen.exchange):
        return
    if stream.complete:
        yield says(stream.complete, f"the turn was {turn.over.words}", "the stream ended")
    elif seen.ended - turn.over.ended > patience:
        late = (seen.ended - turn.over.ended) / NANO
        yield says(stream.complete, f"the turn was {turn.over.words}", f"{late:.1f} s later it was open")


@invariant("STREAM-020", STREAM, reason="cut-connection", expected="the zero-length chunk")
def last_events_are_followed_by_the_last_chunk(seen: Seen) -> Findings:
    """No two streams of a task are cut exactly behind their last event, nor of a run where none is elsewhere.

    A network may cut a stream anywhere; that it does so twice at this very place alone is no chance.
    """
    stream = seen.stream
    if stream is None or stream.last is None or not _is_chunked(stream):
        return
    cut = _ends_without_its_chunk(stream) and _is_no_chance(seen, stream)
    if stream.complete or cut:
        yield says(not cut, f"{stream.last.type} was sent", f"{seen.exchange.closed}, as another stream was")


def _is_no_chance(seen: Seen, stream: Stream) -> bool:
    """Whether another stream of the task was cut at the same place, or all of the run that were cut."""
    mine = seen.task.streams if seen.task is not None else ()
    if any(_ends_without_its_chunk(each) for each in mine if each is not stream):
        return True
    every = (each for task in seen.model.tasks.values() for each in task.streams)
    cut = [each for each in every if each.exchange.closed in {Closed.TRUNCATED, Closed.RESET}]
    return len(cut) > 1 and all(map(_ends_without_its_chunk, cut))


def _is_chunked(stream: Stream) -> bool:
    return stream.exchange.framing is Framing.CHUNKED


def _ends_without_its_chunk(stream: Stream) -> bool:
    """Whether a chunked stream was closed at once behind its last event, without the last chunk."""
    last, exchange = stream.last, stream.exchange
    if last is None or exchange.closed is not Closed.TRUNCATED or not _is_chunked(stream):
        return False
    return stream.events[-1] is last and stream.body.leftover is None and exchange.ended - last.at < NANO


@invariant("PHASE-023", GET, reason="not-completed", expected="completed, when done has been sent")
def done_means_completed(seen: Seen) -> Findings:
    """get_task after the done of a stream tells the task to be completed, until a follow-up."""
    task = seen.task
    turn = task.turn_at(seen.began) if task else None
    if (
        task is None
        or turn is None
        or not turn.is_clear
        or not seen.exchange.ok
        or not turn.holds(seen.began, seen.ended)
    ):
        return
    done = [
        stream.terminal.at
        for stream in task.streams
        if stream.terminal is not None
        and stream.terminal.type == "done"
        and stream.exchange.started >= turn.taken
    ]
    if done and min(done) < seen.began:
        status = seen.fields.get("status")
        yield says(status == COMPLETED, "a stream had told done", f"the status is {status}")


@invariant(
    "AGENT-006", HISTORY, STREAM, reason="other-output", expected="the output of tool_result in the message"
)
def outputs_are_those_of_the_stream(seen: Seen) -> Findings:
    """Where a saved message carries a call's output, it is that of the tool_result."""
    if seen.view is None or seen.task is None:
        return
    for message in seen.view.messages:
        for told in shapes.objects(message.get("toolCalls")):
            call = seen.task.calls.get(shapes.word(told.get("callId")))
            result = call.result if call else None
            if result is None or "output" not in told or result.at > seen.view.began:
                continue
            same = told["output"] == result.event.get("output")
            known = f"the result of {told.get('callId')} was {shapes.word(result.event.get('output'))[:50]}"
            yield says(same, known, f"the message has {shapes.word(told['output'])[:50]}")


@invariant(
    "EVENT-022", STREAM, reason="call-id-reused", expected="different callIds for different calls of a task"
)
def ids_of_calls_differ(seen: Seen) -> Findings:
    """No callId of a turn names a call that had its result in an earlier turn, or that was another there."""
    task, stream = seen.task, seen.stream
    turn = task.turn_at(seen.began) if task else None
    if task is None or stream is None or turn is None or not turn.is_clear or turn.taken > seen.began:
        return
    for name in dict.fromkeys(event.call for event in stream.of("tool_call")):
        call = task.calls.get(name)
        if call is not None and (call.result is not None or len(call.heard) > 1):
            ended = call.result is not None and call.result.at < turn.began
            earlier = ended or _was_another(call, turn)
            yield says(
                not earlier,
                f"turn {turn.number} calls {name}",
                "of an earlier turn" if earlier else "it is new",
            )


def _was_another(call: Call, turn: Turn) -> bool:
    """Whether a call was told with other arguments before a turn than in it."""
    told = [(each.at < turn.began, each.event.get("args")) for each in call.heard if not each.is_result]
    before, now = ([args for early, args in told if args and early is when] for when in (True, False))
    return bool(before and now) and not any(args in before for args in now)


def _was_cut(exchange: Exchange) -> bool:
    """Whether the connection broke, or the harness did not read all the time."""
    return exchange.closed is Closed.RESET or exchange.paused_at is not None
