"""Creating tasks: both content types, every field, and what must be refused."""

from typing import Literal

from sigmic_conformance.conformance.transcript.fact import Fact
from sigmic_conformance.conformance.transcript.label import Label, Labels, ProbeName

JsonFields = Literal["defaults", "systemPrompt", "hidden", "manual", "empty env"]
FormFields = Literal["defaults", "systemPrompt", "booleans", "true booleans"]
BadBody = Literal[
    "no message",
    "empty message",
    "blank message",
    "message is a number",
    "message is null",
    "message is a list",
    "not an object",
    "a string",
    "autoExecute maybe",
    "env name begins with a digit",
    "env name with a hyphen",
    "secret name begins with a digit",
    "env value is a number",
    "secret value is an object",
    "unknown field",
]
RawBody = Literal[
    "malformed JSON",
    "empty body",
    "two values",
    "not UTF-8",
    "plain text",
    "no content type",
    "form without boundary",
    "form cut short",
    "form with broken part",
    "deep JSON",
]


class CreationFields:
    """What `creation_fields` records."""

    PROBE = ProbeName("creation_fields")

    JSON = Labels[JsonFields](PROBE, "json {}")
    FORM = Labels[FormFields](PROBE, "form {}")
    READ = Labels[Label](PROBE, "{}: read")
    URLENCODED = Label(PROBE, "urlencoded")
    HIDDEN_STREAM = Label(PROBE, "hidden: stream")
    HIDDEN_HISTORY = Label(PROBE, "hidden: history")
    HIDDEN_LIST = Label(PROBE, "hidden: list")

    SYSTEM_PROMPT = Fact[str](PROBE, "system prompt")
    MESSAGE = Fact[str](PROBE, "message")
    HIDDEN_TASK = Fact[str](PROBE, "hidden task")


class CreationRefusals:
    """What `creation_refusals` records."""

    PROBE = ProbeName("creation_refusals")

    BAD = Labels[BadBody](PROBE, "bad: {}")
    RAW = Labels[RawBody](PROBE, "raw: {}")
    TWIN = Label(PROBE, "twin")
    TWIN_WITH_ENV = Label(PROBE, "twin with env")
    READ_WITH_ENV = Label(PROBE, "twin with env: read back")
    FORM_TWIN = Label(PROBE, "form twin")
    FORM_BOOLEAN_IN_CAPITALS = Label(PROBE, "form boolean in capitals")
    BAD_FORM_NO_MESSAGE = Label(PROBE, "bad form: no message")
    BAD_FORM_BOOLEAN = Label(PROBE, "bad form: boolean")
    LIST = Label(PROBE, "list")

    MARK = Fact[str](PROBE, "mark")


class QuickAnswer:
    """What `quick_answer` records."""

    PROBE = ProbeName("quick_answer")

    CREATE_TASK = Label(PROBE, "create_task")
    AT_ONCE = Label(PROBE, "immediately")
    LISTED = Label(PROBE, "listed")
    CANCEL = Label(PROBE, "cancel")

    TASK = Fact[str](PROBE, "task")
