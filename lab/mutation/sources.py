"""The sources of the two platforms: the modules that are mutated, and the places for mistakes in them."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from random import Random
from typing import Any

from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator
from cosmic_ray.work_item import MutationSpec

from lab.mutation.mistakes import Kinds, Place, kinds, mistakes
from lab.mutation.operators import around, difference, places
from sigmic_spec import strict_yaml

ROOT = Path(__file__).resolve().parents[2]
AREAS = Path(__file__).with_name("areas.yaml")


@dataclass(frozen=True, slots=True)
class Source:
    """The modules of a platform, from the root of the repository, and the areas of each one's behaviour."""

    name: str
    areas: tuple[tuple[str, tuple[str, ...]], ...]
    """Patterns of paths; the first match counts. A module without a match is not mutated."""

    @property
    def modules(self) -> list[str]:
        """Return every module that is mutated."""
        folders = {pattern.partition("*")[0].rpartition("/")[0] for pattern, _ in self.areas}
        paths = {str(path.relative_to(ROOT)) for folder in folders for path in (ROOT / folder).rglob("*.py")}
        return sorted(path for path in paths if self.areas_of(path) and not path.endswith("__init__.py"))

    def areas_of(self, path: str) -> tuple[str, ...]:
        """Return the areas of the ledger for mistakes in a module; if there are none, it is left out."""
        return next((areas for pattern, areas in self.areas if fnmatchcase(path, pattern)), ())


@dataclass(frozen=True, slots=True)
class Mutant:
    """One mistake in one module."""

    path: str
    operator: str
    line: int
    lines: tuple[int, ...]
    before: str
    after: str
    code: str

    @property
    def key(self) -> str:
        """The identity of a mutant, independent of line numbers."""
        return f"{self.path} [{self.operator}] {self.before} => {self.after}"

    def as_json(self) -> dict[str, Any]:
        """Return all fields except the changed text."""
        return {name: value for name, value in asdict(self).items() if name != "code"}


def source(name: str) -> Source:
    """Return the source of a platform by its name; raises KeyError for an unknown one."""
    document = strict_yaml.read(AREAS.read_text(encoding="utf-8"))[name]
    return Source(name, tuple((pattern, tuple(areas or ())) for pattern, areas in document.items()))


def mutants(of: Source, seed: int) -> Iterator[Mutant]:
    """Yield very many mutants in an order drawn by the seed, with each operator equally often.

    Modules take turns by their places. A mutant whose text is not Python is left out.
    """
    chance = Random(seed)  # noqa: S311 - to be repeated, not to be kept from anybody
    texts = {path: (ROOT / path).read_bytes() for path in of.modules}
    by_operator: dict[str, list[tuple[str, Place | MutationSpec]]] = defaultdict(list)
    for name, path, place in _everything(texts):
        by_operator[name].append((path, place))
    for alike in by_operator.values():
        chance.shuffle(alike)
    while by_operator:
        for name in sorted(by_operator):
            path, place = by_operator[name].pop()
            if not by_operator[name]:
                del by_operator[name]
            if made := _made(name, path, texts[path], place):
                yield made


def _everything(texts: dict[str, bytes]) -> Iterator[tuple[str, str, Place | MutationSpec]]:
    known: Kinds = kinds(list(texts.values()))
    for path, text in texts.items():
        for place in mistakes(text, known):
            yield place.operator, path, place
        for spec in places(ROOT / path):
            yield spec.operator_name.rpartition("/")[2].partition("_")[0], path, spec


def _made(name: str, path: str, text: bytes, place: Place | MutationSpec) -> Mutant | None:
    source = text.decode()
    if isinstance(place, Place):
        code, line = place.applied(text), place.line
    else:
        operator = get_operator(place.operator_name)(**(place.operator_args or {}))
        code, line = mutate_code(source, operator, place.occurrence), place.start_pos[0]
    if not code or not _differs(source, code):
        return None
    before, after = difference(source, code)
    if not before:  # a step was inserted before a line
        before = source.splitlines()[line - 1].strip()
        after = f"{after} / {before}"
    return Mutant(path, name, line, around(ast.parse(source), line), before, after, code)


def _differs(source: str, code: str) -> bool:
    """Return whether the code is valid and a different program."""
    try:
        return ast.dump(ast.parse(source)) != ast.dump(ast.parse(code))
    except SyntaxError:
        return False
