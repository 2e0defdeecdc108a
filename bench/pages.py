"""First paint of the card: from the navigation of a foreign page to the frame that shows 30 tags.

usage: .venv/bin/python bench/pages.py [http://127.0.0.1:8600]     against a demo that runs
The real answer of the service is asked for, its tags are repeated up to 30. Cold: an empty cache each time.
"""

import json
import statistics
import sys

from playwright.sync_api import Browser, Route, sync_playwright

BASE = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8600"
CRM = f"http://127.0.0.1:{int(BASE.rsplit(chr(58), 1)[1]) + 1}"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
TAGS, RUNS = 30, 7
WATCH = """
window.painted = {};
const look = () => {
  const root = document.querySelector("dongke-profile")?.shadowRoot;
  if (root?.querySelector(".wait")) painted.skeleton ??= performance.now();
  if (root?.querySelectorAll("article").length >= %d) { painted.card ??= performance.now(); return; }
  requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""


def repeated(route: Route) -> None:
    """The real card, its tags repeated up to 30, all of them active."""
    answer = route.fetch()
    card = answer.json()
    some = [t | {"status": "active"} for t in card["tags"]]
    card["tags"] = [some[n % len(some)] | {"id": f"tag-{n}"} for n in range(TAGS)]
    names = [c["name"] for c in card["categories"]]
    card["categories"] = [
        {"name": name, "tag_ids": [f"tag-{n}" for n in range(TAGS) if n % len(names) == place]}
        for place, name in enumerate(names)
    ]
    route.fulfill(response=answer, body=json.dumps(card))


def once(browser: Browser) -> dict[str, float]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.add_init_script(WATCH % TAGS)
    page.route("**/v1/widget/profile*", repeated)
    page.goto(CRM)
    page.wait_for_function("painted.card")
    found: dict[str, float] = page.evaluate("painted")
    context.close()
    return found


def main() -> None:
    with sync_playwright() as engine:
        browser = engine.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        runs = [once(browser) for _ in range(RUNS)]
        browser.close()
    for name, label in (("skeleton", "骨架"), ("card", f"{TAGS} 个标签的卡")):
        times = sorted(run[name] for run in runs if name in run)
        print(f"{label}: 中位 {statistics.median(times):.0f} ms, 最慢 {times[-1]:.0f} ms ({len(times)} 次)")


if __name__ == "__main__":
    main()
