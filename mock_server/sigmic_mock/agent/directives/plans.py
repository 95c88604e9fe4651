"""Compiles the directives of a message to steps, and tells why a message is not executed."""

from collections.abc import Iterator, Sequence

from sigmic_mock.agent.directives.forms import Directive
from sigmic_mock.agent.directives.reader import Reading, read
from sigmic_mock.agent.plan import Plan, Step, say, think
from sigmic_mock.agent.prompt import Prompt, shown
from sigmic_spec.plural import plural

INCOMPLETE = "incomplete"
"""The name of the plan for a message that is not executed because only a part of it is directives."""


def plan_directives(prompt: Prompt) -> Plan | None:
    """Compile a message to steps; None if it does not even begin with a directive."""
    reading = read(prompt.text, prompt.files_at_hand)
    if reading.is_complete:
        steps = tuple(_steps(reading.directives, prompt.text))
        return Plan(source="directives", steps=steps, understood=reading.sources)
    if reading.directives or reading.why_not:
        return _nothing_done(reading)
    return None


def _nothing_done(reading: Reading) -> Plan:
    why = f" {reading.why_not}" if reading.why_not else ""
    text = (
        "I did nothing: I execute a message only if directives are all that it contains, and this part isn't"
        f" one: “{reading.rest}”.{why}"
    )
    return Plan(source="directives", name=INCOMPLETE, steps=(say(text),), not_understood=(reading.rest,))


def _steps(directives: Sequence[Directive], text: str) -> Iterator[Step]:
    dictated = any(each.dictates for each in directives)
    if not dictated and all("say" in step for each in directives for step in each.all_steps):
        yield think("Understanding the request", f"The user wrote: “{shown(text)}”.")
    else:
        told = plural(len(directives), "directive")
        yield think("Following the instructions", f"The message has {told}. I'll execute all of it.")
    for each in directives:
        yield from map(_unreported, each.steps) if dictated else each.all_steps


def _unreported(step: Step) -> Step:
    """Return the step without the words about its success."""
    return {
        key: {name: each for name, each in value.items() if name != "report"}
        if isinstance(value, dict)
        else value
        for key, value in step.items()
    }
