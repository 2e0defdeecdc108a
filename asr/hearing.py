"""听写: from a decoded recording to the turns that the engine hears, with who says them."""

from dataclasses import replace
from difflib import SequenceMatcher

from asr import audio, cleanup, speakers, transcripts
from asr.finish import finish
from asr.transcriber import SAMPLE_RATE, Transcriber, Transcript, Turn
from asr.utterances import channel_turns, merge
from dongke.types import Speaker

ONE_CHANNEL = "单声道录音, 说话人不确定, 不产生标签"
ECHO = "串音"
ECHO_LIKENESS = 0.7  #: how alike two turns at one time must be to be one voice in both channels


def hear(sound: audio.Sound, transcriber: Transcriber, advisor_channel: int = 0) -> Transcript:
    """What the engine hears: each channel by itself and full length; one channel alone does not tell who speaks."""
    return finish(_heard(sound, transcriber, advisor_channel))


def _heard(sound: audio.Sound, transcriber: Transcriber, advisor_channel: int) -> Transcript:
    if audio.is_dual_mono(sound):
        return _hear_mono(sound, transcriber)
    left, right = sound.channel(0), sound.channel(1)
    found = []
    for role, own, other in zip(speakers.channel_roles(advisor_channel), (left, right), (right, left), strict=True):
        if audio.loudness_db(own) > audio.SILENT_DB:
            found.append((role, transcriber.segments(audio.gate(own, other))))
    turns = _without_echo(merge(found), sound, advisor_channel)
    return Transcript(turns, transcriber.source)


def _hear_mono(sound: audio.Sound, transcriber: Transcriber) -> Transcript:
    """The roles are guessed for the page; every turn is doubted, so that no tag stands on a guess."""
    mono = sound.mono()
    if audio.loudness_db(mono) <= audio.SILENT_DB:
        return Transcript((), transcriber.source)
    turns: list[Turn] = []
    for turn in channel_turns(Speaker.ADVISOR, transcriber.segments(mono)):
        role = speakers.guess(turn.text, turns[-1].speaker if turns else None)
        turns.append(replace(turn, speaker=role, doubt=turn.doubt or transcripts.UNKNOWN_SPEAKER))
    return Transcript(tuple(turns), transcriber.source, (ONE_CHANNEL,) if turns else ())


def _without_echo(turns: tuple[Turn, ...], sound: audio.Sound, advisor_channel: int) -> tuple[Turn, ...]:
    """Doubts a turn that is heard in the other channel too, and louder there: one voice must not speak for both."""
    roles = speakers.channel_roles(advisor_channel)
    done = []
    for turn in turns:
        own = roles.index(turn.speaker)
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
