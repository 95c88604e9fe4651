"""A value that was written to columns is equal when it is read."""

import sqlite3
from collections.abc import Mapping
from typing import Any, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigmic_mock.domain.accounts import ApiKey, Exchange, Project, WidgetApp
from sigmic_mock.domain.model import Message, Output, Task, ToolCall
from sigmic_mock.storage.rows import columns, insert, read

NUMBERS = st.integers(-(2**53), 2**53)


def values(kind: type[Any]) -> st.SearchStrategy[Any]:
    """Return values of a dataclass whose numbers and mappings a column can store."""
    by_type = {
        int: NUMBERS,
        int | None: st.none() | NUMBERS,
        Mapping[str, Any]: st.dictionaries(st.text(), NUMBERS | st.lists(st.text() | st.none())),
        tuple[ToolCall, ...]: st.lists(st.deferred(lambda: values(ToolCall))).map(tuple),
    }
    held = {name: by_type[hint] for name, hint in get_type_hints(kind).items() if hint in by_type}
    return st.builds(kind, **held)


@pytest.mark.parametrize("kind", [Task, Message, Output, Project, ApiKey, WidgetApp, Exchange])
@settings(max_examples=30)
@given(data=st.data())
def test_what_was_written_is_read_again(kind: type[Any], data: st.DataObject) -> None:
    value = data.draw(values(kind))
    con = sqlite3.connect(":memory:")
    con.row_factory = sqlite3.Row
    con.execute(f"CREATE TABLE held ({', '.join(columns(value))})")

    insert(con, "held", columns(value))

    assert read(kind, con.execute("SELECT * FROM held").fetchone()) == value
    con.close()
