"""What a failing step of a connection test is called, what its note says, and what mends it."""

import ssl

from trackside.domain.connection_test import Mend, StepName
from trackside.domain.failure import FailureLayer

TRY, EDIT = Mend.TRY_AGAIN, Mend.EDIT_CONNECTION
MENDS: dict[FailureLayer, tuple[StepName, tuple[Mend, ...]]] = {
    FailureLayer.HEADERS: (StepName.KEY, (EDIT,)),
    FailureLayer.PROXY_SETTINGS: (StepName.PROXY, (Mend.OPEN_PROXY,)),
    FailureLayer.CA_FILE: (StepName.TLS, (Mend.CHOOSE_CA_FILE, EDIT)),
    # Where names can't be found or hosts not be reached there is often a proxy that nobody named.
    FailureLayer.ADDRESS: (StepName.ADDRESS, (TRY, EDIT, Mend.OPEN_PROXY)),
    FailureLayer.REACH: (StepName.ADDRESS, (TRY, EDIT, Mend.OPEN_PROXY)),
    FailureLayer.PROXY: (StepName.PROXY, (Mend.OPEN_PROXY, TRY)),
    FailureLayer.PROXY_LOGIN: (StepName.PROXY, (Mend.OPEN_PROXY, TRY)),
    FailureLayer.TLS: (StepName.TLS, (TRY, EDIT)),
    FailureLayer.TRUST: (StepName.TLS, (Mend.CHOOSE_CA_FILE, TRY)),
}
FAILED_WORDS = {
    FailureLayer.HEADERS: "An extra header can’t be sent",
    FailureLayer.PROXY_SETTINGS: "The proxy’s address or login can’t be used",
    FailureLayer.CA_FILE: "The CA file can’t be used",
    FailureLayer.ADDRESS: "No address found",
    FailureLayer.REACH: "Address found, but nothing answers there",
    FailureLayer.PROXY: "Not through proxy {proxy}",
    FailureLayer.PROXY_LOGIN: "Proxy {proxy} refuses the login",
    FailureLayer.TLS: "No secure connection",
    FailureLayer.TRUST: "Certificate not trusted by this computer",
}
SILENT = (FailureLayer.REACH, FailureLayer.PROXY, FailureLayer.TLS)
"""Where a failure can be that nothing came at all."""
_CERTIFICATE_NOTES = {
    9: "not valid yet",
    10: "expired",
    18: "self-signed",
    19: "unknown issuer",
    20: "unknown issuer",
    21: "unknown issuer",
    62: "another host’s",
    64: "another host’s",
}
"""OpenSSL's X509_V_ERR_… numbers."""


def page_note(note: str, *, is_page: bool) -> str:
    return ", ".join(filter(None, (note, "a web page"))) if is_page and "page" not in note else note


def certificate_note(error: object) -> str:
    """What is wrong with a certificate, in two words; nothing when it was not about one."""
    cause = error if isinstance(error, BaseException) else None
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _CERTIFICATE_NOTES.get(cause.verify_code, "not valid")
        cause = cause.__cause__ or cause.__context__
    return ""
