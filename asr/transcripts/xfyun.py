"""讯飞 语音转写: the older answer (`data` is a JSON text of sentences: onebest, bg, ed, speaker) and the newer one
(`content.orderResult` is a JSON text with a lattice, every `json_1best` of which is a JSON text again)."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from asr.transcriber import Word
from asr.transcripts.core import Sentence, bad, milliseconds, rows_of, text_of

FORM = "vendor:xfyun"
FRAME_MS = 10  #: words are timed in frames from the beginning of their sentence
_TRACKS = {"L": 0, "R": 1}
_NOBODY = ("", "0")  #: the speaker's number where speakers were not told apart
_DONE = 4


def fits(data: Any) -> bool:
    """Whether this is 讯飞's, in whichever of its envelopes."""
    if isinstance(data, list):
        return bool(data) and isinstance(data[0], Mapping) and "onebest" in data[0]
    if not isinstance(data, Mapping):
        return False
    if _order(data) is not None or "lattice" in data or "orderInfo" in data:
        return True
    return ("err_no" in data or "ok" in data) and "data" in data


def read(data: Any) -> Iterator[Sentence]:
    """The sentences. Raises BadInput `transcript-invalid` with the place."""
    if isinstance(data, list):
        return _onebest(data)
    if "data" in data and "lattice" not in data and _order(data) is None:
        return _older(data)
    return _newer(data)


def _older(data: Mapping[str, Any]) -> Iterator[Sentence]:
    if data.get("err_no") not in (None, 0, "0"):
        raise bad(f"讯飞任务没有完成: {str(data.get('failed') or data['err_no'])[:80]}")
    return _onebest(_json(data["data"], "data"))


def _onebest(value: Any) -> Iterator[Sentence]:
    for number, row in enumerate(rows_of(value, "data")):
        place = f"data 第 {number} 句"
        text = text_of(row, "onebest", place).strip()
        start, end = (milliseconds(row.get(key), 1, f"{place}: {key}") for key in ("bg", "ed"))
        words = tuple(_listed(row.get("wordsResultList"), start, place))
        if text:
            yield Sentence(text, start, end, _number(row.get("speaker")), words=words)


def _listed(value: Any, begin: int, place: str) -> Iterator[Word]:
    if value is None:
        return
    for n, row in enumerate(rows_of(value, f"{place} wordsResultList")):
        where = f"{place} wordsResultList[{n}]"
        first, last = (milliseconds(row.get(k), FRAME_MS, f"{where}: {k}") for k in ("wordBg", "wordEd"))
        yield _word(text_of(row, "wordsName", where), begin, first, last, row.get("wc"))


def _newer(data: Mapping[str, Any]) -> Iterator[Sentence]:
    order = _order(data)
    if order is None:
        order = data
    info = order.get("orderInfo")
    if isinstance(info, Mapping) and info.get("status", _DONE) != _DONE:
        raise bad(f"讯飞任务没有完成: status {info.get('status')}, failType {info.get('failType')}")
    result = _json(order["orderResult"], "orderResult") if "orderResult" in order else order
    if not isinstance(result, Mapping) or "lattice" not in result:
        raise bad("orderResult 里没有 lattice")
    tracks = _tracks(result.get("label"))
    for number, row in enumerate(rows_of(result["lattice"], "lattice")):
        place = f"lattice 第 {number} 句"
        best = _json(row.get("json_1best"), f"{place} json_1best")
        sentence = _sentence(best, place, tracks)
        if sentence.text:
            yield sentence


def _sentence(best: Any, place: str, tracks: Mapping[str, int]) -> Sentence:
    st = best.get("st") if isinstance(best, Mapping) else None
    if not isinstance(st, Mapping):
        raise bad(f"{place} json_1best 里没有 st")
    start, end = (milliseconds(st.get(key), 1, f"{place}: {key}") for key in ("bg", "ed"))
    words = tuple(
        word
        for rt in rows_of(st.get("rt"), f"{place} rt")
        for n, ws in enumerate(rows_of(rt.get("ws"), f"{place} ws"))
        if (word := _best(ws, start, f"{place} ws[{n}]")).text
    )
    number = _number(st.get("rl"))
    return Sentence("".join(w.text for w in words).strip(), start, end, number, tracks.get(str(st.get("rl"))), words)


def _best(ws: Mapping[str, Any], begin: int, place: str) -> Word:
    """The first candidate of a word; one that marks a paragraph has no text."""
    candidates = rows_of(ws.get("cw"), f"{place} cw")
    if not candidates:
        return Word("", begin, begin)
    first, last = (milliseconds(ws.get(key) or 0, FRAME_MS, f"{place}: {key}") for key in ("wb", "we"))
    return _word(text_of(candidates[0], "w", place), begin, first, last, candidates[0].get("wc"))


def _word(text: str, begin: int, first: int, last: int, confidence: Any) -> Word:
    try:
        sure = float(confidence)
    except (TypeError, ValueError):
        sure = 1.0
    return Word(text, begin + first, begin + max(first, last), sure if 0 < sure <= 1 else 1.0)


def _order(data: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What holds the orderResult: the content of the answer, or the answer itself."""
    for inner in (data.get("content"), data):
        if isinstance(inner, Mapping) and ("orderResult" in inner or "orderInfo" in inner):
            return inner
    return None


def _tracks(label: Any) -> dict[str, int]:
    """The channel of each speaker's number, where the recording had two channels."""
    rows = label.get("rl_track") if isinstance(label, Mapping) else None
    if not isinstance(rows, list):
        return {}
    return {str(r["rl"]): _TRACKS[r["track"]] for r in rows if isinstance(r, Mapping) and r.get("track") in _TRACKS}


def _number(value: Any) -> str | None:
    return None if value is None or str(value) in _NOBODY else str(value)


def _json(value: Any, place: str) -> Any:
    """What a JSON text holds; some gateways have opened it already."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        raise bad(f"{place} 不是 JSON") from None
