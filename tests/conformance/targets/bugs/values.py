"""Bugs of values: separators, quotes, line ends, letters beyond ASCII, the empty and the longest."""

import json
from collections.abc import Mapping

from tests.conformance.targets.bugs.catalogue import bug
from tests.conformance.targets.platform import Platform, Task
from tests.conformance.targets.wire import Wire

SANDBOX = "env and secrets are variables of the sandbox, with their values"
AS_GIVEN = "systemPrompt reads back as given"
RETURNED = "GET returns the env given at creation"


@bug(
    "V-05",
    "2.4/env",
    sentence=RETURNED,
    situation={"values": "empty", "body": "JSON"},
    because="absent values are filtered out, by their truth",
)
class EmptyVariableNotShown(Platform):
    """A variable with an empty value is not in env"""

    def fields(self, task: Task) -> dict:
        shown = super().fields(task)
        return shown | {"env": shown["env"] and {name: text for name, text in shown["env"].items() if text}}


@bug(
    "V-08",
    sentence=SANDBOX,
    situation={"values": "separators", "state": "tool running"},
    because="variables are handed over as NAME=VALUE and taken apart with split",
)
class VariableEndsAtEquals(Platform):
    """A value ends at its first equals sign in the sandbox"""

    def environment(self, task: Task) -> dict[str, str]:
        return {name: value.split("=")[0] for name, value in super().environment(task).items()}


@bug(
    "V-08",
    sentence=SANDBOX,
    situation={"values": "line ends", "state": "tool running"},
    because="variables are handed over in a file, one a line",
)
class VariableEndsWithItsLine(Platform):
    """A value ends with its first line in the sandbox"""

    def environment(self, task: Task) -> dict[str, str]:
        return {name: value.partition("\n")[0] for name, value in super().environment(task).items()}


@bug(
    "V-08",
    sentence=SANDBOX,
    situation={"values": "quotes", "state": "tool running"},
    because="the reader of the variables' file takes quotes off, as a shell does",
)
class VariableLosesItsQuotes(Platform):
    """Quotes around a value are gone in the sandbox"""

    def environment(self, task: Task) -> dict[str, str]:
        return {name: value.strip("\"'") for name, value in super().environment(task).items()}


@bug(
    "V-03",
    "2.2/precedence",
    sentence="of a name in both maps the secret counts",
    situation={"values": "empty", "body": "JSON"},
    because="`secrets.get(name) or env.get(name)`",
)
class EmptySecretLoses(Platform):
    """An empty secret gives way to the variable of the same name"""

    def environment(self, task: Task) -> dict[str, str]:
        env = task.env or {}
        return {name: value or env.get(name, "") for name, value in super().environment(task).items()}


@bug(
    "2.4/systemPrompt",
    sentence=AS_GIVEN,
    situation={"values": "empty", "body": "JSON"},
    because="`prompt or None`",
)
class EmptyPromptIsNull(Platform):
    """An empty systemPrompt reads back as null"""

    def fields(self, task: Task) -> dict:
        shown = super().fields(task)
        return shown | {"systemPrompt": shown["systemPrompt"] or None}


@bug(
    "2.4/systemPrompt",
    sentence=AS_GIVEN,
    situation={"values": "longest", "body": "JSON"},
    because="the column is a VARCHAR(1000), and the database does not complain",
)
class LongPromptIsCut(Platform):
    """A systemPrompt reads back with its first thousand characters"""

    def fields(self, task: Task) -> dict:
        shown = super().fields(task)
        return shown | {"systemPrompt": shown["systemPrompt"] and shown["systemPrompt"][:1000]}


@bug(
    "2.4/systemPrompt",
    sentence=AS_GIVEN,
    situation={"values": "non-ASCII", "body": "JSON"},
    because="the database's utf8 has three bytes a character",
)
class PromptEndsAtAnEmoji(Platform):
    """A systemPrompt ends at its first character beyond the basic plane"""

    def fields(self, task: Task) -> dict:
        shown = super().fields(task)
        text = shown["systemPrompt"] or ""
        place = next((place for place, letter in enumerate(text) if ord(letter) > 0xFFFF), None)
        return shown if place is None else shown | {"systemPrompt": text[:place]}


@bug(
    "S-01",
    sentence="the data line of an event is JSON",
    situation={"values": "quotes", "readers": "joined before", "history": "short"},
    because="the replay puts its JSON together by hand, with the message between quotes",
)
class ReplayEscapesNoQuotes(Wire):
    """Quotes of a replayed message stand in its data line without escape"""

    def event(self, name: str, payload: Mapping) -> bytes:
        made = super().event(name, payload)
        return made.replace(rb"\"", b'"') if name == "history_message" else made


@bug(
    "2.2/showInHistory",
    "2.4/showInHistory",
    sentence="showInHistory is true unless the request says false, and reads back as given",
    situation={"turn": "2nd", "history": "short"},
    because="a follow-up has no such field, and what is absent is true",
)
class ShownAgainByFollowUp(Platform):
    """showInHistory false becomes true with a follow-up"""

    def reopen(self, task: Task) -> None:
        super().reopen(task)
        task.in_history = True


@bug(
    "V-05",
    "V-04",
    sentence=RETURNED,
    situation={"values": "longest", "body": "JSON"},
    because="env is stored as JSON in a TEXT column, and too long a text is replaced by an empty object",
)
class LargeEnvIsEmpty(Platform):
    """An env of more than 4 KB reads back as an empty object"""

    def fields(self, task: Task) -> dict:
        shown = super().fields(task)
        return shown | ({"env": {}} if len(json.dumps(shown["env"])) > 4096 else {})
