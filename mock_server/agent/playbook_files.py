"""Reads playbook files: YAML, checked against the schema; every problem names file, line and nearest key."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sigmic_conformance.mock_server.agent.playbook_misfits import Place, misfits
from sigmic_conformance.mock_server.faults.catalogue import BadOrder, order

SHIPPED = Path(__file__).resolve().parents[2] / "fixtures" / "playbooks"
LARGEST_FILE = 1 << 20
MOST_NODES = 50_000
_NESTS = frozenset(
    {"steps", "turns", "repeat", "on_cancel", "on_error", "parallel", "tool", "run", "read", "write"}
)

_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TIMESTAMP = "tag:yaml.org,2002:timestamp"


class _Loader(_SafeLoader):  # type: ignore[misc] # which of the two base classes there is, shows at run time
    """Reads YAML as JSON knows it: what looks like a date stays text."""

    yaml_implicit_resolvers: Mapping[str, list[tuple[str, Any]]] = {
        first: [each for each in resolvers if each[0] != _TIMESTAMP]
        for first, resolvers in _SafeLoader.yaml_implicit_resolvers.items()
    }


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
    except _Unusable as unusable:
        raise PlaybookError((f"{path}:{unusable.line}: {unusable}",)) from None
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
    """Is YAML, but no data of a playbook."""

    def __init__(self, node: yaml.Node, text: str) -> None:
        self.line = node.start_mark.line + 1
        super().__init__(text)


def _parsed(raw: bytes) -> tuple[Any, dict[Place, int]]:
    loader = _Loader(raw)
    try:
        node = loader.get_single_node()
        lines: dict[Place, int] = {}
        if node is not None:
            _locate(node, (), lines)
            _read_scalars(loader, node)
        return (loader.construct_document(node) if node is not None else None), lines
    finally:
        loader.dispose()


def _locate(node: yaml.Node, place: Place, lines: dict[Place, int]) -> None:
    """Note the line of every place; refuses a key given twice, and aliases that never end."""
    if len(lines) > MOST_NODES or len(place) > 60:  # noqa: PLR2004 - no playbook nests so deeply
        raise _Unusable(node, "is too large or refers to itself")
    lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        for at, item in enumerate(node.value):
            _locate(item, (*place, at), lines)
    elif isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise _Unusable(key, "a key must be text; text that begins with { or [ must be in quotes")
            if key.value in seen:
                raise _Unusable(key, f"the key {key.value!r} is given twice")
            seen.add(key.value)
            lines[(*place, key.value)] = key.start_mark.line + 1
            _locate(value, (*place, key.value), lines)


def _read_scalars(loader: Any, node: yaml.Node) -> None:
    """Read each value by itself, so that one which is not what its tag says is refused with its line."""
    if isinstance(node, yaml.ScalarNode):
        try:
            loader.construct_object(node)
        except (ValueError, LookupError, AttributeError, TypeError):
            kind = node.tag.rsplit(":", 1)[-1]
            raise _Unusable(node, f"{node.value[:60]!r} cannot be read as {kind}: put it in quotes") from None
        return
    pairs = node.value if isinstance(node, yaml.MappingNode) else ()
    for item in (
        node.value if isinstance(node, yaml.SequenceNode) else (each for pair in pairs for each in pair)
    ):
        _read_scalars(loader, item)


def _yaml_problem(path: Path, error: yaml.YAMLError | UnicodeDecodeError) -> str:
    mark = getattr(error, "problem_mark", None)
    where = f"{path}:{mark.line + 1}" if mark else str(path)
    return f"{where}: is not YAML: {getattr(error, 'problem', None) or error}".replace("\n", " ")


def _schema_problems(path: Path, data: Any, lines: Mapping[Place, int]) -> Iterator[str]:
    for place, text in misfits(data):
        yield _problem(path, lines, place, text)


def _problem(path: Path, lines: Mapping[Place, int], place: Place, text: str) -> str:
    known = place
    while known and known not in lines:
        known = known[:-1]
    line = f":{lines[known]}" if known in lines else ""
    where = "/".join(map(str, place))
    return f"{path}{line}: {where + ': ' if where else ''}{text}"
