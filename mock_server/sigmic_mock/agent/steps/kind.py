"""The declaration of a kind of step."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from sigmic_mock.agent.plan import Step


@dataclass(frozen=True, slots=True, kw_only=True)
class StepKind:
    """One key of a step. `perform` gets the performance and, by name, the members of a valid value.

    `schema` carries the description that editors and the reference show. A value that is not an object is
    short for an object with the member `short`. `examples` are whole values; the first one is shown. `check`
    returns one line about what is wrong with a value that is valid by the schema, or None.
    """

    key: str
    schema: Mapping[str, Any]
    perform: Callable[..., Awaitable[None]]
    examples: tuple[Any, ...]
    short: str = ""
    check: Callable[[Any], str | None] | None = None

    def members(self, value: Any) -> Mapping[str, Any]:
        """Return a value as an object; one without a short form says only that the step is wanted."""
        if isinstance(value, Mapping):
            return value
        return {self.short: value} if self.short else {}


class StepKinds:
    """A set of kinds, by their keys. `missing` are keys that others know, and why they are not here."""

    def __init__(self, kinds: Iterable[StepKind], missing: Mapping[str, str] = MappingProxyType({})) -> None:
        self.by_key: Mapping[str, StepKind] = {kind.key: kind for kind in kinds}
        self.missing = missing

    async def perform(self, performance: object, step: Step) -> None:
        """Perform one step."""
        [(key, value)] = step.items()
        kind = self.by_key[key]
        await kind.perform(performance, **kind.members(value))
