"""What is logged: a line of JSON each, bounded, and nothing of what shoppers wrote.

An error is told by its type, its message and the places it passed; never with local variables, which hold reviews and
questions. Out of a message everything in quotes is taken, since there libraries repeat the value that they disliked.
"""

import logging
import re
import sys
import threading
import traceback
from collections.abc import Iterator, MutableMapping
from pathlib import PurePath
from typing import Any

import orjson
import structlog

LONGEST_MESSAGE, LONGEST_VALUE = 200, 500  # characters
MOST_FRAMES, MOST_CAUSES = 8, 3
_OPENING, _CLOSING = re.compile(r"[\"“‘«`]|(?<!\w)'"), re.compile(r"[\"”»`]|['’](?!\w)")


def configure_logs(level: str) -> None:
    """For this process: structlog's records and those of `logging`; `level` as `logging` names it."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _without_traceback,
            _bounded,
            structlog.processors.JSONRenderer(serializer=_json),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_number(level)),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )
    if logging.getLogRecordFactory() is not _record:
        logging.setLogRecordFactory(_record)
    threading.excepthook = _log_thread_error


def describe_error(error: BaseException) -> dict[str, Any]:
    """Type, message and places of an error, and of what caused it."""
    causes = [{"type": type(one).__name__, "message": harmless(one)} for one in _causes(error)]
    frames = traceback.extract_tb(error.__traceback__)[-MOST_FRAMES:]
    places = [f"{'/'.join(PurePath(frame.filename).parts[-2:])}:{frame.lineno} {frame.name}" for frame in frames]
    return {**causes[0], "places": places, **({"causes": causes[1:]} if causes[1:] else {})}


def harmless(error: BaseException) -> str:
    """The first line of an error's message, without all from the first to the last mark of a quotation."""
    message = next(iter(str(error)[:10_000].splitlines()), "")
    if opened := _OPENING.search(message):
        closed = [one.end() for one in _CLOSING.finditer(message, opened.end())]
        message = f"{message[: opened.start()]}…{message[closed[-1] :] if closed else ''}"
    return _cut(message, LONGEST_MESSAGE)


def _causes(error: BaseException) -> Iterator[BaseException]:
    one: BaseException | None = error
    for _ in range(1 + MOST_CAUSES):
        if one is None:
            return
        yield one
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)


def _without_traceback(_logger: Any, _name: str, record: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    found = record.pop("exc_info", None)
    record.pop("stack_info", None)
    error = found if isinstance(found, BaseException) else (found[1] if isinstance(found, tuple) else None)
    if error is None and found:
        error = sys.exc_info()[1]
    if error is not None:
        record["error"] = describe_error(error)
    return record


def _bounded(_logger: Any, _name: str, record: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name, value in record.items():
        if isinstance(value, str):
            record[name] = _cut(value, LONGEST_VALUE)
        elif name != "error" and not isinstance(value, int | float | bool | None):
            text = str(value)
            record[name] = value if len(text) <= LONGEST_VALUE else _cut(text, LONGEST_VALUE)
    return record


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _json(record: Any, **_: Any) -> str:
    return orjson.dumps(record, default=str, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY).decode()


def _number(level: str) -> int:
    return logging.getLevelNamesMapping().get(level.upper(), logging.INFO)


_plain_record = logging.getLogRecordFactory()


def _record(*arguments: Any, **named: Any) -> logging.LogRecord:
    """A record of `logging` whose traceback is written already: handlers write what they find there."""
    record = _plain_record(*arguments, **named)
    if isinstance(record.exc_info, tuple) and record.exc_info[1] is not None:
        record.exc_text = _json(describe_error(record.exc_info[1]))
    return record


def _log_thread_error(arguments: threading.ExceptHookArgs) -> None:
    if arguments.exc_value is not None:
        name = arguments.thread.name if arguments.thread else ""
        structlog.get_logger(__name__).error("a thread ended", thread=name, exc_info=arguments.exc_value)
