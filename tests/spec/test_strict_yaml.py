"""YAML is read safely, and a key given twice is refused."""

from datetime import date

import pytest
import yaml

from sigmic_spec import strict_yaml


@pytest.mark.parametrize("text", ["a: 1\nb: [x, 2]\n", b"a: 1\nb: [x, 2]\n"], ids=["text", "bytes"])
def test_a_document_is_its_value(text: str | bytes):
    assert strict_yaml.read(text) == {"a": 1, "b": ["x", 2]}


def test_a_key_given_twice_is_refused_with_its_line():
    with pytest.raises(yaml.YAMLError, match=r"'a' is given twice(.|\n)*line 2"):
        strict_yaml.read("a: 1\na: 2\n")


def test_a_mapping_can_be_merged_into_others():
    assert strict_yaml.read("a: &a {b: 1}\nc: {<<: *a, d: 2}\n")["c"] == {"b": 1, "d": 2}


def test_a_tag_that_would_make_an_object_is_refused():
    with pytest.raises(yaml.YAMLError):
        strict_yaml.read("!!python/object/apply:os.getcwd []\n")


def test_a_day_is_a_day_or_text_as_the_reader_wants():
    assert strict_yaml.read("a: 2026-01-02") == {"a": date(2026, 1, 2)}
    assert strict_yaml.read_json_values("a: 2026-01-02") == {"a": "2026-01-02"}


def test_each_place_has_its_line():
    found = strict_yaml.read_located(b"a: 1\nb:\n- x\n- c: y\n  d: 2026-01-02\n")

    assert found.value == {"a": 1, "b": ["x", {"c": "y", "d": "2026-01-02"}]}
    places: list[strict_yaml.Place] = [(), ("b",), ("b", 1, "d"), ("b", 1, "missing"), ("z",)]
    assert [strict_yaml.line_of(found.lines, each) for each in places] == [1, 2, 5, 4, 1]
    assert strict_yaml.read_located(b"# nothing\n").value is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b"a: {b: 1,\n  b: 2}", "f:2: the key 'b' is given twice"),
        (b"a: 1\nb: [", "f:2: is not YAML: did not find expected node content"),
        (b"a: \xff", "f: is not UTF-8 text"),
        (b"a: &x [*x]", "f:1: is too large or refers to itself"),
        (b"a: !!int x", "f:1: 'x' can't be read as int: put it in quotes"),
        (b"{a: 1}: 2", "f:1: a key must be text; text that begins with { or [ must be in quotes"),
        (b"[" * 5000, None),
    ],
)
def test_a_text_that_is_no_data_is_refused_with_its_line(text: bytes, problem: str | None):
    with pytest.raises(strict_yaml.BadYaml) as refused:
        strict_yaml.read_located(text)

    assert problem in {refused.value.of("f"), None}
