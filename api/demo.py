"""演示: the whole way on the samples, printed, and then the service itself. `make demo` calls it.

The samples go through the doors that a user has. Their dates move with today by whole weeks; a database of an earlier
week is made anew, one of this week is used as it is.
"""

import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from datetime import date
from pathlib import Path
from typing import Any

from sqlmodel import Session, col, select

from dongke import db
from dongke.clock import beijing, now
from dongke.settings import ROOT, settings

SAMPLES = ROOT / "samples"
NO_DATA = ("crm", "sdk")  #: folders of the samples that hold no data
PASSWORD = "dongke-demo"
ADVISOR, BRANCH = "A01", "B01"
SHOWN_CUSTOMER = "C1019"  #: the profile that is printed: her call is heard from the recording
LOGINS = (
    ("advisor", "advisor", ADVISOR, None, "投资顾问"),
    ("manager", "manager", None, BRANCH, "营业部管理者"),
    ("head", "manager", None, None, "总部管理者"),
    ("admin", "admin", None, None, "系统管理员"),
    ("crm", "crm", None, None, "CRM 的服务端, 只能要挂件凭证"),
)


def run_demo(*, once: bool) -> None:
    """Loads what is not there yet, prints, and (unless `once`) serves until Ctrl-C."""
    _enter_demo()
    from api.commands import check_address, prepare_database

    if not once:
        check_address()
    out = _console()
    out.print("[bold]懂客演示[/bold]: 虚构的东海岸证券, 合成的声音, 没有一个真实的人")
    prepare_database()
    today = beijing(now()).date()
    if _loaded_for() == _stamp(today):
        out.print(f"沿用已有数据 ({_data() / 'inbox'})")
    else:
        _load(today)
    _print_results(today)
    if not once:
        _serve()


def _enter_demo() -> None:
    """The demo has a data folder, a database and a speech model of its own; child processes inherit them.

    A database that is configured for real work is left alone: the demo empties its own before it loads.
    """
    os.environ.pop("DONGKE_DATABASE_URL", None)
    os.environ |= {
        "DONGKE_DEMO": "1",
        "DONGKE_DATA_DIR": str(settings().data_dir / "demo"),
        "DONGKE_SPEECH_MODEL": str(SAMPLES / "demo_model"),
        "HF_HUB_OFFLINE": "1",
    }
    os.environ.setdefault("DONGKE_WIDGET_ORIGINS", ",".join(_crm_origins()))
    os.environ.setdefault("DONGKE_RECORDINGS_DIR", os.environ["DONGKE_DATA_DIR"] + "/inbox")
    settings.cache_clear()
    db.forget_engine()


def _crm_port() -> int:
    return settings().port + 1


def _crm_origins() -> list[str]:
    return [f"http://{host}:{_crm_port()}" for host in ("127.0.0.1", "localhost")]


def _data() -> Path:
    return settings().data_dir


def _stamp(today: date) -> str:
    """What the loaded data depend on: the week that the dates were moved to, the samples, the reader's version."""
    import hashlib

    from api.pipeline import engine_version

    digest = hashlib.sha256()
    for path in sorted(p for p in SAMPLES.rglob("*") if p.is_file() and not {"__pycache__", *NO_DATA} & set(p.parts)):
        digest.update(path.relative_to(SAMPLES).as_posix().encode() + path.read_bytes())
    return f"{_shift().weeks(today)}:{engine_version()}:{digest.hexdigest()[:16]}"


def _loaded_for() -> str | None:
    marker = _data() / "loaded.json"
    return json.loads(marker.read_text())["stamp"] if marker.exists() else None


def _load(today: date) -> None:
    """Every stage on the samples, with progress."""
    from api.bars import progress
    from api.intake import ingest_with_bar, print_summary, process_with_bars

    _start_afresh()
    inbox = _data() / "inbox"
    shutil.rmtree(inbox, ignore_errors=True)
    _shift().materialize(inbox, today)
    with progress("ingest") as bars:
        summary = ingest_with_bar([inbox], bars, "接入样例")
        failed = process_with_bars(summary, bars)
    print_summary(summary, failed)
    with db.session_scope() as session:
        _make_logins(session)
    (_data() / "loaded.json").write_text(json.dumps({"stamp": _stamp(today)}))


def _start_afresh() -> None:
    """An empty database: rows of another week's demo would lie beside the new ones."""
    from sqlalchemy import text

    from api.commands import upgrade

    (_data() / "loaded.json").unlink(missing_ok=True)
    with db.engine().begin() as connection:
        connection.execute(text("drop schema public cascade"))
        connection.execute(text("create schema public"))
    db.engine().dispose()
    upgrade(db.database_url())


def _make_logins(session: Session) -> None:
    from dongke.scope import Role
    from dongke.users import save_user

    for login, role, advisor_id, branch_id, _ in LOGINS:
        save_user(session, login, PASSWORD, Role(role), advisor_id=advisor_id, branch_id=branch_id)


