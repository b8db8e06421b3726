"""The connection test as the window runs it: the sandbox with its faults, stopping, the report."""

import asyncio
from contextlib import aclosing

import pytest

from protocol.raw_server import Exchange, raw_server
from trackside.chat.connection_test import ConnectionTest
from trackside.domain.connection import Connection, Secrets
from trackside.domain.connection_test import (
    Mend,
    StepName,
    Steps,
    StepState,
    are_all_done,
    failed_step,
    step_of,
)
from trackside.sandbox.app import INVALID_KEY, NO_JOCKEY_KEY
from trackside.sandbox.server import SandboxServer

KEY = "tlk_TestKeyThatMustNotBeSeen"


def connection(url: str) -> Connection:
    return Connection("studio", "Studio", url, connect_timeout_s=5.0)


async def outcome_of(url: str, key: str = KEY) -> tuple[ConnectionTest, Steps]:
    """A test to its end; the steps are whole at every moment."""
    test = ConnectionTest("in the keyring")
    steps: Steps = ()
    async with aclosing(test.run(connection(url), Secrets(key=key))) as changes:
        async for steps in changes:
            assert [step.name for step in steps] == list(StepName)
    assert are_all_done(steps)
    assert steps == test.steps
    assert not key or key not in test.report
    return test, steps


async def test_all_is_well_at_the_sandbox(shared_sandbox: SandboxServer) -> None:
    test, steps = await outcome_of(shared_sandbox.base_url)
    assert failed_step(steps) is None
    assert [step.state for step in steps] == [
        StepState.PASSED,
        StepState.SKIPPED,
        StepState.SKIPPED,
        *[StepState.PASSED] * 3,
    ]
    assert step_of(steps, StepName.TLS).words == "Plain http, within this computer"
    assert step_of(steps, StepName.KEY).note == "in the keyring"
    assert step_of(steps, StepName.STORES).note == "1 store"
    assert test.stores is not None
    assert len(test.stores.entries) == 1


@pytest.mark.parametrize(
    ("fault", "name", "note", "words", "mend"),
    [
        ("unauthorized", StepName.KEY, "401 api_key_invalid", "refused the key", Mend.REPLACE_KEY),
        ("forbidden", StepName.ACCESS, "403 api_not_allowed", "it may not use", Mend.REPLACE_KEY),
        ("not-found-endpoint", StepName.ACCESS, "404 endpoint_not_exists", "no access", Mend.REPLACE_KEY),
        ("rate-limit=7", StepName.STORES, "429 too_many_requests", "Try again in 7 s.", Mend.TRY_AGAIN),
        ("plan-limit", StepName.STORES, "429 plan_limit_exceeded", "limit is used up", Mend.TRY_AGAIN),
        ("unavailable-html", StepName.KEY, "503, a web page", "trouble of its own", Mend.TRY_AGAIN),
        ("html-body", StepName.KEY, "a web page", "A web page came", Mend.EDIT_CONNECTION),
        ("empty-body", StepName.KEY, "200", "no list of knowledge stores", Mend.EDIT_CONNECTION),
    ],
)
async def test_each_refusal_names_its_layer_and_its_mend(
    shared_sandbox: SandboxServer, fault: str, name: StepName, note: str, words: str, mend: Mend
) -> None:
    shared_sandbox.set_fault(f"{fault};path=/")
    try:
        _, steps = await outcome_of(shared_sandbox.base_url)
    finally:
        shared_sandbox.set_fault(None)
    failed = failed_step(steps)
    assert failed is not None
    assert failed.failure is not None
    assert (failed.name, failed.note, failed.mends[0]) == (name, note, mend)
    assert words in failed.failure.sentence
    order = list(StepName)
    for step in steps:
        if order.index(step.name) > order.index(name):
            assert step.state is StepState.NOT_TRIED
    if name is not StepName.KEY:
        assert step_of(steps, StepName.KEY).state is StepState.PASSED


async def test_keys_of_three_kinds(shared_sandbox: SandboxServer) -> None:
    for key, name, words in (
        (INVALID_KEY, StepName.KEY, "The service refused the key."),
        (NO_JOCKEY_KEY, StepName.ACCESS, "Your key works, but its account has no access to Jockey yet."),
        ("", StepName.KEY, "There is no key yet."),
    ):
        _, steps = await outcome_of(shared_sandbox.base_url, key)
        failed = failed_step(steps)
        assert failed is not None
        assert failed.failure is not None
        assert (failed.name, failed.failure.headline) == (name, words)


async def test_leaving_early_ends_the_request() -> None:
    async def handle(exchange: Exchange) -> None:
        await exchange.client_closed()
        server.closed.set()

    async with raw_server(handle) as server:
        test = ConnectionTest()
        async with aclosing(test.run(connection(server.url), Secrets(key=KEY))) as changes:
            async for steps in changes:
                if step_of(steps, StepName.KEY).state is StepState.RUNNING:
                    break
        async with asyncio.timeout(5):
            await server.closed.wait()
    assert step_of(test.steps, StepName.KEY).state is StepState.RUNNING
    assert test.stores is None
