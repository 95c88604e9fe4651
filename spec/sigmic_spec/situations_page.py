"""The situations as a page for people."""

from collections.abc import Iterator

from sigmic_spec.situations import Dimension, Situations, Value

_HEADER = """\
# Situations

A [requirement](requirements/index.md) applies in every situation: on the first turn and on the tenth, before
and after a restore, for every caller and every form of body. The suite distinguishes these situations:
{dimensions} dimensions with {values} values. {pairs} pairs and {triples} triples of values ({of}) can
occur together.

"""


def page(situations: Situations) -> str:
    """Return the page in Markdown."""
    return "".join(_parts(situations))


def _parts(situations: Situations) -> Iterator[str]:
    dimensions = situations.dimensions.values()
    yield _HEADER.format(
        dimensions=len(dimensions),
        values=sum(len(each.values) for each in dimensions),
        pairs=f"{sum(1 for _ in situations.pairs()):,}",
        triples=f"{sum(1 for _ in situations.triples_of_values()):,}",
        of=", ".join(situations.triples),
    )
    for dimension in dimensions:
        yield from _dimension(dimension)
    yield "## What cannot occur together\n\n| one | other | because |\n|---|---|---|\n"
    for pair, reason in situations.impossible.items():
        one, other = sorted(pair, key=lambda each: _place(situations, each))
        yield f"| `{one}` | `{other}` | {reason} |\n"


def _dimension(dimension: Dimension) -> Iterator[str]:
    yield f"## {dimension.name}\n\n{dimension.about}\n\n| value | when |\n|---|---|\n"
    for value, sentence in dimension.values.items():
        yield f"| `{value}` | {sentence} |\n"
    yield "\n"


def _place(situations: Situations, value: Value) -> tuple[int, int]:
    names = list(situations.dimensions)
    values = list(situations.dimensions[value.dimension].values)
    return names.index(value.dimension), values.index(value.value)