def _print_results(today: date) -> None:
    """One customer's profile, the overdue opportunities of the branch, its follow-up report."""
    from api import heard
    from api.labels import opportunity_labels
    from api.printing import overdue_table, profile_panel
    from dongke.directory import Advisor, Customer
    from followup.models import State, StoredOpportunity
    from followup.rights import listed
    from followup.service import is_overdue
    from profiles.service import profile_of

    out = _console()
    with db.session_scope() as session:
        names = {c.id: c.name for c in session.exec(select(Customer))}
        names |= {a.id: a.name for a in session.exec(select(Advisor))}
        page = profile_of(session, SHOWN_CUSTOMER).to_json()
        heard.mark(session, *(tag["evidence"] for tag in page["tags"]))
        out.print(profile_panel(page, names[SHOWN_CUSTOMER]))
        mine = select(Advisor.id).where(Advisor.branch_id == BRANCH)
        rows = session.exec(
            select(StoredOpportunity)
            .where(
                col(StoredOpportunity.owner_id).in_(mine),
                col(StoredOpportunity.state).in_([State.OPEN, State.CONTACTED]),
                listed(),
            )
            .order_by(col(StoredOpportunity.due_at))
        )
        out.print(overdue_table([row for row in rows if is_overdue(row, now())], names, opportunity_labels()))
    _print_report(today)


def _print_report(today: date) -> None:
    from datetime import time as clock
    from datetime import timedelta

    from api.printing import report_table
    from dongke.clock import at_beijing
    from dongke.scope import Principal, Role
    from followup.reports import follow_up

    manager = Principal("manager", Role.MANAGER, branch_id=BRANCH)
    start = at_beijing(today - timedelta(days=91), clock.min)
    with db.session_scope() as session:
        _console().print(report_table(follow_up(session, manager, start=start, end=now(), group="advisor")))


def _serve() -> None:
    """API and pages, worker and scheduler as processes of their own, until Ctrl-C or one of them ends."""
    processes = {name: _spawn(name) for name in ("serve", "worker", "scheduler")}
    processes["crm"] = _spawn_crm()
    for kind in (signal.SIGINT, signal.SIGTERM):  # also where a shell started this in the background, SIGINT ignored
        signal.signal(kind, signal.default_int_handler)
    try:
        if _answers():
            _print_addresses()
        while all(p.poll() is None for p in processes.values()):
            time.sleep(0.5)
        for name, process in processes.items():
            if process.poll() is not None:
                _console().print(f"dongke {name} 已结束 (返回 {process.returncode}), 日志见 {_log(name)}")
    except KeyboardInterrupt:
        pass
    finally:
        _stop(list(processes.values()))
        db.forget_engine()
        db.stop_embedded(_data() / "postgres")
        _console().print("已停止。数据还在, 再次 make demo 会沿用。")


def _spawn(name: str) -> "subprocess.Popen[bytes]":
    with _log(name).open("ab") as log:
        return subprocess.Popen([sys.executable, "-m", "api.cli", name], stdout=log, stderr=log, start_new_session=True)


def _spawn_crm() -> "subprocess.Popen[bytes]":
    """The sample CRM that carries the widget, on a port of its own: another origin."""
    told = ["--dongke", _address(), "--host", settings().host, "--port", str(_crm_port())]
    account = ["--login", "crm", "--password", PASSWORD, "--advisor", LOGINS[0][0]]
    command = [sys.executable, str(SAMPLES / "crm" / "server.py"), *told, *account]
    with _log("crm").open("ab") as log:
        return subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)


def _log(name: str) -> Path:
    return _data() / f"{name}.log"


def _stop(processes: list["subprocess.Popen[bytes]"]) -> None:
    for process in processes:
        process.send_signal(signal.SIGTERM)
    for process in processes:
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()


def _address(path: str = "") -> str:
    return f"http://{settings().host}:{settings().port}{path}"


def _answers() -> bool:
    """Waits until the API is ready, at most 60 s."""
    for _ in range(240):
        try:
            with urllib.request.urlopen(_address("/readyz"), timeout=2) as answer:
                if answer.status == 200:
                    return True
        except OSError:
            time.sleep(0.25)
    return False


def _print_addresses() -> None:
    out = _console()
    out.print(f"\n页面    {_address('/')}\n接口    {_address('/docs')}   (OpenAPI {_address('/openapi.json')})")
    out.print(f"挂件    http://{settings().host}:{_crm_port()}/   (别家的 CRM, 另一个来源: samples/crm)")
    for login, _, advisor_id, branch_id, title in LOGINS:
        out.print(f"登录    {login:<8} 密码 {PASSWORD}   {title} {advisor_id or branch_id or ''}")
    out.print("Ctrl-C 停止全部进程")


def _console() -> Any:
    from api.printing import console

    return console()


def _shift() -> Any:
    """samples/shift.py: the samples are files beside the product, no package of it."""
    spec = importlib.util.spec_from_file_location("dongke_samples_shift", SAMPLES / "shift.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
