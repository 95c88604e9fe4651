"""Turns schema errors of a playbook into plain messages: what is wrong, and what to write instead.

The validator only finds the places. Its own texts name keywords of JSON Schema, which authors of playbooks do
not have to know; the words here come from the schema's descriptions and its `patternErrorMessage`.
"""

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice
from typing import Any

import jsonschema_rs
import yaml

from sigmic_mock.agent.playbooks.schema import playbook_schema
from sigmic_mock.agent.playbooks.values import Place, cut, foreign, is_long, shown
from sigmic_mock.agent.steps.kind import StepKinds
from sigmic_mock.agent.steps.schemas import at_most_a_day
from sigmic_spec.nearest import hint, hint_of_known
from sigmic_spec.plural import plural

MOST_PROBLEMS = 100
"""Per playbook: the validator keeps a copy of the value of each."""
_UNKNOWN = "additionalProperties"
_Misfit = tuple[Place, str, str]
"""A place, the keyword of the schema that it violates, and the message."""


class Misfits:
    """Finds schema errors in playbooks that may use `kinds`."""

    def __init__(self, kinds: StepKinds) -> None:
        self._kinds = kinds
        self._schema = playbook_schema(kinds)
        self._sentences: Mapping[str, Sentence] = {
            **_SENTENCES,
            "type": self._wrong_type,
            "required": self._required,
        }

    def of(self, data: Any) -> Iterator[tuple[Place, str]]:
        """Yield every invalid place of `data`, with a message; of a long playbook only the first."""
        if unknown := tuple(islice(foreign(data, ()), MOST_PROBLEMS)):
            yield from unknown
            return
        found = [each for error in self._errors(data) for each in self._narrowed(error, data)]
        misspelt = {place[:-1] for place, keyword, _ in found if keyword == _UNKNOWN}
        for place in dict.fromkeys(place for place, _, _ in found if place not in misspelt):
            here = [(keyword, text) for at, keyword, text in found if at == place]
            for text in dict.fromkeys(_telling(here)):
                yield place, text

    def _errors(self, data: Any) -> Iterable[jsonschema_rs.ValidationError]:
        """Return the errors; of a long playbook the first, for the validator finds all in one piece."""
        if not is_long(data):
            return islice(self._validator.iter_errors(data), MOST_PROBLEMS)
        try:
            self._validator.validate(data)
        except jsonschema_rs.ValidationError as first:
            return [first]
        return []

    @cached_property
    def _validator(self) -> Any:
        return jsonschema_rs.validator_for(
            self._schema, formats={"at-most-a-day": at_most_a_day}, validate_formats=True
        )

    def _narrowed(self, error: jsonschema_rs.ValidationError, data: Any) -> Iterator[_Misfit]:
        """Yield the schema errors behind a validator error; of several forms, those of the intended one."""
        place = tuple(error.instance_path)
        schema = self._subschema(error.schema_path[:-1])
        keyword = str(error.schema_path[-1])
        value = _part(data, place)
        if keyword in {"oneOf", "anyOf"}:
            yield from self._of_several_forms(error, data, schema, keyword)
        elif keyword == _UNKNOWN:
            for key in value.keys() - schema["properties"].keys():
                yield (*place, key), keyword, _unknown_key(key, value[key], list(schema["properties"]))
        else:
            yield place, keyword, self._sentences.get(keyword, _raw(error))(value, schema, place)

    def _of_several_forms(
        self, error: jsonschema_rs.ValidationError, data: Any, schema: Mapping[str, Any], keyword: str
    ) -> Iterator[_Misfit]:
        place = tuple(error.instance_path)
        value, forms = _part(data, place), schema[keyword]
        if all(form.keys() == {"required"} for form in forms):
            if isinstance(value, dict):  # else its type is wrong, which is a separate error
                names = [form["required"][0] for form in forms]
                yield place, keyword, _choice(value, names, only_one=keyword == "oneOf")
            return
        causes = [
            cause
            for form, cause in zip(forms, getattr(error.kind, "context", ()), strict=False)
            if cause and self._is_of_type(value, form)
        ]
        if not causes:
            yield place, "type", self._wrong_type(value, schema, place)
            return
        for each in min(causes, key=lambda cause: sum(tuple(each.instance_path) == place for each in cause)):
            yield from self._narrowed(each, data)

    def _wrong_type(self, value: Any, schema: Mapping[str, Any], place: Place) -> str:
        wanted = self._wanted(schema)
        if isinstance(value, bool | int | float) and wanted.startswith("text"):
            return f"{shown(value)} is {_kind(value)}; put it in quotes to make it text"
        if value is None:
            wrong = "nothing is given" if place else "the file is empty"
        else:
            wrong = f"{shown(value)} is {_kind(value)}"
        return f"{wrong}; it must be {wanted}{self._example(value, wanted, place)}"

    def _example(self, value: Any, wanted: str, place: Place) -> str:
        """Return an example of a valid value, if `wanted` does not contain one."""
        if "for example" in wanted:
            return ""
        if place[-1:] == ("when",) and isinstance(value, str):
            return f", for example `when: {{message: {shown(value)}}}`"
        kind = (
            self._kinds.by_key.get(str(place[-1])) if len(place) > 1 and isinstance(place[-2], int) else None
        )
        if kind is None:
            return ""
        short = next((each for each in kind.examples if not isinstance(each, dict | list)), kind.examples[0])
        written = yaml.safe_dump({kind.key: short}, default_flow_style=True, width=math.inf, sort_keys=False)
        return f", for example `{written.strip().removeprefix('{').removesuffix('}')}`"

    def _wanted(self, schema: Mapping[str, Any]) -> str:
        """Return a noun for the values that a schema accepts."""
        schema = self._resolved(schema)
        if "properties" in schema:
            return f"a mapping of {_listed(list(schema['properties']), 'or')}"
        if "title" in schema:
            return str(schema["title"])
        if forms := schema.get("oneOf", ()) if "type" not in schema else ():
            return " or ".join(dict.fromkeys(self._wanted(form) for form in forms))
        if "enum" in schema:
            return f"one of {_listed([json.dumps(each) for each in schema['enum']], 'or')}"
        if "const" in schema:
            return json.dumps(schema["const"])
        return str(schema.get("patternErrorMessage", _KINDS_OF_VALUE[schema["type"]]))

    def _is_of_type(self, value: Any, schema: Mapping[str, Any]) -> bool:
        schema = self._resolved(schema)
        if "enum" in schema:
            return any(_type(value) == _type(each) for each in schema["enum"])
        if "oneOf" in schema and "type" not in schema:
            return any(self._is_of_type(value, form) for form in schema["oneOf"])
        wanted = schema.get("type", _type(value))
        return bool(wanted == _type(value) or (wanted == "number" and _type(value) == "integer"))

    def _required(self, value: Any, schema: Mapping[str, Any], _: Place) -> str:
        missing = [name for name in schema["required"] if name not in value]
        meant = [f"{name!r} ({self._described(schema['properties'][name])})" for name in missing]
        return f"{_listed(meant)} {'is' if len(meant) == 1 else 'are'} missing"

    def _described(self, schema: Mapping[str, Any]) -> str:
        text = str(
            schema.get("description") or self._resolved(schema).get("description") or self._wanted(schema)
        )
        return text[:1].lower() + text[1:].rstrip(".")

    def _resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """Follow references, also the one of an `allOf` with a single member."""
        while target := schema.get("$ref") or (schema.get("allOf") or [{}])[0].get("$ref"):
            schema = self._subschema(target.removeprefix("#/").split("/"))
        return schema

    def _subschema(self, path: Sequence[str | int]) -> Any:
        return _part(self._schema, path)


