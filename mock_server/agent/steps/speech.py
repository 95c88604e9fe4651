"""Steps that speak: content, thoughts, statuses, pauses, what the conversation told."""

import re
from typing import Any

from sigmic_conformance.mock_server.agent.recall import recall_codeword
from sigmic_conformance.mock_server.agent.steps.kind import (
    Compile,
    Performance,
    Performer,
    StepFamily,
    StepKind,
    Steps,
    Write,
    without_defaults,
)
from sigmic_conformance.mock_server.agent.steps.schemas import (
    TEXT,
    TIME,
    WORDS,
    described,
    record,
    seconds,
    short_or,
)
from sigmic_conformance.mock_server.agent.steps.step import Recall, Say, ShowStatus, Think, Wait, in_pieces

_SPLITS = {"words": re.compile(r"\S+\s*|\s+"), "lines": re.compile(r"[^\n]*\n|[^\n]+")}
_FLAG = {"type": "boolean"}

_SAY = short_or(
    {
        **record(
            (),
            text=described("What is said, in pieces of some words each.", TEXT),
            chunks=described(
                "What is said, one content event a piece.", {"type": "array", "minItems": 1, "items": TEXT}
            ),
            split=described("Cut the text into these pieces instead.", {"enum": list(_SPLITS)}),
            pace=described("The pause between two pieces.", TIME),
            paragraph=described("Begin after a blank line when something was said before.", _FLAG),
            exact=described(
                "false: the system prompt may change it (see follow_system_prompt).",
                _FLAG | {"default": True},
            ),
        ),
        "oneOf": [{"required": ["text"]}, {"required": ["chunks"]}],
        "not": {"required": ["chunks", "split"]},
    }
)


def _read_say(value: Any, _: Compile) -> Steps:
    given = value if isinstance(value, dict) else {"text": value}
    return (
        Say(
            tuple(given["chunks"]) if "chunks" in given else _pieces(given["text"], given.get("split")),
            pace=seconds(given.get("pace", 0)),
            paragraph=given.get("paragraph", False),
            exact=given.get("exact", True),
        ),
    )


def _pieces(text: str, split: str | None) -> tuple[str, ...]:
    return in_pieces(text) if split is None else tuple(_SPLITS[split].findall(text))


async def _say(performance: Performance, step: Say) -> None:
    await performance.say(step)


def _write_say(step: Say, _: Write) -> dict[str, Any]:
    text = "".join(step.pieces)
    how = next((split for split in (None, *_SPLITS) if _pieces(text, split) == step.pieces), "chunks")
    words = {"chunks": list(step.pieces)} if how == "chunks" else {"text": text}
    more = without_defaults(
        split=how if how in _SPLITS else None, pace=step.pace, paragraph=step.paragraph
    ) | ({} if step.exact else {"exact": False})
    return {"say": text if how is None and not more else words | more}


def _read_think(value: Any, _: Compile) -> Steps:
    thought = value if isinstance(value, dict) else {"subject": "Thinking", "description": value}
    return (Think(thought["subject"], thought["description"]),)


async def _think(performance: Performance, step: Think) -> None:
    await performance.turn.think(step.subject, step.description)


def _write_think(step: Think, _: Write) -> dict[str, Any]:
    return {"think": {"subject": step.subject, "description": step.description}}


def _read_status(value: Any, _: Compile) -> Steps:
    return (ShowStatus(value["status"], value.get("message")),)


def _read_retry(value: Any, _: Compile) -> Steps:
    return (ShowStatus("retrying", value), ShowStatus("processing"))


async def _status(performance: Performance, step: ShowStatus) -> None:
    await performance.turn.status(step.status, step.message)


def _write_status(step: ShowStatus, _: Write) -> dict[str, Any]:
    return {"status": without_defaults(status=step.status, message=step.message)}


def _read_wait(value: Any, _: Compile) -> Steps:
    return (Wait(seconds(value)),)


async def _wait(performance: Performance, step: Wait) -> None:
    await performance.turn.sleep(step.seconds)


def _write_wait(step: Wait, _: Write) -> dict[str, Any]:
    return {"wait": step.seconds}


def _read_recall(value: Any, _: Compile) -> Steps:
    given = value if isinstance(value, dict) else {"word": value}
    return (Recall(given["word"], given.get("told"), given.get("only", False)),)


async def _recall(performance: Performance, step: Recall) -> None:
    memory = performance.turn.memory
    length = sum(len(message.content) for message in memory)
    value = step.told or await performance.text_work.do(length, lambda: recall_codeword(memory, step.word))
    if value is None:
        await performance.tell(f"I don't know a {step.word}. You haven't given me one in this conversation.")
    elif step.only:
        await performance.say(Say((value,), exact=True))
    else:
        await performance.tell(f"The {step.word} is {value}.")


def _write_recall(step: Recall, _: Write) -> dict[str, Any]:
    more = without_defaults(told=step.told, only=step.only)
    return {"recall": {"word": step.word} | more if more else step.word}


_KINDS = (
    StepKind(
        key="say",
        schema=described("Content, verbatim.", _SAY),
        read=_read_say,
        examples=(
            {"chunks": ["Good ", "day."], "pace": "200ms"},
            "Hello.",
            {"text": "one two", "split": "words", "exact": False, "paragraph": True},
            {"text": "1\n2", "split": "lines", "pace": 1},
        ),
    ),
    StepKind(
        key="think",
        schema=described(
            "A thought.",
            short_or(
                record(
                    ("subject", "description"),
                    subject=described("Its headline.", {"type": "string"}),
                    description=described("The thought itself.", {"type": "string"}),
                )
            ),
        ),
        read=_read_think,
        examples=({"subject": "Planning", "description": "First the table."}, "Hm."),
    ),
    StepKind(
        key="status",
        schema=described(
            "A status event.",
            record(
                ("status",),
                status=described("Which one.", {"enum": ["connecting", "processing", "retrying"]}),
                message=described("What it says.", TEXT),
            ),
        ),
        read=_read_status,
        examples=({"status": "retrying", "message": "Attempt 2"}, {"status": "processing"}),
    ),
    StepKind(
        key="retry",
        schema=described("Status retrying with this message, then processing.", WORDS),
        read=_read_retry,
        examples=("The model did not answer",),
    ),
    StepKind(
        key="wait",
        schema=described("Let platform time pass.", TIME),
        read=_read_wait,
        examples=("30s", 0.5),
    ),
    StepKind(
        key="recall",
        schema=described(
            "Say the latest codeword of the conversation, from memory only, even after a restore.",
            short_or(
                record(
                    ("word",),
                    word=described("Which kind of word: codeword, password, …", WORDS),
                    told=described("Say this one instead.", TEXT),
                    only=described("Say nothing around it.", _FLAG),
                )
            ),
        ),
        read=_read_recall,
        examples=("codeword", {"word": "codeword", "only": True}, {"word": "password", "told": "x"}),
    ),
)

_PERFORMERS = (
    Performer(step=Say, perform=_say, write=_write_say),
    Performer(step=Think, perform=_think, write=_write_think),
    Performer(step=ShowStatus, perform=_status, write=_write_status),
    Performer(step=Wait, perform=_wait, write=_write_wait),
    Performer(step=Recall, perform=_recall, write=_write_recall),
)

FAMILY = StepFamily(kinds=_KINDS, performers=_PERFORMERS)
