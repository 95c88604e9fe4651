"""One answer of a model, put together from the chunks in which it is streamed. Any of them may be wrong.

Invariant: pure. What a piece may be is decided here, so that the endpoint only moves data.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sigmic_mock.domain.json_values import (
    DEEPEST,
    MOST_VALUES,
    holds_more,
    is_deeper,
    read_strictly,
)

MOST_CALLS = 20
"""Tool calls of one answer."""
_LONGEST_NAME = 128
_REASONING = ("reasoning_content", "reasoning")
"""Where endpoints put it: OpenAI's own API keeps it to itself."""


class ModelFailed(Exception):
    """The model can't continue: `message` is a sentence for people, `code` that of the `error` event.

    `retry_after` are seconds after which another try may succeed; None if it would not.
    """

    def __init__(self, message: str, code: str, *, retry_after: float | None = None) -> None:
        self.message = message
        self.code = code
        self.retry_after = retry_after
        super().__init__(message)


def malformed(what: str) -> ModelFailed:
    """Return the failure for an answer that is not of the protocol."""
    return ModelFailed(f"The model endpoint sent an invalid answer: {what}.", "MODEL_MALFORMED")


@dataclass(frozen=True, slots=True)
class Piece:
    """What one chunk adds: text to show, and reasoning."""

    text: str = ""
    reasoning: str = ""


@dataclass(slots=True)
class Call:
    """A tool call as the model wrote it; `arguments` should be JSON."""

    id: str = ""
    name: str = ""
    pieces: list[str] = field(default_factory=list)
    """Of the arguments."""

    @property
    def arguments(self) -> str:
        """The arguments, unchanged."""
        return "".join(self.pieces)

    def args(self) -> dict[str, Any]:
        """Return the arguments. Raises `ValueError` if they are not a JSON object, or too large."""
        text = (self.arguments.strip() or "{}").encode()
        if is_deeper(text, DEEPEST) or holds_more(text, MOST_VALUES):
            raise ValueError("too many values")
        args = read_strictly(text.decode())
        if not isinstance(args, dict):
            raise ValueError("no object")  # noqa: TRY004 - what the model wrote is wrong, whatever it is
        return args


@dataclass(slots=True)
class Answer:
    """An answer while it is streamed. Raises `ModelFailed` for what is not of the protocol."""

    reason: str | None = None
    """Why it ended; None while it is incomplete."""
    size: int = 0
    """How many characters the model wrote, with reasoning and tool calls."""
    is_started: bool = False
    """Whether there was a chunk."""
    _pieces: list[str] = field(default_factory=list)
    _calls: dict[int, Call] = field(default_factory=dict)

    @property
    def calls(self) -> list[Call]:
        """The tool calls, in the model's order."""
        return [self._calls[index] for index in sorted(self._calls)]

    @property
    def text(self) -> str:
        """The text so far."""
        return "".join(self._pieces)

    @property
    def has_text(self) -> bool:
        """True if there is a text so far."""
        return bool(self._pieces)

    def add(self, chunk: Mapping[str, Any]) -> Piece:
        """Take in one chunk; return what it adds."""
        self.is_started = True
        choices = _of("choices", chunk.get("choices") or [], list)
        if not choices:  # of usage alone
            return Piece()
        choice = _of("choices[0]", choices[0], dict)
        delta = _of("delta", choice.get("delta") or {}, dict)
        text = _of("content", delta.get("content") or delta.get("refusal") or "", str)
        reasoning = _of("reasoning", next((delta[name] for name in _REASONING if delta.get(name)), ""), str)
        for call in _of("tool_calls", delta.get("tool_calls") or [], list):
            self._add_call(_of("tool_calls", call, dict))
        self._pieces += [text] if text else []
        self.size += len(text) + len(reasoning)
        self.reason = _of("finish_reason", choice.get("finish_reason") or self.reason or "", str) or None
        return Piece(text, reasoning)

    def check_complete(self) -> None:
        """Raise `ModelFailed` unless the model ended it by itself and in full."""
        match self.reason:
            case None if not self.is_started:
                raise malformed("it is not a stream of chat completions")
            case None:
                raise ModelFailed("The model's answer broke off before its end.", "MODEL_INCOMPLETE")
            case "length":
                message = "The model's answer was cut off: the endpoint's limit of tokens was reached."
                raise ModelFailed(message, "MODEL_LIMIT")
            case "error":
                raise ModelFailed("The model endpoint reported an error.", "MODEL_REFUSED")
            case "content_filter":
                raise ModelFailed("The endpoint's content filter stopped the answer.", "MODEL_REFUSED")
            case _:
                pass
        if any(not 0 < len(call.name) <= _LONGEST_NAME for call in self.calls):
            raise malformed(f"the name of a tool must have 1 to {_LONGEST_NAME} characters")

    def as_message(self) -> dict[str, Any]:
        """Return it as a message of the conversation."""
        message: dict[str, Any] = {"role": "assistant", "content": self.text}
        if self.calls:
            message["tool_calls"] = [
                {
                    "id": call.id,
                    "type": "function",
                    "function": {"name": call.name, "arguments": call.arguments},
                }
                for call in self.calls
            ]
        return message

    def _add_call(self, part: Mapping[str, Any]) -> None:
        index = part.get("index")
        if index is None:  # endpoints that send each call in one piece leave it out
            index = len(self._calls)
        if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < MOST_CALLS:
            raise ModelFailed(
                f"The model asked for more than {MOST_CALLS} tool calls in one answer.", "MODEL_LIMIT"
            )
        function = _of("function", part.get("function") or {}, dict)
        call = self._calls.setdefault(index, Call(id=f"call_{index}"))
        call.id = _of("id", part.get("id") or call.id, str)
        name = _of("name", function.get("name") or "", str)
        arguments = _of("arguments", function.get("arguments") or "", str)
        call.name = (call.name + name)[: _LONGEST_NAME + 1]
        call.pieces.append(arguments)
        self.size += len(name) + len(arguments)


def _of(name: str, value: Any, kind: type) -> Any:
    if not isinstance(value, kind):
        raise malformed(f"{name} is of the wrong type")
    # Half of a surrogate pair can be written in JSON, and cannot be sent on.
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
