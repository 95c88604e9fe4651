"""GET and CREATE: what a task was created with reads back at any later time, and what is fixed stays."""

from collections.abc import Iterator, Mapping
from typing import Any

from sigmic_conformance.conformance.model.callers import Key
from sigmic_conformance.conformance.model.invariant import invariant
from sigmic_conformance.conformance.model.outputs import output_of
from sigmic_conformance.conformance.model.reading import not_refused
from sigmic_conformance.conformance.model.requests import Certainty, Form
from sigmic_conformance.conformance.model.seen import Findings, Seen, says
from sigmic_conformance.conformance.model.statuses import COMPLETED
from sigmic_conformance.conformance.transcript import json_values as shapes

GET, LIST = "get_task", "list_tasks"
_SAME = (
    "status",
    "message",
    "systemPrompt",
    "showInHistory",
    "autoExecute",
    "env",
    "error",
    "createdAt",
    "startedAt",
)


def _given(seen: Seen) -> dict[str, Any] | None:
    """The fields of the creation, when the answer is a task's and its creation is known word for word."""
    creation = seen.task.creation if seen.task else None
    if creation is None or not creation.asked.known or not seen.exchange.ok or seen.operation != GET:
        return None
    return dict(creation.asked.fields)


def _reads_back(seen: Seen, name: str, default: Any = None) -> Findings:
    """The field as it was given, or the documented default where it was left out."""
    given = _given(seen)
    if given is None or name not in seen.fields:
        return
    wanted = given.get(name, default) if given.get(name) is not None else default
    known = f"{name} was {'given as ' + shapes.word(wanted)[:60] if name in given else 'not given'}"
    yield says(seen.fields[name] == wanted, known, f"it reads {shapes.word(seen.fields[name])[:60]}")


@invariant("GET-006", GET, reason="other-message", expected="the message given at creation")
def message_reads_back(seen: Seen) -> Findings:
    """The message is that of the creation; after a follow-up it may be another by a gap (G-43)."""
    creation = seen.task.creation if seen.task else None
    text = creation.asked.message if creation else None
    if text is None or not seen.exchange.ok or seen.task is None or seen.task.goes_on(seen.ended):
        return
    shown = seen.fields.get("message")
    holds = creation is not None and creation.is_shown_as(shown)
    yield says(holds, f"the message was {text[:60]!r}", f"it reads {shapes.word(shown)[:60]}")


@invariant("GET-029", GET, reason="other-message", expected="the first message after a follow-up as well")
def message_stays_the_first(seen: Seen) -> Findings:
    """After a follow-up the message is still that of the creation."""
    creation = seen.task.creation if seen.task else None
    text = creation.asked.message if creation else None
    if text is None or not seen.exchange.ok or seen.task is None or seen.task.turn_at(seen.began) is None:
        return
    if seen.task.goes_on(seen.ended):
        shown = seen.fields.get("message")
        holds = creation is not None and creation.is_shown_as(shown)
        yield says(holds, f"the first message was {text[:60]!r}", f"it reads {shapes.word(shown)[:60]}")


@invariant("CREATE-012", GET, reason="other-value", expected="null, for a task created without it")
def system_prompt_not_given(seen: Seen) -> Findings:
    """A system prompt that was not given is null."""
    if (_given(seen) or {"systemPrompt": 1}).get("systemPrompt") is None:
        yield from _reads_back(seen, "systemPrompt")


@invariant("CREATE-013", GET, reason="other-value", expected="the system prompt that was given")
def system_prompt_given(seen: Seen) -> Findings:
    """A system prompt that was given reads back."""
    if isinstance((_given(seen) or {}).get("systemPrompt"), str):
        yield from _reads_back(seen, "systemPrompt")


def _flag(seen: Seen, name: str, *, wanted: bool | None) -> Findings:
    given = _given(seen)
    if given is None or given.get(name) is not wanted:
        return
    yield from _reads_back(seen, name, default=True)


@invariant("CREATE-014", GET, reason="other-value", expected="true, for a task created without it")
def shown_by_default(seen: Seen) -> Findings:
    """ShowInHistory that was not given is true."""
    yield from _flag(seen, "showInHistory", wanted=None)


@invariant("CREATE-015", GET, reason="other-value", expected="false, as in the request")
def hidden_when_asked(seen: Seen) -> Findings:
    """ShowInHistory that was given as false is false."""
    yield from _flag(seen, "showInHistory", wanted=False)


@invariant("CREATE-016", GET, reason="other-value", expected="true, for a task created without it")
def automatic_by_default(seen: Seen) -> Findings:
    """AutoExecute that was not given is true."""
    yield from _flag(seen, "autoExecute", wanted=None)


