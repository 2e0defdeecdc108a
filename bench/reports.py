"""The monthly report over the facts of many conversations, and the sweep of open opportunities, as they grow.

    .venv/bin/python -m bench.reports [100000 1000000]

All conversations lie in the month that is asked for; a fifth of them opened an opportunity. The rows are made in the
database (one statement a table). Prints a table in Markdown: medians of five runs.
"""

import statistics
import sys
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta

from sqlalchemy import Engine, text
from sqlmodel import Session

from bench.scratch import database
from dongke import db
from dongke.clock import TradingCalendar
from followup.escalation import sweep
from followup.reports import Question, make, span
from followup.reports.lists import behind

RUNS = 5
ADVISORS, BRANCHES = 1_000, 50
START, END = span(date(2026, 6, 1), date(2026, 6, 30))
MOMENT = datetime.fromisoformat("2026-07-20T10:00:00+08:00")
CALENDAR = TradingCalendar()

_FILL = (
    "insert into branch select 'B' || n, '营业部' || n from generate_series(0, :branches - 1) n",
    """insert into advisor select 'A' || n, '投顾' || n, 'B' || n % :branches, '{}'
       from generate_series(0, :advisors - 1) n""",
    "insert into customer select 'C' || n, '客户' || n, 'A' || n % :advisors from generate_series(0, :size / 5) n",
    """insert into conversation (id, channel, customer_id, advisor_id, direction, answered, started_at, ended_at,
           known_at, source, content_hash, read_hash)
       select 'K' || n, 'call', 'C' || n % (:size / 5), 'A' || n % (:size / 5) % :advisors, 'out', true,
              :start + n * (:finish - :start) / :size, :start + n * (:finish - :start) / :size + interval '3 minutes',
              :start + n * (:finish - :start) / :size + interval '4 minutes', 'given', 'x', 'x'
       from generate_series(0, :size - 1) n""",
    """insert into reading (id, conversation_id, customer_id, engine_version, read_at, mentions, notes)
       select id || '~r', id, customer_id, '1', known_at, '[]', '[]' from conversation""",
    """insert into tag_assertion (id, reading_id, conversation_id, customer_id, tag, polarity, value, holder, certainty,
           confidence, evidence, explanation, said_at, known_at)
       select id || '~a', id || '~r', id, customer_id,
              case when right(id, 1) = '7' then 'voice.feedback' else 'funds.idle' end, 'affirmed',
              jsonb_build_object('topic', (array['fee', 'app', 'service', 'process'])[1 + length(id) % 4],
                                 'sentiment', (array['negative', 'positive'])[1 + ascii(substr(id, 3)) % 2]),
              'customer', 'stated', 0.9,
              '[{"utterance": 0, "speaker": "customer", "quote": "x", "start": 0, "end": 1}]', '{}', started_at,
              known_at
       from conversation""",
    """insert into talk_measure (conversation_id, kind, measured_at, customer_id, advisor_id, at, points, asked, level,
           detail)
       select id, kind, known_at, customer_id, advisor_id, started_at, 60 + length(id), 1,
              case when kind = 'adherence' then 'novice' end, '[]'
       from conversation cross join (values ('adherence'), ('dig')) as k (kind)
       where right(id, 1) in ('1', '4')""",
    """insert into opportunity (id, customer_id, playbook, playbook_version, key, owner_id, opened_at, opened_by,
           due_at, state, attempts, first_contact_at, discharged_at, closed_at, won_at, unassisted, self_reported,
           low_yuan, due_provisional, value, causes, misses, computed_at)
       select 'O' || n, 'C' || n, (array['idle_funds', 'external_assets', 'permission', 'product_intent', 'call_back',
                  'promise', 'complaint', 'churn'])[1 + n % 8], '2', null, 'A' || n % :advisors, at, 'K' || n || '~a',
              date_trunc('day', at) + interval '57 hours 30 minutes',
              case when :is_open then 'open' else (array['open', 'contacted', 'discussed', 'won', 'refused'])[1 + n % 5]
              end, 0,
              case when not :is_open and n % 5 > 0 then at + n % 90 * interval '1 hour' end,
              case when not :is_open and n % 5 > 1 then at + n % 90 * interval '1 hour' end,
              case when not :is_open and n % 5 > 2 then at + interval '10 days' end,
              case when not :is_open and n % 5 = 3 then at + interval '10 days' end,
              false, false, 100000 + n, false, '{}', '[]', '[]', :finish
       from (select n, :start + n * (:finish - :start) / (:size / 5) as at
             from generate_series(0, :size / 5 - 1) n) as made""",
)


