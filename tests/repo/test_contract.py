"""Document, ledger, error catalogue, event types and handlers say the same, as sets."""

import inspect

from sigmic_conformance.mock_server.domain import events
from sigmic_conformance.mock_server.domain.errors import ErrorCode
from sigmic_conformance.spec.document import Document
from sigmic_conformance.spec.ledger import Ledger

DOCUMENT = Document.load()
LEDGER = Ledger.load()


def test_the_document_and_the_catalogue_have_the_same_error_codes():
    assert set(DOCUMENT.error_codes) == {code.value for code in ErrorCode}


def test_every_event_of_the_mock_is_in_the_document_and_the_reverse():
    spoken = {
        name
        for _, value in inspect.getmembers(events, inspect.isclass)
        if isinstance(name := getattr(value, "name", None), str)
    }

    assert spoken | {"history_message"} == set(DOCUMENT.event_schemas)


def test_the_ledger_names_only_operations_of_the_document_and_leaves_none_out():
    named = {operation for row in LEDGER.requirements for operation in row.operations}

    assert named == set(DOCUMENT.operations)
