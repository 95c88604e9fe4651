"""The situations that can be reached on a target, by its profile; for the others, why not."""

from collections.abc import Mapping
from dataclasses import dataclass

from sigmic_conformance.target.profile import Profile
from sigmic_spec.situations import Situations, Value

_EXPIRY = "the time until a session expires is unknown (--session-expiry TIME)"
_WIDGET = "no widget credentials were given (profile key widget)"
_SECOND_KEY = "no second API key was given (--second-api-key-env)"

_NEEDED: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "session": {"restored restored_twice": ("sessions",)},
    "caller": {"end_user other_end_user": ("widget",)},
    "body": {"message_first files_first": ("files",)},
    "files": {"plain nested awkward_name same_name empty at_limit": ("files",), "zip": ("files", "zip")},
    "state": {"tool_running": ("tools",), "awaiting_approval": ("approvals", "tools")},
    "approval": {"once always rejected late several": ("approvals", "tools")},
    "value": {"plain separators quotes line_ends non_ascii empty long": ("environment",)},
}
"""The capabilities that a value requires."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachableSituations:
    """The values that can be reached, by dimension in the order of the list, and why others cannot."""

    values: Mapping[str, tuple[str, ...]]
    missing: Mapping[Value, str]

    def has(self, dimension: str, value: str) -> bool:
        """Whether a value can be reached."""
        return value in self.values[dimension]


def reachable_situations(situations: Situations, profile: Profile) -> ReachableSituations:
    """The situations that can be reached on a target of this profile."""
    missing = {
        value: why
        for name, dimension in situations.dimensions.items()
        for value in (Value(name, each) for each in dimension.values)
        if (why := _why_not(value, profile))
    }
    values = {
        name: tuple(each for each in dimension.values if Value(name, each) not in missing)
        for name, dimension in situations.dimensions.items()
    }
    return ReachableSituations(values=values, missing=missing)


def _why_not(value: Value, profile: Profile) -> str:
    """Why a value cannot be reached; empty if it can."""
    text = str(value)
    groups = _NEEDED.get(value.dimension, {})
    needed = next((needs for values, needs in groups.items() if value.value in values.split()), ())
    if lacking := profile.lacks(needed):
        return f"the profile says that the target is without {', '.join(lacking)}"
    if text in {"session=restored", "session=restored_twice"} and profile.session_expiry_seconds is None:
        return _EXPIRY
    if text in {"caller=end_user", "caller=other_end_user"} and not profile.has_widget:
        return _WIDGET
    if text == "caller=other_project" and not profile.has_second_key:
        return _SECOND_KEY
    return ""
