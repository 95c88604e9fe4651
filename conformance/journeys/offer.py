"""Which situations a target lets us bring about, by its profile; what it does not, and why."""

from collections.abc import Mapping
from dataclasses import dataclass

from sigmic_conformance.conformance.target.profile import Profile
from sigmic_conformance.spec.situations import Situations, Value

_EXPIRY = "the time until a session expires is unknown (profile key session_expiry_seconds)"
_WIDGET = "no widget credentials were given (profile key widget)"
_SECOND_KEY = "no second API key was given (--second-api-key-env)"

_NEEDED: Mapping[str, tuple[str, ...]] = {
    "session=restored": ("sessions",),
    "session=restored_twice": ("sessions",),
    "caller=end_user": ("widget",),
    "caller=other_end_user": ("widget",),
    "body=message_first": ("files",),
    "body=files_first": ("files",),
    "files=plain": ("files",),
    "files=zip": ("files", "zip"),
    "files=nested": ("files",),
    "files=awkward_name": ("files",),
    "files=same_name": ("files",),
    "files=empty": ("files",),
    "files=at_limit": ("files",),
    "state=tool_running": ("tools",),
    "state=awaiting_approval": ("approvals", "tools"),
    "approval=once": ("approvals", "tools"),
    "approval=always": ("approvals", "tools"),
    "approval=rejected": ("approvals", "tools"),
    "approval=late": ("approvals", "tools"),
    "approval=several": ("approvals", "tools"),
    "value=plain": ("environment",),
    "value=separators": ("environment",),
    "value=quotes": ("environment",),
    "value=line_ends": ("environment",),
    "value=non_ascii": ("environment",),
    "value=empty": ("environment",),
    "value=long": ("environment",),
}
"""The capabilities without which a value cannot be brought about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """The values that can be brought about, by dimension in the order of the list, and why others cannot."""

    values: Mapping[str, tuple[str, ...]]
    missing: Mapping[Value, str]

    def has(self, dimension: str, value: str) -> bool:
        """Whether a value can be brought about."""
        return value in self.values[dimension]


def offer(situations: Situations, profile: Profile) -> Offer:
    """What a target of this profile lets us bring about."""
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
    return Offer(values=values, missing=missing)


def _why_not(value: Value, profile: Profile) -> str:
    """Why a value cannot be brought about; empty when it can."""
    text = str(value)
    if lacking := profile.lacks(_NEEDED.get(text, ())):
        return f"the profile says that the target is without {', '.join(lacking)}"
    if text in {"session=restored", "session=restored_twice"} and profile.session_expiry_seconds is None:
        return _EXPIRY
    if text in {"caller=end_user", "caller=other_end_user"} and not profile.has_widget:
        return _WIDGET
    if text == "caller=other_project" and not profile.has_second_key:
        return _SECOND_KEY
    return ""
