"""Two workers at once: the database keeps every message, recording and transcript once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import numpy as np
from sqlalchemy import Engine
from sqlmodel import Session, select

from asr import archive, chatlog
from asr.chatlog import Party
from asr.models import ChatMessage, Recording, StoredConversation, Transcription
from asr.recordings import RecordingMeta, register
from asr.repository import load_conversation, store_conversation
from asr.transcriber import Segment
from dongke import db
from dongke.settings import Settings
from dongke.types import Channel, Conversation, Speaker, Utterance
from tests.asr.conftest import STARTED, noise, tone, write_wav

PEOPLE = {"WangWei": Party("advisor", "A1"), "wmOne": Party("customer", "C1")}


class Ears:
    version = source = "ears@1"

    def segments(self, samples: np.ndarray) -> tuple[Segment, ...]:
        return (Segment("我想买五十万基金", 200, 3000),)


def _together(engine: Engine, work: Callable[[Session], Any], count: int = 4) -> list[Any]:
    """Runs the work in so many transactions that start at the same moment."""
    start = Barrier(count)

    def one(_: int) -> Any:
        start.wait(timeout=30)
        with db.session_scope(engine) as session:
            return work(session)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def test_same_recording(people: Session, engine: Engine, tmp_path: Path, meta: RecordingMeta, config: Settings) -> None:
    people.commit()
    path = write_wav(tmp_path / "call.wav", np.stack([tone(4), noise(4, level=0.05)], 1))
    found = _together(engine, lambda s: register(s, path, replace(meta, id="R1"), config).id)
    assert found == ["R1"] * 4
    done = _together(engine, lambda s: str(archive.transcribe(s, "R1", Ears(), config).state))
    assert done == ["done"] * 4
    assert len(people.exec(select(Recording)).all()) == 1
    assert len(people.exec(select(Transcription)).all()) == 1
    assert len(people.exec(select(StoredConversation)).all()) == 1


def test_same_messages(people: Session, engine: Engine) -> None:
    people.commit()
    batch = [
        {
            "msgid": f"m{number}",
            "action": "send",
            "from": "wmOne",
            "tolist": ["WangWei"],
            "msgtime": round((STARTED + timedelta(minutes=number * 20)).timestamp() * 1000),
            "msgtype": "text",
            "text": {"content": f"第{number}句"},
        }
        for number in range(30)
    ]
    results = _together(engine, lambda s: chatlog.take_messages(s, batch, PEOPLE.get))
    assert sorted(r.accepted for r in results) == [0, 0, 0, 30]
    assert len(people.exec(select(ChatMessage)).all()) == 30
    (stored,) = people.exec(select(StoredConversation)).all()
    assert len(load_conversation(people, stored.id)[1].utterances) == 30


def test_same_conversation(people: Session, engine: Engine) -> None:
    people.commit()
    talk = Conversation("K1", Channel.CALL, STARTED, (Utterance(Speaker.CUSTOMER, "我有五十万", 0, 900),))
    results = _together(engine, lambda s: store_conversation(s, talk, customer_id="C1", advisor_id="A1").state)
    assert sorted(results) == ["new", "unchanged", "unchanged", "unchanged"]
