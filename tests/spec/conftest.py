"""What the tests of the contract share."""

import pytest
import referencing
from referencing.jsonschema import DRAFT202012

from spec.document import Document


@pytest.fixture(scope="session")
def second_opinion() -> referencing.Registry:
    """The contract under urn:contract, for `jsonschema`: a validator that nothing in the product uses."""
    contents = Document.load().tree
    resource = referencing.Resource(contents=contents, specification=DRAFT202012)
    return referencing.Registry().with_resource("urn:contract", resource)
