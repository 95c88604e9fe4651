"""Headers that belong to one connection do not cross the proxy."""

from multidict import CIMultiDict

from sigmic_mock.recording.proxy import end_to_end, for_upstream


def test_hop_by_hop_headers_and_those_that_connection_names_stay_behind() -> None:
    given = CIMultiDict(
        [
            ("Connection", "close, X-Mine"),
            ("connection", "Content-Length"),
            ("X-Mine", "1"),
            ("Content-Length", "3"),
            ("Transfer-Encoding", "chunked"),
            ("Upgrade", "websocket"),
            ("Keep-Alive", "timeout=5"),
            ("Proxy-Authorization", "Basic x"),
            ("Set-Cookie", "a=1"),
            ("Set-Cookie", "b=2"),
        ]
    )

    assert list(end_to_end(given).items()) == [
        ("Content-Length", "3"),
        ("Set-Cookie", "a=1"),
        ("Set-Cookie", "b=2"),
    ]


def test_a_request_names_the_upstream_and_the_way_it_came() -> None:
    given = CIMultiDict([("Host", "127.0.0.1:1"), ("Accept", "*/*"), ("Via", "1.0 other")])

    assert list(for_upstream(given, "api.example").items()) == [
        ("Host", "api.example"),
        ("Accept", "*/*"),
        ("Via", "1.0 other"),
        ("Accept-Encoding", "identity"),
        ("Via", "1.1 sigmic-mock-record"),
    ]
