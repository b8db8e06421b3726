"""POST /responses: a question in, an answer out, as events or as a whole."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trackside.sandbox.answering.answerer import Answerer
from trackside.sandbox.answering.asking import read_citation_form
from trackside.sandbox.answering.citing import CitationForm
from trackside.sandbox.answering.plan import AnswerPlan
from trackside.sandbox.answering.request import ResponsesBody, check_request
from trackside.sandbox.errors import invalid
from trackside.sandbox.faults import Fault, FaultName
from trackside.sandbox.http_body import json_response, read_json, to_struct
from trackside.sandbox.scope import fault_of, note_body
from trackside.sandbox.service import Service
from trackside.sandbox.streaming.script import response_object
from trackside.sandbox.streaming.sender import EventStreamResponse
from trackside.sandbox.streaming.spoiling import cut, failed_object, incomplete_object

CITATIONS_HEADER = "x-sandbox-citations"


class ResponseEndpoints:
    """The one endpoint that answers."""

    def __init__(self, service: Service, answerer: Answerer) -> None:
        self._service = service
        self._answerer = answerer

    def routes(self) -> list[Route]:
        """Paths below /v1.3 and what serves them."""
        return [Route("/responses", self.create, methods=["POST"])]

    async def create(self, request: Request) -> Response:
        """POST /responses."""
        content = await read_json(request, self._service.limits.json_body)
        note_body(request.scope, content)
        body = to_struct(content, ResponsesBody)
        session = check_request(body, self._service.state)
        plan = self._answerer.answer(body, session, _citation_form(request, body.question))
        fault = fault_of(request.scope)
        if body.stream and not (fault and fault.name is FaultName.JSON_BODY):
            return EventStreamResponse(self._service, plan, fault)
        await asyncio.sleep(plan.thinking_s)
        return json_response(_whole(plan, fault))


def _whole(plan: AnswerPlan, fault: Fault | None) -> dict[str, object]:
    match fault.name if fault else None:
        case FaultName.FAILED | FaultName.ERROR_EVENT:
            return failed_object(plan)
        case FaultName.INCOMPLETE:
            return incomplete_object(cut(plan))
        case _:
            return response_object(plan, "completed")


def _citation_form(request: Request, question: str) -> CitationForm:
    try:
        return read_citation_form(request.headers.get(CITATIONS_HEADER), question)
    except ValueError:
        known = ", ".join(form.value for form in CitationForm)
        raise invalid(f"The header {CITATIONS_HEADER} must be one of: {known}.") from None
