"""Playbook files: YAML read and checked against the schema, and written.

Every problem names file, line and nearest key.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice
from pathlib import Path
from typing import Any

import yaml

from sigmic_mock.agent import templates
from sigmic_mock.agent.playbooks.misfits import MOST_PROBLEMS, Misfits
from sigmic_mock.agent.steps.catalogue import STEP_KINDS
from sigmic_mock.agent.steps.kind import StepKinds
from sigmic_spec import strict_yaml
from sigmic_spec.nearest import hint_of_known
from sigmic_spec.strict_yaml import Place, line_of

_PACKAGE = Path(__file__).resolve().parents[2]


def bundled(name: str) -> Path:
    """Return a bundled folder: within an installed package, in fixtures/ of a clone."""
    installed = _PACKAGE / "bundled" / name
    return installed if installed.is_dir() else _PACKAGE.parents[1] / "fixtures" / name


SHIPPED = bundled("playbooks")

LARGEST_FILE = 1 << 20
_BRANCHES = ("steps", "on_cancel", "on_error")
"""Keys of a step that hold more steps."""


class PlaybookError(Exception):
    """The playbooks cannot be used; `problems` has one line for each reason, beginning with file and line."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


class LacksStep(PlaybookError):
    """A playbook uses a kind of step that this server does not have."""


@dataclass(frozen=True, slots=True)
class PlaybookFile:
    """One file that is valid by the schema. `lines` gives the line of each place in it."""

    path: Path
    data: Mapping[str, Any]
    lines: Mapping[Place, int]

    def problem(self, text: str, *place: str | int) -> str:
        """Return a problem with this file, placed."""
        line, where = line_of(self.lines, place), "/".join(map(str, place))
        return f"{self.path}{f':{line}' if line else ''}: {f'{where}: ' if where else ''}{text}"


def playbook_paths(directory: Path) -> list[Path]:
    """Return the YAML files of a directory, sorted by name."""
    if not directory.is_dir():
        why = "is a file, not a folder of YAML files" if directory.exists() else "there is no such folder"
        raise PlaybookError((f"{directory}: {why}",))
    return sorted(path for path in directory.iterdir() if path.suffix in {".yaml", ".yml"})


class PlaybookReader:
    """Reads and checks playbooks that may use `kinds` of steps.

    Raises `PlaybookError` with the errors of a file, at most 100, and `LacksStep` for a kind of step that is
    not available here.
    """

    def __init__(self, kinds: StepKinds = STEP_KINDS) -> None:
        self.kinds = kinds

    @cached_property
    def _misfits(self) -> Misfits:
        return Misfits(self.kinds)

    def read(self, path: Path) -> PlaybookFile:
        """Read and check one file."""
        return self.parse(_read_bytes(path), path)

    def parse(self, raw: bytes, path: Path) -> PlaybookFile:
        """Check a playbook given as YAML; problems name `path`."""
        found = _located(raw, path)
        return self.check(found.value, path, found.lines)

    def read_steps(
        self, path: Path, keys: Sequence[str], problems_of: Callable[[PlaybookFile], Iterable[str]]
    ) -> PlaybookFile:
        """Read a file with the `steps` of a playbook and other `keys`, whose problems the caller finds."""
        found = _located(_read_bytes(path), path)
        file = PlaybookFile(path, found.value, found.lines)
        if not isinstance(file.data, dict):
            raise PlaybookError((f"{path}: it must be a mapping of {', '.join(keys)}",))
        problems = [
            file.problem(f"unknown key {key!r}{hint_of_known(str(key), keys)}", key)
            for key in file.data
            if key not in keys
        ]
        problems += problems_of(file)
        of_a_playbook = {key: file.data[key] for key in ("steps", "templates") if key in file.data}
        try:
            self.check({"name": "answer", "when": {"message": "*"}, **of_a_playbook}, path, found.lines)
        except PlaybookError as error:
            problems += error.problems
        if problems:
            raise PlaybookError(tuple(problems))
        return file

    def check(self, data: Any, path: Path, lines: Mapping[Place, int] | None = None) -> PlaybookFile:
        """Check a playbook given as data."""
        file = PlaybookFile(path, data, lines or {})
        if lacking := tuple(self._lacking(file)):
            raise LacksStep(lacking)
        misfits = (file.problem(text, *place) for place, text in self._misfits.of(data))
        more = chain(self._problems_of_steps(file), _problems_of_templates(file))
        problems = tuple(islice(chain(misfits, more), MOST_PROBLEMS))
        if problems:
            raise PlaybookError(problems)
        return file

    def _lacking(self, file: PlaybookFile) -> Iterator[str]:
        """Yield the steps that this server does not have; of other files than the shipped, those it knows."""
        is_shipped = file.path.parent == SHIPPED
        if is_shipped or self.kinds.missing:
            for place, key, _ in _all_steps(file.data):
                if key in self.kinds.missing or (is_shipped and key not in self.kinds.by_key):
                    yield file.problem(self.kinds.missing.get(key, "this server has no such step"), *place)

    def _problems_of_steps(self, file: PlaybookFile) -> Iterator[str]:
        """Yield the errors of steps beyond their schema; the shipped playbooks are checked by a test."""
        checks = {key: kind.check for key, kind in self.kinds.by_key.items() if kind.check}
        if checks and file.path.parent != SHIPPED:
            for place, key, value in _all_steps(file.data):
                if key in checks and (problem := checks[key](value)) is not None:
                    yield file.problem(problem, *place)


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise PlaybookError((f"{path}: can't be read: {error.strerror}",)) from None


