"""Collect the facts for `doctor`: names, ports, certificates, a few answers, and one real stream.

Takes at most 10 s and one turn of the model. Decides nothing: `diagnosis` does.
"""

import asyncio
import socket
import ssl
import time
from datetime import UTC, datetime
from urllib.parse import urlsplit

from cryptography import x509

from sigmic_conformance.commands.diagnosis.facts import Facts, Tls, Working
from sigmic_conformance.run.preflight import bounds_of, preflight
from sigmic_conformance.target.profile import ROLES, Credentials, Profile
from sigmic_conformance.traffic.budget import Spent
from sigmic_conformance.traffic.callers import bearer
from sigmic_conformance.traffic.driver import Driver
from sigmic_conformance.traffic.endings import Interrupted, ReadOnly, Throttled
from sigmic_conformance.traffic.live_stream import LiveStream
from sigmic_conformance.traffic.prompts import nonce, shell
from sigmic_conformance.traffic.steps import created, get, status_of
from sigmic_conformance.wire.bodies import as_json
from sigmic_conformance.wire.client import Client
from sigmic_conformance.wire.json_values import FINAL
from sigmic_conformance.wire.redaction import Redactor
from sigmic_conformance.wire.transcript import Exchange
from sigmic_conformance.wire.tunnel import open_streams, why

DOCTOR = "doctor"
LIMIT_SECONDS = 9.5
STEP_SECONDS = 2.0
ANSWER_SECONDS = 4.0
BOUNDS = bounds_of(ANSWER_SECONDS)
WATCH_SECONDS = 4.0
POLL_SECONDS = 0.25
SPREAD_NANOSECONDS = 300_000_000


async def examine(profile: Profile, credentials: Credentials) -> Facts:
    """Collect the facts about a target; returns after at most 10 s, with the facts so far."""
    parts = urlsplit(profile.base_url)
    secure = parts.scheme == "https"
    facts = Facts(
        host=parts.hostname or "",
        port=parts.port or (443 if secure else 80),
        secure=secure,
        wall_offset=time.time() - time.monotonic(),
        at=datetime.now(UTC),
        proxy=credentials.proxy,
    )
    try:
        async with asyncio.timeout(LIMIT_SECONDS):
            if await _resolve(facts) and await _connect(facts) and await _handshake(facts):
                await _ask(facts, profile, credentials)
    except TimeoutError:
        facts.unwatched = facts.unwatched or "ten seconds were over"
    return facts


async def _resolve(facts: Facts) -> bool:
    if facts.proxy is not None:
        return True  # the proxy resolves the name
    try:
        async with asyncio.timeout(STEP_SECONDS):
            found = await asyncio.get_running_loop().getaddrinfo(
                facts.host, facts.port, type=socket.SOCK_STREAM
            )
    except (OSError, TimeoutError) as error:
        facts.unresolved = why(error, "no answer from the name server")
        return False
    facts.addresses = tuple(dict.fromkeys(str(each[4][0]) for each in found))
    return True


async def _connect(facts: Facts) -> bool:
    began = time.monotonic()
    try:
        async with asyncio.timeout(STEP_SECONDS):
            _, writer = await open_streams(facts.host, facts.port, None, facts.proxy)
    except (OSError, TimeoutError) as error:
        facts.unconnected = why(error, f"no connection within {STEP_SECONDS:g} s")
        return False
    facts.connected_seconds = time.monotonic() - began
    writer.transport.abort()
    return True


async def _handshake(facts: Facts) -> bool:
    """Check the certificate; if it is not trusted, read it again without verification, to describe it."""
    if not facts.secure:
        return True
    trouble = None
    try:
        found = await _certificate(facts, ssl.create_default_context())
    except ssl.SSLCertVerificationError as error:
        trouble = error.verify_message or str(error)
        # Only the certificate is read over this connection: no request, and no key, is ever sent on it.
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        try:
            found = await _certificate(facts, context)
        except (OSError, TimeoutError):
            found = (None, None)
    except (OSError, TimeoutError) as error:
        trouble, found = why(error, f"no handshake within {STEP_SECONDS:g} s"), (None, None)
    version, certificate = found
    facts.tls = _tls(version, trouble, certificate)
    return trouble is None


async def _certificate(facts: Facts, context: ssl.SSLContext) -> tuple[str | None, bytes | None]:
    async with asyncio.timeout(STEP_SECONDS):
        _, writer = await open_streams(facts.host, facts.port, context, facts.proxy)
    try:
        secured = writer.get_extra_info("ssl_object")
        return secured.version(), secured.getpeercert(binary_form=True)
    finally:
        writer.transport.abort()


