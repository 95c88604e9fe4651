"""Fields in the wrong kind of body, the longest message, and a body beyond every limit."""

from typing import Literal

from sigmic_conformance.conformance.transcript.fact import Fact, Facts
from sigmic_conformance.conformance.transcript.label import Label, Labels, ProbeName

Variables = Literal["env", "secrets"]
Shape = Literal["names and contents", "names and base64", "names"]


class FormVariables:
    """What `form_variables` records."""

    PROBE = ProbeName("form_variables")

    CREATE = Labels[Variables](PROBE, "{}: create")
    STREAM = Labels[Variables](PROBE, "{}: stream")
    LIST = Label(PROBE, "list")

    DIGEST = Facts[str, Variables](PROBE, "{}: digest")
    MARK = Fact[str](PROBE, "mark")


class JsonFiles:
    """What `json_files` records."""

    PROBE = ProbeName("json_files")

    CREATE = Labels[Shape](PROBE, "{}: create")
    RUN = Labels[Shape](PROBE, "{}: run")
    HISTORY = Labels[Shape](PROBE, "{}: history")
    FILES = Labels[Shape](PROBE, "{}: files")


class LongMessage:
    """What `long_message` records."""

    PROBE = ProbeName("long_message")

    FITS = Label(PROBE, "fits")
    BEYOND = Label(PROBE, "beyond")
    LONG_PROMPT = Label(PROBE, "long prompt")
    CANCEL = Labels[Label](PROBE, "{}: cancel")

    PROMPT = "…" * 60_000
    """Wherever a server's buffers end, some end inside a character of three bytes."""


class BodyTooLarge:
    """What `body_too_large` records."""

    PROBE = ProbeName("body_too_large")

    CREATE_TASK = Label(PROBE, "create_task")
    SEND_MESSAGE = Label(PROBE, "send_message")
    LIST = Label(PROBE, "list")
    TWIN = Label(PROBE, "twin")

    MARK = Fact[str](PROBE, "mark")
