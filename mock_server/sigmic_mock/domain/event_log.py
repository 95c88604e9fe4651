"""A task's event log: what a new reader of its stream gets, and what the running turn has produced.

`replay` is the whole answer: every saved message, one `history_done`, and while a run is on, its catch-up.
Rule: an event is encoded once, by `append`; the same bytes go to every subscriber and into the catch-up. A
caller that sends `replay` must also join the live stream before another `append`, in one synchronous step:
then history, catch-up and live events are complete and without repetition for every reader.
"""

from collections import deque
from collections.abc import Iterable

from sigmic_mock.domain.events import (
    Content,
    Event,
    HistoryDone,
    HistoryMessage,
    Status,
    ToolCallEvent,
)
from sigmic_mock.domain.model import Message
from sigmic_mock.domain.sse import encode
from sigmic_mock.domain.turn_output import TurnOutput

_PIECE_BYTES = 64 * 1024


class EventLog:
    """The saved conversation as frames, and the running turn."""

    def __init__(self, messages: Iterable[Message] = ()) -> None:
        self._pieces: list[bytes] = []
        """The saved conversation as whole frames, about 64 KiB each, as far as a new reader asked for it."""
        self._unwritten: deque[Message] = deque()
        """Saved messages that no stream has requested yet: most tasks are read far more than streamed."""
        self._written_size = 0
        self._unwritten_size = 0
        self.message_count = 0
        """Saved messages."""
        self._turn: CatchUp | None = None
        self._replay: bytes | None = None
        self.save(*messages)

    @property
    def is_streaming(self) -> bool:
        """True from `begin` to `end`: live events follow the replay (X-21: pending and awaiting too)."""
        return self._turn is not None

    @property
    def output(self) -> TurnOutput | None:
        """The output of the running turn so far; None between runs."""
        return None if self._turn is None else self._turn.output

    @property
    def size(self) -> int:
        """Bytes of saved history held; an estimate for messages that are not encoded yet."""
        return self._written_size + self._unwritten_size

    def save(self, *messages: Message) -> None:
        """Add saved messages to the history. The answer in progress is not one (G-49)."""
        self._unwritten += messages
        self._unwritten_size += sum(map(_characters, messages))
        self.message_count += len(messages)
        self._replay = None

    def begin(self, now: int) -> None:
        """Start a run, with an empty output."""
        self._turn = CatchUp(now)
        self._replay = None

    def append(self, event: Event, now: int) -> bytes:
        """Add an event of the running turn to the log and return its frame, to be sent to all."""
        if self._turn is None:
            raise RuntimeError("an event outside a run")
        frame = encode(event)
        self._turn.add(event, frame, now)
        self._replay = None
        return frame

    def end(self) -> None:
        """The run is over, its answer (if any) saved: new readers get history only."""
        self._turn = None
        self._replay = None

    def replay(self, sent: int = 0) -> bytes:
        """Return what a new reader that has `sent` pieces is sent now; cached until something changes."""
        if sent:
            return self._replayed(sent)
        if self._replay is None:
            self._replay = self._replayed(0)
        return self._replay

    def _replayed(self, sent: int) -> bytes:
        done = encode(HistoryDone(self.message_count, self.is_streaming))
        return b"".join((self.saved_frames(sent), done, self.catch_up_frames()))

    def saved_frames(self, sent: int = 0) -> bytes:
        """Return the saved conversation as frames, without the first `sent` pieces."""
        while self.piece(len(self._pieces)) is not None:
            pass
        return b"".join(self._pieces[sent:])

    def piece(self, number: int) -> bytes | None:
        """Return a piece of the saved conversation, which never changes; None after the last one."""
        if number == len(self._pieces) and self._unwritten:
            frames, size = [], 0
            while self._unwritten and size < _PIECE_BYTES:
                message = self._unwritten.popleft()
                self._unwritten_size -= _characters(message)
                frames.append(encode(HistoryMessage(message)))
                size += len(frames[-1])
            self._pieces.append(b"".join(frames))
            self._written_size += size
        return self._pieces[number] if number < len(self._pieces) else None

    def catch_up_frames(self) -> bytes:
        """Return the events of the running turn so far as frames; empty between runs."""
        return b"" if self._turn is None else self._turn.frames()


def _characters(message: Message) -> int:
    return len(message.content) + sum(len(call.output or "") for call in message.tool_calls)


class CatchUp:
    """The state of the running turn as frames (G-48).

    Everything in the order it came, but each thing once, in its latest state: the text so far is one partial
    `content` where the first piece was, a tool call that was approved since appears with its latest status. A
    passing `status` is over and left out.
    """

    def __init__(self, now: int) -> None:
        self.output = TurnOutput(now)
        self._frames: list[bytes] = []
        self._text_at: int | None = None
        self._call_at: dict[str, int] = {}

    def add(self, event: Event, frame: bytes, now: int) -> None:
        self.output.add(event, now)
        match event:
            case Status():
                return
            case Content():
                if self._text_at is None:
                    self._text_at = self._place(b"")
            case ToolCallEvent(call_id) if call_id in self._call_at:
                self._frames[self._call_at[call_id]] = frame
            case ToolCallEvent(call_id):
                self._call_at[call_id] = self._place(frame)
            case _:
                self._place(frame)

    def frames(self) -> bytes:
        if self._text_at is not None:
            self._frames[self._text_at] = encode(Content(self.output.text, is_partial=True))
        return b"".join(self._frames)

    def _place(self, frame: bytes) -> int:
        self._frames.append(frame)
        return len(self._frames) - 1