def _located(raw: bytes, path: Path) -> strict_yaml.Located:
    if len(raw) > LARGEST_FILE:
        raise PlaybookError((f"{path}: is larger than {LARGEST_FILE} bytes",))
    try:
        return strict_yaml.read_located(raw)
    except strict_yaml.BadYaml as error:
        raise PlaybookError((error.of(path),)) from None


def _problems_of_templates(file: PlaybookFile) -> Iterator[str]:
    if isinstance(file.data, dict) and file.data.get("templates") is True:
        for key in ("steps", "turns"):
            for place, problem in templates.problems(file.data.get(key), (key,)):
                yield file.problem(problem, *place)


def _all_steps(data: Any) -> Iterator[tuple[Place, str, Any]]:
    """Yield every step of a playbook of any depth, which may be invalid: its place, key and value."""
    if isinstance(data, dict):
        yield from _steps(data.get("steps"), ("steps",))
        turns = data.get("turns")
        for at, turn in enumerate(turns if isinstance(turns, list) else ()):
            if isinstance(turn, dict):
                yield from _steps(turn.get("steps"), ("turns", at, "steps"))


def _steps(listed: Any, place: Place) -> Iterator[tuple[Place, str, Any]]:
    for at, item in enumerate(listed if isinstance(listed, list) else ()):
        for key, value in item.items() if isinstance(item, dict) else ():
            here = (*place, at, key)
            yield here, key, value
            if key == "parallel":
                yield from _steps(value, here)
            elif isinstance(value, dict):
                for branch in _BRANCHES:
                    yield from _steps(value.get(branch), (*here, branch))


_LINES_OF_A_BLOCK = 40
_OTHER_BREAKS = re.compile("[\r\x85\u2028\u2029\ufeff]")
"""Outside quotation marks YAML changes or hides them."""


class _Dumper(yaml.SafeDumper):
    """Writes YAML for editing: the same value twice is written twice, a few lines are a block."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the base class's signature
        return True


def _text(dumper: _Dumper, value: str) -> yaml.ScalarNode:
    lines = value.count("\n")
    is_quoted = lines > _LINES_OF_A_BLOCK or _OTHER_BREAKS.search(value)
    style = '"' if is_quoted else "|" if lines else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)


def as_yaml(value: Mapping[str, Any] | list[Any]) -> str:
    """Return YAML without the last line break. A long text is not folded."""
    text: str = yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=float("inf"))
    return text.rstrip("\n")
