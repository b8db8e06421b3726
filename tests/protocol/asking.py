"""What the client's tests share: a connection, a question, and the events of an answer."""

from trackside.domain.connection import Connection
from trackside.domain.failure import Failure, TracksideError
from trackside.domain.stream import StreamEvent
from trackside.domain.turn import Ask
from trackside.protocol.client import Heard, ServiceClient

KEY = "tlk_SECRET/0123+abc=="
ASK = Ask("What happens?", "ks_1")

CREATED = b'data: {"type":"response.created","response":{"id":"r","session_id":"sess_1"}}\n\n'
DELTA = (
    'data: {"type":"response.output_text.delta","output_index":0,"item_id":"m","delta":"Grüße 🚗"}\n\n'
).encode()
COMPLETED = b'data: {"type":"response.completed","response":{"id":"r","status":"completed"}}\n\n'
DONE = b"data: [DONE]\n\n"


def connection(url: str, *, silence_limit_s: float = 5.0) -> Connection:
    return Connection("c", "Test", url, connect_timeout_s=2.0, silence_limit_s=silence_limit_s)


async def answer(
    client: ServiceClient, *, session: str | None = None, heard: Heard | None = None
) -> tuple[list[StreamEvent], Failure | None]:
    """All events of an answer, and the failure that ended it, if one did."""
    events: list[StreamEvent] = []
    raised: TracksideError | None = None
    try:
        async for event in client.stream_answer(ASK, server_session_id=session, heard=heard):
            events.append(event)
    except TracksideError as error:
        raised = error
    if raised is None:
        return events, None
    # A cause's text may echo the key, so there is none.
    assert raised.__cause__ is None
    assert raised.__context__ is None
    return events, raised.failure
