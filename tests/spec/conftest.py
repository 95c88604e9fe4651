"""Fixtures for the tests of the contract."""

from typing import Any

import pytest
import referencing
from referencing.jsonschema import DRAFT202012

from sigmic_spec.document import Document

Resources = referencing.Registry[Any]


@pytest.fixture(scope="session")
def second_opinion() -> Resources:
    """The contract under urn:contract, for `jsonschema`: a validator that the product does not use."""
    contract = DRAFT202012.create_resource(Document.load().tree)
    resources: Resources = Resources().with_resource("urn:contract", contract)
    return resources.crawl()
