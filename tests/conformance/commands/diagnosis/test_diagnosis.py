from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime

import pytest

from sigmic_conformance.commands.diagnosis.diagnosis import diagnose
from sigmic_conformance.commands.diagnosis.facts import EPOCH, Facts, Tls, Working
from sigmic_conformance.commands.diagnosis.finding import Diagnostic, State
from sigmic_conformance.target.profile import Profile
from sigmic_conformance.target.proxy import Proxy
from sigmic_conformance.wire.transcript import Closed, Exchange, Framing
from tests.conformance.kit import SECOND, exchange

LISTED = {"success": True, "data": [], "pagination": {}}
DATE = ("Date", format_datetime(EPOCH + timedelta(seconds=1000), usegmt=True))
PROXY = Proxy(host="p.test", port=1, variable="HTTPS_PROXY")
PROFILE = Profile(base_url="http://api.test", has_second_key=True, has_widget=True, roles=frozenset({"mcp"}))


def listed(**more) -> Exchange:
    made = exchange(label="with key", operation="list_tasks", body=LISTED, **{"headers": (DATE,)} | more)
    return replace(made, version="1.1", started=SECOND, head_at=2 * SECOND if made.status else None)


def streamed(
    *times: float, headers=(("Server", "x"),), status: int = 200, framing=Framing.CHUNKED
) -> Exchange:
    made = exchange(
        label="stream",
        operation="stream_task",
        status=status,
        headers=(("Content-Type", "text/event-stream"), *headers),
        chunks=[(at, b"data: {}\n\n") for at in times],
        ended=max(times, default=5.0),
    )
    return replace(made, framing=framing)


def facts(**more) -> Facts:
    """Facts about a healthy target; times are seconds after the epoch."""
    usual: dict = {
        "host": "api.test",
        "port": 443,
        "secure": True,
        "addresses": ("192.0.2.1",),
        "connected_seconds": 0.01,
        "tls": Tls(version="TLSv1.3", issuer="CN=Authority", expires=EPOCH + timedelta(days=90)),
        "reached": True,
        "exchanges": {"with key": listed()},
        "stream": streamed(0.01, 1.5),
        "wall_offset": 998.0,
        "at": EPOCH,
    }
    return Facts(**usual | more)


def found(about: str, made: Facts, profile: Profile = PROFILE) -> Diagnostic:
    return next(each for each in diagnose(made, profile) if each.about == about)


def test_a_healthy_target_has_nothing_to_be_done():
    assert {each.state for each in diagnose(facts(), PROFILE)} == {State.OK}
    assert not any(each.remedy for each in diagnose(facts(), PROFILE))


@pytest.mark.parametrize(
    ("about", "made", "text", "remedy"),
    [
        (
            "name",
            {"unresolved": "name unknown", "addresses": None},
            "does not resolve",
            "getent hosts api.test",
        ),
        ("port", {"unconnected": "connection refused"}, "connection refused", "start the server"),
        (
            "TLS",
            {"tls": Tls(trouble="certificate has expired", expires=EPOCH)},
            "expired",
            "it ended 1970-01-01",
        ),
        ("TLS", {"tls": Tls(trouble="self-signed certificate")}, "self-signed", "SSL_CERT_FILE=ca.pem"),
        (
            "TLS",
            {"tls": Tls(trouble="wrong version number")},
            "wrong version",
            "--target http://api.test:443",
        ),
        (
            "TLS",
            {"tls": Tls(trouble="Hostname mismatch, not valid for 'api.test'", names=("other.test",))},
            "mismatch",
            "a name that the certificate has: other.test",
        ),
        (
            "port",
            {"unconnected": "the proxy p.test:1 (HTTPS_PROXY) opens no tunnel", "proxy": PROXY},
            "opens no tunnel",
            "add api.test to NO_PROXY",
        ),
        ("HTTP", {"reached": False}, "not answered in time", "curl -i https://api.test:443"),
        (
            "API",
            {"problem": "not this API", "exchanges": {"with key": listed(status=500)}},
            "not this",
            "/api/v1/",
        ),
        ("API", {"exchanges": {"with key": listed(status=404)}}, "no list of tasks", "before /api/v1/"),
        (
            "API",
            {"problem": "answered only 429", "exchanges": {"with key": listed(status=429)}},
            "429",
            "raise the rate limit",
        ),
        (
            "key",
            {"problem": "x rejects the API key: 401", "exchanges": {"with key": listed(status=401)}},
            "rejected",
            "SIGMIC_API_KEY",
        ),
    ],
)
def test_the_last_finding_names_the_problem_and_its_remedy(about, made, text, remedy):
    last = diagnose(facts(**made), PROFILE)[-1]

    assert (last.about, last.state) == (about, State.PROBLEM)
    assert text in last.text
    assert remedy in last.remedy


@pytest.mark.parametrize(
    ("headers", "remedy"),
    [
        (
            (("Location", "https://new.test/base/api/v1/tasks?limit=1"),),
            "give --target https://new.test/base",
        ),
        ((("Location", "https://login.test/"),), "give --target https://login.test"),
        ((("Location", "/api/v1/tasks"),), "correct its routing"),
        ((("Content-Type", "text/html; charset=utf-8"),), "without a login"),
    ],
)
def test_redirects_and_pages(headers, remedy):
    answers = {"with key": listed(status=302, headers=headers)}

    finding = found("API", facts(problem="not this API", exchanges=answers))

    assert remedy in finding.remedy


