"""YAML is read safely, and a key given twice is refused."""

from datetime import date

import pytest
import yaml

from sigmic_conformance.spec import strict_yaml


@pytest.mark.parametrize("text", ["a: 1\nb: [x, 2]\n", b"a: 1\nb: [x, 2]\n"], ids=["text", "bytes"])
def test_a_document_is_its_value(text: str | bytes):
    assert strict_yaml.read(text) == {"a": 1, "b": ["x", 2]}


def test_a_key_given_twice_is_refused_with_its_line():
    with pytest.raises(yaml.YAMLError, match=r"'a' is given twice(.|\n)*line 2"):
        strict_yaml.read("a: 1\na: 2\n")


def test_a_tag_that_would_make_an_object_is_refused():
    with pytest.raises(yaml.YAMLError):
        strict_yaml.read("!!python/object/apply:os.getcwd []\n")


def test_a_day_is_a_day_or_text_as_the_reader_wants():
    assert strict_yaml.read("a: 2026-01-02") == {"a": date(2026, 1, 2)}
    assert strict_yaml.read_json_values("a: 2026-01-02") == {"a": "2026-01-02"}
