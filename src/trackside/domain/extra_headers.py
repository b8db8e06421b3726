"""Which extra headers are secret unless somebody says otherwise."""

import re

_SECRET = re.compile(
    r"(proxy-)?authorization|cookie|(.*[-_])?(key|token|secret|password|passwd|credentials?|auth|signature)|.*apikey",
    re.IGNORECASE,
)


def looks_secret(name: str) -> bool:
    """Whether a header of this name most likely carries a secret: `Authorization`, `X-Gateway-Key`."""
    return _SECRET.fullmatch(name.strip()) is not None
