"""The OpenAPI 3.1 copy: the same contract."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import yaml

from sigmic_spec.document import Document
from sigmic_spec.downgrade import downgrade, main

TREE = Document.load().tree
NEW_IN_3_2 = {"itemSchema", "itemEncoding", "prefixEncoding", "dataValue", "serializedValue", "$self"}


def keys(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        yield from node
        for value in node.values():
            yield from keys(value)
    elif isinstance(node, list):
        for item in node:
            yield from keys(item)


def test_the_copy_uses_nothing_that_is_new_in_3_2():
    older = downgrade(TREE)

    assert older["openapi"] == "3.1.1"
    assert not NEW_IN_3_2 & set(keys(older))
    assert all(set(tag) <= {"name", "description"} for tag in older["tags"])
    assert set(keys(TREE)) & NEW_IN_3_2 == {"itemSchema", "dataValue", "serializedValue"}


def test_the_copy_has_the_same_operations_and_schemas():
    newer = Document(TREE)
    older = Document(downgrade(TREE))

    assert set(older.operations) == set(newer.operations)
    assert older.tree["components"]["schemas"] == newer.tree["components"]["schemas"]
    assert older.event_schemas == newer.event_schemas


def test_a_stream_is_text_in_the_copy_and_so_are_its_examples():
    older = Document(downgrade(TREE))
    content = older.tree["paths"]["/api/v1/tasks/{id}/stream"]["get"]["responses"]["200"]["content"]
    stream = content["text/event-stream"]

    examples = [older.schema(example["$ref"])["value"] for example in stream["examples"].values()]

    assert stream["schema"] == {
        "type": "string",
        "contentMediaType": "text/event-stream",
        "contentSchema": {"$ref": "#/components/schemas/StreamEvent"},
    }
    assert len(examples) == 3
    assert all(example.startswith("event: history_message\ndata: {") for example in examples)


def test_a_file_is_binary_in_the_copy_because_generated_clients_drop_any_other_answer():
    path = downgrade(TREE)["paths"]["/api/v1/tasks/{id}/artifacts/download"]["get"]

    for status in ("200", "206"):
        (media_type, file) = next(iter(path["responses"][status]["content"].items()))
        assert media_type == "application/octet-stream"
        assert file["schema"] == {"type": "string", "format": "binary"}


def test_the_written_document_reads_back_unchanged(tmp_path):
    main([str(tmp_path / "copy.yaml")])

    assert yaml.load((tmp_path / "copy.yaml").read_text("utf-8"), yaml.CSafeLoader) == downgrade(TREE)


def test_the_document_itself_is_left_alone():
    before = deepcopy(TREE)
    downgrade(TREE)

    assert before == TREE
