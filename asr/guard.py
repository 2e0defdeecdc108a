"""防幻觉: doubts about what the engine may have made up where nobody spoke.

A doubted segment is kept and shown grey; it makes no tags. The thresholds are those of Whisper's own decoder where it
has one; the others leave room on the side of real speech (Mandarin is spoken at four to eight characters a second).
"""

import re
from collections.abc import Sequence

from asr.cleanup import bare
from asr.transcriber import Segment

NO_SPEECH = 0.6  #: probability of silence from which a poor segment is doubted
POOR_LOGPROB = -1.0  #: mean log probability below which a probably silent segment is doubted
BAD_LOGPROB = -1.5  #: mean log probability below which any segment is doubted
MAX_COMPRESSION = 2.4  #: a text that gzip shrinks more than this repeats itself
MAX_CHARS_PER_SECOND = 14.0
MIN_CHARS_FOR_RATE = 8
MIN_REPEATED_CHARS = 6  #: shorter lines repeat in real talk: 好的, 对对, 嗯嗯
MAX_REPEATS = 2  #: the same long line this often in a row is still believed

MONOTONOUS_CHARS = 40  #: a text this long …
MONOTONOUS_SHARE = 0.35  #: … of whose runs of four characters fewer are different goes round in circles
FOREIGN_LETTERS = 12  #: so many letters without Chinese around them are no terms of the trade: ETF, QDII, Level2

_FOREIGN = re.compile("[\u3040-\u30ff\u1100-\u11ff\uac00-\ud7af\u0e00-\u0e7f\u0400-\u04ff\u0600-\u06ff]")
_LATIN = re.compile("[A-Za-z\u00c0-\u024f]")
_HAN = re.compile("[\u4e00-\u9fff]")
#: what Whisper writes into silence, learnt from subtitles: whole lines only
_GHOSTS = re.compile(
    "(?:(?:中文)?字幕(?:(?:志愿者|组|制作|由|提供|by|校对|来源|翻译|君).{0,20})?)|"
    "(?:(?:感谢|谢谢)(?:您|大家|各位)?的?(?:观看|收看|收听|观赏)(?:本期|这期)?(?:视频|节目)?)|"
    "(?:(?:请|欢迎)?(?:不吝)?(?:点赞|订阅|转发|打赏|收藏)+.{0,24}(?:栏目|频道|明镜|点点|支持|小铃铛))|"
    "(?:请不吝(?:点赞|订阅|转发|打赏).{0,30})|(?:.{0,12}amara.{0,12})|(?:优优独播剧场.{0,20})|"
    "(?:本(?:期|集)(?:视频|节目)(?:就)?到这里.{0,10})|(?:我们下(?:期|集)(?:视频|节目)?(?:再见|见))|"
    "(?:(?:作词|作曲|编曲|词曲|演唱).{0,12})|(?:以下是普通话的.{0,20})|(?:mingpao.{0,20})|(?:subtitlesby.{0,30})|"
    "(?:(?:更多|精彩)(?:内容|视频)请(?:关注|订阅).{0,20})|(?:由?.{0,10}字幕组(?:制作|翻译|出品)?)|(?:未经.{0,6}许可.{0,4}不得.{0,12})|"
    "(?:(?:thanks?|thankyou)for(?:watching|listening)[a-z]{0,12})|(?:pleasesubscribe.{0,30})|(?:ご視聴ありがとうございました)",
    re.IGNORECASE,
)
#: one or two characters ten times over, or a longer piece four times over
_LOOPS = (re.compile(r"(.{1,2}?)\1{9,}"), re.compile(r"(.{3,20}?)\1{3,}"))


def doubt(segment: Segment) -> str | None:
    """Why this segment is not believed (Chinese), or None where it is."""
    text = bare(segment.text)
    if not text:
        return "没有文字"
    if segment.no_speech_prob > NO_SPEECH and segment.avg_logprob < POOR_LOGPROB:
        return "可能没有人说话"
    if segment.avg_logprob < BAD_LOGPROB:
        return "识别把握太低"
    if segment.compression_ratio > MAX_COMPRESSION or is_loop(text):
        return "文字循环重复"
    if _too_fast(segment, text):
        return "语速不可能"
    if is_ghost(text):
        return "疑似字幕幻觉"
    if is_foreign(text):
        return "不是中文"
    return None


def doubts(segments: Sequence[Segment]) -> list[str | None]:
    """A doubt for each segment of one channel, also where the same long line comes again and again."""
    found = [doubt(segment) for segment in segments]
    texts = [bare(segment.text) for segment in segments]
    start = 0
    for number in range(1, len(texts) + 1):
        if number < len(texts) and texts[number] == texts[start]:
            continue
        if number - start > MAX_REPEATS and len(texts[start]) >= MIN_REPEATED_CHARS:
            found[start:number] = [reason or "整句反复出现" for reason in found[start:number]]
        start = number
    return found


def is_ghost(text: str) -> bool:
    """Whether the whole line is one of the known inventions."""
    return _GHOSTS.fullmatch(bare(text)) is not None


def is_loop(text: str) -> bool:
    """Whether most of the text is one piece over and over, or a long text has few pieces of its own."""
    text = bare(text)
    runs = [text[n : n + 4] for n in range(len(text) - 3)]
    if len(text) >= MONOTONOUS_CHARS and len(set(runs)) < MONOTONOUS_SHARE * len(runs):
        return True
    return any(len(m.group()) * 2 > len(text) for pattern in _LOOPS for m in [pattern.search(text)] if m)


def is_foreign(text: str) -> bool:
    """Whether the line is in another language: dreamt, or not for a reader of Chinese."""
    foreign, latin, han = (len(kind.findall(text)) for kind in (_FOREIGN, _LATIN, _HAN))
    return foreign > max(1, han) or (latin >= FOREIGN_LETTERS and latin > 2 * han)


def _too_fast(segment: Segment, text: str) -> bool:
    if len(text) < MIN_CHARS_FOR_RATE:
        return False
    first = segment.words[0].start_ms if segment.words else segment.start_ms
    last = segment.words[-1].end_ms if segment.words else segment.end_ms
    return len(text) * 1000 > MAX_CHARS_PER_SECOND * max(last - first, 1)
