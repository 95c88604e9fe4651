"""The library of answers: what the agent says to a message that is neither for a playbook nor a directive.

An answer claims nothing about the message: the form of the message (a remark, a question, a request, with
files) and a hash choose it, never a meaning. The same conversation always gets the same answers.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sigmic_mock.agent.plan import Plan, Step, Steps, say
from sigmic_mock.agent.playbooks.files import (
    PlaybookError,
    PlaybookFile,
    PlaybookReader,
    bundled,
    playbook_paths,
)
from sigmic_mock.agent.prompt import Prompt, shown
from sigmic_mock.domain.model import MessageRole
from sigmic_spec.nearest import hint

BUNDLED = bundled("answers")
FORMS, _KEYS = ("remark", "question", "request", "files"), ("for", "steps", "templates")
SIMULATED = "I'm a simulated agent"
HINT = (
    f"> {SIMULATED}: this is a sample answer, and your message was not executed. I execute exact"
    " sentences, for example `Run: ls -la`; `What can you do?` shows all of them. For real answers,"
    " connect a model: `sigmic-mock --model URL --model-name NAME`."
)
_REMARK_WORDS, _REMARK_BYTES = 4, 32
"""The most of a remark: bytes, because scripts without spaces have no words to count."""
_QUESTION_MARKS = ("?", "\uff1f", "\u061f")
_READ_CHARACTERS, _READ_MESSAGES = 4_000, 100


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, for the messages of some forms. The texts of its steps are `templates` or verbatim."""

    name: str
    forms: tuple[str, ...]
    steps: Steps
    templates: bool = False


class Answers:
    """The answers of a folder."""

    def __init__(self, folder: Path = BUNDLED, *, reader: PlaybookReader, seed: int = 0) -> None:
        """Read the folder; raises `PlaybookError` with every problem of every file. Blocking."""
        answers = _read_all(folder, reader)
        self._by_form = {
            form: tuple(each for each in answers if form in each.forms) or answers for form in FORMS
        }
        self._seed = seed

    def plan(self, prompt: Prompt) -> Plan:
        """Return the plan of the answer; the first one of a conversation says what it is."""
        answer = self._chosen(prompt)
        said = [each.content.lower() for each in prompt.memory if each.role is MessageRole.ASSISTANT]
        is_known = any(SIMULATED.lower() in text for text in said)
        steps = (*map(_in_own_words, answer.steps), *(() if is_known else (say(HINT),)))
        return Plan(
            source="answer",
            name=answer.name,
            steps=steps,
            not_understood=(shown(prompt.text),),
            templates=answer.templates,
        )

    def _chosen(self, prompt: Prompt) -> Answer:
        """Return the answer of a message: none twice in a conversation, as long as there are others."""
        used: set[str] = set()
        earlier = [each for each in prompt.memory if each.role is MessageRole.USER]
        for each in earlier[-_READ_MESSAGES:]:
            used.add(self._next(each.content, each.attached_files, used).name)
        return self._next(prompt.text, prompt.files, used)

    def _next(self, text: str, files: Sequence[object], used: set[str]) -> Answer:
        answers = self._by_form[form_of(text, files)]
        digest = hashlib.blake2b(
            f"{self._seed} {text[:_READ_CHARACTERS]}".encode("utf-8", "replace"), digest_size=4
        )
        start = int.from_bytes(digest.digest(), "big") % len(answers)
        in_turn = [*answers[start:], *answers[:start]]
        return next((each for each in in_turn if each.name not in used), in_turn[0])


def form_of(text: str, files: Sequence[object]) -> str:
    """Return the form of a message, one of `FORMS`."""
    if files:
        return "files"
    if (
        len(text) <= _REMARK_BYTES >= len(text.encode("utf-8", "replace"))
        and len(text.split()) <= _REMARK_WORDS
    ):
        return "remark"
    return "question" if any(mark in text[-_READ_CHARACTERS:] for mark in _QUESTION_MARKS) else "request"


def _read_all(folder: Path, reader: PlaybookReader) -> tuple[Answer, ...]:
    problems: list[str] = []
    answers: list[Answer] = []
    for path in playbook_paths(folder):
        try:
            answers.append(_read(path, reader))
        except PlaybookError as error:
            problems += error.problems
    if not answers and not problems:
        problems.append(f"{folder}: there is no answer (*.yaml) in it")
    if problems:
        raise PlaybookError(tuple(problems))
    return tuple(answers)


def _read(path: Path, reader: PlaybookReader) -> Answer:
    """Read one file: steps as in a playbook, and the forms of messages that they are for."""
    file = reader.read_steps(path, _KEYS, _problems_of_forms)
    return Answer(path.stem, _forms(file), file.data["steps"], bool(file.data.get("templates")))


def _forms(file: PlaybookFile) -> tuple[str, ...]:
    given = file.data.get("for", FORMS)
    return tuple(map(str, given)) if isinstance(given, list | tuple) else (str(given),)


def _problems_of_forms(file: PlaybookFile) -> Iterator[str]:
    for form in _forms(file):
        if form not in FORMS:
            yield file.problem(f"{form!r} is not one of {', '.join(FORMS)}{hint(form, list(FORMS))}", "for")


def _in_own_words(step: Step) -> Step:
    """Return a step whose text begins a paragraph and follows the system prompt."""
    if "say" not in step:
        return step
    said = step["say"] if isinstance(step["say"], dict) else {"text": step["say"]}
    return {"say": {"paragraph": True, "exact": False, **said}}