def _telling(here: Sequence[tuple[str, str]]) -> list[str]:
    """Return the messages about one place, without those that only follow from another."""
    if wrong_type := [text for keyword, text in here if keyword == "type"]:
        return wrong_type
    return [text for keyword, text in here if keyword != "minProperties" or len(here) == 1]


def _choice(value: Mapping[str, Any], names: Sequence[str], *, only_one: bool) -> str:
    given = [name for name in names if name in value]
    if len(given) == len(names) == 2:  # noqa: PLR2004 - "both" is two
        return f"give {' or '.join(names)}, not both"
    if given:
        return f"give only one of {_listed(names)}, not {_listed(given)}"
    return f"give {'' if only_one else 'at least '}one of {_listed(names)}"


def _unknown_key(key: str, value: Any, known: Sequence[str]) -> str:
    if near := hint(key, known):
        return f"unknown key {key!r}{near}"
    quotes = " (quote a text that contains a comma)" if value is None else ""
    return f"unknown key {key!r}{quotes}{hint_of_known(key, known)}"


_KINDS_OF_VALUE = {
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "nothing",
}


def _type(value: Any) -> str:
    match value:
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "integer" if value.is_integer() else "number"
        case str():
            return "string"
        case list():
            return "array"
        case None:
            return "null"
        case _:
            return "object"


