import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy.orm import Session as PlainSession
from sqlmodel import Session, select

from asr import archive, whisper
from asr.models import Recording, RecordingState, StoredConversation, StoredUtterance, Transcription
from asr.recordings import RecordingMeta, register
from asr.repository import load_conversation, unread
from asr.transcriber import Segment
from dongke.errors import NotFound
from dongke.settings import Settings
from dongke.types import Speaker
from tests.asr.conftest import DEMO_MODEL, SAMPLE_CALL, SENTENCE, noise, tone, write_wav

SIDECAR = [
    {"speaker": "advisor", "text": "您好", "start": 0.1, "end": 0.8},
    {"speaker": "customer", "text": "我电话13800138000", "start": 1.0, "end": 1.4},
]


class Echoing:
    """An engine that hears one given sentence in every channel, and counts."""

    def __init__(self, text: str = "我想买五十万基金", **figures: float) -> None:
        self.version = self.source = "echo@1"
        self.heard = 0
        self._segment = Segment(text, 200, 3000, **figures)

    def segments(self, samples: np.ndarray) -> tuple[Segment, ...]:
        self.heard += 1
        return (self._segment,)


def _stereo(path: Path) -> Path:
    """The left channel hums twice as loud as the right one hisses."""
    return write_wav(path, np.stack([tone(4), noise(4, level=0.05)], 1))


@pytest.fixture
def call(people: Session, tmp_path: Path, meta: RecordingMeta, config: Settings) -> Recording:
    """A registered recording in two channels, without a sidecar."""
    return register(people, _stereo(tmp_path / "call.wav"), replace(meta, id="R1"), config)


def _sidecar(recording: Recording, content: object) -> Path:
    path = Path(recording.path).with_suffix(".json")
    path.write_text(json.dumps(content))
    return path


def test_sample_call_end_to_end(people: Session, meta: RecordingMeta, config: Settings) -> None:
    engine = whisper.load(config.model_copy(update={"speech_model": str(DEMO_MODEL)}))
    recording = register(people, SAMPLE_CALL, replace(meta, id="R4001"), config)
    done = archive.transcribe(people, recording.id, engine, config)
    assert done.state is RecordingState.DONE
    assert done.transcript_source == engine.source
    assert engine.source.startswith("demo:")
    stored, talk = load_conversation(people, "R4001")
    assert (stored.source, stored.recording_id) == (engine.source, "R4001")
    said = {u.text: u.speaker for u in talk.utterances}
    about_money = next(text for text in said if "八十万" in text)
    assert said[about_money] is Speaker.CUSTOMER
    starts = [u.start_ms for u in talk.utterances]
    assert starts == sorted(starts)
    assert talk.utterances[0].speaker is Speaker.ADVISOR
    assert not any(u.suspect for u in talk.utterances)
    again = archive.transcribe(people, recording.id, engine, config)
    assert again.state is RecordingState.DONE
    assert len(people.exec(select(Transcription)).all()) == 1


def test_scripted_model_end_to_end(people: Session, meta: RecordingMeta, config: Settings, scripted: Path) -> None:
    engine = whisper.load(config.model_copy(update={"speech_model": str(scripted)}))
    recording = register(people, SAMPLE_CALL, meta, config)
    archive.transcribe(people, recording.id, engine, config)
    row = people.exec(select(Transcription)).one()
    assert row.model_version == engine.version
    for speaker in Speaker:  # its words, at times that mean nothing, are cut into turns
        assert "".join(turn["text"] for turn in row.result["turns"] if turn["speaker"] == speaker) == SENTENCE


def test_exactly_once_for_each_sound_and_model(people: Session, call: Recording, config: Settings) -> None:
    engine = Echoing()
    for _ in range(3):
        archive.transcribe(people, call.id, engine, config)
    assert engine.heard == 2  # each channel once
    assert len(people.exec(select(Transcription)).all()) == 1
    newer = Echoing("我想买六十万基金")
    newer.version = newer.source = "echo@2"
    archive.transcribe(people, call.id, newer, config)
    assert len(people.exec(select(Transcription)).all()) == 2
    assert "六十万" in load_conversation(people, call.id)[1].utterances[0].text
    assert len(people.exec(select(StoredConversation)).all()) == 1


def test_without_model_it_waits_and_goes_on_when_there_is_one(
    people: Session, call: Recording, config: Settings
) -> None:
    waiting = archive.transcribe(people, call.id, None, config)
    assert waiting.state is RecordingState.NEEDS_MODEL
    assert waiting.reason
    assert unread(people, "v1") == []
    assert archive.transcribe(people, call.id, Echoing(), config).state is RecordingState.DONE
    assert archive.transcribe(people, call.id, None, config).state is RecordingState.DONE


@pytest.mark.parametrize("ears", [None, Echoing()], ids=["no model", "model"])
def test_sidecar_goes_before_speech(people: Session, call: Recording, config: Settings, ears: Echoing | None) -> None:
    _sidecar(call, SIDECAR)
    done = archive.transcribe(people, call.id, ears, config)
    assert (done.state, done.transcript_source, done.reason) == (RecordingState.DONE, "sidecar", None)
    assert ears is None or ears.heard == 0
    stored, talk = load_conversation(people, call.id)
    assert stored.source == "sidecar"
    assert [u.text for u in talk.utterances] == ["您好", "我电话***********"]
    assert "13800138000" not in json.dumps(people.exec(select(Transcription)).one().result)


