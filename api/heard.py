"""演示模型听写的: marks whatever quotes a talk that the demo's model heard; one statement an answer."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from pydantic import Field
from sqlmodel import Session

from asr.repository import heard_by_demo

#: beside every quote that the API gives
Demo = Annotated[bool, Field(description="演示模型听写的: 它只听得懂合成语音")]


def mark(session: Session, *shown: Iterable[dict[str, Any]]) -> None:
    """Adds `demo` to each of these, which name the talk that they quote as `conversation_id` or, as the causes of an
    opportunity do, as `conversation`; what names none is of no model."""
    rows = [row for each in shown for row in each]
    heard = heard_by_demo(session, {talk for row in rows if (talk := _talk(row))})
    for row in rows:
        row["demo"] = _talk(row) in heard


def _talk(row: Mapping[str, Any]) -> str | None:
    return row.get("conversation_id") or row.get("conversation")