def _kind(value: Any) -> str:
    return "a truth value" if isinstance(value, bool) else _KINDS_OF_VALUE[_type(value)]


Sentence = Callable[[Any, Mapping[str, Any], Place], str]


def _not(_: Any, schema: Mapping[str, Any], __: Place) -> str:
    names = [repr(name) for name in schema["not"]["required"]]
    if len(names) == 1:
        return f"the key {names[0]} is not allowed here"
    return f"{_listed(names)} can't be used together: give only one of them"


def _too_many_keys(value: Any, _: Mapping[str, Any], __: Place) -> str:
    return f"a step has one key, this one has {_listed([repr(key) for key in value])}: begin each with a '-'"


def _too_few_keys(_: Any, schema: Mapping[str, Any], __: Place) -> str:
    return f"it is empty; give at least one of {_listed(list(schema['properties']), 'or')}"


def _pattern(value: Any, schema: Mapping[str, Any], _: Place) -> str:
    return f"{shown(value)} is not {schema['patternErrorMessage']}"


def _enum(value: Any, schema: Mapping[str, Any], _: Place) -> str:
    known = [str(each) for each in schema["enum"]]
    return f"{shown(value)} is not one of {_listed(known, 'or')}{hint(str(value), known)}"


def _count(value: Any, noun: str) -> str:
    return f"it has {plural(len(value), noun)}"


_SENTENCES: Mapping[str, Sentence] = {
    "not": _not,
    "maxProperties": _too_many_keys,
    "minProperties": _too_few_keys,
    "pattern": _pattern,
    "enum": _enum,
    "const": lambda value, schema, _: f"{shown(value)} must be {json.dumps(schema['const'])}",
    "format": lambda value, _, __: f"{shown(value)} is longer than a day",
    "minItems": lambda value, schema, _: f"{_count(value, 'item')}; give at least {schema['minItems']}",
    "maxItems": lambda value, schema, _: f"{_count(value, 'item')}; give at most {schema['maxItems']}",
    "minLength": lambda _, __, ___: "the text is empty; give at least one character",
    "maxLength": lambda value, schema, _: (
        f"{_count(value, 'character')}; give at most {schema['maxLength']:,}"
    ),
    "minimum": lambda value, schema, _: f"{shown(value)} is too small; give at least {schema['minimum']:,}",
    "maximum": lambda value, schema, _: f"{shown(value)} is too large; give at most {schema['maximum']:,}",
}


def _raw(error: jsonschema_rs.ValidationError) -> Sentence:
    return lambda _, __, ___: cut(error.message)


def _listed(names: Sequence[str], joint: str = "and") -> str:
    *most, last = names
    return f"{', '.join(most)} {joint} {last}" if most else last


def _part(value: Any, place: Sequence[str | int]) -> Any:
    for key in place:
        value = value[key]
    return value