def test_corrected_sidecar_is_taken_again(people: Session, call: Recording, config: Settings) -> None:
    _sidecar(call, SIDECAR)
    archive.transcribe(people, call.id, None, config)
    _sidecar(call, SIDECAR[:1])
    archive.transcribe(people, call.id, None, config)
    assert len(load_conversation(people, call.id)[1].utterances) == 1
    _sidecar(call, SIDECAR)  # and put back
    archive.transcribe(people, call.id, None, config)
    assert len(load_conversation(people, call.id)[1].utterances) == 2
    assert len(people.exec(select(Transcription)).all()) == 2


def test_broken_sidecar_fails_visibly_and_can_be_tried_again(
    people: Session, call: Recording, config: Settings
) -> None:
    _sidecar(call, {"no": "sentences"})
    failed = archive.transcribe(people, call.id, Echoing(), config)
    assert failed.state is RecordingState.FAILED
    assert "transcript-invalid" in str(failed.reason)
    _sidecar(call, SIDECAR)
    mended = archive.transcribe(people, call.id, Echoing(), config)
    assert (mended.state, mended.reason) == (RecordingState.DONE, None)


def test_a_sidecar_that_cannot_be_read_fails_visibly_and_stops_nothing(
    people: Session, call: Recording, config: Settings
) -> None:
    call.sidecar = "/proc/self/mem"  # a file, but not even root can read it from its beginning
    failed = archive.transcribe(people, call.id, None, config)
    assert failed.state is RecordingState.FAILED
    assert (failed.reason or "").endswith("(transcript-forbidden)")
    _sidecar(call, {"utterances": SIDECAR})
    call.sidecar = None
    assert archive.transcribe(people, call.id, None, config).state is RecordingState.DONE


def test_a_sidecar_is_written_in_our_style(people: Session, call: Recording, config: Settings) -> None:
    said = [SIDECAR[0] | {"text": "您好。"}, SIDECAR[1] | {"text": "我有50萬，買固收家。"}]
    _sidecar(call, {"utterances": said})
    archive.transcribe(people, call.id, None, config)
    _, talk = load_conversation(people, call.id)
    assert [u.text for u in talk.utterances] == ["您好。", "我有五十万，买固收加。"]
    kept = people.exec(select(StoredUtterance).where(StoredUtterance.index == 1)).one().edits or []
    assert [e["original"] for e in kept] == ["50", "萬", "買", "固收家"]
    (stored,) = people.exec(select(Transcription))
    assert stored.result["turns"][1]["edits"] == kept


def test_lost_file_fails_and_leaves_the_transaction_usable(people: Session, call: Recording, config: Settings) -> None:
    Path(call.path).unlink()
    failed = archive.transcribe(people, call.id, Echoing(), config)
    assert failed.state is RecordingState.FAILED
    assert "audio-missing" in str(failed.reason)
    assert isinstance(people, PlainSession)
    assert people.exec(select(Transcription)).all() == []


def test_one_channel_makes_no_believed_utterance(
    people: Session, tmp_path: Path, meta: RecordingMeta, config: Settings
) -> None:
    for number, samples in enumerate((tone(4), np.stack([noise(4, level=0.1)] * 2, 1))):  # mono; one mix in both
        path = write_wav(tmp_path / f"{number}.wav", samples)
        recording = register(people, path, replace(meta, id=f"M{number}"), config)
        done = archive.transcribe(people, recording.id, Echoing(), config)
        assert done.state is RecordingState.SUSPECT
        assert "单声道" in str(done.reason)
        utterances = load_conversation(people, recording.id)[1].utterances
        assert [u.suspect for u in utterances] == [True]


def test_doubted_talk_is_suspect(people: Session, call: Recording, config: Settings) -> None:
    done = archive.transcribe(people, call.id, Echoing("谢谢大家观看"), config)
    assert (done.state, done.reason) == (RecordingState.SUSPECT, archive.ALL_DOUBTED)


def test_nothing_heard_is_no_contact(people: Session, tmp_path: Path, meta: RecordingMeta, config: Settings) -> None:
    engine = whisper.load(config.model_copy(update={"speech_model": str(DEMO_MODEL)}))
    path = write_wav(tmp_path / "ring.wav", np.stack([tone(8), noise(8)], 1))
    recording = register(people, path, replace(meta, id="R9"), config)
    done = archive.transcribe(people, "R9", engine, config)
    assert (done.state, done.reason) == (RecordingState.SUSPECT, archive.NOTHING_HEARD)
    stored, talk = load_conversation(people, recording.id)
    assert (talk.utterances, stored.answered) == ((), False)


def test_unknown_recording(people: Session, config: Settings) -> None:
    with pytest.raises(NotFound):
        archive.transcribe(people, "R404", None, config)
