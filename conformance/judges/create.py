"""CREATE: what is accepted, what it becomes, and that a refusal leaves nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sigmic_conformance.conformance.judging.answer_data import messages, tasks_marked
from sigmic_conformance.conformance.judging.controls import ANY_CODE, refused
from sigmic_conformance.conformance.judging.evidence import cite, summary
from sigmic_conformance.conformance.judging.observations import Observations
from sigmic_conformance.conformance.judging.readings import Reading
from sigmic_conformance.conformance.judging.record import NotRecorded, Record
from sigmic_conformance.conformance.judging.rules import Acceptance, Refusal
from sigmic_conformance.conformance.judging.timing import NANO
from sigmic_conformance.conformance.judging.variable_digests import printed
from sigmic_conformance.conformance.judging.verdict import Outcome, Unproven, Verdict, inconclusive, info
from sigmic_conformance.conformance.judging.workspace_files import listed
from sigmic_conformance.conformance.labels.conversation import AwkwardText, EasyTask, ToolTask
from sigmic_conformance.conformance.labels.create import CreationFields, CreationRefusals, QuickAnswer
from sigmic_conformance.conformance.labels.create_bodies import FormVariables, JsonFiles, LongMessage
from sigmic_conformance.conformance.labels.token import EndUsers
from sigmic_conformance.conformance.registry import judge, judge_each
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.conformance.transcript.label import Label, ProbeName
from sigmic_conformance.spec.plural import plural

DEFAULTS = (CreationFields.JSON.of("defaults"), CreationFields.FORM.of("defaults"))


@dataclass(frozen=True, slots=True)
class ReadsBack:
    """get_task tells this value of a field for the tasks created under these labels."""

    name: str
    labels: Sequence[Label]
    value: object = field(kw_only=True)

    @property
    def probes(self) -> tuple[ProbeName, ...]:
        """The probes that are read."""
        return (CreationFields.PROBE,)

    def __call__(self, record: Record) -> Verdict:
        observations = Observations("other-value", f"{self.name} reads back as given")
        for label in self.labels:
            exchange = record.exchange(CreationFields.READ.of(label))
            data = exchange.fields
            same = (
                self.name in data
                and data[self.name] == self.value
                and type(data[self.name]) is type(self.value)
            )
            observations.add(same, exchange, f"{label}: {self.name} {data.get(self.name)!r}")
        return observations.verdict()


judge_each(
    __name__,
    {
        "CREATE-001": Acceptance([CreationFields.JSON.of("defaults")]),
        "CREATE-002": Acceptance([CreationFields.FORM.of("defaults")]),
        "CREATE-008": Refusal([CreationRefusals.BAD.of("no message")], control=CreationRefusals.TWIN),
        "CREATE-009": Refusal([CreationRefusals.BAD.of("empty message")], control=CreationRefusals.TWIN),
        "CREATE-010": Refusal(
            [
                CreationRefusals.BAD.of("message is a number"),
                CreationRefusals.BAD.of("message is null"),
                CreationRefusals.BAD.of("message is a list"),
            ],
            control=CreationRefusals.TWIN,
        ),
        "CREATE-012": ReadsBack("systemPrompt", DEFAULTS, value=None),
        "CREATE-014": ReadsBack("showInHistory", DEFAULTS, value=True),
        "CREATE-015": ReadsBack("showInHistory", [CreationFields.JSON.of("hidden")], value=False),
        "CREATE-016": ReadsBack("autoExecute", DEFAULTS, value=True),
        "CREATE-017": ReadsBack("autoExecute", [CreationFields.JSON.of("manual")], value=False),
        "CREATE-018": ReadsBack("env", DEFAULTS, value=None),
        "CREATE-022": Refusal([CreationRefusals.BAD.of("unknown field")], 400, control=CreationRefusals.TWIN),
        "CREATE-027": Acceptance([CreationFields.URLENCODED]),
        "CREATE-028": Refusal(
            [
                *(
                    CreationRefusals.RAW.of("malformed JSON"),
                    CreationRefusals.RAW.of("empty body"),
                    CreationRefusals.RAW.of("two values"),
                    CreationRefusals.RAW.of("not UTF-8"),
                ),
                *(CreationRefusals.BAD.of("not an object"), CreationRefusals.BAD.of("a string")),
            ],
            code=ANY_CODE,
            control=CreationRefusals.TWIN,
            expected="4xx in the envelope",
        ),
        "CREATE-033": Refusal([CreationRefusals.BAD.of("autoExecute maybe")], control=CreationRefusals.TWIN),
    },
)


@judge("CREATE-003", CreationFields.PROBE)
def id_to_read_by(record: Record) -> Verdict:
    observations = Observations("refused", "data.id is a non-empty string, and the task can be read with it")
    for label in DEFAULTS:
        made = record.exchange(label)
        task = made.data.get("id") if isinstance(made.data, dict) else None
        if not made.ok:
            raise NotRecorded(f"{label} was not accepted: {summary(made)}")
        # Without an id the probe ends here: there is nothing to read.
        if not observations.add(shapes.filled(task), made, f"{label}: id {task!r}", reason="no-id"):
            break
        read = record.exchange(CreationFields.READ.of(label))
        observations.add(read.ok, read, f"{label}: read: {summary(read)}")
    return observations.verdict()


@judge("CREATE-004", EasyTask.PROBE, sweep=True)
def pending_at_first(record: Record) -> Verdict:
    observations = Observations("other-status", "data.status is pending")
    for exchange in record.exchanges():
        if exchange.operation == "create_task" and exchange.ok:
            status = exchange.fields.get("status")
            observations.add(status == "pending", exchange, f"status {status!r}")
    return observations.verdict()


@judge("CREATE-005", EasyTask.PROBE, sweep=True)
def ids_are_new(record: Record) -> Verdict:
    observations = Observations("id-reused", "an id that no earlier creation answered")
    seen: set[str] = set()
    for exchange in record.exchanges():
        if exchange.operation == "create_task" and exchange.ok:
            task = exchange.fields.get("id")
            observations.add(task is not None and shapes.word(task) not in seen, exchange, f"id {task}")
            seen.add(shapes.word(task))
    return observations.verdict()


@judge("CREATE-006", EasyTask.PROBE)
def starts_by_itself(record: Record) -> Verdict:
    observations = Observations("not-started", "leaves pending without another request")
    exchange = record.exchange(EasyTask.STARTED)
    status = exchange.fields.get("status")
    observations.add(status not in (None, "pending"), exchange, f"status {status}")
    return observations.verdict()


@judge("CREATE-007", QuickAnswer.PROBE)
def answers_at_once(record: Record) -> Verdict:
    observations = Observations("answered-late", "answered before a six-second command can have ended")
    exchange, then = record.exchange(QuickAnswer.CREATE_TASK), record.exchange(QuickAnswer.AT_ONCE)
    seconds = (exchange.ended - exchange.started) / NANO
    status = then.fields.get("status")
    observations.add(exchange.ok and seconds < 6, exchange, f"{seconds:.2f} s, then {status}")
    return observations.verdict()


@judge("CREATE-011", CreationRefusals.PROBE)
def refusals_leave_no_task(record: Record) -> Verdict:
    observations = Observations("half-done", "as many tasks as accepted creations")
    page, mark = record.exchange(CreationRefusals.LIST), record.fact(CreationRefusals.MARK)
    made = [
        str(exchange.fields.get("id"))
        for exchange in record.exchanges(CreationRefusals.PROBE)
        if exchange.operation == "create_task" and exchange.succeeded
    ]
    found = tasks_marked(page, mark)
    if not found:
        return inconclusive(Unproven.PRECONDITION, "the probe's tasks are not on the first page of the list")
    extra = [task for task in found if task not in made]
    observations.add(
        not extra, page, f"{plural(len(found), 'task')} listed, {len(extra)} of them never answered"
    )
    return observations.verdict()


@judge("CREATE-019", ToolTask.PROBE)
def runs_without_asking(record: Record) -> Verdict:
    observations = Observations("asked", "tool calls run without an approval")
    for stream in record.streams(ToolTask.PROBE):
        calls, results = stream.of("tool_call"), stream.of("tool_result")
        asked = [event for event in calls if event.get("status") == "awaiting_approval"]
        # A call that asked is enough; that a call ran without asking is told by its result.
        if asked or results:
            observed = f"{len(asked)} of {len(calls)} calls asked, {plural(len(results), 'result')}"
            observations.add(not asked, stream.exchange, observed, offset=asked[0].offset if asked else None)
    return observations.verdict()


@judge("CREATE-020", CreationFields.PROBE)
def form_booleans(record: Record) -> Verdict:
    observations = Observations("other-value", "true and false mean true and false")
    for label, value in {
        CreationFields.FORM.of("booleans"): False,
        CreationFields.FORM.of("true booleans"): True,
    }.items():
        exchange = record.exchange(CreationFields.READ.of(label))
        data = exchange.fields
        found = [data.get("showInHistory"), data.get("autoExecute")]
        observations.add(found == [value, value], exchange, f"{label}: {found}")
    return observations.verdict()


@judge("CREATE-021", CreationRefusals.PROBE)
def odd_form_booleans(record: Record) -> Verdict:
    expected = "400 VALIDATION_ERROR for any word but true and false, which may be in capitals"
    verdict = refused(
        record,
        [CreationRefusals.BAD_FORM_BOOLEAN],
        control=CreationRefusals.FORM_TWIN,
        expected=expected,
        status=400,
        codes=frozenset({"VALIDATION_ERROR"}),
    )
    observations = Observations("refused", expected)
    for exchange in record.labelled(CreationRefusals.FORM_BOOLEAN_IN_CAPITALS):
        if verdict.outcome is Outcome.PASSED and not observations.add(
            exchange.ok, exchange, summary(exchange)
        ):
            return observations.verdict()
    return verdict


@judge("CREATE-023", FormVariables.PROBE)
def variables_in_a_form(record: Record) -> Verdict:
    followed = Reading(refused="refused, and no task is created", honoured="as if sent in JSON")
    for name in ("env", "secrets"):
        made = record.exchange(FormVariables.CREATE.of(name))
        if made.refused:
            page = record.exchange(FormVariables.LIST)
            half = tasks_marked(page, f"{record.fact(FormVariables.MARK)} {name}")
            observed = f"{name}: {summary(made)}{', but a task is there' if half else ''}"
            followed.add(None if half else "refused", made, observed)
        elif made.succeeded:
            stream = record.stream(FormVariables.STREAM.of(name))
            found = printed(stream, "FORM_WORD")
            if found:
                kept = record.fact(FormVariables.DIGEST.of(name)) in found
                observed = f"{name}: accepted, and {'kept' if kept else 'dropped'}"
                followed.add("honoured" if kept else None, made, observed)
        else:
            followed.add(None, made, f"{name}: {summary(made)}")
    return followed.verdict()


@judge("CREATE-024", JsonFiles.PROBE)
def no_files_in_json(record: Record) -> Verdict:
    observations = Observations("file-attached", "no file of a JSON body is attached")
    word = record.fact(JsonFiles.WORD)
    control = record.exchange(JsonFiles.TWIN)
    if not control.ok:
        return inconclusive(Unproven.CONTROL_FAILED, summary(control), cite(control))
    for shape in record.fact(JsonFiles.SHAPES):
        made = record.exchange(JsonFiles.CREATE.of(shape))
        if not made.succeeded:
            observations.add(made.refused, made, f"{shape}: {summary(made)}", reason="no-answer")
            continue
        saved, page = (
            record.exchange(JsonFiles.HISTORY.of(shape)),
            record.exchange(JsonFiles.FILES.of(shape)),
        )
        attached = [message.get("attachedFiles") for message in messages(saved)]
        observations.add(not any(attached), saved, f"{shape}: attached to messages: {attached}")
        observations.add(not any(word in path for path in listed(page)), page, f"{shape}: no file is listed")
    return observations.verdict()


@judge("CREATE-025", LongMessage.PROBE, CreationRefusals.PROBE)
def length_of_a_message(record: Record) -> Verdict:
    expected = "100,000 characters are accepted; 100,001, and white space alone, refused with 400"
    observations = Observations("other-limit", expected)
    fits, beyond = record.exchange(LongMessage.FITS), record.exchange(LongMessage.BEYOND)
    blank = record.exchange(CreationRefusals.BAD.of("blank message"))
    observations.add(fits.ok, fits, f"100,000: {summary(fits)}")
    observations.add(beyond.status == 400, beyond, f"100,001: {summary(beyond)}")
    observations.add(
        blank.status == 400, blank, f"white space alone: {summary(blank)}", reason="blank-accepted"
    )
    return observations.verdict()


@judge("CREATE-026", AwkwardText.PROBE)
def texts_survive(record: Record) -> Verdict:
    observations = Observations("text-changed", "code point for code point")
    message = record.fact(AwkwardText.MESSAGE)
    exchange = record.exchange(AwkwardText.READ_BACK)
    observations.add(exchange.fields.get("message") == message, exchange, "message of get_task")
    saved = record.exchange(AwkwardText.HISTORY)
    first = messages(saved)[0].get("content") if messages(saved) else None
    observations.add(first == message, saved, "first message of the history")
    return observations.verdict()


@judge("CREATE-029", CreationFields.PROBE)
def hidden_from_nobody_here(record: Record) -> Verdict:
    observations = Observations("hidden", "listed, read, streamed and told like any other")
    task = record.fact(CreationFields.HIDDEN_TASK)
    page = record.exchange(CreationFields.HIDDEN_LIST)
    entries = page.data if isinstance(page.data, list) else []
    ids = [entry.get("id") for entry in entries if isinstance(entry, dict)]
    observations.add(task in ids, page, f"one of {len(ids)} listed tasks" if task in ids else "not listed")
    for name, label in (
        ("read", CreationFields.READ.of(CreationFields.JSON.of("hidden"))),
        ("stream", CreationFields.HIDDEN_STREAM),
        ("history", CreationFields.HIDDEN_HISTORY),
    ):
        exchange = record.exchange(label)
        observations.add(exchange.succeeded, exchange, f"{name}: {summary(exchange)}")
    return observations.verdict()


@judge("CREATE-030", CreationFields.PROBE, capabilities=["environment"])
def empty_env(record: Record) -> Verdict:
    observations = Observations("other-value", "an empty object or null")
    exchange = record.exchange(CreationFields.READ.of(CreationFields.JSON.of("empty env")))
    env = exchange.fields.get("env", "absent")
    observations.add(env in ({}, None), exchange, f"env {env!r}")
    return observations.verdict()


@judge("CREATE-032", CreationRefusals.PROBE)
def broken_forms(record: Record) -> Verdict:
    labels = [
        CreationRefusals.RAW.of("form without boundary"),
        CreationRefusals.RAW.of("form cut short"),
        CreationRefusals.RAW.of("form with broken part"),
    ]
    expected = "4xx, and no task is created"
    verdict = refused(record, labels, control=CreationRefusals.FORM_TWIN, expected=expected)
    page = record.exchange(CreationRefusals.LIST)
    made = tasks_marked(page, f"{record.fact(CreationRefusals.MARK)}, broken form")
    if verdict.outcome is not Outcome.PASSED or not made:
        return verdict
    observations = Observations("half-done", expected)
    observations.broken(page, f"{plural(len(made), 'task')} of forms that were refused")
    return observations.verdict()


@judge("CREATE-034", EndUsers.PROBE)
def owner_of_a_token_task(record: Record) -> Verdict:
    observations = Observations("empty", "apiKeyId and username are strings that are not empty")
    exchange = record.exchange(EndUsers.OWN.of("get_task"))
    if not exchange.ok:
        return info(f"a token cannot read its task: {summary(exchange)}")
    found = [exchange.fields.get(name) for name in ("apiKeyId", "username")]
    observations.add(
        all(map(shapes.filled, found)), exchange, f"apiKeyId {found[0]!r}, username {found[1]!r}"
    )
    return observations.verdict()
