"""Tests of the shapes of identifiers."""

import re
import uuid

from mock_server.ids import RandomIds


def test_ids_have_the_documented_shapes_and_differ() -> None:
    ids = RandomIds()

    assert uuid.UUID(ids.uuid()).version == 4
    assert re.fullmatch(r"1769442659997-[0-9a-z]{9}", ids.conversation(1_769_442_659_997))
    assert re.fullmatch(r"call_[0-9a-f]{16}", ids.call())
    assert len({ids.uuid() for _ in range(100)} | {ids.call() for _ in range(100)}) == 200
