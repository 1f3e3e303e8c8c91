"""Over TLS nothing is different: certificates are checked, replies are bounded, failures keep their names."""

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from adapters.http import Limits
from adapters.ports import OutcomeUnknown, Unavailable
from adapters.tax.client import TaxClient
from tests.adapters.raw_server import Script, raw_server, reply
from tests.adapters.rows_made import due
from tests.adapters.simulated import KEY

PAGE = b'{"items": [], "next_cursor": "0", "more": false}'


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 with its key, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tax.test")])
    now = datetime.datetime.now(datetime.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "certificate.pem"
    encoding, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    private = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain)
    path.write_bytes(built.public_bytes(encoding) + private)
    return path


@pytest.fixture
def over_tls(certificate: Path) -> Callable[[Script], Script]:
    """Plays a script inside an encrypted line."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def wrap(script: Script) -> Script:
        def play(connection: socket.socket) -> None:
            with context.wrap_socket(connection, server_side=True) as line:
                line.recv(65536)
                script(line)

        return play

    return wrap


def client(url: str, authority: Path | None) -> TaxClient:
    return TaxClient(url.replace("http:", "https:"), KEY, Limits(reply=0.5, total=2, authority=authority))


def submit(tax: TaxClient) -> None:
    tax.submit_dues("k", tax.encode_due_batch("k", "610922", 2021, [due()]))


def test_a_trusted_neighbour_is_heard(over_tls: Callable[[Script], Script], certificate: Path) -> None:
    script = over_tls(lambda line: line.sendall(reply("200 OK", PAGE)))
    with raw_server(script, reads=False) as (url, _):
        assert client(url, certificate).payments(None, 1).items == []


def test_a_stranger_gets_nothing_and_is_unavailable(over_tls: Callable[[Script], Script]) -> None:
    script = over_tls(lambda line: line.sendall(reply("200 OK", PAGE)))
    with raw_server(script, reads=False) as (url, _), pytest.raises(Unavailable):
        submit(client(url, None))


def test_a_dripping_reply_ends_in_time(over_tls: Callable[[Script], Script], certificate: Path) -> None:
    def drip(line: socket.socket) -> None:
        for byte in reply("200 OK", b" " * 4000):
            line.sendall(bytes([byte]))
            time.sleep(0.05)

    started = time.monotonic()
    with raw_server(over_tls(drip), reads=False) as (url, _), pytest.raises(OutcomeUnknown):
        submit(client(url, certificate))
    assert time.monotonic() - started < 60
