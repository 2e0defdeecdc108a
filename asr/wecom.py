"""企业微信会话存档: reads one decrypted archive message into a frozen value. Pure; `chatlog` stores it."""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from asr.cleanup import safe
from dongke.errors import BadInput
from dongke.privacy import mask
from dongke.types import MAX_UTTERANCE_CHARS

MAX_ID_CHARS = 200
MAX_DEPTH = 20  #: levels of a body that are kept
#: what the reader sees in place of what is no text
PLACEHOLDERS = {
    "image": "图片",
    "voice": "语音",
    "video": "视频",
    "emotion": "表情",
    "file": "文件",
    "link": "链接",
    "location": "位置",
    "weapp": "小程序",
    "card": "名片",
    "chatrecord": "聊天记录",
    "todo": "待办",
    "vote": "投票",
    "collect": "填表",
    "redpacket": "红包",
    "external_redpacket": "互通红包",
    "meeting": "会议邀请",
    "meeting_voice_call": "语音通话",
    "voip_doc_share": "共享文档",
    "voiptext": "语音通话",
    "docmsg": "在线文档",
    "news": "图文",
    "calendar": "日程",
    "sphfeed": "视频号",
    "qydiskfile": "微盘文件",
    "mixed": "混合消息",
}
EVENTS = ("revoke", "agree", "disagree", "switch")  #: kinds that are no utterance
_TITLES = ("title", "filename", "address", "content")  #: whose words these are is not known
_TECHNICAL = {"msgid", "pre_msgid", "md5sum", "sdkfileid", "voiceid", "roomid", "userid", "corpname", "link_url"}
_DROPPED = {"from", "tolist", "user"}  #: identifiers of people: the stored row names customer and advisor instead


@dataclass(frozen=True, slots=True)
class ConsentMark:
    """存档同意或不同意, as the message tells it; `userid` is the customer's id at 企业微信."""

    userid: str
    agreed: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Message:
    """一条消息."""

    msgid: str
    action: str  #: send, recall, switch
    msgtype: str
    sender: str
    receivers: tuple[str, ...]
    sent_at: datetime
    text: str | None  #: None for events
    own_words: bool  #: whether the text is what the sender wrote himself
    revokes: str | None
    consent: ConsentMark | None
    body: Mapping[str, Any]  #: as it came, masked, without the identifiers of people


def parse(row: Any) -> Message:
    """Reads one message. Raises BadInput `message-invalid`, `time-invalid`. Unknown kinds become placeholders."""
    if not isinstance(row, Mapping):
        raise BadInput("message-invalid", "消息必须是一个 JSON 对象")
    msgid = _identifier(row, "msgid")
    action = row.get("action", "send")
    if action == "switch":
        return _switch(row, msgid)
    msgtype = row.get("msgtype")
    if action not in ("send", "recall") or not isinstance(msgtype, str) or not msgtype:
        raise BadInput("message-invalid", f"消息 {msgid}: action 或 msgtype 不对")
    text, own_words = (None, False) if msgtype in EVENTS else _text(msgtype, row)
    return Message(
        msgid=msgid,
        action=action,
        msgtype=safe(msgtype)[:40],
        sender=_identifier(row, "from"),
        receivers=_receivers(row, msgid),
        sent_at=_moment(row.get("msgtime"), msgid),
        text=text,
        own_words=own_words,
        revokes=_revokes(row, msgid, msgtype),
        consent=_consent(row, msgid, msgtype),
        body=_masked({k: v for k, v in row.items() if k not in _DROPPED}),
    )


def _switch(row: Mapping[str, Any], msgid: str) -> Message:
    """An employee changes the firm in his client: kept, no utterance."""
    user = row.get("user")
    return Message(
        msgid=msgid,
        action="switch",
        msgtype="switch",
        sender=user if isinstance(user, str) else "",
        receivers=(),
        sent_at=_moment(row.get("time", row.get("msgtime")), msgid),
        text=None,
        own_words=False,
        revokes=None,
        consent=None,
        body=_masked({k: v for k, v in row.items() if k not in _DROPPED}),
    )


def _text(msgtype: str, row: Mapping[str, Any]) -> tuple[str, bool]:
    """What the reader sees, and whether they are the sender's own words."""
    part = row.get(msgtype, row.get("info", {}))
    if msgtype in ("text", "markdown"):
        content = part.get("content") if isinstance(part, Mapping) else None
        if not isinstance(content, str) or len(content) > MAX_UTTERANCE_CHARS:
            raise BadInput("message-invalid", f"消息 {row['msgid']}: 没有文字内容, 或内容过长")
        return safe(content), True
    if msgtype == "mixed":
        return _mixed(part)
    part = part if isinstance(part, Mapping) else {}
    label = PLACEHOLDERS.get(msgtype) or f"未知消息 {msgtype[:40]}"
    detail = _DETAILS.get(msgtype, _title)(part, row)
    return safe(f"[{label}{' ' + detail if detail else ''}]"), False


