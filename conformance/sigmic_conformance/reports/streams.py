"""Every recorded stream: its timeline, and its events as a table in addition. Pure."""

from collections import Counter
from itertools import groupby

from sigmic_conformance.reports.detail import Detail
from sigmic_conformance.reports.evidence import stream_id
from sigmic_conformance.reports.markup import Child, Html, element, fold, table, wide
from sigmic_conformance.reports.material import Material
from sigmic_conformance.reports.timeline import SECOND, Scale, caption, timeline
from sigmic_conformance.reports.visible import one_line
from sigmic_conformance.reports.words import ORDER
from sigmic_conformance.wire.stream import Stream
from sigmic_conformance.wire.transcript import JOURNEY
from sigmic_spec.plural import plural

DATA = 72
MOST_ALIKE = 3
"""How many pictures are drawn of many similar readers, such as hundreds in a connection storm."""
LEGEND = (
    ("history_message", "history"),
    ("history_done", "history_done"),
    ("content", "content, thought"),
    ("tool_call", "tool_call"),
    ("tool_result", "tool_result"),
    ("done", "done"),
    ("error", "error"),
    ("beat", "heartbeat"),
)


def streams(material: Material, detail: Detail) -> Html | None:
    """The section of all streams, by probe; None if none was recorded or saved."""
    found = list(material.streams())
    if not found:
        return None
    if not detail.timelines:
        body: Html | list[Html] = element(
            "p",
            f"{plural(len(found), 'stream')}, left out here to keep the page small: see transcripts/.",
            class_="note",
        )
    else:
        body = [
            _probe(material, name, list(each), detail)
            for name, each in groupby(found, key=lambda stream: stream.exchange.probe)
        ]
    return element("section", element("h2", "Recorded streams", id="streams"), _explained(), body)


def _explained() -> list[Html]:
    words = (
        "Everything before the live phase is at the left, in order; from there on the"
        " axis is time since the head of the answer. No byte marks the end of the catch-up: events within 5"
        " ms of history_done are shown as such. Dashed lines: when a heartbeat was due."
    )
    items = [
        element(
            "li",
            element(
                "svg",
                element("rect", x=2, y=1, class_=f"t {kind}"),
                viewBox="0 0 8 13",
                width=8,
                height=13,
                aria_hidden="true",
            ),
            f" {name}",
        )
        for kind, name in LEGEND
    ]
    return [element("p", words, class_="note"), element("ul", items, class_="legend")]


def _probe(material: Material, name: str, found: list[Stream], detail: Detail) -> Html:
    """The streams of a probe; of many readers of the same content the first ones, and the rest as a count.

    Journeys have hundreds of streams: these are named, and drawn only if a row cites one.
    """
    marks = _marks(material, found)
    if name.startswith(JOURNEY):
        said = f"{name.replace('_', ' ')}: {len(found)}, without pictures"
        items = [
            _item(material, stream, f"{stream.exchange.number} ({stream.exchange.label})") for stream in found
        ]
        return fold([said, marks], element("ul", items, class_="crowd"), class_="probe")
    crowds: dict[object, list[Stream]] = {}
    for stream in found:
        crowds.setdefault(_likeness(stream), []).append(stream)
    return fold(
        [f"{name.replace('_', ' ')}: {len(found)}", marks],
        [
            [
                [_stream(material, stream, detail) for stream in crowd[:MOST_ALIKE]],
                _others(material, crowd[MOST_ALIKE:], like=crowd[0]),
            ]
            for crowd in crowds.values()
        ],
        class_="probe",
    )


def _likeness(stream: Stream) -> object:
    """A key that is equal for streams whose pictures differ only in milliseconds."""
    exchange = stream.exchange
    types = tuple(event.type for event in stream.events)
    return exchange.label, types, tuple(comment.text for comment in stream.comments), exchange.closed


def _item(material: Material, stream: Stream, name: str) -> Html:
    """A stream by its name and its end, in place of a picture."""
    scale = Scale(stream)
    return element(
        "li", f"{name}: {scale.text(scale.end)}", _shows(material, stream), id=stream_id(stream.exchange)
    )


def _marks(material: Material, found: list[Stream]) -> list[Html]:
    """The number of broken or tolerated rows that the streams are evidence for, by outcome."""
    rows = {
        row.id: row.outcome
        for stream in found
        for row in material.broken_at.get((stream.exchange.probe, stream.exchange.number), ())
    }
    counted = Counter(rows.values())
    return [
        element("span", f"{counted[each]} {each.value}", class_=f"badge {each.value}")
        for each in ORDER
        if counted[each]
    ]


def _shows(material: Material, stream: Stream) -> Child:
    """Links to the broken or tolerated rows that cite the stream."""
    rows = material.broken_at.get((stream.exchange.probe, stream.exchange.number), ())
    links = [[element("a", row.id, href=f"#{row.id}", class_="id"), " "] for row in rows]
    return [" · evidence of ", links] if rows else None


def _others(material: Material, crowd: list[Stream], *, like: Stream) -> Html | None:
    if not crowd:
        return None
    items = [_item(material, stream, str(stream.exchange.number)) for stream in crowd]
    said = f"{len(crowd)} more like exchange {like.exchange.number}: the same events, heartbeats and end"
    return fold(said, element("ul", items, class_="crowd"))


def _stream(material: Material, stream: Stream, detail: Detail) -> Html:
    picture = timeline(stream, heartbeat_seconds=material.run.profile.heartbeat_seconds, most=detail.ticks)
    return element(
        "figure",
        element("figcaption", caption(stream), _shows(material, stream)),
        wide(picture, "timeline"),
        _table(stream, detail.events),
        id=stream_id(stream.exchange),
    )


def _table(stream: Stream, most: int) -> Html | None:
    if not most or not stream.events:
        return None
    scale = Scale(stream)
    lines = [
        element(
            "tr",
            element("td", f"+{(event.at - scale.start) / SECOND:.3f}"),
            element("td", event.type),
            element("td", str(event.offset)),
            element("td", one_line(event.data, DATA)),
        )
        for event in stream.events[:most]
    ]
    more = len(stream.events) - most
    return fold(
        "Events",
        table(("Seconds", "Event", "At byte", "Data"), lines, class_="events"),
        element("p", f"{more} more in the transcript.", class_="note") if more > 0 else None,
    )
