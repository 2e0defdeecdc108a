"""The large benchmarks, one command each, into bench/LARGE.md: `python bench/large.py [name …]` (all: about an hour).

Only the sections that are named are measured anew; the others stay as they were. Each says when, and under which load
of the machine it was taken.
"""

import os
import re
import subprocess
import sys
from datetime import datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "bench/LARGE.md"
#: name → what it shows, command
RUNS = {
    "profiles": ("Profiles over HTTP, 1,000,000 facts", ["bench/profiles.py"]),
    "import": ("10 million events imported and folded", ["bench/events.py", "import", "--events", "10000000"]),
    "events": ("Events over HTTP", ["bench/events.py", "http"]),
    "segments": ("Segments of 5,000 and 50,000 customers", ["-m", "bench.segments", "5000", "50000"]),
    "differential": ("Kept membership against one reckoned anew", ["-m", "bench.segments", "--differential", "10000"]),
    "identity": ("Identity in bulk", ["bench/identity.py"]),
    "deadlines": ("Trading time against a look at every minute", ["bench/deadlines.py"]),
    "reports": ("Reports and the overdue sweep", ["-m", "bench.reports", "10000", "100000"]),
    "insight": ("Digging, service strategy, ranking", ["bench/insight.py"]),
    "archive": ("An archive of 200 calls through workers", ["-m", "bench.archive", "200", "--ray"]),
    "attribution": ("A lift whose interval covers a known effect", ["bench/attribution.py"]),
}  # fmt: skip
HEAD = "# Large benchmarks\n`python bench/large.py [name …]` runs them and writes this file.\n"


def main(names: list[str]) -> None:
    unknown = [name for name in names if name not in RUNS]
    if unknown:
        sys.exit(f"no such benchmark: {', '.join(unknown)}; there are {', '.join(RUNS)}")
    sections = _read()
    for name in names or RUNS:
        sections[name] = _measured(name)
        text = HEAD + "".join(f"\n## {name}: {RUNS[name][0]}\n{sections[name]}" for name in RUNS if name in sections)
        FILE.write_text(text, encoding="utf-8")


def _read() -> dict[str, str]:
    text = FILE.read_text(encoding="utf-8") if FILE.exists() else ""
    found = re.split(r"^## (\w+): .*\n", text, flags=re.MULTILINE)[1:]
    return {name: body.strip("\n") + "\n" for name, body in zip(found[::2], found[1::2], strict=True)}


def _measured(name: str) -> str:
    command = RUNS[name][1]
    load = os.getloadavg()[0]
    began = datetime.now().astimezone()
    print(f"== {name}: python {' '.join(command)}", flush=True)
    done = subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=False)
    said = done.stdout.strip() + (f"\n(exit {done.returncode})\n{done.stderr[-2000:]}" if done.returncode else "")
    print(said, flush=True)
    head = f"`python {' '.join(command)}`, {began:%Y-%m-%d}, load before {load:.1f} on {os.cpu_count()} cores"
    return f"{head}\n```\n{said}\n```\n"


if __name__ == "__main__":
    main(sys.argv[1:])
