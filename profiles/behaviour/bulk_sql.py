"""The rules of event_rules.py and dialects.py for whole tables: SQL of DuckDB (pure)."""

from collections.abc import Sequence
from datetime import datetime

from profiles.behaviour.days import AMOUNT
from profiles.behaviour.dialects import MAX_ID_CHARS
from profiles.behaviour.event_names import names
from profiles.behaviour.event_rules import FIRST_YEAR, MAX_AHEAD, MAX_PROPERTIES_BYTES


def ours(properties: str, implied: str) -> str:
    """The properties with our names of what has one, as `profiles.behaviour.dialects` gives them."""
    foreign = sorted({name for theirs in names().properties.values() for name in theirs})
    pattern = '"(' + "|".join(_quoted_for_regex(name) for name in foreign) + ')"'
    pairs = ", ".join(f"'{name}', {_first(properties, name, theirs)}" for name, theirs in names().properties.items())
    mended = f"json_merge_patch(json_merge_patch('{{}}', json_object({pairs})), {properties})"
    return (
        f"(case when {implied} is null and not regexp_matches({properties}, '{pattern}') then {properties}"
        f" when not json_valid({properties}) or json_type({properties}) <> 'OBJECT' then {properties}"
        f" when regexp_matches({properties}, '{pattern}')"
        f" then json_merge_patch(coalesce({implied}, '{{}}'), {mended})"
        f" else json_merge_patch({implied}, {properties}) end)::varchar"
    )


def _first(properties: str, ours: str, theirs: Sequence[str]) -> str:
    """The first foreign property that is there and fits, as JSON: an amount is a number of yuan, the rest text."""
    options = []
    for name in theirs:
        pointer = "'/" + name.replace("~", "~0").replace("/", "~1").replace("'", "''") + "'"
        value = f"json_extract({properties}, {pointer})"
        fits = (
            f"regexp_full_match(json_extract_string({properties}, {pointer}), '{AMOUNT}')"
            if ours == "amount"
            else f"json_type({properties}, {pointer}) = 'VARCHAR'"
        )
        options.append(f"case when {fits} then {value} end")
    return f"coalesce({', '.join(options)})"


def _quoted_for_regex(name: str) -> str:
    return name.replace("$", "\\$").replace("'", "''")


def checked(known_at: datetime) -> str:
    """Every line with its customer, or the mark under which it waits for one; what cannot be used with its code and
    reason, by the first rule it breaks."""
    limit = (known_at + MAX_AHEAD).isoformat()
    invalid, size = "event-invalid", MAX_PROPERTIES_BYTES
    text = f"(trim({{0}}) = '' or length({{0}}) > {MAX_ID_CHARS} or contains({{0}}, chr(0)) or {{0}} is null)"
    amount = "json_extract_string(properties, '/amount')"
    rules = [
        ("code is not null", "", ""),  # told by the reader
        (text.format("l.message_id"), invalid, f"message_id 要是 1 到 {MAX_ID_CHARS} 个字符的文字"),
        (text.format("l.who"), invalid, f"customer_id 要是 1 到 {MAX_ID_CHARS} 个字符的文字"),
        (text.format("l.event"), invalid, f"event 要是 1 到 {MAX_ID_CHARS} 个字符的文字"),
        ("moment is null", "time-invalid", "at 不是 ISO 8601 时间, 也不是毫秒"),
        ("naive", "time-naive", "at 没有时区 (可用 --timezone 指定)"),
        (f"moment < timestamptz '{FIRST_YEAR}-01-01 00:00:00+00'", "time-invalid", f"事件时间早于 {FIRST_YEAR} 年"),
        (f"moment > timestamptz '{limit}'", "time-future", "事件时间在未来"),
        ("not json_valid(properties)", invalid, "properties 不是 JSON"),
        ("ltrim(properties)[1] <> '{'", invalid, "properties 不是一个 JSON 对象"),
        (f"strlen(properties) > {size} or {_RISKY}", invalid, f"properties 超过 {size} 字节, 或有存不下的值"),
        (
            f"contains(properties, '\"amount\"') and coalesce(json_type(properties, '/amount'), 'NULL') <> 'NULL' and"
            f" (json_type(properties, '/amount') = 'BOOLEAN' or not regexp_full_match({amount}, '{AMOUNT}'))",
            invalid,
            "amount 要是 0 以上的数 (元)",
        ),
        ("coalesce(c.id, h.customer_id, k.mark) is null", "customer-unknown", "没有客户"),
    ]
    numbers = " ".join(f"when {when} then {number}" for number, (when, _, _) in enumerate(rules, 1))
    codes = ", ".join("null" if number == 0 else _text(code) for number, (_, code, _) in enumerate(rules))
    details = ", ".join("null" if number == 0 else _text(why) for number, (_, _, why) in enumerate(rules))
    return f"""
        select * exclude (code, detail, rule), coalesce(code, [{codes}][rule]) as code,
               coalesce(detail, [{details}][rule]) as detail
        from (select l.* exclude (naive), coalesce(c.id, h.customer_id) as customer_id,
                     case when coalesce(c.id, h.customer_id) is null then k.mark end as mark, case {numbers} end as rule
        from line l left join customer c on c.id = l.who left join mark k on k.who = l.who
        left join held h on h.who = l.who and l.moment >= h.from_at and (h.until is null or l.moment < h.until))
    """


#: what DuckDB takes for JSON and PostgreSQL does not: NUL, half a character, NaN, a number out of all bounds
_RISKY = r"""(contains(properties, '\u0000')
    or (contains(properties, '\ud') or contains(properties, '\uD')) and regexp_matches(regexp_replace(properties,
        '\\u[dD][89abAB]..\\u[dD][c-fC-F]..', '', 'g'), '\\u[dD][89a-fA-F]')
    or regexp_matches(properties, '[:\[,]\s*-?(?i:nan|inf|infinity)\s*[,}\]]')
    or regexp_matches(properties, ',\s*[}\]]')
    or regexp_matches(properties, '[0-9][eE][+-]?[0-9]{4,}'))"""


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