@invariant("CREATE-017", GET, reason="other-value", expected="false, as in the request")
def asking_when_asked(seen: Seen) -> Findings:
    """AutoExecute that was given as false is false."""
    yield from _flag(seen, "autoExecute", wanted=False)


@invariant("CREATE-018", GET, reason="other-value", expected="null, for a task created without it")
def env_not_given(seen: Seen) -> Findings:
    """An env that was not given is null; where an exchange of an end user gave one it may be that (X-06)."""
    given, owner = _given(seen), seen.task.owner if seen.task else None
    none = given is not None and given.get("env") is None
    of_exchange = owner in seen.model.users_with_variables and bool(seen.fields.get("env"))
    if none and owner is not None and not of_exchange:
        yield from _reads_back(seen, "env")


@invariant("VARS-002", GET, reason="other-env", expected="the env given at creation")
def env_reads_back(seen: Seen) -> Findings:
    """An env that was given as JSON, with a key, reads back: every name with its value."""
    given = _given(seen)
    creation = seen.task.creation if seen.task else None
    if given is None or creation is None or creation.asked.form is not Form.JSON:
        return
    if given.get("env") and seen.task and isinstance(seen.task.owner, Key):
        yield from _reads_back(seen, "env")


@invariant("VARS-016", GET, reason="exchange-env", expected="null, or the env of the creation itself")
def env_of_a_token(seen: Seen) -> Findings:
    """The env of a task made with a token is null or the creation's own."""
    given = _given(seen)
    if given is None or seen.task is None or seen.task.owner is None or isinstance(seen.task.owner, Key):
        return
    shown, own = seen.fields.get("env"), given.get("env")
    yield says(
        shown in (None, {}, own),
        f"the creation gave {shapes.word(own)[:60]}",
        f"env {shapes.word(shown)[:60]}",
    )


@invariant("GET-008", GET, reason="changed", expected="createdAt never changes")
def created_once(seen: Seen) -> Findings:
    """CreatedAt is the same as in every earlier answer."""
    yield from _stays(seen, "createdAt")


@invariant("GET-032", GET, reason="changed", expected="conversationId, once it has a value, never changes")
def conversation_stays(seen: Seen) -> Findings:
    """ConversationId is the same as in every earlier answer that had one."""
    yield from _stays(seen, "conversationId")


@invariant("FOLLOWUP-012", GET, reason="id-changed", expected="the same task and conversation")
def follow_up_keeps_the_conversation(seen: Seen) -> Findings:
    """ConversationId is the same after a follow-up."""
    turn = seen.task.turn_at(seen.began) if seen.task else None
    if turn is not None and turn.number > 1:
        yield from _stays(seen, "conversationId")


@invariant("SESSION-006", GET, reason="id-changed", expected="a restore keeps the task's id and conversation")
def restore_keeps_the_conversation(seen: Seen) -> Findings:
    """ConversationId is the same after a restore."""
    turn = seen.task.turn_at(seen.began) if seen.task else None
    if turn is not None and seen.restored(turn):
        yield from _stays(seen, "conversationId")


def _stays(seen: Seen, name: str) -> Findings:
    if seen.task is None or not seen.exchange.ok:
        return
    earlier = next(
        (
            each
            for each in seen.task.read
            if each.ended <= seen.began and isinstance(each.fields.get(name), str)
        ),
        None,
    )
    if earlier is not None and seen.fields.get(name) is not None:
        known = f"{earlier.label} had shown {name} {earlier.fields[name]}"
        yield says(seen.fields[name] == earlier.fields[name], known, f"{name} {seen.fields[name]}")


@invariant(
    "GET-024", GET, reason="changed-by-reading", expected="repeated reads of a finished task answer the same"
)
def reading_changes_nothing(seen: Seen) -> Findings:
    """What an earlier answer showed of the completed task at rest, this one shows too."""
    rest = seen.rest()
    if (
        rest is None
        or rest.over is None
        or rest.over.status != COMPLETED
        or seen.task is None
        or not seen.exchange.ok
    ):
        return
    for earlier in seen.task.read:
        if earlier.ended > seen.began:
            break
        if seen.task.at_rest(earlier.started, seen.ended) is rest:
            differing = sorted(_differences(earlier.fields, seen.fields))
            shown = f"{', '.join(differing)} differ" if differing else "it is the same"
            yield says(not differing, f"{earlier.label} had shown the task at rest", shown)
            break


def _differences(one: Any, other: Any) -> Iterator[str]:
    for name in (*_SAME, "completedAt"):
        if one.get(name) != other.get(name):
            yield name
    before, after = shapes.fields(one.get("output")), shapes.fields(other.get("output"))
    for name in ("content", "updatedAt"):
        if before.get(name) != after.get(name):
            yield f"output.{name}"


