"""The reference describes each operation and event as the contract and the ledger do."""

import json

import pytest

from sigmic_mock.pages.reference import Reference
from sigmic_spec import strict_yaml
from sigmic_spec.document import Document
from sigmic_spec.document_page import render
from sigmic_spec.downgrade import downgrade
from sigmic_spec.ledger import Ledger
from tests.fakes.served import Served

DOCUMENT = Document.load()


@pytest.fixture(scope="module")
def reference() -> Reference:
    return Reference(DOCUMENT)


def read(reference: Reference, path: str) -> str:
    found = reference.read(path)
    assert found is not None, path
    return found.plain.decode()


def test_every_operation_event_and_row_is_described(reference: Reference):
    data = json.loads(read(reference, "/docs/reference.json"))
    ledger = json.loads(read(reference, "/docs/requirements.json"))

    assert [it["id"] for it in data["operations"]] == list(DOCUMENT.operations)
    assert [it["id"] for it in data["events"]] == list(DOCUMENT.event_schemas)
    assert ledger["rows"].keys() >= {row.id for row in Ledger.load().requirements if row.operations}
    counts = {it["id"]: it["requirements"] for it in data["operations"]}
    counts |= {f"event-{it['id']}": it["requirements"] for it in data["events"]}
    assert all(counts.values())
    assert counts == {name: len(ids) for name, ids in ledger["about"].items()}
    assert all(f"`{code}`" in data["codes"] for code in DOCUMENT.error_codes)


def test_a_requirement_is_shown_with_its_evidence(reference: Reference):
    ledger = json.loads(read(reference, "/docs/requirements.json"))
    row = Ledger.load().by_id["EVENT-008"]

    assert row.id in ledger["about"]["event-tool_result"]
    assert {"id": row.id, "evidence": row.evidence.value, "statement": row.statement}.items() <= (
        ledger["rows"][row.id].items()
    )


def test_samples_have_what_they_send_and_what_comes(reference: Reference):
    operations = {it["id"]: it for it in json.loads(read(reference, "/docs/reference.json"))["operations"]}

    assert operations["create_task"]["body"] == {"message": "What is the capital of France?"}
    assert operations["get_task"]["body"] is None
    assert operations["create_token"]["isOpen"] is True
    (stream,) = operations["stream_task"]["answers"]
    assert stream.startswith("event: history_message\ndata: {")
    assert stream.endswith("}\n\n")


def test_the_same_is_there_as_text(reference: Reference):
    index = read(reference, "/llms.txt")
    assert read(reference, "/docs.md") == render(DOCUMENT)
    for name, operation in DOCUMENT.operations.items():
        assert f"(/docs/{name}.md)" in index
        text = read(reference, f"/docs/{name}.md")
        assert text.startswith(f"# {name}\n\n`{operation.method} {operation.path}`\n")
        assert text.strip() in read(reference, "/docs.md").replace(f"### {name}", f"# {name}")
    assert reference.read("/docs/never_heard_of.md") is None


def test_generators_of_clients_get_the_contract_in_openapi_31_with_this_server_first(reference: Reference):
    document = json.loads(read(reference, "/openapi.json"))

    assert document["openapi"] == "3.1.1"
    assert document["paths"] == downgrade(DOCUMENT.tree)["paths"]
    assert document["servers"][0] == {"url": "/", "description": "This server."}
    assert strict_yaml.read(read(reference, "/openapi.yaml")) == document
    assert "(/openapi.json)" in read(reference, "/llms.txt")


async def test_its_addresses_are_served(mock: Served):
    for path, kind in (
        ("/docs", "text/html; charset=utf-8"),
        ("/docs/reference.json", "application/json"),
        ("/docs/requirements.json", "application/json"),
        ("/docs/create_task.md", "text/markdown; charset=utf-8"),
        ("/docs.md", "text/markdown; charset=utf-8"),
        ("/llms.txt", "text/plain; charset=utf-8"),
        ("/openapi.json", "application/json"),
        ("/openapi.yaml", "application/yaml"),
    ):
        reply = await mock.call("GET", path, headers={})
        assert (reply.status, reply.headers["Content-Type"]) == (200, kind)
    assert (await mock.call("GET", "/docs/nothing", headers={})).code == "NOT_FOUND"
