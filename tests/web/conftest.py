"""The pages in a real browser: Debian's chromium before the real service, with the demo's data, once for all tests.

The data are a copy of what `make demo` loaded (`var/demo`); where it has not run, or is running, they are loaded once
into `var/web-tests`. The copy is thrown away: tests may change what they like.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from dongke import db

ROOT = Path(__file__).parents[2]
CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync", "--no-first-run"]
PASSWORD = "dongke-demo"
AXE = Path(__file__).with_name("axe.min.js")
START_SECONDS = 60
WAIT_MS = 10_000  #: for what a page should show
RUNNING = "WEB_TESTS_SERVICE"  #: "http://127.0.0.1:8600 http://127.0.0.1:8601": a demo that runs; tests change it


@dataclass(frozen=True)
class Service:
    """The service, and the sample CRM beside it."""

    base: str
    crm: str


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """Debian's chromium; without it these tests fail, they do not skip."""
    if not CHROMIUM.exists():
        told = f"没有 {CHROMIUM}: 页面的测试要用它. Debian: apt-get install -y chromium fonts-noto-cjk"
        pytest.fail(told, pytrace=False)
    return {"executable_path": str(CHROMIUM), "args": FLAGS}


@pytest.fixture(scope="session")
def browser_context_args() -> dict[str, Any]:
    """Chinese, on a usual screen."""
    expect.set_options(timeout=WAIT_MS)
    return {"locale": "zh-CN", "viewport": {"width": 1440, "height": 900}}


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The service on a free port, a worker, and the sample CRM on another origin."""
    if RUNNING in os.environ:
        yield Service(*os.environ[RUNNING].split())
        return
    loaded = _loaded()
    folder = tmp_path_factory.mktemp("service")
    folder.chmod(0o755)
    subprocess.run(["cp", "-a", *(str(loaded / name) for name in ("postgres", "demo-secret")), str(folder)], check=True)
    db.embedded_url(folder / "postgres")  # held by this process, so that none of the others takes it along
    port, crm = _free_port(), _free_port()
    found = Service(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{crm}")
    env = _environment(folder, loaded / "inbox") | {"DONGKE_PORT": str(port), "DONGKE_WIDGET_ORIGINS": found.crm}
    sample = [str(ROOT / "samples/crm/server.py"), "--dongke", found.base, "--port", str(crm), "--password", PASSWORD]
    commands = (["-m", "api.cli", "serve"], ["-m", "api.cli", "worker"], sample)
    with (folder / "log").open("wb") as log:
        run = [subprocess.Popen([sys.executable, *c], env=env, cwd=ROOT, stdout=log, stderr=log) for c in commands]
        try:
            _wait(found.base + "/readyz", folder / "log")
            _wait(found.crm + "/config.json", folder / "log")
            yield found
        finally:
            for process in run:
                process.send_signal(signal.SIGTERM)
            for process in run:
                _end(process)
            db.stop_embedded(folder / "postgres")
            shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def desk(context: BrowserContext, service: Service) -> Iterator[Page]:
    """The advisor's page, signed in. What the browser complains of fails the test."""
    yield from _signed_in(context, service, "advisor")


@pytest.fixture
def board(context: BrowserContext, service: Service) -> Iterator[Page]:
    """The manager's page, signed in. What the browser complains of fails the test."""
    yield from _signed_in(context, service, "manager")


@pytest.fixture
def sign_in(service: Service) -> Callable[[BrowserContext, str], None]:
    """Signs a browser context in as that login."""

    def enter(context: BrowserContext, login: str) -> None:
        answer = context.request.post(service.base + "/v1/session", data={"login": login, "password": PASSWORD})
        assert answer.ok, answer.text()

    return enter


@pytest.fixture
def narrow(browser: Browser, service: Service, sign_in: Callable[[BrowserContext, str], None]) -> Iterator[Page]:
    """A page 360 px wide, signed in as administrator."""
    context = browser.new_context(locale="zh-CN", viewport={"width": 360, "height": 740})
    sign_in(context, "admin")
    yield context.new_page()
    context.close()


def grievous(page: Page) -> list[str]:
    """What axe-core finds serious or critical on the page."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{v['id']}: {node['html'][:150]} {node['any'][:1]}"
        for v in found["violations"]
        if v["impact"] in ("serious", "critical")
        for node in v["nodes"]
    ]


def _signed_in(context: BrowserContext, service: Service, login: str) -> Iterator[Page]:
    answer = context.request.post(service.base + "/v1/session", data={"login": login, "password": PASSWORD})
    assert answer.ok, answer.text()
    context.set_default_timeout(WAIT_MS)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda fault: complaints.append(str(fault)))
    page.goto(service.base + ("/advisor" if login == "advisor" else "/manager"))
    yield page
    assert complaints == []


def _environment(folder: Path, inbox: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DONGKE_")}
    told = {"DEMO": "1", "DATA_DIR": folder, "RECORDINGS_DIR": inbox, "SPEECH_MODEL": ROOT / "samples/demo_model"}
    return kept | {f"DONGKE_{name}": str(value) for name, value in told.items()} | {"HF_HUB_OFFLINE": "1"}


def _loaded() -> Path:
    """The folder of a loaded demo that nobody uses just now."""
    for folder in (ROOT / "var", ROOT / "var/web-tests"):
        if folder == ROOT / "var" and not (folder / "demo/loaded.json").exists():
            continue  # loading takes a minute: a demo that may be started meanwhile must not meet it
        if (folder / "demo/postgres/postmaster.pid").exists():
            continue
        kept = {name: value for name, value in os.environ.items() if not name.startswith("DONGKE_")}
        env = kept | {"DONGKE_DATA_DIR": str(folder)}
        command = [sys.executable, "-m", "api.cli", "demo", "--once"]  # at once, where this week's data are there
        subprocess.run(command, env=env, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        return folder / "demo"
    raise RuntimeError("var/demo and var/web-tests are both in use")


def _end(process: "subprocess.Popen[bytes]") -> None:
    try:
        process.wait(8)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _wait(url: str, log: Path) -> None:
    for _ in range(START_SECONDS * 5):
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"{url} does not answer: {log.read_text(errors='replace')[-2000:]}")