@invariant("GET-002", GET, reason="other-key", expected="the same apiKeyId for all tasks of one key")
def one_key_one_id(seen: Seen) -> Findings:
    """ApiKeyId is that of every other task of the key."""
    if seen.task is None or not isinstance(seen.task.owner, Key) or not seen.exchange.ok:
        return
    first = seen.model.key_ids.get(seen.task.owner)
    shown = seen.fields.get("apiKeyId")
    if first is not None:
        yield says(shown == first, f"other tasks of the key have {first}", f"apiKeyId {shown}")


@invariant("GET-031", GET, reason="refused", expected="the task, as soon as create_task has answered")
def owner_may_read(seen: Seen) -> Findings:
    """The owner of a task is never told that it is not there."""
    yield from not_refused(seen)


@invariant(
    "GET-022", GET, reason="texts-differ", expected="output.content is the text that the stream delivered"
)
def output_is_what_was_streamed(seen: Seen) -> Findings:
    """The output of a completed turn is the text that its reader heard, or one who joined and stayed."""
    rest = seen.rest()
    if rest is None or rest.over is None or rest.over.status != COMPLETED or seen.task is None:
        return
    content = shapes.fields(seen.fields.get("output")).get("content")
    heard = seen.task.heard_whole(rest) or seen.task.heard_to_the_end(rest)
    if heard is not None and isinstance(content, str):
        if seen.model.choices.accumulates and rest.number > 1:
            content = output_of(seen.task, rest, accumulated=True)
        if content is None:
            return
        holds = heard.delivered(content)
        yield says(
            holds, f"a reader received {''.join(heard.texts)[:60]!r}", f"output.content {content[:60]!r}"
        )


@invariant(
    "EVENT-028", GET, reason="calls-differ", expected="the tool calls of the last run, in the stream's order"
)
def output_has_the_calls(seen: Seen) -> Findings:
    """The tool calls in the output of a completed turn are those that its reader heard."""
    rest = seen.rest()
    if rest is None or rest.over is None or rest.over.status != COMPLETED or seen.task is None:
        return
    heard = seen.task.heard_whole(rest)
    output = seen.fields.get("output")
    if heard is None or not isinstance(output, dict):
        return
    told = list(dict.fromkeys(event.call for event in heard.of("tool_call")))
    shown = [shapes.word(each.get("callId")) for each in shapes.objects(output.get("toolCalls"))]
    # Whether the output tells the last turn only is not documented (G-44).
    yield says(
        shown[-len(told) :] == told if told else True,
        f"a reader received the calls {told}",
        f"output has {shown}",
    )


@invariant(
    "EVENT-028", GET, reason="calls-differ", expected="the tool calls of the last run, one behind another"
)
def output_keeps_the_order_of_asking(seen: Seen) -> Findings:
    """A call that waited alone stands in the output in front of those that waited after its answer.

    One that never waited may have run before, and nobody was told.
    """
    rest, task = seen.rest(), seen.task
    if rest is None or rest.over is None or rest.over.status != COMPLETED or task is None:
        return
    shown = _calls_of(seen.fields)
    for call in task.calls.values():
        answers = [each.sent for each in call.decisions if each.certainty is Certainty.ACCEPTED]
        mine = [each for each in task.read if rest.holds(each.started, each.ended)]
        before = [each for each in mine if answers and each.ended < answers[0]]
        if call.id not in shown or not any(_waiting(each.fields) == [call.id] for each in before):
            continue
        early = {name for each in before for name in _known_to(each.fields)} | task.told_before(rest)
        heard = {other.id for other in task.calls.values() if other.first and other.first.at < answers[0]}
        after = {name for each in mine if each not in before for name in _waiting(each.fields)}
        later = [name for name in shown if name in after and name not in early | heard | {call.id}]
        if later:
            holds = all(shown.index(call.id) < shown.index(name) for name in later)
            known = f"{call.id} alone had waited, and others did after its answer"
            yield says(holds, known, f"output has {shown}")


def _calls_of(fields: Mapping[str, Any]) -> list[str]:
    output = shapes.fields(fields.get("output"))
    return [shapes.word(each.get("callId")) for each in shapes.objects(output.get("toolCalls"))]


def _known_to(fields: Mapping[str, Any]) -> set[str]:
    """The calls that an answer of get_task tells."""
    return {*_calls_of(fields), *_waiting(fields)}


def _waiting(fields: Mapping[str, Any]) -> list[str]:
    return [shapes.word(each.get("callId")) for each in shapes.objects(fields.get("pendingApprovals"))]
