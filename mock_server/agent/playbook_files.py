"""Reads playbook files: YAML, checked against the schema; every problem names file, line and nearest key."""

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml

from mock_server.agent.playbook_schema import playbook_schema
from mock_server.faults.catalogue import BadOrder, order

SHIPPED = Path(__file__).resolve().parents[2] / "fixtures" / "playbooks"
LARGEST_FILE = 1 << 20
MOST_NODES = 50_000
_NESTS = frozenset(
    {"steps", "turns", "repeat", "on_cancel", "on_error", "parallel", "tool", "run", "read", "write"}
)
_UNEXPECTED = re.compile(r"'([^']*)'")

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Place = tuple[str | int, ...]


class PlaybookError(Exception):
    """The playbooks cannot be used; `problems` says why, one line each, beginning with file and line."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


@dataclass(frozen=True, slots=True)
class PlaybookFile:
    """One file that fits the schema. `lines` gives the line of each place in it."""

    path: Path
    data: Mapping[str, Any]
    lines: Mapping[Place, int]

    def problem(self, text: str, *place: str | int) -> str:
        """Return a problem with this file, placed."""
        return _problem(self.path, self.lines, place, text)


def playbook_paths(directory: Path) -> list[Path]:
    """Return the playbook files of a directory, sorted by name."""
    if not directory.is_dir():
        raise PlaybookError((f"{directory}: there is no such directory of playbooks",))
    return sorted(path for path in directory.iterdir() if path.suffix in {".yaml", ".yml"})


def read_playbook(path: Path) -> PlaybookFile:
    """Read and check one file; raises `PlaybookError` with everything that is wrong in it."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise PlaybookError((f"{path}: cannot be read: {error.strerror}",)) from None
    return parse_playbook(raw, path)


def parse_playbook(raw: bytes, path: Path) -> PlaybookFile:
    """Check a playbook given as YAML; `path` is what problems call it."""
    if len(raw) > LARGEST_FILE:
        raise PlaybookError((f"{path}: is larger than {LARGEST_FILE} bytes",))
    try:
        data, lines = _parsed(raw)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise PlaybookError((_yaml_problem(path, error),)) from None
    except (_Unusable, ValueError) as unusable:
        raise PlaybookError((f"{path}: {unusable}",)) from None
    return check_playbook(data, path, lines)


def check_playbook(data: Any, path: Path, lines: Mapping[Place, int] | None = None) -> PlaybookFile:
    """Check a playbook given as data."""
    file = PlaybookFile(path, data, lines or {})
    problems = (*_schema_problems(path, data, file.lines), *_fault_problems(file, data, ()))
    if problems:
        raise PlaybookError(problems)
    return file


def _fault_problems(file: PlaybookFile, value: Any, place: Place) -> Iterator[str]:
    """Yield what is wrong with the faults that steps arm; the shipped ones are checked by a test."""
    if file.path.parent == SHIPPED:
        return
    if isinstance(value, list):
        for at, item in enumerate(value):
            yield from _fault_problems(file, item, (*place, at))
    elif isinstance(value, dict):
        for key, item in value.items():
            if key == "fault" and (problem := _fault_problem(item)) is not None:
                yield file.problem(problem, *place, key)
            elif key in _NESTS:
                yield from _fault_problems(file, item, (*place, key))


def _fault_problem(value: Any) -> str | None:
    wanted = value if isinstance(value, dict) else {"id": value}
    fault, values = wanted.get("id"), wanted.get("with", {})
    if not isinstance(fault, str) or not isinstance(values, dict):
        return None  # the schema has said so
    try:
        order(fault, values)
    except BadOrder as problem:
        return str(problem)
    return None


class _Unusable(Exception):
    pass


def _parsed(raw: bytes) -> tuple[Any, dict[Place, int]]:
    loader = _Loader(raw)
    try:
        node = loader.get_single_node()
        lines: dict[Place, int] = {}
        if node is not None:
            _locate(node, (), lines)
        return (loader.construct_document(node) if node is not None else None), lines
    finally:
        loader.dispose()


def _locate(node: yaml.Node, place: Place, lines: dict[Place, int]) -> None:
    """Note the line of every place; refuses a key given twice, and aliases that never end."""
    if len(lines) > MOST_NODES or len(place) > 60:  # noqa: PLR2004 - no playbook nests so deeply
        raise _Unusable("is too large or refers to itself")
    lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        for at, item in enumerate(node.value):
            _locate(item, (*place, at), lines)
    elif isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                raise _Unusable(f"line {key.start_mark.line + 1}: the key {key.value!r} is given twice")
            seen.add(key.value)
            lines[(*place, str(key.value))] = key.start_mark.line + 1
            _locate(value, (*place, str(key.value)), lines)


def _yaml_problem(path: Path, error: yaml.YAMLError | UnicodeDecodeError) -> str:
    mark = getattr(error, "problem_mark", None)
    where = f"{path}:{mark.line + 1}" if mark else str(path)
    return f"{where}: is not YAML: {getattr(error, 'problem', None) or error}".replace("\n", " ")


def _schema_problems(path: Path, data: Any, lines: Mapping[Place, int]) -> Iterator[str]:
    try:
        errors = list(_validator().iter_errors(data))
    except (ValueError, TypeError) as error:
        yield f"{path}: holds a value that JSON does not know: {error}"
        return
    misfits = [each for error in errors for each in _narrowed(error)]
    unknown = {tuple(each.instance_path) for each in misfits if _is_unknown_key(each)}
    for misfit in misfits:
        place = tuple(misfit.instance_path)
        if place in unknown and not _is_unknown_key(misfit):
            continue  # what else is wrong there follows from the misspelt key
        yield _problem(path, lines, place, _shortened(misfit.message) + _nearest(misfit))


def _narrowed(misfit: jsonschema_rs.ValidationError) -> list[jsonschema_rs.ValidationError]:
    """Where one of several forms was meant, by its type, tell what is wrong with that form."""
    for form in getattr(misfit.kind, "context", ()):
        if form[0].schema_path[-1] != "type" or form[0].instance_path != misfit.instance_path:
            return _narrowed(form[0])
    return [misfit]


def _is_unknown_key(misfit: jsonschema_rs.ValidationError) -> bool:
    return misfit.schema_path[-1:] == ["additionalProperties"]


def _nearest(misfit: jsonschema_rs.ValidationError) -> str:
    """Name the known key that an unknown one is nearest to."""
    if not _is_unknown_key(misfit):
        return ""
    schema: Any = playbook_schema()
    for part in misfit.schema_path[:-1]:
        schema = schema[part]
    known = list(schema["properties"])
    hints = []
    for unexpected in _UNEXPECTED.findall(misfit.message):
        near = difflib.get_close_matches(unexpected, known, n=1)
        hints.append(f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(known)}")
    return f" ({'; '.join(hints)})" if hints else ""


def _shortened(message: str) -> str:
    return message if len(message) <= 300 else f"{message[:300]}…"  # noqa: PLR2004 - one line of a terminal


def _problem(path: Path, lines: Mapping[Place, int], place: Place, text: str) -> str:
    known = place
    while known and known not in lines:
        known = known[:-1]
    line = f":{lines[known]}" if known in lines else ""
    where = "/".join(map(str, place))
    return f"{path}{line}: {where + ': ' if where else ''}{text}"


@cache
def _validator() -> Any:
    return jsonschema_rs.validator_for(playbook_schema())
