"""Steps that print text: content, thoughts, statuses, pauses, earlier facts of the conversation."""

import re
from collections.abc import Sequence

from sigmic_mock.agent.directives.reader import recalled
from sigmic_mock.agent.steps.kind import StepKind
from sigmic_mock.agent.steps.pacing import in_pieces
from sigmic_mock.agent.steps.performance import Performance
from sigmic_mock.agent.steps.schemas import (
    TEXT,
    TIME,
    WORDS,
    described,
    record,
    seconds,
    short_or,
)

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
            pace=described("The pause between two pieces; 0 makes --pace not apply.", TIME),
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


async def _say(
    performance: Performance,
    *,
    text: str = "",
    chunks: Sequence[str] = (),
    split: str | None = None,
    pace: float | str | None = None,
    paragraph: bool = False,
    exact: bool = True,
) -> None:
    if pace is None and split is None and not chunks:
        await performance.say_text(text, paragraph=paragraph, exact=exact)
        return
    # One by one: to cut a long text in one go would hold up every other caller.
    cut = in_pieces(text) if split is None else (found[0] for found in _SPLITS[split].finditer(text))
    await performance.say(chunks or cut, pace=seconds(pace or 0), paragraph=paragraph, exact=exact)


async def _think(performance: Performance, description: str, subject: str = "Thinking") -> None:
    await performance.think(subject, description)


async def _show_status(performance: Performance, status: str, message: str | None = None) -> None:
    await performance.turn.status(status, message)


async def _retry(performance: Performance, message: str) -> None:
    await performance.turn.status("retrying", message)
    await performance.turn.status("processing")


async def _wait(performance: Performance, time: float | str) -> None:
    await performance.turn.sleep(seconds(time))


async def _recall(
    performance: Performance, word: str, told: str | None = None, *, only: bool = False
) -> None:
    memory = performance.turn.memory
    length = sum(len(message.content) for message in memory)
    value = told or await performance.text_work.do(length, lambda: recalled(memory, word))
    if value is None:
        await performance.tell(f"I don't know a {word}. You haven't given me one in this conversation.")
    elif only:
        await performance.say([value], exact=True)
    else:
        await performance.tell(f"The {word} is {value}.")


KINDS = (
    StepKind(
        key="say",
        schema=described("Content, verbatim.", _SAY),
        perform=_say,
        short="text",
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
        perform=_think,
        short="description",
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
        perform=_show_status,
        examples=({"status": "retrying", "message": "Attempt 2"}, {"status": "processing"}),
    ),
    StepKind(
        key="retry",
        schema=described("Status retrying with this message, then processing.", WORDS),
        perform=_retry,
        short="message",
        examples=("The model did not answer",),
    ),
    StepKind(
        key="wait",
        schema=described("Let platform time pass.", TIME),
        perform=_wait,
        short="time",
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
        perform=_recall,
        short="word",
        examples=("codeword", {"word": "codeword", "only": True}, {"word": "password", "told": "x"}),
    ),
)
