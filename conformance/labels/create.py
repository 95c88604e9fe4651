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


class CreationRefusals:
    """What `creation_refusals` records."""

    PROBE = ProbeName("creation_refusals")

    BAD = Labels[BadBody](PROBE, "bad: {}")
    RAW = Labels[RawBody](PROBE, "raw: {}")
    FORM_TWIN = Label(PROBE, "form twin")
    LIST = Label(PROBE, "list")

    MARK = Fact[str](PROBE, "mark")
