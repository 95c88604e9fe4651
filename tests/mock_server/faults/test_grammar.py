"""Fault orders as text."""

import pytest

from sigmic_mock.faults.catalogue import BadFaultSpec, specify
from sigmic_mock.faults.grammar import parse_specs, read_spec, read_specs


def test_an_order_has_typed_values():
    read = specify(*read_spec("net.slow,seconds=0.5, nth=2,path=/api/*"))

    assert (read.params["seconds"], read.trigger.nth, read.trigger.path) == (0.5, 2, "/api/*")


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("", {}),
        (",text=hello, world", {"text": "hello, world"}),
        (',value={"x": [1, 2], "y": ";,z=1"},nth=2', {"value": {"x": [1, 2], "y": ";,z=1"}, "nth": 2}),
        (',text="quoted, nth=1"', {"text": "quoted, nth=1"}),
        (",text=", {"text": ""}),
        (",text=12 apples", {"text": "12 apples"}),
        (",event=done|error", {"event": "done|error"}),
    ],
)
def test_a_value_is_json_or_else_text(text, values):
    assert read_spec(f"a.b{text}") == ("a.b", values)


def test_several_are_separated_by_semicolons():
    assert read_specs("a.b,x=1; c.d,text=one two;e.f;") == [
        ("a.b", {"x": 1}),
        ("c.d", {"text": "one two"}),
        ("e.f", {}),
    ]
    assert [each.fault.id for each in parse_specs("net.slow,times=1;sse.crlf")] == ["net.slow", "sse.crlf"]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("", "is not ID"),
        ("net.slwo", "net.slow"),
        ("net.slow,secnds=1", "seconds"),
        ("net.slow,seconds=long", "must be a time"),
        ("net.slow,seconds=1" + "0" * 400, "seconds must be at most"),
        ("net.slow,seconds=1e999", "seconds must be at most"),
        ("net.slow,seconds=NaN", "seconds must be at most"),
        ("NET.SLOW", "did you mean net.slow?"),
        ("net.slow,times=1,times=2", "times is given twice"),
        ("net.slow,path=tasks", "path must be a glob of a whole path, for example .*/tasks, not 'tasks'"),
        ("net.slow,for=true", "for must be text, not True"),
        ("net.slow,for=soon", "for must be a time, for example 30s"),
        ("net.slow,for=400d", "for may be at most 366d"),
        ("net.slow,until=tomorrow", "until must be an instant with its zone"),
        ("net.slow,operation=listtasks", "not 'listtasks'; did you mean list_tasks?"),
        ("net.slow,operation=get_task|", "operation must be one of"),
        ("net.slow,event=heartbeet", "did you mean heartbeat?"),
        ("net.slow,method=get", "method must be one of GET, HEAD"),
        ("net.slow,phase=lve", "did you mean live?"),
        ("net.slow,nth=0", "nth must be"),
        ("net.slow,probability=2", "between 0 and 1"),
        ("net.slow,nth", "invalid from ',nth'"),
        ("net.slow seconds=1", "invalid from 'seconds=1'"),
        ("net.slow;sse.crlf", "holds 2 faults"),
    ],
)
def test_a_mistake_is_refused_with_the_nearest_name(text, hint):
    with pytest.raises(BadFaultSpec, match=hint):
        specify(*read_spec(text))
