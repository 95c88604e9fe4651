"""Findings that prevent testing a target, from its name to its key, each with a remedy."""

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

from sigmic_conformance.commands.diagnosis.facts import Facts
from sigmic_conformance.commands.diagnosis.finding import Diagnostic, State, fine, note, obstacle, warning
from sigmic_conformance.model.record.evidence import summary
from sigmic_conformance.run.preflight import WITH_KEY
from sigmic_conformance.wire.transcript import Closed

SOON = timedelta(days=14)
NOT_FOUND = 404
TOO_MANY = 429
OLD_TLS = frozenset({"SSLv3", "TLSv1", "TLSv1.1"})

_BASE = "give as --target exactly what stands before /api/v1/ in the addresses of this API"


def name(facts: Facts) -> Iterator[Diagnostic]:
    """Whether the host has an address, or which proxy leads to it."""
    if facts.proxy is not None:
        yield note(
            about="proxy",
            text=f"reached by way of the proxy {facts.proxy}",
            remedy=f"to reach it directly, add {facts.host} to NO_PROXY",
        )
    if facts.unresolved is not None:
        yield obstacle(
            about="name",
            text=f"{facts.host} does not resolve: {facts.unresolved}",
            remedy=f"correct the host in --target; `getent hosts {facts.host}` must print an address",
        )
    elif facts.addresses is not None:
        yield fine(about="name", text=f"{facts.host} is {', '.join(facts.addresses)}")


def port(facts: Facts) -> Iterator[Diagnostic]:
    """Whether the port accepts connections."""
    if facts.unconnected is not None:
        opens = f"let the proxy tunnel to {facts.host}:{facts.port}, or add {facts.host} to NO_PROXY"
        yield obstacle(
            about="port",
            text=f"{facts.host} port {facts.port}: {facts.unconnected}",
            remedy=opens
            if facts.proxy is not None
            else "start the server or correct the port in --target; if it runs, let the firewall "
            f"pass TCP port {facts.port} from here",
        )
    elif facts.connected_seconds is not None:
        milliseconds = facts.connected_seconds * 1000
        yield fine(about="port", text=f"{facts.port} is open, {milliseconds:.0f} ms away")


def tls(facts: Facts) -> Iterator[Diagnostic]:
    """Whether the connection is trusted; no finding for http."""
    shown = facts.tls
    if shown is None:
        return
    if shown.trouble is not None:
        yield obstacle(
            about="TLS",
            text=shown.trouble,
            remedy=_tls_remedy(facts, shown.trouble.lower()),
        )
        return
    if shown.version in OLD_TLS:
        yield warning(
            about="TLS",
            text=f"{shown.version} is spoken, which clients refuse",
            remedy="allow TLS 1.2 and 1.3 in the server's configuration",
        )
    left = None if shown.expires is None else shown.expires - facts.at
    if left is not None and left < SOON:
        yield warning(
            about="TLS",
            text=f"the certificate ends in {left.days} days, on {shown.expires:%Y-%m-%d}",
            remedy="renew the certificate",
        )
    elif shown.version not in OLD_TLS:
        until = f", valid until {shown.expires:%Y-%m-%d}" if shown.expires else ""
        yield fine(about="TLS", text=f"{shown.version}, issued by {shown.issuer}{until}")


def _tls_remedy(facts: Facts, trouble: str) -> str:
    tls = facts.tls
    if "wrong version" in trouble or "record layer" in trouble or "http request" in trouble:
        return f"this port speaks no TLS: give --target http://{facts.host}:{facts.port}"
    if "expired" in trouble:
        ended = f" (it ended {tls.expires:%Y-%m-%d})" if tls is not None and tls.expires else ""
        return f"renew the certificate{ended}"
    if "mismatch" in trouble or "not valid for" in trouble:
        names = ", ".join(tls.names) if tls is not None else ""
        return f"give --target with a name that the certificate has: {names or 'it has none'}"
    if "self" in trouble or "issuer" in trouble:
        return "export SSL_CERT_FILE=ca.pem with the certificate of the authority that issued it"
    return f"`openssl s_client -connect {facts.host}:{facts.port}` shows the handshake"


def http(facts: Facts) -> Iterator[Diagnostic]:
    """Whether requests are answered with HTTP/1.1."""
    answers = facts.answers
    if not facts.reached:
        yield obstacle(
            about="HTTP",
            text="the first requests were not answered in time",
            remedy=_again(facts),
        )
    elif answers and all(each.closed is Closed.MALFORMED for each in answers):
        secure = any("\\x15\\x03" in repr(each.error) or "illegal" in each.error for each in answers)
        hint = f"if this port speaks TLS give --target https://{facts.host}:{facts.port}"
        yield obstacle(
            about="HTTP",
            text=f"HTTP/1.1 is not spoken: {answers[0].error}",
            remedy=hint if secure else f"give the port of the HTTP server; {hint}",
        )
    elif answers and all(each.status is None for each in answers):
        yield obstacle(
            about="HTTP",
            text=f"connections are accepted and not answered: {answers[0].error or answers[0].closed}",
            remedy=f"look into the server's log for what holds it up; {_again(facts)}",
        )
    else:
        versions = sorted({each.version for each in answers if each.version})
        old = "1.1" not in versions
        yield Diagnostic(
            about="HTTP",
            state=State.WARNING if old else State.OK,
            text=f"HTTP/{', '.join(versions) or '?'}",
            remedy="let the server, or the proxy before it, answer with HTTP/1.1" if old else "",
        )


def api(facts: Facts) -> Iterator[Diagnostic]:
    """Whether the answers are from this API."""
    problem = facts.problem
    listed = facts.exchanges.get(WITH_KEY)
    if problem is None and listed is not None and listed.status == NOT_FOUND:
        yield obstacle(
            about="API",
            text=f"there is no list of tasks: {summary(listed)}",
            remedy=_BASE,
        )
        return
    if problem is None:
        yield fine(about="API", text="answers come in the envelope of this API")
        return
    answers = facts.answers
    if any(each.status in {401, 403} for each in answers) and "rejects the API key" in problem:
        return
    moved = next((each for each in answers if each.header("location")), None)
    remedy = _BASE
    if moved is not None:
        remedy = _moved(moved.header("location") or "")
    elif any(each.media_type == "text/html" for each in answers):
        remedy = "give the address of the API itself, and let the proxy pass /api/v1/ without a login"
    elif any(each.status == TOO_MANY for each in answers):
        remedy = "raise the rate limit of this key, or wait and retry"
    yield obstacle(about="API", text=problem, remedy=remedy)


def _moved(location: str) -> str:
    parts = urlsplit(location)
    if not parts.netloc:
        return f"the server sends {location} to itself: correct its routing of /api/v1/tasks"
    before, found, _ = location.partition("/api/v1/")
    return f"give --target {before if found else f'{parts.scheme}://{parts.netloc}'}"


def key(facts: Facts) -> Iterator[Diagnostic]:
    """Whether the key is accepted."""
    listed = facts.exchanges.get(WITH_KEY)
    if facts.problem is not None:
        answer = summary(listed) if listed is not None else facts.problem
        yield obstacle(
            about="key",
            text=f"the API key is rejected: {answer}",
            remedy="put a key of this target into SIGMIC_API_KEY, or name its variable with --api-key-env",
        )
    else:
        yield fine(about="key", text="the API key is accepted")


def _again(facts: Facts) -> str:
    scheme = "https" if facts.secure else "http"
    return f"`curl -i {scheme}://{facts.host}:{facts.port}/api/v1/tasks` must answer"
