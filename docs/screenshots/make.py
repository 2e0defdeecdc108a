"""Takes the pictures of the documents from a running `make demo`.

usage: python docs/screenshots/make.py
It needs Debian's chromium and `pip install playwright`; neither is part of the set-up.
"""

from pathlib import Path

from playwright.sync_api import Page, sync_playwright

HERE = Path(__file__).parent
ADDRESS = "http://127.0.0.1:8600"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync", "--no-first-run"]


def main() -> None:
    with sync_playwright() as engine:
        browser = engine.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        for login in ("advisor", "manager"):
            page = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN").new_page()
            log_in(page, login)
            page.wait_for_timeout(2500)
            page.screenshot(path=HERE / f"{login}.png")
        browser.close()


def log_in(page: Page, login: str) -> None:
    page.goto(ADDRESS)
    page.fill("input[name=login]", login)
    page.fill("input[name=password]", "dongke-demo")
    page.press("input[name=password]", "Enter")


if __name__ == "__main__":
    main()
