"""A certificate authority of a test's own, and what it signs."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import NamedTuple

_DAYS = "30"
# Elliptic curve keys take milliseconds to make, RSA keys up to a second.
_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


class Certificates(NamedTuple):
    """PEM files for the TLS listeners of a `KafkaServer`."""

    ca: Path
    """The authority that signed the brokers' certificate: ``ssl.ca.location``."""
    client: Path
    """A client's certificate, for mutual TLS: ``ssl.certificate.location``. Its principal is ``User:CN=client``."""
    client_key: Path
    """The key of `client`, without a password: ``ssl.key.location``."""
    other_ca: Path
    """Another authority, which signed none of these: with it as ``ssl.ca.location``, no broker is trusted."""
    broker: Path
    """The brokers' key and certificate chain, in the one file that Kafka's PEM key store is."""


def make_certificates(folder: Path) -> Certificates:
    """Make the authorities, the brokers' certificate (for localhost and 127.0.0.1) and a client's in `folder`."""
    folder.mkdir()
    extensions = folder / "extensions.cnf"
    extensions.write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")

    def openssl(*arguments: str) -> None:
        try:
            subprocess.run(("openssl", *arguments), cwd=folder, check=True, capture_output=True, text=True)
        except FileNotFoundError:
            raise RuntimeError("openssl was not found: KafkaServer makes its certificates with it") from None
        except subprocess.CalledProcessError as error:
            raise RuntimeError(f"openssl {arguments[0]} failed:\n{error.stderr}") from None

    for name in ("ca", "other_ca"):
        subject = f"/CN=Test {name}"
        openssl(
            "req", "-x509", *_KEY, "-days", _DAYS, "-subj", subject, "-keyout", f"{name}.key", "-out", f"{name}.pem"
        )
    for name, subject in (("broker", "/CN=localhost"), ("client", "/CN=client")):
        openssl("req", *_KEY, "-subj", subject, "-keyout", f"{name}.key", "-out", f"{name}.csr")
        openssl(
            *("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"),
            *("-days", _DAYS, "-extfile", extensions.name, "-out", f"{name}.pem"),
        )
    chain = folder / "broker_chain.pem"
    chain.write_text("".join((folder / name).read_text() for name in ("broker.key", "broker.pem", "ca.pem")))
    return Certificates(
        ca=folder / "ca.pem",
        client=folder / "client.pem",
        client_key=folder / "client.key",
        other_ca=folder / "other_ca.pem",
        broker=chain,
    )
