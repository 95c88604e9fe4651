import re
from typing import Any
from xml.etree import ElementTree as ET

from sigmic_conformance.reports.timeline import Scale, caption, timeline
from sigmic_conformance.wire.stream import Stream
from sigmic_conformance.wire.transcript import Closed
from tests.conformance.kit import event, stream
from tests.conformance.reports.material import hostile_stream, live_stream


def drawn(stream: Stream, **more: Any) -> ET.Element:
    return ET.fromstring(timeline(stream, **({"heartbeat_seconds": 1.0, "most": 100} | more)))


def titles(picture: ET.Element, kind: str) -> list[str]:
    return [each.findtext("title") or "" for each in picture if kind in (each.get("class") or "").split()]


def end(picture: ET.Element) -> tuple[str, str]:
    line, words = picture[-2:]
    return str(line.get("class")), str(words.text)


def test_events_heartbeats_phases_due_marks_and_the_end():
    picture = drawn(Stream(live_stream()))

    assert len(titles(picture, "t")) == 8
    assert [title.split()[0] for title in titles(picture, "beat")] == ["+1.000", "+2.000"]
    bands = [str(each.get("class")) for each in picture if "band" in str(each.get("class"))]
    assert bands == ["band history", "band catchup", "band live"]
    assert len(titles(picture, "due")) == 4
    assert end(picture) == ("close clean", "+4.10 s ended by the server")
    assert titles(picture, "odd")[0].startswith("+3.000 s surprise")


def test_time_runs_to_the_right_after_the_opening():
    heard = Stream(live_stream())
    scale = Scale(heard)
    places = [scale.of_event(each) for each in heard.events]

    assert places == sorted(places)
    assert len(set(places)) == len(places)
    assert [each.type for each in scale.opening] == ["history_message", "history_done", "content"]


def test_a_stream_that_broke_is_drawn_as_broken():
    broken = drawn(Stream(live_stream(closed=Closed.RESET)))
    left = drawn(Stream(live_stream(closed=Closed.HUNG_UP)))

    assert end(broken) == ("close broken", "+4.10 s reset")
    assert end(left) == ("close left", "+4.10 s left by the suite")


def test_the_byte_a_verdict_points_at_is_marked():
    heard = Stream(live_stream())
    call = next(each for each in heard.events if each.type == "tool_call")

    picture = drawn(heard, mark=call.offset)

    points = next(each.get("points") for each in picture if each.get("class") == "mark")
    assert str(points).endswith(f" {Scale(heard).of_event(call):.1f},{20 + 17 * 6 + 2}")


def test_ticks_on_one_another_are_one_and_their_number_is_bounded():
    burst = Stream(stream([(1.0, event("content", text="x"))] * 500 + [(2.0, event("done"))], ended=2.0))

    assert any("500 times content" in title for title in titles(drawn(burst), "content"))
    spread = Stream(stream([(n / 100, event("content", text="x")) for n in range(900)], ended=9.0))
    assert len(titles(drawn(spread, most=50), "t")) == 50


def test_hostile_text_stays_text():
    picture = timeline(Stream(hostile_stream()), heartbeat_seconds=1.0, most=10)

    ET.fromstring(picture)
    assert not re.search(r"<script|\x00|\u202e", picture)


def test_a_stream_in_words():
    assert caption(Stream(live_stream())) == (
        "exchange 1 (first reader): 6 events, 2 heartbeats in 4.10 s, ended by the server"
    )


def test_an_empty_stream_and_a_tiny_interval_are_drawn():
    assert titles(drawn(Stream(stream([], ended=0.0))), "t") == []
    assert titles(drawn(Stream(live_stream()), heartbeat_seconds=0.001), "due") == []
