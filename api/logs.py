"""日志: one JSON object a line on standard error. Of an exception only its kind and its places, no message, no local
variables, no SQL parameters: what customers said stays out of it. (A message can quote it: `invalid literal … '138…'`,
PostgreSQL's "Failing row contains …".)
"""

import logging
import sys
import traceback
from functools import cache
from types import TracebackType
from typing import Any

import structlog


class _WithoutWords(logging.Formatter):
    """Log lines of libraries: exceptions without their messages."""

    def formatException(self, ei: Any) -> str:
        return places(ei)


class _WithoutQuery(logging.Filter):
    """Cuts the query off the addresses in the access log: tickets and searches stay out of it."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple) and len(record.args) == 5:
            client, method, path, version, status = record.args
            record.args = (client, method, str(path).split("?", 1)[0], version, status)
        return True


def places(exc_info: tuple[type[BaseException], BaseException, TracebackType | None]) -> str:
    """The kinds of an exception and of its causes, each with the places that it came through."""
    fault: BaseException | None = exc_info[1]
    parts: list[str] = []
    while fault is not None and len(parts) < 10:
        kind = type(fault)
        parts.append("".join(traceback.format_tb(fault.__traceback__)) + f"{kind.__module__}.{kind.__qualname__}")
        fault = fault.__cause__ or (None if fault.__suppress_context__ else fault.__context__)
    return "\ncaused by:\n".join(parts)


@cache
def configure(level: str) -> None:
    """Sets the process's logging up, once."""
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_WithoutWords("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=max(number, logging.WARNING), handlers=[handler])
    logging.getLogger("uvicorn.access").addFilter(_WithoutQuery())
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.ExceptionRenderer(places),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),  # what it is then, not what it is now
        cache_logger_on_first_use=False,
    )
