"""What a system prompt asks of the manner of answering, as far as a scripted agent can follow it.

It changes what the agent says on its own, never a text that the message dictated, nor a playbook's.
"""

import re
from dataclasses import dataclass, field

_QUOTED = (
    r"(?:the )?(?:words? |text |phrase |prefix |line )?(?:`([^`\n]{1,200})`|\"([^\"\n]{1,200})\""
    r"|“([^”\n]{1,200})”|'([^'\n]{1,200})'|:? ?([^\s`\"“'.,;]{1,80}))"
)
_EVERY = r"(?:(?:every|each|all|your|the|any)(?: of your)? (?:answer|repl(?:y|ie)|response|message)s?)"
_PREFIX = re.compile(
    rf"\b(?:start|begin|prefix|preface|open) {_EVERY} (?:with|by saying) {_QUOTED}", re.IGNORECASE
)
_SUFFIX = re.compile(rf"\b(?:end|finish|close|sign) {_EVERY} (?:with|by saying) {_QUOTED}", re.IGNORECASE)
_UPPER = re.compile(r"\b(?:upper[ -]?case|all caps|capital letters|block capitals)\b", re.IGNORECASE)
_LOWER = re.compile(r"\b(?:lower[ -]?case|small letters)\b", re.IGNORECASE)
_PERSONA = re.compile(
    r"\b(?:your name is|you are (?:called|named)|you are) ([^.,;!?\n]{1,80})", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How to say things. `followed` names what was found in the system prompt, for `explain`."""

    case: str | None = None
    prefix: str = ""
    suffix: str = ""
    persona: str | None = None
    followed: tuple[str, ...] = field(default=())

    def cased(self, text: str) -> str:
        """Return the text in the case that was asked for."""
        if self.case == "upper":
            return text.upper()
        return text.lower() if self.case == "lower" else text


def manner_of(system_prompt: str | None) -> Manner:
    """Read the manner off a system prompt; without one, or without a known wish, nothing changes."""
    text = system_prompt or ""
    prefix, suffix, persona = _first(_PREFIX, text), _first(_SUFFIX, text), _first(_PERSONA, text)
    case = "upper" if _UPPER.search(text) else "lower" if _LOWER.search(text) else None
    found = {"case": case, "prefix": prefix, "suffix": suffix, "persona": persona}
    return Manner(
        case=case,
        prefix=prefix or "",
        suffix=suffix or "",
        persona=persona,
        followed=tuple(f"{name}: {value}" for name, value in found.items() if value),
    )


def _first(pattern: re.Pattern[str], text: str) -> str | None:
    found = pattern.search(text)
    return next((group for group in found.groups() if group), None) if found else None
