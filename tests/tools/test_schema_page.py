"""The page of a JSON Schema."""

from tools.schema_page import page

SCHEMA = {
    "description": "A file.",
    "$defs": {"name": {"description": "A name.", "type": "string"}},
    "properties": {
        "base": {"$ref": "#/$defs/name"},
        "owner": {"description": "Its owner.", "$ref": "#/$defs/name"},
        "limit": {"type": ["integer", "null"]},
        "tier": {"enum": ["smoke", "full"]},
        "parts": {"type": "array", "items": {"type": "object", "properties": {"size": {"type": "number"}}}},
        "areas": {"additionalProperties": {"properties": {"passed": {"type": "integer"}}}},
    },
}


def rows() -> list[str]:
    return [line for line in page(SCHEMA, "File", "See elsewhere.").splitlines() if line.startswith("| `")]


def test_the_page_has_a_title_and_the_description_of_the_schema():
    assert page(SCHEMA, "File", "See elsewhere.").startswith("# File\n\nA file. See elsewhere.\n")


def test_a_key_has_the_description_of_its_definition_unless_it_has_its_own():
    assert rows()[:2] == ["| `base` | text | A name. |", "| `owner` | text | Its owner. |"]


def test_types_are_words_and_values_are_listed():
    assert rows()[2:4] == ["| `limit` | whole number or null |  |", "| `tier` | `smoke`, `full` |  |"]


def test_keys_of_elements_and_of_any_name_are_listed():
    assert {"| `parts[].size` | number |  |", "| `areas.*.passed` | whole number |  |"} <= set(rows())
