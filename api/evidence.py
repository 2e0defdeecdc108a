"""适当性举证包: what was known of a customer at a moment, what might be offered to him by which rule, and in which
words the risks were told (证券法 89: in a dispute the firm must prove it).

The same two times give the same bytes, and so the same sha256, for as long as the facts known by then, the rights and
the installed program stay the same: nothing in it depends on when or by whom it is asked for.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from api.labels import beside
from asr.models import Recording, StoredConversation
from asr.repository import heard_by_demo
from dongke.clock import beijing, now
from dongke.errors import BadInput
from followup.adherence.facts import facts_of
from followup.adherence.lexicon import lexicon
from followup.lives import contact_of, utterances
from profiles import service
from profiles.parameters import digest as parameters_digest
from profiles.parameters import parameters
from profiles.profile import Profile
from profiles.rights.blanks import Blanks
from profiles.rights.store import blanks_of
from profiles.suitability.assessment import offer
from profiles.suitability.products import products_on
from profiles.suitability.table import table_of

FORMAT = "dongke.suitability-evidence/1"
#: what a sentence is in the pack for
KINDS = {
    "risk": "投顾的风险揭示",
    "offer": "投顾推荐产品",
    "check_back": "投顾确认客户理解",
    "forbidden": "疑似不当承诺",
    "tag": "标签的原话依据",
}
_EPOCH = (1980, 1, 1, 0, 0, 0)  #: of every file in the archive: the same content is the same archive


def pack(
    session: Session,
    customer_id: str,
    *,
    as_of: datetime | None = None,
    known_at: datetime | None = None,
    opened: bool = False,
) -> dict[str, Any]:
    """`{"content": …, "sha256": …}` of one customer. Asked again with the printed times, it is the same.

    Raises NotFound `customer-unknown`, BadInput `time-naive`, `time-future`, Conflict `known-at-open`.
    """
    if as_of is not None and beijing(as_of) > now():
        raise BadInput("time-future", "as_of 在将来")
    profile = service.profile_of(session, customer_id, as_of=as_of, known_at=known_at, opened=opened)
    facts = service.facts_of(session, customer_id, profile.known_at, opened=opened)
    held = facts.at(profile.as_of, profile.known_at)
    files = sorted(held.snapshots, key=lambda s: s.order)
    page = profile.to_json()
    talks = [] if "analysis" in profile.refused else list(_talks(session, profile))
    _mark(session, [*talks, *(e for tag in page["tags"] for e in tag["evidence"])])
    offers = [offer(code, profile.suitability).to_json() for code in sorted(products_on(profile.today))]
    content = {
        "format": FORMAT,
        "customer": page["customer"],
        "as_of": page["as_of"],
        "known_at": page["known_at"],
        "suitability": page["suitability"],
        "offers": offers,
        "files": [
            {
                "customer": s.customer_id,
                "effective_at": beijing(s.effective_at).isoformat(),
                "known_at": beijing(s.known_at).isoformat(),
                "data": dict(s.data),
            }
            for s in files
        ],
        "profile": page,
        "talks": talks,
        "rules": _rules(profile),
    }
    return {"content": content, "sha256": digest(content)}


def _mark(session: Session, quoting: Sequence[dict[str, Any]]) -> None:
    """Adds `demo` to what the demo's model heard, and to nothing else: packs without it stay what they were."""
    heard = heard_by_demo(session, {row["conversation_id"] for row in quoting})
    for row in quoting:
        row |= {"demo": True} if row["conversation_id"] in heard else {}


def digest(content: Mapping[str, Any]) -> str:
    """The sha256 of the content as canonical JSON: keys sorted, no white space, UTF-8."""
    return hashlib.sha256(canonical(content)).hexdigest()


