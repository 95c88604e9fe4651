"""The verbs of `sigmic-mock` that the control plane's table states: flags, calls and lines follow from it."""

import argparse
import json
from collections.abc import Callable, Iterator, Mapping
from string import Formatter
from typing import Any

from sigmic_mock.commands.command import USAGE, CommandRefused, Console
from sigmic_mock.commands.target import find_target, target_arguments
from sigmic_mock.control.table import (
    Field,
    Operation,
    choices_of,
    control_table,
    types_of,
)
from sigmic_spec.nearest import hint
from sigmic_spec.plural import plural


class TableVerb:
    """One verb, with an action for each of its rows, or without any; fulfils `command.CommandModule`."""

    def __init__(self, name: str) -> None:
        rows = [row for row in control_table().operations.values() if "verb" in row.row]
        words = [(row.row["verb"]["is"].split(), row) for row in rows]
        self._actions = {"".join(action): row for (verb, *action), row in words if verb == name}

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the verb's arguments."""
        if "" in self._actions:
            _declare(parser, self._actions[""])
            return
        actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
        for name, row in self._actions.items():
            _declare(actions.add_parser(name, help=_begun_small(row.summary), allow_abbrev=False), row)

    def run(self, given: argparse.Namespace, console: Console, environment: Mapping[str, str]) -> int:
        """Do it."""
        row = self._actions[getattr(given, "action", "")]
        fields = {name: getattr(given, name) for name in (*row.path_names, *row.body)}
        fields = {name: value for name, value in fields.items() if value != []}
        _check_words(row.body, fields)
        answer = find_target(given, environment).ask(row.id, **fields)
        lines = _advanced(answer) if row.id == "advance_clock" else _lines(row.row["verb"], answer)
        console.say(json.dumps(answer) if given.json else "\n".join(lines))
        return 0


def flag_of(parser: argparse.ArgumentParser, field: Field) -> None:
    """Declare a field as a flag, with its help text from the table."""
    kinds: Mapping[str, Callable[[str], Any]] = {"integer": int, "array": _read_json}
    kind = kinds.get("".join(types_of(field.schema)), str)
    parser.add_argument(f"--{field.name}", type=kind, metavar=_metavar(field), help=_help(field))


def _declare(parser: argparse.ArgumentParser, row: Operation) -> None:
    for name in row.path_names:
        parser.add_argument(name, metavar=name.upper())
    for field in row.body.values():
        if field.name not in row.row["verb"].get("words", ()):
            flag_of(parser, field)
            continue
        many = "*" if "array" in types_of(field.schema) else None if field.required else "?"
        parser.add_argument(field.name, nargs=many, metavar=_metavar(field), help=_help(field))
    target_arguments(parser)


def _check_words(fields: Mapping[str, Field], given: Mapping[str, Any]) -> None:
    """Raise `CommandRefused` for a word that its closed list lacks; the server would name the field."""
    for name, field in fields.items():
        choices = choices_of(field.schema.get("items", {}))
        for text in given.get(name) or () if choices else ():
            if text not in choices:
                known = ", ".join(choices)
                told = f"{_metavar(field)} {text!r} is not one of {known}{hint(text, choices)}"
                raise CommandRefused(told, USAGE)


def _read_json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be JSON, not {text!r}") from None


def _metavar(field: Field) -> str:
    return str(field.schema.get("title", field.name.upper()))


def _help(field: Field) -> str:
    default = f" (default: {field.schema['default']})" if field.schema.get("default") else ""
    told = _begun_small(field.schema.get("description", "")).removesuffix(".")
    return f"{told}{default}".replace("%", "%%").replace("`", "")


def _begun_small(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


class _Line(Formatter):
    """Fills a line of the table: `{tasks:of task}` is how many there are, `{reset:list}` their names."""

    def format_field(self, value: Any, format_spec: str) -> Any:
        if format_spec.startswith("of "):
            count = value if isinstance(value, int) else len(value)
            return plural(count, format_spec.removeprefix("of "))
        return ", ".join(value) if format_spec == "list" else super().format_field(value, format_spec)


def _lines(verb: Mapping[str, str], answer: Mapping[str, Any]) -> Iterator[str]:
    told = answer[verb["each"]] if "each" in verb else [answer]
    yield from (_Line().vformat(verb["line"], (), each) for each in told)
    if not told and "none" in verb:
        yield verb["none"]


def _advanced(answer: Mapping[str, Any]) -> Iterator[str]:
    # The one answer whose lines a template of the table cannot express.
    yield f"now {answer['now']}"
    yield from (f"{count} x {name}" for name, count in answer["counts"].items())
    if not answer["settled"]:
        yield "work that it started is still running; see `sigmic-mock clock show`"
