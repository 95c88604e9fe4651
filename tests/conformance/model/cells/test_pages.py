"""The cells of pages that traffic reaches."""

from tests.conformance.traffic import Traffic


def test_pages_have_limits_and_places():
    traffic = Traffic()
    items = [{"id": name, "status": "completed"} for name in "abc"]
    traffic.listing(items[0], query="?limit=1", answer={"total": 3})
    traffic.listing(items[1], query="?limit=1&offset=1", answer={"total": 3})
    assert traffic.cells("page") == {
        "count=one",
        "size=small",
        "place=first",
        "place=middle",
        "moment=after",
        "moment=twice",
    }

    traffic.listing(*items, query="?limit=3", answer={"total": 3})
    assert traffic.cells("page") >= {"count=two", "size=at_an_edge", "place=last"}


def test_a_page_is_requested_again_beside_a_creation_and_with_too_many():
    traffic = Traffic().listing().create(took=2.0)
    traffic.after(-1.5).listing({"id": "t", "status": "running"})
    traffic.listing(query="?limit=101", status=400)

    assert traffic.cells("page") >= {
        "count=zero",
        "count=too_many",
        "place=again",
        "moment=before",
        "moment=during",
        "moment=at_once",
    }
