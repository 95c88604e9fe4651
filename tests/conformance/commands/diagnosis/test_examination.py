"""The doctor against real sockets: a healthy platform, other servers, certificates, and a buffering proxy."""

import asyncio
import contextlib
import datetime as dt
import ipaddress
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from lab.platforms.server import Target, serve
from lab.prove.canary_servers import CANARIES, canary
from sigmic_conformance.commands.diagnosis.diagnosis import diagnose
from sigmic_conformance.commands.diagnosis.examination import examine
from sigmic_conformance.commands.diagnosis.finding import Diagnostic, State
from sigmic_conformance.target.profile import Credentials, Profile
from tests.fakes.upstream import passing_on
from tests.fakes.wire_server import wire_server


async def examined(url: str, credentials: Credentials, **profile) -> dict[str, Diagnostic]:
    target = Profile(base_url=url, **profile)
    facts = await examine(target, credentials)
    return {each.about: each for each in diagnose(facts, target)}


def owner(target: Target, *, second: bool = False) -> Credentials:
    first, other = target.accounts.keys
    return Credentials(
        api_key=first,
        second_api_key=other if second else None,
        app_id=target.accounts.app_id if second else None,
        app_secret=target.accounts.app_secret if second else None,
    )


async def test_each_unusable_server_is_diagnosed_even_if_it_hangs():
    async def one(url: str) -> Diagnostic:
        found = await examined(url, Credentials(api_key="sigmic_" + "0" * 64))
        return list(found.values())[-1]

    with contextlib.ExitStack() as servers:
        urls = [servers.enter_context(canary(answer)) for answer in CANARIES.values()]
        last = dict(zip(CANARIES, await asyncio.gather(*map(one, urls)), strict=True))

    assert {name: found for name, found in last.items() if found.state is not State.PROBLEM} == {}
    assert [name for name, found in last.items() if not found.remedy] == []


async def test_a_healthy_platform_with_everything_given():
    with serve() as target:
        found = await examined(
            target.url,
            owner(target, second=True),
            has_second_key=True,
            has_widget=True,
            without=frozenset({"mcp"}),
        )
        statuses = [task.status for task in target.platform.tasks.values()]

    assert {about: each.text for about, each in found.items() if each.state is not State.OK} == {}
    assert "arrivals" in found["stream"].text
    assert len(statuses) == 1, "one task is made, no more"


async def test_a_buffering_proxy_is_seen():
    with serve() as target:
        proxy = passing_on(target.server_address[1], "Server: nginx", "Via: 1.1 edge")
        async with wire_server(proxy) as url:
            found = await examined(url, owner(target))

    assert found["stream"].state is State.WARNING
    assert "proxy_buffering off" in found["stream"].remedy
    assert found["proxy"].text.endswith("1.1 edge")


async def test_reading_only_makes_no_task():
    with serve() as target:
        found = await examined(target.url, owner(target), read_only=True)
        tasks = len(target.platform.tasks)

    assert (tasks, found["stream"].state, found["key"].state) == (0, State.NOTE, State.OK)


async def test_no_turn_is_spent_when_none_may_be():
    with serve() as target:
        found = await examined(target.url, owner(target), model_turns=0)
        tasks = len(target.platform.tasks)

    assert (tasks, found["stream"].state) == (0, State.NOTE)


async def test_a_key_that_is_rejected():
    with serve() as target:
        found = await examined(target.url, Credentials(api_key="sigmic_" + "0" * 64))

    assert found["key"].state is State.PROBLEM


def certificate(folder: Path, *, days: int, name: str = "127.0.0.1") -> Path:
    """Write a self-signed certificate and its key to one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "doctor's test")])
    now = dt.datetime.now(dt.UTC)
    names = [x509.IPAddress(ipaddress.ip_address(name)) if name[0].isdigit() else x509.DNSName(name)]
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=30))
        .not_valid_after(now + dt.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    encoding = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    path.write_bytes(
        made.public_bytes(encoding) + key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain)
    )
    return path


@contextlib.asynccontextmanager
async def secured(path: Path) -> AsyncIterator[str]:
    """Run a TLS server that closes every connection after the handshake."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)

    async def close(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    server = await asyncio.start_server(close, "127.0.0.1", 0, ssl=context)
    try:
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


async def test_an_untrusted_certificate_is_a_problem_with_a_remedy(tmp_path: Path):
    async with secured(certificate(tmp_path, days=90)) as url:
        found = await examined(url, Credentials(api_key="sigmic_key"))

    assert found["TLS"].state is State.PROBLEM
    assert "SSL_CERT_FILE" in found["TLS"].remedy


@pytest.mark.parametrize(
    ("days", "name", "words"),
    [(-1, "127.0.0.1", "it ended"), (90, "other.test", "a name that the certificate has: other.test")],
)
async def test_a_trusted_certificate_that_is_over_or_of_another(tmp_path, monkeypatch, days, name, words):
    path = certificate(tmp_path, days=days, name=name)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))

    async with secured(path) as url:
        found = await examined(url, Credentials(api_key="sigmic_key"))

    assert found["TLS"].state is State.PROBLEM
    assert words in found["TLS"].remedy


async def test_a_good_certificate_leads_on_to_http(tmp_path, monkeypatch):
    path = certificate(tmp_path, days=90)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))

    async with secured(path) as url:
        found = await examined(url, Credentials(api_key="sigmic_key"))

    assert found["TLS"].state is State.OK
    assert found["HTTP"].state is State.PROBLEM


async def test_a_port_without_tls():
    with serve() as target:
        found = await examined(target.url.replace("http:", "https:"), owner(target))

    assert found["TLS"].remedy.startswith("this port speaks no TLS: give --target http://127.0.0.1")
