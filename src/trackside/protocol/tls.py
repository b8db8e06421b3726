"""TLS as every connection speaks it: 1.2 at least, names checked, the system's store and one's own CA file.

There is no way to switch the checks off. A refused handshake tells which certificate was presented.
"""

import os
import platform
import ssl
from pathlib import Path
from typing import Any

import truststore

from trackside.domain.failure import Failure, FailureKind, FailureLayer, TracksideError

_CA_FILE_LIMIT = 16 << 20
"""Bytes; the stores of whole systems have a quarter of a megabyte."""
_PEM_START = b"-----BEGIN CERTIFICATE-----"
_DER_START = b"\x30"
_STORES = (
    "/etc/ssl/cert.pem",  # Alpine, Arch, BSD
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  # Fedora, RHEL
    "/etc/pki/tls/cert.pem",
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Ubuntu
    "/etc/ssl/ca-bundle.pem",  # SUSE
)


class CertificateRefusedError(ssl.SSLCertVerificationError):
    """A certificate that is not taken. `chain` holds what was presented, the server's own first, each in
    the shape of `SSLSocket.getpeercert`; it is empty where Python doesn't tell."""

    host: str = ""
    chain: tuple[dict[str, Any], ...] = ()


def tls_context(ca_file: str = "") -> ssl.SSLContext:
    """A new context, its certificates loaded. Takes tens of milliseconds: call it off the loop.

    Raises TracksideError for a CA file that can't be used.
    """
    own = own_certificates(ca_file) if ca_file else None
    # On Linux truststore would load the system's store anew at each handshake, on the loop.
    is_platforms = platform.system() in ("Darwin", "Windows")
    context = _PlatformContext(ssl.PROTOCOL_TLS_CLIENT) if is_platforms else _loaded_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if own is not None:
        try:
            context.load_verify_locations(cadata=own)
        except (ssl.SSLError, ValueError) as error:
            raise _bad_file(ca_file, "is damaged: it holds no certificate that can be read") from error
    return context


def empty_context() -> ssl.SSLContext:
    """For a client that never speaks TLS: made at once. Should it speak TLS after all, it trusts nobody."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


class _TellingObject(ssl.SSLObject):
    """Its failed handshake tells with whom it was made and what was presented."""

    def do_handshake(self) -> None:
        try:
            super().do_handshake()
        except ssl.SSLCertVerificationError as error:
            raise _telling(error, self) from error


class _LoadedContext(ssl.SSLContext):
    sslobject_class = _TellingObject


class _PlatformContext(truststore.SSLContext):
    """Verifies by the platform's own means, which truststore does when the handshake is done."""

    def wrap_bio(self, *arguments: Any, **named: Any) -> ssl.SSLObject:
        tls = super().wrap_bio(*arguments, **named)
        handshake = tls.do_handshake

        def telling() -> None:
            try:
                handshake()
            except ssl.SSLCertVerificationError as error:
                raise _telling(error, tls) from error

        # The object's class is truststore's own and can't be chosen.
        vars(tls)["do_handshake"] = telling
        return tls


def _loaded_context() -> ssl.SSLContext:
    """The store where OpenSSL looks for it (which SSL_CERT_FILE and SSL_CERT_DIR may say), else where the
    distributions keep it."""
    context = _LoadedContext(ssl.PROTOCOL_TLS_CLIENT)
    paths = ssl.get_default_verify_paths()
    if paths.cafile or (paths.capath and _has_certificates(paths.capath)):
        # set_default_verify_paths would do the same while all other threads stand still.
        context.load_verify_locations(paths.cafile, paths.capath)
    elif store := next((store for store in _STORES if Path(store).is_file()), None):
        context.load_verify_locations(cafile=store)
    return context


def _has_certificates(folder: str) -> bool:
    """Whether the folder holds certificates named by their hashes, which is how OpenSSL finds them."""
    try:
        with os.scandir(folder) as entries:
            return any(len(e.name) == 10 and e.name[8] == "." and e.name[9].isdecimal() for e in entries)
    except OSError:
        return False


def _telling(error: ssl.SSLCertVerificationError, tls: ssl.SSLObject) -> CertificateRefusedError:
    told = CertificateRefusedError(*error.args)
    told.verify_code, told.verify_message = error.verify_code, error.verify_message
    told.host = str(tls.server_hostname or "")
    told.chain = _presented(tls)
    return told


def _presented(tls: ssl.SSLObject) -> tuple[dict[str, Any], ...]:
    """What the other side presented. Python tells it publicly only as bytes that it can't read, and only
    from 3.13 on; so this looks where truststore looks, and does without where there is nothing."""
    inner = getattr(tls, "_sslobj", None)
    chain: Any = getattr(inner, "get_unverified_chain", tuple)() or ()
    return tuple(certificate.get_info() for certificate in chain if hasattr(certificate, "get_info"))


def own_certificates(ca_file: str) -> str | bytes:
    """What a CA file holds, as `SSLContext` takes it. Raises TracksideError for one that can't be used."""
    try:
        path = Path(ca_file).expanduser()
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise _bad_file(ca_file, "is no ordinary file")  # to open a pipe would wait without end
    except (OSError, RuntimeError, ValueError) as error:
        raise _bad_file(ca_file, "can't be read") from error
    try:
        with path.open("rb") as file:
            content = file.read(_CA_FILE_LIMIT + 1)
    except FileNotFoundError as error:
        raise _bad_file(ca_file, "is not there") from error
    except IsADirectoryError as error:
        raise _bad_file(ca_file, "is a folder") from error
    except PermissionError as error:
        # Windows says this of folders too.
        raise _bad_file(ca_file, "is a folder" if path.is_dir() else "may not be read by you") from error
    except (OSError, ValueError) as error:
        raise _bad_file(ca_file, "can't be read") from error
    if not content.strip():
        raise _bad_file(ca_file, "is empty")
    if len(content) > _CA_FILE_LIMIT:
        raise _bad_file(ca_file, "is too large to be one")
    if _PEM_START in content:
        # Between the certificates anything may stand, in any encoding; the loader takes ASCII.
        return content.decode("ascii", "replace").replace("�", "?")
    if content.startswith(_DER_START):
        return content
    if b"PRIVATE KEY-----" in content:
        raise _bad_file(ca_file, "holds a private key and no certificate")
    raise _bad_file(ca_file, "holds no certificate")


def _bad_file(ca_file: str, what: str) -> TracksideError:
    return TracksideError(
        Failure(
            FailureKind.CONNECTION,
            f"The CA file {ca_file} {what}.",
            "Choose a file with the issuer’s certificate (.pem, .crt or .cer) in the connection's settings.",
            layer=FailureLayer.CA_FILE,
        )
    )