def main() -> None:
    sizes = [int(word) for word in sys.argv[1:]] or [100_000, 1_000_000]
    columns = [measured(size) for size in sizes]
    print("| what | " + " | ".join(f"{size:,} conversations" for size in sizes) + " |")
    print("|---|" + "---|" * len(sizes))
    for name in columns[0]:
        print(f"| {name} | " + " | ".join(column[name] for column in columns) + " |")


def measured(size: int) -> dict[str, str]:
    """The figures of that many conversations."""
    found = {"opportunities": f"{size // 5:,}"}
    with database() as engine:
        fill(engine, size, is_open=False)
        with db.session_scope(engine) as session:
            for group in ("firm", "branch", "advisor", "playbook"):
                seconds = median(lambda group=group: report(session, group))  # type: ignore[misc]
                found[f"monthly report, by {group}"] = f"{seconds:.2f} s"
            found |= past(session, size)
            asked = Question(START, END, MOMENT, group="branch")
            seconds = median(lambda: behind(session, asked, "overdue", "B1", after=None, limit=50))
            found["first page behind a number"] = f"{seconds * 1000:.0f} ms"
        found |= swept(engine, size)
    return found


def past(session: Session, size: int) -> dict[str, str]:
    """The report as it stood: when the month ended, and some hours before – of those who spoke in them all is computed
    again from the facts."""
    found = {}
    for name, hours in (("when the month ended", 0), ("five hours before", 5)):
        as_of = END - timedelta(hours=hours)
        began = time.perf_counter()
        make(session, Question(START, END, as_of, as_of, group="branch"))
        changed = size * hours / ((END - START) / timedelta(hours=1))
        found[f"the same by branch as it stood {name}"] = (
            f"{time.perf_counter() - began:.2f} s ({changed:,.0f} changed since)"
        )
    return found


def report(session: Session, group: str) -> bytes:
    return make(session, Question(START, END, MOMENT, group=group)).to_bytes()


def swept(engine: Engine, size: int) -> dict[str, str]:
    """Every opportunity open and overdue: the sweep that finds all of them, and the next one that finds nothing new."""
    with db.session_scope(engine) as session:
        session.execute(text("truncate opportunity"))
    fill(engine, size, is_open=True)
    found = {}
    for name in ("all overdue, none told", "the next sweep"):
        with db.session_scope(engine) as session:
            began = time.perf_counter()
            made = sweep(session, MOMENT, CALENDAR)
            found[f"sweep of open opportunities: {name}"] = f"{time.perf_counter() - began:.1f} s ({made:,} notices)"
    return found


def fill(engine: Engine, size: int, *, is_open: bool) -> None:
    values = {
        "size": size,
        "advisors": ADVISORS,
        "branches": BRANCHES,
        "start": START,
        "finish": END,
        "is_open": is_open,
    }
    with db.session_scope(engine) as session:
        session.execute(text("set local session_replication_role = replica"))  # no triggers: the rows fit together
        for statement in _FILL[-1:] if is_open else _FILL:
            began = time.perf_counter()
            told = {name: value for name, value in values.items() if f":{name}" in statement}
            session.execute(text(statement), told)
            print(f"{statement.split()[2]} {time.perf_counter() - began:.1f} s", file=sys.stderr)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("vacuum analyze"))


def median(work: Callable[[], object]) -> float:
    times = []
    for _ in range(RUNS):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


if __name__ == "__main__":
    main()
