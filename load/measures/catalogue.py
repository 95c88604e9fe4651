"""The measures of load: every name that a report, an objective or a user of this package may use.

A *distribution* keeps every value in a histogram, a *count* only grows. `users` says who makes it, `evidence`
which count shows that it could have been otherwise: nothing lost in no reconnects at all proves nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One measure. `unit` is seconds, bytes a second, or what is counted."""

    name: str
    unit: str
    says: str
    users: tuple[str, ...] = ()
    """Names of the user classes that make it; empty when the load generator itself does."""
    evidence: str = ""
    """For a count: the count that must grow before a value of 0 means something."""
    is_timed: bool = False
    """For a count: like a time, it is judged only while all users and streams are there."""
    is_occasional: bool = False
    """For a distribution: in a good run there may be nothing to measure, and nothing is asked then."""
    is_apart: bool = False
    """For a count: its evidence does not hold it. `turns` ended well, `requests` are all of them."""

    @property
    def is_shared(self) -> bool:
        """True when users of several classes make it: then each class has numbers of its own, too."""
        return len(self.users) > 1


_TURNS = ("ChatUser", "ReconnectUser", "ArrivalUser")
_STREAMS = ("ChatUser", "StreamUser", "ReconnectUser", "UploadUser", "ArrivalUser")
_BUSY = ("ChatUser", "ReconnectUser", "UploadUser", "PollUser", "ArrivalUser")
"""Those that go on creating; `StreamUser` creates while users rise, which is not judged."""
_ALL = ("ChatUser", "StreamUser", "ReconnectUser", "UploadUser", "PollUser", "ArrivalUser")


def _named(*measures: Measure) -> Mapping[str, Measure]:
    return MappingProxyType({measure.name: measure for measure in measures})


DISTRIBUTIONS = _named(
    Measure(name="create", unit="s", says="create_task, request to answer", users=_BUSY),
    Measure(name="send_message", unit="s", says="send_message, request to answer", users=("ChatUser",)),
    Measure(name="get_task", unit="s", says="get_task, request to answer", users=("PollUser",)),
    Measure(name="list_tasks", unit="s", says="list_tasks, request to answer", users=("PollUser",)),
    Measure(
        name="first_event",
        unit="s",
        says="stream_task, request to the first event",
        users=("ChatUser", "ReconnectUser", "UploadUser", "ArrivalUser"),
    ),
    Measure(
        name="first_content",
        unit="s",
        says="message sent to the first content of the answer",
        users=("ChatUser",),
    ),
    Measure(name="turn", unit="s", says="message sent to done", users=("ChatUser",)),
    Measure(
        name="catch_up",
        unit="s",
        says="reconnect: request to history_done",
        users=("StreamUser", "ReconnectUser"),
    ),
    Measure(
        name="heartbeat_lateness",
        unit="s",
        says="heartbeat: arrival minus due, as seen",
        users=("StreamUser",),
    ),
    Measure(
        name="heartbeat_lateness_corrected",
        unit="s",
        says="the same less the load generator's own lag at that moment",
        users=("StreamUser",),
    ),
    Measure(
        name="heartbeat_gap",
        unit="s",
        says="time between two heartbeats of a stream",
        users=("StreamUser",),
    ),
    Measure(
        name="upload_rate", unit="B/s", says="bytes of a request's files a second", users=("UploadUser",)
    ),
    Measure(
        name="arrival_create",
        unit="s",
        says="a turn was due to the answer to its create_task",
        users=("ArrivalUser",),
    ),
    Measure(name="arrival_turn", unit="s", says="a turn was due to its done", users=("ArrivalUser",)),
    Measure(
        name="arrival_delay",
        unit="s",
        says="how late the load generator began a turn that was due",
        users=("ArrivalUser",),
    ),
    Measure(
        name="recovery",
        unit="s",
        says="from a wave, or the first second with less than 99 % of the wanted streams, until all are back",
        users=("StreamUser",),
        is_occasional=True,
    ),
    Measure(name="client_lag", unit="s", says="how late the load generator's own loop is"),
)

COUNTS = _named(
    Measure(name="requests", unit="requests", says="requests with one answer", users=_ALL),
    Measure(
        name="requests_failed",
        unit="requests",
        says="those that were refused or broke",
        users=_ALL,
        evidence="requests",
    ),
    Measure(
        name="streams_opened",
        unit="streams",
        says="streams that answered 200",
        users=_STREAMS,
    ),
    Measure(
        name="streams_refused",
        unit="streams",
        says="streams that did not open",
        users=_STREAMS,
        evidence="streams_opened",
        is_apart=True,
    ),
    Measure(
        name="streams_cut",
        unit="streams",
        says="streams that ended, though their task had not and we had not left",
        users=_STREAMS,
        evidence="streams_opened",
    ),
    Measure(
        name="streams_ended",
        unit="streams",
        says="held streams whose task had ended",
        users=("StreamUser",),
        evidence="streams_opened",
    ),
    Measure(
        name="stream_seconds_held",
        unit="stream-seconds",
        says="seconds that held streams were open, without silences longer than two periods",
        users=("StreamUser",),
        evidence="stream_seconds_wanted",
        is_timed=True,
    ),
    Measure(
        name="stream_seconds_wanted",
        unit="stream-seconds",
        says="the same, and those of streams missing because the target cut, refused or forgot them",
        users=("StreamUser",),
        is_timed=True,
    ),
    Measure(name="heartbeats", unit="heartbeats", says="heartbeats that came", users=("StreamUser",)),
    Measure(
        name="heartbeats_missed",
        unit="heartbeats",
        says="heartbeats a whole period late or more",
        users=("StreamUser",),
        evidence="heartbeats",
        is_apart=True,
    ),
    Measure(name="events", unit="events", says="events on streams", users=(*_TURNS, "UploadUser")),
    Measure(name="turns", unit="turns", says="turns that ended with done", users=_TURNS),
    Measure(
        name="turns_failed",
        unit="turns",
        says="turns that ended otherwise, or not in time",
        users=_TURNS,
        evidence="turns",
        is_apart=True,
    ),
    Measure(
        name="reconnects",
        unit="reconnects",
        says="returns to a stream that we had left",
        users=("StreamUser", "ReconnectUser"),
    ),
    Measure(
        name="connections_checked",
        unit="connections",
        says="connections compared with what get_task and get_task_history show",
        users=("ReconnectUser",),
    ),
    Measure(
        name="events_lost",
        unit="events",
        says="messages, words and tool events that never came",
        users=("ReconnectUser",),
        evidence="connections_checked",
    ),
    Measure(
        name="events_doubled",
        unit="events",
        says="messages, words and tool events that came too often",
        users=("ReconnectUser",),
        evidence="connections_checked",
    ),
    Measure(
        name="events_out_of_order",
        unit="events",
        says="messages, words and tool events in the wrong place",
        users=("ReconnectUser",),
        evidence="connections_checked",
    ),
    Measure(name="arrivals", unit="turns", says="turns that were due", users=("ArrivalUser",)),
    Measure(
        name="arrivals_missed",
        unit="turns",
        says="turns that were due but not started, because too many were running",
        users=("ArrivalUser",),
        evidence="arrivals",
    ),
    Measure(name="uploads", unit="uploads", says="accepted uploads", users=("UploadUser",)),
    Measure(name="upload_bytes", unit="B", says="bytes of accepted files", users=("UploadUser",)),
    Measure(
        name="tasks_left",
        unit="tasks",
        says="tasks that could not be cancelled at the end",
        evidence="requests",
    ),
)