@pytest.mark.parametrize(
    ("closed", "text"), [(Closed.MALFORMED, "not spoken"), (Closed.DEADLINE, "not answered")]
)
def test_an_answer_that_is_not_http_is_a_problem(closed, text):
    answers = {"with key": listed(status=None, closed=closed)}

    finding = found("HTTP", facts(problem="cannot be reached", exchanges=answers))

    assert (finding.state, text in finding.text) == (State.PROBLEM, True)


@pytest.mark.parametrize(
    ("offset", "state", "words"),
    [(998, "ok", ""), (938, "warning", "60 s ahead of"), (1098, "warning", "100 s behind")],
)
def test_clocks(offset, state, words):
    finding = found("clock", facts(wall_offset=float(offset)))

    assert (finding.state, words in finding.text) == (state, True)


@pytest.mark.parametrize("date", ["yesterday", None])
def test_a_missing_or_unreadable_date_header_is_a_warning(date):
    headers = (("Date", date),) if date else ()

    assert found("clock", facts(exchanges={"with key": listed(headers=headers)})).state is State.WARNING


@pytest.mark.parametrize(
    ("stream", "running_at", "state", "words"),
    [
        (streamed(0.01, 0.4, 1.2), 0.1, State.OK, "3 arrivals over 1.2 s"),
        (streamed(2.0, 2.01), 0.2, State.WARNING, "everything arrived in one piece after 2.0 s"),
        (streamed(), 0.2, State.WARNING, "every byte was delayed for 5.0 s"),
        (replace(streamed(), head_at=None, status=None), 0.2, State.WARNING, "its head was delayed"),
        (streamed(0.3, 0.31), 0.2, State.NOTE, "finished too fast to tell"),
        (streamed(2.0, 2.01), None, State.NOTE, "finished too fast to tell"),
        (streamed(status=403), 0.2, State.WARNING, "it is refused"),
    ],
)
def test_buffering(stream, running_at, state, words):
    working = Working(running_at=None if running_at is None else round(running_at * SECOND))

    finding = found("stream", facts(stream=stream, working=working))

    assert (finding.state, words in finding.text) == (state, True), finding.text


def test_the_remedy_of_buffering_knows_nginx():
    stream = streamed(2.0, headers=(("Server", "nginx/1.27"),))

    finding = found("stream", facts(stream=stream, working=Working(running_at=1)))

    assert finding.remedy.startswith("set `proxy_buffering off;` in nginx")


def test_a_stream_of_known_length_was_gathered():
    findings = diagnose(facts(stream=streamed(0.1, 0.9, framing=Framing.LENGTH)), PROFILE)

    assert any("Content-Length" in each.text for each in findings)


def test_an_untried_stream_is_a_note_and_a_failed_one_is_a_warning():
    assert found("stream", facts(stream=None, unwatched="reading only")).state is State.NOTE
    assert found("stream", facts(stream=None, unmade="create: 500")).state is State.WARNING


def test_signs_of_a_proxy_and_of_a_limit():
    headers = (DATE, ("Via", "1.1 edge"), ("Content-Encoding", "gzip"), ("X-RateLimit-Limit", "60"))
    made = facts(exchanges={"with key": listed(headers=headers)})

    assert "1.1 edge" in found("proxy", made).text
    assert "by way of the proxy p.test:1 (HTTPS_PROXY)" in found("proxy", facts(proxy=PROXY)).text
    assert (found("coding", made).state, found("rate", made).state) == (State.WARNING, State.NOTE)
    assert "x-ratelimit-limit" in found("rate", made).text


def test_a_limit_that_was_hit():
    answers = {"with key": listed(), "throttled": exchange(label="x", status=429)}

    assert found("rate", facts(exchanges=answers)).state is State.WARNING


def test_more_credentials():
    answers = {
        "with key": listed(),
        "the second key": replace(listed(), label="the second key"),
        "the widget app": exchange(label="the widget app", operation="create_token", status=401),
    }

    made = facts(exchanges=answers)

    assert (found("second key", made).state, found("widget app", made).state) == (State.OK, State.WARNING)


def test_credentials_that_were_not_given_say_how_to_give_them():
    findings = diagnose(facts(), Profile(base_url="http://a"))

    assert [each.about for each in findings if each.state is State.NOTE] == [
        *("second key", "widget app", "MCP project")
    ]
    assert all(each.remedy.startswith("export ") for each in findings if each.state is State.NOTE)


@pytest.mark.parametrize(
    ("tls", "words"),
    [
        (Tls(version="TLSv1.1", expires=EPOCH + timedelta(days=90)), "TLSv1.1 is spoken"),
        (Tls(version="TLSv1.3", expires=EPOCH + timedelta(days=3)), "ends in 3 days"),
    ],
)
def test_weak_tls_is_a_warning(tls, words):
    finding = found("TLS", facts(tls=tls))

    assert (finding.state, words in finding.text) == (State.WARNING, True)


def test_an_old_http_is_a_warning():
    old = replace(listed(), version="1.0")

    assert found("HTTP", facts(exchanges={"with key": old})).state is State.WARNING