def _mixed(part: Any) -> tuple[str, bool]:
    """A message of several pieces; its written pieces are the sender's own words."""
    pieces: list[str] = []
    own_words = False
    items = part.get("item") if isinstance(part, Mapping) else None
    for item in items if isinstance(items, list) else ():
        kind = item.get("type") if isinstance(item, Mapping) else None
        content = _inner(item.get("content")) if isinstance(item, Mapping) else {}
        if kind == "text" and isinstance(content.get("content"), str):
            pieces.append(content["content"])
            own_words = True
        else:
            pieces.append(f"[{PLACEHOLDERS.get(str(kind), '未知消息')}]")
    return safe("".join(pieces))[:MAX_UTTERANCE_CHARS] or "[混合消息]", own_words


def _inner(content: Any) -> Mapping[str, Any]:
    """The JSON text inside an item of a mixed message."""
    if isinstance(content, str):
        try:
            content = json.loads(content)
        except (ValueError, RecursionError):
            return {"content": content}
    return content if isinstance(content, Mapping) else {}


def _title(part: Mapping[str, Any], row: Mapping[str, Any]) -> str:
    for name in _TITLES:
        value = part.get(name)
        if isinstance(value, str) and value.strip():
            return " ".join(value.split())[:60]
    return ""


def _length(part: Mapping[str, Any], row: Mapping[str, Any]) -> str:
    seconds = part.get("play_length", part.get("callduration"))
    return _seconds(seconds) if isinstance(seconds, int) else ""


def _call_length(part: Mapping[str, Any], row: Mapping[str, Any]) -> str:
    end, start = part.get("endtime"), row.get("msgtime")
    if not isinstance(end, int) or not isinstance(start, int):
        return ""
    return _seconds(end - start // 1000)


def _seconds(seconds: int) -> str:
    if not 0 < seconds < 86_400:
        return ""
    return f"{seconds // 60}分{seconds % 60}秒" if seconds >= 60 else f"{seconds}秒"


_DETAILS: dict[str, Callable[[Mapping[str, Any], Mapping[str, Any]], str]] = {
    "voice": _length,
    "video": _length,
    "voiptext": _length,
    "meeting_voice_call": _call_length,
}


def _revokes(row: Mapping[str, Any], msgid: str, msgtype: str) -> str | None:
    if msgtype != "revoke":
        return None
    part = row.get("revoke")
    if not isinstance(part, Mapping):
        raise BadInput("message-invalid", f"消息 {msgid}: 撤回没有 pre_msgid")
    return _identifier(part, "pre_msgid")


def _consent(row: Mapping[str, Any], msgid: str, msgtype: str) -> ConsentMark | None:
    if msgtype not in ("agree", "disagree"):
        return None
    part = row.get(msgtype)
    if not isinstance(part, Mapping):
        raise BadInput("message-invalid", f"消息 {msgid}: 没有 {msgtype} 内容")
    stamp = part.get(f"{msgtype}_time", row.get("msgtime"))
    return ConsentMark(_identifier(part, "userid"), msgtype == "agree", _moment(stamp, msgid))


def _identifier(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    if not isinstance(value, str) or not value or len(value) > MAX_ID_CHARS or value != safe(value):
        raise BadInput("message-invalid", f"消息缺少 {name}, 或格式不对")
    return value


def _receivers(row: Mapping[str, Any], msgid: str) -> tuple[str, ...]:
    receivers = row.get("tolist", [])
    if not isinstance(receivers, list) or not all(isinstance(r, str) for r in receivers):
        raise BadInput("message-invalid", f"消息 {msgid}: tolist 必须是列表")
    return tuple(receivers)


def _moment(stamp: Any, msgid: str) -> datetime:
    """Milliseconds since 1970 in UTC."""
    if isinstance(stamp, bool) or not isinstance(stamp, int) or not 0 < stamp < 10**14:
        raise BadInput("time-invalid", f"消息 {msgid}: 时间必须是毫秒数")
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=stamp)


def _masked(value: Any, key: str = "", depth: int = 0) -> Any:
    """The value as the database can keep it: masked, without NaN, not nested without end."""
    if isinstance(value, str):
        return safe(value) if key in _TECHNICAL else mask(safe(value))
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping | list) and depth > MAX_DEPTH:
        return "…"
    if isinstance(value, Mapping):
        return {safe(str(k)): _masked(v, str(k), depth + 1) for k, v in value.items()}
    if isinstance(value, list):
        return [_masked(v, key, depth + 1) for v in value]
    return value
