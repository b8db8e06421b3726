"""Which connection a command means."""

from collections.abc import Sequence

from trackside.domain.connection import DEFAULT_ID, SANDBOX_ID, Connection
from trackside.domain.failure import Failure, FailureKind, TracksideError


def chosen_connection(connections: Sequence[Connection], wanted: str | None) -> Connection:
    """The connection of this id or, in whatever case, name; for None the default one, else the first.

    Raises TracksideError when there is none, and when several have the name.
    """
    if wanted is None:
        default = next((one for one in connections if one.id == DEFAULT_ID), None)
        if default is None and not connections:
            raise _unknown("There is no connection yet.", "Make one in the window's settings.")
        return default or connections[0]
    if (found := next((one for one in connections if one.id == wanted), None)) is not None:
        return found
    if wanted.casefold() == SANDBOX_ID:
        raise _unknown(
            "The sandbox is the window's.", "Start one with “trackside sandbox” and give its --base-url."
        )
    named = [one for one in connections if one.name.casefold() == wanted.strip().casefold()]
    if not named:
        known = ", ".join(f"“{one.name}”" for one in connections) or "none"
        raise _unknown(f"There is no connection “{wanted}”.", f"There is {known}.")
    if len(named) > 1:
        ids = ", ".join(one.id for one in named)
        raise _unknown(f"Several connections are named “{wanted}”.", f"Give one's id instead: {ids}.")
    return named[0]


def _unknown(headline: str, advice: str) -> TracksideError:
    return TracksideError(Failure(FailureKind.INPUT, headline, advice))
