"""The API reference as data and as text, generated from the document and the ledger.

Built at the first request: reading the ledger takes a second, too long for every start.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from sigmic_mock.pages.files import Page, page
from sigmic_spec import document_page
from sigmic_spec.document import Document, Operation
from sigmic_spec.downgrade import as_yaml, downgrade
from sigmic_spec.ledger import Ledger
from sigmic_spec.requirement import Requirement

_JSON = "application/json"
_TEXT = "text/markdown; charset=utf-8"
_PLAIN = "text/plain; charset=utf-8"
_YAML = "application/yaml"


class Reference:
    """Every address of the reference that is not a file."""

    def __init__(self, document: Document) -> None:
        self._document = document

    def read(self, raw_path: str) -> Page | None:
        """Return the page of an address, None without one. Slow the first time: call it in a thread."""
        if raw_path.startswith("/openapi."):
            return self._documents.get(raw_path)
        return self._pages.get(raw_path)

    @cached_property
    def _documents(self) -> Mapping[str, Page]:
        """Return the document for generators of clients: in OpenAPI 3.1, which they all read."""
        older = downgrade(self._document.tree)
        older["servers"] = [{"url": "/", "description": "This server."}, *older["servers"]]
        return {"/openapi.json": _json(older), "/openapi.yaml": page(_YAML, as_yaml(older).encode())}

    @cached_property
    def _pages(self) -> Mapping[str, Page]:
        pages = {
            "/docs/reference.json": _json(self._data()),
            "/docs/requirements.json": _json(self._requirements()),
            "/docs.md": page(_TEXT, document_page.render(self._document).encode()),
            "/llms.txt": page(_PLAIN, "\n".join(self._index()).encode()),
        }
        for name, text in document_page.operations(self._document).items():
            pages[f"/docs/{name}.md"] = page(_TEXT, f"# {name}\n\n{text}\n".encode())
        return pages

    def _data(self) -> Mapping[str, Any]:
        document, about = self._document, self._rows_of
        info = document.tree["info"]
        texts = document_page.operations(document)
        return {
            "title": info["title"],
            "about": info["description"],
            "operations": [
                {
                    "id": name,
                    "method": operation.method,
                    "path": operation.path,
                    "summary": document.schema(document.pointer_of(operation))["summary"],
                    "text": texts[name],
                    "isOpen": not operation.security,
                    "query": [each.name for each in operation.query_parameters],
                    "body": self._example(operation),
                    "answers": [stream] if (stream := self._stream(operation)) else [],
                    "requirements": len(about[name]),
                }
                for name, operation in document.operations.items()
            ],
            "events": [
                {"id": name, "text": text, "requirements": len(about[_of_event(name)])}
                for name, text in document_page.events(document).items()
            ],
            "values": [{"id": name, "text": text} for name, text in document_page.values(document).items()],
            "codes": document_page.error_codes(document),
        }

    @cached_property
    def _rows_of(self) -> Mapping[str, Sequence[Requirement]]:
        """The rows of each operation, and of each event."""
        rows, document = Ledger.load().requirements, self._document
        operations = {name: [row for row in rows if name in row.operations] for name in document.operations}
        events = {
            _of_event(name): [row for row in rows if row.is_about(name)] for name in document.event_schemas
        }
        return operations | events

    def _requirements(self) -> Mapping[str, Any]:
        """Return every row once, and the rows by subject: four fifths of all bytes, rarely read."""
        rows = {row.id: row for found in self._rows_of.values() for row in found}
        return {
            "rows": {name: _row(row) for name, row in rows.items()},
            "about": {name: [row.id for row in found] for name, found in self._rows_of.items()},
        }

    def _example(self, operation: Operation) -> Any:
        """Return the first example of a JSON body, None without one."""
        if _JSON not in operation.bodies:
            return None
        content = self._document.schema(f"{self._document.pointer_of(operation)}/requestBody/content")[_JSON]
        for example in content.get("examples", {}).values():
            followed = self._document.schema(example["$ref"]) if "$ref" in example else example
            return followed.get("value")
        return None

    def _stream(self, operation: Operation) -> str | None:
        """Return the stream of an example in its wire format."""
        if "text/event-stream" not in operation.success.schemas:
            return None
        events = self._document.schema("#/components/examples/StreamWithTools")["dataValue"]
        return "".join(f"event: {each['event']}\ndata: {each['data']}\n\n" for each in events)

    def _index(self) -> Iterator[str]:
        """Yield a list of the contents, with addresses, for programs."""
        info = self._document.tree["info"]
        yield from (
            f"# {info['title']}",
            "",
            f"> {' '.join(info['description'].split())}",
            "",
            "## Operations",
            "",
        )
        for name, operation in self._document.operations.items():
            summary = self._document.schema(self._document.pointer_of(operation))["summary"]
            yield f"- [{name}](/docs/{name}.md): `{operation.method} {operation.path}`. {summary}"
        yield from (
            "",
            "## More",
            "",
            "- [The whole reference](/docs.md): values, events and error codes too",
            "- [OpenAPI document](/openapi.json): for generators of clients; also as [YAML](/openapi.yaml)",
            "",
        )


def _json(data: Mapping[str, Any]) -> Page:
    return page(_JSON, json.dumps(data, ensure_ascii=False).encode())


def _of_event(name: str) -> str:
    """Return how an event is called where operations are called too."""
    return f"event-{name}"


def _row(row: Requirement) -> Mapping[str, str]:
    return {
        "id": row.id,
        "level": row.level.value,
        "evidence": row.evidence.value,
        "source": row.source,
        "statement": row.statement,
    }
