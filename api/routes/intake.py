"""What the routes that take input share: pieces through a door, and the answer."""

from collections.abc import Iterable
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse
from sqlmodel import Session

from api import files, problems
from api.doors import Intake
from api.files import Kind, Piece
from dongke.errors import BadInput

MAX_ITEMS = 10_000
_LINES = ("ndjson", "jsonl", "json-seq", "jsonlines")


def is_lines(request: Request) -> bool:
    """Whether the body is one JSON object a line."""
    return any(mark in request.headers.get("content-type", "") for mark in _LINES)


def items(request: Request, body: bytes, name: str) -> tuple[list[Piece], bool]:
    """The pieces of the body, and whether there was only one, not as a list. `{name: [...]}` is a list as well."""
    if not body.strip():
        raise BadInput("body-empty", "请求没有内容")
    lines = is_lines(request)
    pieces = list(files.body_pieces(body, lines=lines))
    if not lines and len(pieces) == 1 and isinstance(pieces[0].row, dict):
        inner = pieces[0].row.get(name)
        if isinstance(inner, list) and "id" not in pieces[0].row:
            rows = [Piece(f"body:{n}", files.as_bytes(row), row) for n, row in enumerate(inner, 1)]
            return _checked(rows), False
    single = not lines and len(pieces) == 1 and pieces[0].source == "body"
    return _checked(pieces), single


def answer(session: Session, request: Request, kind: Kind, pieces: Iterable[Piece], single: bool) -> JSONResponse:
    """Takes the pieces in. One refused piece alone is a problem, otherwise every piece has its result. The refused
    ones are kept in either case."""
    intake = Intake(session)
    intake.take(kind, list(pieces))
    summary = intake.finish()
    if single and summary.faults:
        fault = summary.faults[0].fault
        assert fault is not None
        return problems.response(fault)
    return JSONResponse(result(intake), 202)


def result(intake: Intake) -> dict[str, Any]:
    """The account of an intake as the API gives it."""
    summary = intake.summary
    return {
        "accepted": summary.accepted,
        "unchanged": summary.unchanged,
        "refused": summary.refused,
        "results": [outcome.to_json() for outcome in intake.outcomes],
    }


def _checked(pieces: list[Piece]) -> list[Piece]:
    if len(pieces) > MAX_ITEMS:
        raise BadInput("too-many-items", f"一次最多 {MAX_ITEMS} 件")
    return pieces
