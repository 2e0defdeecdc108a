"""听写: from a decoded recording to the turns that the engine hears, with who says them."""

from dataclasses import replace
from difflib import SequenceMatcher

from asr import audio, cleanup, onechannel, roles, speakers
from asr.finish import finish
from asr.transcriber import SAMPLE_RATE, Transcriber, Transcript, Turn
from asr.transcripts import UNKNOWN_SPEAKER
from asr.utterances import merge
from dongke.types import Speaker

ONE_CHANNEL = "单声道录音, 说话人不确定, 不产生标签"
ONE_CHANNEL_TOLD = "单声道录音, 说话人按声音和内容判定"
SWAPPED = "两个声道与登记的相反, 已按内容对调"
UNFIT = "声道角色与说话内容不符, 不产生标签"
ECHO = "串音"
ECHO_LIKENESS = 0.7  #: how alike two turns at one time must be to be one voice in both channels
_OTHER = {Speaker.ADVISOR: Speaker.CUSTOMER, Speaker.CUSTOMER: Speaker.ADVISOR}


def hear(sound: audio.Sound, transcriber: Transcriber, advisor_channel: int = 0) -> Transcript:
    """What the engine hears, made readable. Two channels are heard each by itself and full length, and checked against
    what is said in them; in one channel the two voices are told apart, as far as they can be."""
    if audio.is_dual_mono(sound):
        return finish(_hear_one(sound, transcriber))
    left, right = sound.channel(0), sound.channel(1)
    found = []
    for role, own, other in zip(speakers.channel_roles(advisor_channel), (left, right), (right, left), strict=True):
        if audio.loudness_db(own) > audio.SILENT_DB:
            found.append((role, transcriber.segments(audio.gate(own, other))))
    turns = _without_echo(merge(found), sound, advisor_channel)
    return finish(_fitting(Transcript(turns, transcriber.source)))


def _fitting(transcript: Transcript) -> Transcript:
    """The transcript with the channels swapped back, or doubted, where what is said in them is the other party's."""
    said = {who: [t.text for t in transcript.turns if t.speaker is who and t.doubt is None] for who in Speaker}
    verdict = roles.channels(said[Speaker.ADVISOR], said[Speaker.CUSTOMER])
    if verdict is roles.Channels.KEPT:
        return transcript
    if verdict is roles.Channels.SWAPPED:
        turns = tuple(replace(turn, speaker=_OTHER[turn.speaker]) for turn in transcript.turns)
        return replace(transcript, turns=turns, notes=(*transcript.notes, SWAPPED))
    doubted = tuple(replace(turn, doubt=turn.doubt or UNKNOWN_SPEAKER) for turn in transcript.turns)
    return replace(transcript, turns=doubted, notes=(*transcript.notes, UNFIT))


def _hear_one(sound: audio.Sound, transcriber: Transcriber) -> Transcript:
    mono = sound.mono()
    if audio.loudness_db(mono) <= audio.SILENT_DB:
        return Transcript((), transcriber.source)
    turns, sure = onechannel.tell_apart(mono, transcriber.segments(mono))
    if not turns:
        return Transcript((), transcriber.source)
    told = f"{ONE_CHANNEL_TOLD}, 把握 {sure:.2f}" if any(t.doubt is None for t in turns) else ONE_CHANNEL
    return Transcript(turns, transcriber.source, (told,), sure)


def _without_echo(turns: tuple[Turn, ...], sound: audio.Sound, advisor_channel: int) -> tuple[Turn, ...]:
    """Doubts a turn that is heard in the other channel too, and louder there: one voice must not speak for both."""
    roles_of = speakers.channel_roles(advisor_channel)
    done = []
    for turn in turns:
        own = roles_of.index(turn.speaker)
        is_echo = any(_is_twin(turn, o) for o in turns) and _level(sound, own, turn) < _level(sound, 1 - own, turn)
        done.append(replace(turn, doubt=turn.doubt or ECHO) if is_echo else turn)
    return tuple(done)


def _is_twin(turn: Turn, other: Turn) -> bool:
    together = (turn.start_ms or 0) < (other.end_ms or 0) and (other.start_ms or 0) < (turn.end_ms or 0)
    if other.speaker == turn.speaker or not together:
        return False
    mine, theirs = cleanup.bare(turn.text), cleanup.bare(other.text)
    if len(mine) < 4:
        return False
    shared = sum(b.size for b in SequenceMatcher(None, mine, theirs, autojunk=False).get_matching_blocks())
    return shared >= ECHO_LIKENESS * len(mine)


def _level(sound: audio.Sound, channel: int, turn: Turn) -> float:
    start, end = ((ms or 0) * SAMPLE_RATE // 1000 for ms in (turn.start_ms, turn.end_ms))
    part = sound.pcm[start:end, channel].astype("float64")
    return float((part**2).mean()) if len(part) else 0.0
