"""The schema of a playbook, made from the kinds of steps; `sigmic-mock playbooks schema` prints it."""

from functools import cache
from typing import Any

from sigmic_mock.agent.steps.catalogue import STEP_KINDS
from sigmic_mock.agent.steps.kind import StepKinds
from sigmic_mock.agent.steps.reports import REPORT_SCHEMA
from sigmic_mock.agent.steps.schemas import LONGEST, WORDS, described, record
from sigmic_spec.units import TIME_EXAMPLE, TIME_PATTERN

_CALLS = ("tool", "run", "read", "write")


@cache
def playbook_schema(kinds: StepKinds = STEP_KINDS) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a playbook file that may use these kinds of steps."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Playbook",
        "description": (
            "What the reference platform's agent does with the messages a playbook is for. "
            "Guide: docs/guides/playbooks.md."
        ),
        **record(
            ("name", "when", "steps"),
            name=described(
                "Its name: small letters, digits and hyphens.",
                {
                    "type": "string",
                    "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$",
                    "patternErrorMessage": (
                        "a name of small letters, digits and single hyphens, for example quarterly-report"
                    ),
                    "maxLength": 64,
                },
            ),
            summary=described("What it is for, in one line.", {"type": "string", "minLength": 1}),
            when=described(
                "The first messages of a conversation it is for.",
                {
                    "allOf": [{"$ref": "#/$defs/when"}],
                    "anyOf": [{"required": [key]} for key in ("message", "regex", "files")],
                },
            ),
            priority=described(
                "The higher one wins where several playbooks want a message.",
                {"type": "integer", "minimum": -1000, "maximum": 1000, "default": 0},
            ),
            follow_system_prompt=described(
                "true: what is said with exact: false, and the agent's own words, follow the system prompt.",
                {"type": "boolean", "default": False},
            ),
            templates=described(
                "true: each text of the steps is a template, in which {{message}} is the user's message.",
                {"type": "boolean", "default": False},
            ),
            steps={"$ref": "#/$defs/steps"},
            turns=described(
                "What to do with later messages of a conversation: the first turn that matches is used.",
                {"type": "array", "minItems": 1, "items": _TURN},
            ),
        ),
        "$defs": _definitions(kinds),
    }


_TURN = record(
    ("steps",),
    when=described("The later messages it is for; without it, all of them.", {"$ref": "#/$defs/when"}),
    steps={"$ref": "#/$defs/steps"},
)

_WHEN = {
    **record(
        (),
        message=described(
            "A glob over the whole message, any case, runs of blanks taken as one; or several.",
            {"oneOf": [WORDS, {"type": "array", "minItems": 1, "maxItems": 100, "items": WORDS}]},
        ),
        regex=described(
            "A regular expression, searched in the first 4,096 characters, any case: the dialect of "
            "JSON Schema, without looking ahead or behind and without references to groups.",
            WORDS,
        ),
        files=described(
            "Globs over the names of attached files; each must match one of them.",
            {"type": "array", "minItems": 1, "maxItems": 100, "items": WORDS},
        ),
        project=described("A project id.", WORDS),
    ),
    "minProperties": 1,
    "not": {"required": ["message", "regex"]},
}


def _definitions(kinds: StepKinds) -> dict[str, Any]:
    return {
        "when": _WHEN,
        "words": {"type": "string", "minLength": 1, "maxLength": 4096},
        "time": {
            "description": f"Platform time: seconds, or {TIME_EXAMPLE}; at most a day.",
            "oneOf": [
                {"title": "a number of seconds", "type": "number", "minimum": 0, "maximum": LONGEST},
                {
                    "type": "string",
                    "pattern": TIME_PATTERN,
                    "patternErrorMessage": TIME_EXAMPLE,
                    "format": "at-most-a-day",
                },
            ],
        },
        "path": {
            "description": "A path in the workspace.",
            "type": "string",
            "minLength": 1,
            "maxLength": 4096,
        },
        "report": REPORT_SCHEMA,
        "steps": described(
            "What the agent does, in order.",
            {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/step"}},
        ),
        "step": _one_of(kinds, tuple(kinds.by_key)),
        "call": _one_of(kinds, _CALLS),
    }


def _one_of(kinds: StepKinds, keys: tuple[str, ...]) -> dict[str, Any]:
    schema = record((), **{key: kinds.by_key[key].schema for key in keys})
    return {**schema, "minProperties": 1, "maxProperties": 1}