def _tls(version: str | None, trouble: str | None, raw: bytes | None) -> Tls:
    if raw is None:
        return Tls(version=version, trouble=trouble)
    certificate = x509.load_der_x509_certificate(raw)
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        listed: tuple[str, ...] = ()
    else:
        listed = tuple(str(each.value) for each in names)
    return Tls(
        version=version,
        trouble=trouble,
        names=listed,
        issuer=certificate.issuer.rfc4514_string(),
        expires=certificate.not_valid_after_utc,
    )


async def _ask(facts: Facts, profile: Profile, credentials: Credentials) -> None:
    redactor = Redactor(credentials.secrets())
    client = Client.of(profile.base_url, credentials)
    first = await preflight(profile, credentials, redactor=redactor, client=client, wake=ANSWER_SECONDS)
    facts.problem, facts.reached = first.problem, True
    _keep(facts, first.exchanges)
    if first.problem is not None:
        return
    driver = Driver(probe=DOCTOR, client=client, profile=profile, credentials=credentials, redactor=redactor)
    driver.bounds = BOUNDS
    try:
        await asyncio.gather(_credentials(driver), _watch(facts, driver))
    finally:
        driver.finish()
        _keep(facts, driver.exchanges())


async def _credentials(driver: Driver) -> None:
    """Send one request with each credential other than the first."""
    callers = {ROLES[role].words: bearer(role, key) for role, key in driver.credentials.roles.items()}
    if driver.credentials.second_api_key is not None:
        callers["the second key"] = driver.second
    calls = [
        driver.call("list_tasks", label=label, caller=caller, query={"limit": "1"}, bounds=BOUNDS)
        for label, caller in callers.items()
    ]
    if driver.profile.has_widget and not driver.profile.read_only:
        body = {
            "appId": driver.credentials.app_id,
            "appSecret": driver.credentials.app_secret,
            "endUserId": f"doctor-{nonce()}",
        }
        calls.append(driver.call("create_token", label="the widget app", body=as_json(body), bounds=BOUNDS))
    await asyncio.gather(*calls, return_exceptions=True)


async def _watch(facts: Facts, driver: Driver) -> None:
    """Read a real stream and poll get_task until it is clear whether chunks arrive as they are produced."""
    try:
        task = await created(driver, shell(f"sleep 1; echo {nonce()}"), label="create")
        # A proxy that buffers a stream also delays its headers: get_task is polled at the same time.
        opening = asyncio.create_task(driver.open_stream(task, label="stream"))
        try:
            facts.working = await _follow(driver, task, opening)
        finally:
            live = await opening
            live.hang_up()
            facts.stream = live.record()
            if facts.working.final_at is None:
                await driver.call("cancel_task", label="cancel", path={"id": task}, bounds=BOUNDS)
    except (ReadOnly, Spent) as cause:
        facts.unwatched = str(cause)
    except (Throttled, Interrupted) as cause:
        facts.unmade = str(cause)


async def _follow(driver: Driver, task: str, opening: "asyncio.Task[LiveStream]") -> Working:
    running: int | None = None
    end = time.monotonic() + WATCH_SECONDS
    while time.monotonic() < end:
        status = status_of(await get(driver, task, label="meanwhile"))
        at = time.monotonic_ns()
        if status in FINAL:
            # A proxy that buffers the stream releases it now.
            await (await opening).end(1.0)
            return Working(running_at=running, final_at=at)
        running = running or at
        if opening.done() and _spread(opening.result()):
            break
        await asyncio.wait([opening], timeout=POLL_SECONDS)
        if opening.done() and await opening.result().end(POLL_SECONDS):
            break
    settled = opening.done() and opening.result().settled
    return Working(running_at=running, final_at=time.monotonic_ns() if settled else None)


def _spread(live: LiveStream) -> bool:
    chunks = live.connection.capture.chunks
    return bool(chunks) and chunks[-1].at - chunks[0].at >= SPREAD_NANOSECONDS


def _keep(facts: Facts, exchanges: tuple[Exchange, ...]) -> None:
    """Save the last exchange of each label; a refusal for rate is saved as `throttled`."""
    for exchange in exchanges:
        facts.exchanges["throttled" if exchange.transient else exchange.label] = exchange
