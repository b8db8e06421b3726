"""The log keeps no secrets, and no exception goes unnoticed."""

import logging
import logging.handlers
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Signal, qInstallMessageHandler, qWarning

from trackside.diagnostics import catch_exceptions, catch_qt_messages, open_log, redacted

KEY = "tlk_0123456789ABCDEF"


@pytest.fixture
def own_logging(monkeypatch: pytest.MonkeyPatch) -> Iterator[logging.Logger]:
    """The root logger, as it was before once the test is over."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in ("httpx", "httpcore", "uvicorn", "qasync")}
    yield root
    for handler in [h for h in root.handlers if h not in handlers]:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (f"refused {KEY}.", "refused •••."),
        (f"{{'x-api-key': '{KEY}', 'a': 1}}", "'a': 1"),
        ("x-api-key: plain-secret", "x-api-key: •••"),
        ("(b'x-api-key', b'plain-secret')", "x-api-key"),
        ("Authorization: Bearer plain-secret", "Authorization: Bearer •••"),
        ("authorization=Basic plain-secret", "authorization=Basic •••"),
        ('"api_key": "plain-secret"', '"api_key": "•••'),
        ("GET https://x/y?Signature=plain-secret&part=2", "Signature=•••&part=2"),
        ("https://x/y?X-Amz-Credential=plain-secret&part=2", "X-Amz-Credential=•••&part=2"),
        ("https://x/y?page_token=plain-secret", "page_token=•••"),
    ],
)
def test_secrets_are_blotted_out(text: str, kept: str) -> None:
    shown = redacted(text)
    assert KEY not in shown
    assert "plain-secret" not in shown
    assert kept in shown


def test_everything_else_stays() -> None:
    text = "the tokens came at 12 tokens/s; ks_0123, sess_9, resp_7: 3 keys expired"
    assert redacted(text) == text


def test_the_log_is_private_and_holds_no_key(tmp_path: Path, own_logging: logging.Logger) -> None:
    umask = os.umask(0o077)
    try:
        close = open_log(tmp_path / "logs" / "trackside.log")
        try:
            raise ValueError(f"no good: {KEY}")
        except ValueError:
            logging.getLogger("trackside.test").info("it happened with %s", KEY, exc_info=True)
        close()
    finally:
        os.umask(umask)
    path = tmp_path / "logs" / "trackside.log"
    text = path.read_text(encoding="utf-8")
    assert "it happened with •••" in text
    assert "ValueError: no good: •••" in text
    assert KEY not in text
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("in_the_way", ["folder", "file"])
def test_a_log_that_can_not_be_written_becomes_stderr(
    in_the_way: str, tmp_path: Path, own_logging: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    if in_the_way == "folder":
        (tmp_path / "logs").write_text("a file where the folder should be")
    else:
        (tmp_path / "logs" / "trackside.log").mkdir(parents=True)
    before = own_logging.handlers[:]
    open_log(tmp_path / "logs" / "trackside.log")
    (handler,) = [h for h in own_logging.handlers if h not in before]
    assert type(handler) is logging.StreamHandler
    assert handler.level == logging.WARNING
    logging.getLogger("trackside.test").info("only for the file")
    assert capsys.readouterr().err == ""


def test_request_lines_of_libraries_stay_out(tmp_path: Path, own_logging: logging.Logger) -> None:
    close = open_log(tmp_path / "trackside.log")
    logging.getLogger("httpx").info("HTTP Request: POST https://x/responses")
    logging.getLogger("trackside.test").info("only this")
    close()
    assert "only this" in (tmp_path / "trackside.log").read_text(encoding="utf-8")
    assert "POST" not in (tmp_path / "trackside.log").read_text(encoding="utf-8")


def test_whoever_logs_writes_no_file(tmp_path: Path, own_logging: logging.Logger) -> None:
    before = own_logging.handlers[:]
    close = open_log(tmp_path / "trackside.log")
    (handler,) = [h for h in own_logging.handlers if h not in before]
    assert isinstance(handler, logging.handlers.QueueHandler)
    close()
    assert handler not in own_logging.handlers


# -- the last nets ----------------------------------------------------------------------------------


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, expected_log: Callable[[str], None]) -> list[str]:
    """What the nets told, once they are spread."""
    expected_log("an unexpected error")
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)
    told: list[str] = []
    catch_exceptions(told.append)
    return told


def raise_in_hook(error: BaseException) -> None:
    try:
        raise error
    except BaseException as raised:  # noqa: BLE001 -- handed to the hook, as the interpreter does
        sys.excepthook(type(raised), raised, raised.__traceback__)


def test_a_kind_of_error_is_told_once_and_logged_always(
    told: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    for error in (ValueError("one"), ValueError("two"), KeyError("three")):
        raise_in_hook(error)
    assert told == ["ValueError", "KeyError"]
    assert len(caplog.records) == 3
    assert all(record.exc_info for record in caplog.records)


def test_ctrl_c_is_no_error(told: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    raise_in_hook(KeyboardInterrupt())
    assert told == []


def test_an_exception_in_a_thread_is_told(told: list[str]) -> None:
    thread = threading.Thread(target=lambda: 1 / 0)
    thread.start()
    thread.join()
    assert told == ["ZeroDivisionError"]


def test_an_exception_in_a_slot_is_told(told: list[str]) -> None:
    class Sender(QObject):
        sent = Signal()

    sender = Sender()
    sender.sent.connect(lambda: 1 / 0)
    sender.sent.emit()
    assert told == ["ZeroDivisionError"]


def test_qt_messages_go_to_the_log(caplog: pytest.LogCaptureFixture) -> None:
    before = qInstallMessageHandler(None)
    try:
        catch_qt_messages()
        qWarning("something about 100 % of a plugin")
    finally:
        qInstallMessageHandler(before)
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("qt", logging.WARNING)
    assert record.getMessage() == "something about 100 % of a plugin"


def test_qt_may_talk_to_the_very_end() -> None:
    """With Qt's own debugging on, it also does when Python can no longer listen."""
    code = (
        "from trackside.diagnostics import catch_qt_messages as catch; catch();"
        "from PySide6.QtWidgets import QApplication, QWidget;"
        "a = QApplication([]); w = QWidget(); w.show(); a.processEvents()"
    )
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "QT_LOGGING_RULES": "*=true"}
    ended = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=False)
    assert ended.returncode == 0


def test_what_fails_while_it_is_cleared_away_is_logged_without_its_repr(
    told: list[str], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Secretive:
        def __repr__(self) -> str:
            return KEY

        def __del__(self) -> None:
            raise ValueError("on its way out")

    cleared = Secretive()
    del cleared
    (record,) = caplog.records
    assert "could not be raised" in record.getMessage()
    assert KEY not in caplog.text
    assert told == []


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such rights")
def test_a_log_that_others_could_read_is_closed_to_them(tmp_path: Path, own_logging: logging.Logger) -> None:
    path = tmp_path / "trackside.log"
    path.write_text("before\n")
    path.chmod(0o644)
    close = open_log(path)
    close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
