"""Takes the pictures of the documents: every page of a demo that runs (`make demo`), in a browser of its own.

usage: .venv/bin/python docs/screenshots/make.py [http://127.0.0.1:8600]
It needs Debian's chromium and fonts-noto-cjk.
"""

import re
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

HERE = Path(__file__).parent
BASE = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8600"
CRM = f"http://127.0.0.1:{int(BASE.rsplit(chr(58), 1)[1]) + 1}"
PASSWORD = "dongke-demo"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync", "--no-first-run"]
COLORS = 128  #: a third of the bytes, and no eye sees it
WIDE, NARROW = (1440, 900), (360, 780)


def login(page: Page) -> None:
    page.goto(BASE + "/")
    expect(page.get_by_label("账号")).to_be_visible()


def card(page: Page) -> None:
    page.goto(BASE + "/advisor#C1019")
    page.locator("dongke-profile article.active .what").first.click()
    expect(page.locator("dongke-profile .quote").first).to_be_visible()
    expect(page.locator("dk-history .entry").first).to_be_visible()
    if page.viewport_size and page.viewport_size["width"] > NARROW[0]:
        expect(page.locator("dk-morning li").first).to_be_visible()


def contradictions(page: Page) -> None:
    page.goto(BASE + "/advisor?tab=customers#C1004")
    expect(page.locator("dongke-profile .against li").first).to_be_visible()
    expect(page.locator("dk-facts dl")).to_be_visible()
    expect(page.locator("dk-history .entry").first).to_be_visible()


def talk(page: Page) -> None:
    page.goto(BASE + "/advisor#C1019")
    page.locator("dk-history button.entry", has_text="电话").first.click()
    expect(page.locator("dk-talk canvas").first).to_be_visible()
    page.get_by_role("button", name="听这一句").nth(4).click()
    expect(page.locator("dk-talk li.now")).to_be_visible()


def search(page: Page) -> None:
    page.goto(BASE + "/advisor?tab=search#C1001")
    page.get_by_label("在会话里找").fill("国债")
    page.keyboard.press("Enter")
    expect(page.locator("dk-search mark").first).to_be_visible()
    expect(page.locator("dongke-profile article").first).to_be_visible()


def opportunity(page: Page) -> None:
    page.goto(BASE + "/advisor#C1014")
    page.locator("dongke-profile .chance").last.click()
    expect(page.locator("dk-opportunity ol li").first).to_be_visible()


def record(page: Page) -> None:
    page.goto(BASE + "/advisor#C1014")
    expect(page.locator("dk-history .entry").first).to_be_visible()
    page.get_by_role("button", name="电话", exact=True).click()
    expect(page.locator("dk-record .out")).to_be_visible()


def board(tab: str, seen: str) -> Callable[[Page], None]:
    def take(page: Page) -> None:
        page.goto(f"{BASE}/manager?tab={tab}")
        expect(page.locator(seen).first).to_be_visible()
        page.wait_for_timeout(600)  # the charts grow

    return take


def behind(page: Page) -> None:
    page.goto(BASE + "/manager")
    page.locator(".tile", has_text="逾期").click()
    expect(page.locator("dk-behind tbody tr").first).to_be_visible()


def playbooks(page: Page) -> None:
    page.goto(BASE + "/playbooks")
    page.get_by_role("button", name="闲置资金").click()
    text = page.get_by_label("规则文件")
    expect(text).to_have_value(re.compile("id: idle_funds"))
    text.fill(
        text.input_value().replace("min_yuan: 100000", "min_yuan: 400000").replace('version: "2"', 'version: "3"')
    )
    page.get_by_role("button", name="试运行").click()
    expect(page.locator("dk-table[name=trial] tbody tr").first).to_be_visible()


def system(page: Page) -> None:
    page.goto(BASE + "/system")
    expect(page.locator("section").nth(5)).to_be_visible()


def widget(page: Page) -> None:
    page.goto(CRM)
    page.locator("dongke-profile article.active .what").first.click()
    expect(page.locator("dongke-profile .quote").first).to_be_visible()


def docs(page: Page) -> None:
    page.goto(BASE + "/docs")
    expect(page.locator("details").first).to_be_visible()


#: file: who, how wide, whole page, dark, what
PICTURES: dict[str, tuple[str, tuple[int, int], bool, bool, Callable[[Page], None]]] = {
    "login": ("", WIDE, False, False, login),
    "advisor": ("advisor", WIDE, False, False, card),
    "advisor-dark": ("advisor", WIDE, False, True, card),
    "advisor-narrow": ("advisor", NARROW, True, False, card),
    "contradictions": ("manager", WIDE, False, False, contradictions),
    "talk": ("advisor", WIDE, False, False, talk),
    "search": ("advisor", WIDE, False, False, search),
    "opportunity": ("advisor", WIDE, False, False, opportunity),
    "record": ("advisor", WIDE, False, False, record),
    "manager": ("manager", WIDE, False, False, board("overview", ".tile")),
    "overdue": ("manager", WIDE, False, False, board("overdue", "dk-overdue tbody tr")),
    "money": ("manager", WIDE, False, False, board("money", "dk-money tbody tr")),
    "promises": ("manager", WIDE, False, False, board("promises", "dk-promises canvas")),
    "digging": ("manager", WIDE, False, False, board("digging", "dk-digging tbody tr")),
    "adherence": ("manager", WIDE, False, False, board("adherence", "dk-adherence tbody tr")),
    "voices": ("manager", WIDE, False, False, board("voices", "dk-voices canvas")),
    "behind": ("manager", WIDE, False, False, behind),
    "playbooks": ("manager", WIDE, True, False, playbooks),
    "system": ("admin", WIDE, True, False, system),
    "widget-crm": ("", WIDE, False, False, widget),
    "widget-narrow": ("", NARROW, True, False, widget),
    "docs": ("", WIDE, False, False, docs),
}


def take(browser: Browser, name: str) -> None:
    who, (width, height), whole, dark, show = PICTURES[name]
    scheme = "dark" if dark else "light"
    context = browser.new_context(
        locale="zh-CN", viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce"
    )
    if who:
        context.request.post(BASE + "/v1/session", data={"login": who, "password": PASSWORD})
    page = context.new_page()
    show(page)
    page.mouse.move(0, 0)
    picture = Image.open(BytesIO(page.screenshot(full_page=whole)))
    picture.quantize(COLORS).save(HERE / f"{name}.png", optimize=True)
    context.close()


def main() -> None:
    with sync_playwright() as engine:
        browser = engine.chromium.launch(executable_path="/usr/bin/chromium", args=[*FLAGS, "--lang=zh-CN"])
        for name in PICTURES:
            take(browser, name)
            sys.stdout.write(name + "\n")
        browser.close()


if __name__ == "__main__":
    main()