def canonical(content: Any) -> bytes:
    """The bytes that are hashed."""
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def archive(made: Mapping[str, Any]) -> bytes:
    """The pack as ZIP: evidence.json (its sha256 is the pack's), summary.txt to read, SHA256SUMS to check with."""
    files = {"evidence.json": canonical(made["content"]), "summary.txt": summary(made).encode()}
    sums = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in files.items())
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as book:
        for name, data in {**files, "SHA256SUMS": sums.encode()}.items():
            info = zipfile.ZipInfo(name, _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            book.writestr(info, data)
    return buffer.getvalue()


def summary(made: Mapping[str, Any]) -> str:
    """The pack in Chinese, for people."""
    return "\n".join(_lines(made["content"], made["sha256"])) + "\n"


def _lines(content: Mapping[str, Any], sha256: str) -> Iterator[str]:
    told = content["suitability"]
    yield f"适当性举证包  客户 {content['customer']}"
    yield f"截至 {content['as_of']} 的情况, 按 {content['known_at']} 已知的事实; sha256 {sha256}"
    level, ends = told["level_label"] or "没有", told["expires_on"] or "不适用"
    yield f"投资者类别 {told['investor_type_label']}, 测评等级 {level}, 测评到期 {ends}"
    yield from (f"注意: {told[name]}" for name in ("blocked", "conflict") if told[name])
    yield from ("", "一、可否推荐")
    for row in content["offers"]:
        word = "可" if row["status"] == "allowed" else "否"
        yield f"{word}  {row['product_label']}: {row['text']} ({row['rule']}, {row['law']})"
    yield from ("", "二、标签与原话")
    for tag in content["profile"]["tags"]:
        yield f"{tag['text']} [{tag['status']}]"
        for e in tag["evidence"]:
            place = "依据待复核" if e["utterance"] is None else f"第{e['utterance'] + 1}句"
            yield f"    {e['said_at']} {e['conversation_id']} {place}: “{e['quote']}”{beside('demo' in e)}"
    yield from ("", "三、会话中的风险揭示与推荐")
    for talk in content["talks"]:
        yield f"{talk['started_at']} {talk['conversation_id']} 投顾 {talk['advisor_id']}{beside('demo' in talk)}"
        for turn in talk["turns"]:
            kinds = "、".join(KINDS[kind] for kind in turn["kinds"])
            yield f"    第{turn['utterance'] + 1}句 ({kinds}): {turn['text']}"
    yield from ("", "四、规则版本")
    yield from (
        f"{name}: {rule['version']}  {rule.get('sha256', '')}".rstrip() for name, rule in content["rules"].items()
    )


def _talks(session: Session, profile: Profile) -> Iterator[dict[str, Any]]:
    """The talks that were known, with the sentences that count: told risks, offers, evidence of the tags."""
    c = StoredConversation
    query = (
        select(c, Recording.sha256)
        .join(Recording, col(Recording.id) == col(c.recording_id), isouter=True)
        .where(col(c.customer_id).in_(profile.members), col(c.answered))
        .where(col(c.known_at) <= profile.known_at, col(c.started_at) <= profile.as_of)
        .order_by(col(c.started_at), col(c.id))
    )
    rows = session.exec(query).all()
    names = [row.id for row, _ in rows]
    words, gone = utterances(session, names), blanks_of(session, names)
    quoted = {(q.conversation_id, q.utterance) for tag in profile.tags for q in tag.quotes if not q.suspended}
    for row, sound in rows:
        turns = _turns(row, words.get(row.id, ()), gone, {n for talk, n in quoted if talk == row.id})
        if turns:
            yield {
                "conversation_id": row.id,
                "channel": row.channel,
                "customer": row.customer_id,
                "advisor_id": row.advisor_id,
                "started_at": beijing(row.started_at).isoformat(),
                "ended_at": beijing(row.ended_at).isoformat(),
                "content_hash": row.content_hash,
                "recording_sha256": sound,
                "turns": turns,
            }


def _turns(row: StoredConversation, said: Sequence[Any], gone: Blanks, quoted: set[int]) -> list[dict[str, Any]]:
    found = facts_of(contact_of(row, tuple(said)), lexicon())
    places = {
        "risk": found.risks,
        "offer": found.offers,
        "check_back": found.check_backs,
        "forbidden": found.forbidden,
        "tag": quoted,
    }
    wanted = sorted({n for numbers in places.values() for n in numbers if n < len(said)})
    return [
        {
            "utterance": n,
            "speaker": said[n].speaker.value,
            "text": gone.of(row.id, n, said[n].text),
            "start_ms": said[n].start_ms,
            "end_ms": said[n].end_ms,
            "kinds": [kind for kind, numbers in places.items() if n in numbers],
        }
        for n in wanted
    ]


def _rules(profile: Profile) -> dict[str, dict[str, str]]:
    """Which version of each rule answered, with a digest of what it said: a changed rule cannot hide."""
    table = table_of(profile.suitability.table_version)
    products = products_on(profile.today)
    return {
        "suitability": {"version": table.version, "sha256": _digest(asdict(table))},
        "products": {
            "version": str(max(p.effective_on for p in products.values())),
            "sha256": _digest(_plain(products)),
        },
        "parameters": {
            "version": profile.parameters_version,
            "sha256": parameters_digest(parameters(profile.known_at)),
        },
        "risk_words": {"version": lexicon().version},
    }


def _plain(products: Mapping[str, Any]) -> dict[str, Any]:
    return {code: asdict(product) for code, product in products.items()}


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False, default=str).encode()).hexdigest()
