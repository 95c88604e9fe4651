"""Bugs of saved messages: their order, their number and their words."""

import unicodedata

from tests.conformance.targets.bugs.catalogue import bug
from tests.conformance.targets.platform import Event, Platform, Run, Task

WORDS = "content of a message is what was said, letter for letter"
ALL = "every saved message is replayed, in order"


@bug(
    "2.6/messages",
    "3.2/history_message",
    sentence="messages come in chronological order",
    situation={"history": "long", "turn": "many"},
    because="the order is by an id that holds the number as text, and 10 comes before 2",
)
class NumbersSortAsText(Platform):
    """From the tenth message on the order is that of text"""

    def conversation(self, task: Task) -> list[dict]:
        numbered = enumerate(super().conversation(task), 1)
        return [message for _, message in sorted(numbered, key=lambda pair: str(pair[0]))]


@bug(
    "2.6/messages",
    sentence="messages holds the whole conversation",
    situation={"history": "very long", "turn": "many"},
    because="the query got a LIMIT against large answers, and the API has no pages",
)
class HistoryOfThirty(Platform):
    """The history ends with the thirtieth message"""

    def history(self, task: Task) -> dict:
        found = super().history(task)
        return found | {"messages": found["messages"][:30]}


@bug(
    "3.2/history_message",
    sentence=ALL,
    situation={"history": "very long", "readers": "joined late"},
    because="the replay was shortened for the sake of phones",
)
class ReplayOfTheLastThirty(Platform):
    """The stream replays the last thirty messages only"""

    def replay(self, task: Task) -> list[Event]:
        return super().replay(task)[-30:]


@bug(
    "3.2/history_message",
    "2.6/message.content",
    sentence=WORDS,
    situation={"values": "longest", "readers": "joined late"},
    because="a queue between database and stream takes messages of 4 KiB",
)
class ReplayCutsLongMessages(Platform):
    """The stream replays 4096 characters of a message"""

    def replay(self, task: Task) -> list[Event]:
        return [
            (name, message | {"content": message["content"][:4096]}) for name, message in super().replay(task)
        ]


@bug(
    "3.2/history_message",
    sentence=ALL,
    situation={"history": "short", "state": "failed", "readers": "joined late"},
    because="messages are joined in pairs, a question with its answer",
)
class PairsOnly(Platform):
    """A question that got no answer because the run failed is not replayed"""

    def replay(self, task: Task) -> list[Event]:
        found = super().replay(task)
        return found if task.status != "failed" or len(found) != 1 else []


@bug(
    "3.2/messageCount",
    sentence="messageCount is the number of messages just replayed",
    situation={"turn": "2nd", "state": "cancelled"},
    because="turns are counted and doubled, as each has a question and an answer",
)
class MarkerCountsPairs(Platform):
    """messageCount counts an answer for a turn that was cancelled"""

    def join(self, task: Task) -> tuple[list[Event], Run | None]:
        before, run = super().join(task)
        turns = sum(payload.get("role") == "user" for _, payload in before)
        count = 2 * turns - (run is not None)
        return [*before[:-1], *self.marker(count, live=run is not None)], run


@bug(
    "2.6/message.content",
    sentence=WORDS,
    situation={"values": "non-ASCII", "history": "short"},
    because="text is normalised for the search, and the wrong column is read",
)
class HistoryNormalises(Platform):
    """Ligatures and full-width letters of a message become plain ones"""

    def history(self, task: Task) -> dict:
        found = super().history(task)
        return found | {
            "messages": [
                message | {"content": unicodedata.normalize("NFKC", message["content"])}
                for message in found["messages"]
            ]
        }


@bug(
    "2.6/message.content",
    sentence=WORDS,
    situation={"values": "line ends", "body": "JSON"},
    because="a text mode was left on where bytes were meant",
)
class HistoryUnixLineEnds(Platform):
    """CR LF in a message becomes LF"""

    def conversation(self, task: Task) -> list[dict]:
        return [
            message | {"content": message["content"].replace("\r\n", "\n")}
            for message in super().conversation(task)
        ]


@bug(
    "H-08",
    "2.6/message.role",
    sentence="roles are user and assistant",
    situation={"history": "short", "body": "JSON"},
    because="the messages are those that the model is sent, and nobody filters them",
)
class PromptInHistory(Platform):
    """A system prompt is the first message of the history"""

    def history(self, task: Task) -> dict:
        found = super().history(task)
        if task.system_prompt:
            first = found["messages"][0]
            found["messages"].insert(0, first | {"role": "system", "content": task.system_prompt})
        return found


@bug(
    "2.6/message.toolCalls",
    sentence="an answer keeps its tool calls",
    situation={"history": "very long", "turn": "many"},
    because="old messages are made smaller, as the model no longer needs their tools",
)
class OldAnswersLoseTheirTools(Platform):
    """Answers before the last thirty messages have no tool calls"""

    def conversation(self, task: Task) -> list[dict]:
        found = super().conversation(task)
        return [
            {key: value for key, value in message.items() if key != "toolCalls"} for message in found[:-30]
        ] + found[-30:]


@bug(
    "2.6/message.attachedFiles",
    sentence="a message keeps its attached files",
    situation={"history": "long", "turn": "many", "files": "at creation"},
    because="the files are joined from a table of which the newest ten rows are read",
)
class OldAttachmentsGone(Platform):
    """Messages before the last ten have no attached files"""

    def history(self, task: Task) -> dict:
        found = super().history(task)
        kept = found["messages"]
        old = [{key: value for key, value in each.items() if key != "attachedFiles"} for each in kept[:-10]]
        return found | {"messages": old + kept[-10:]}
