# make demo   sets everything up and runs the main job on the samples (ONCE=1 ends after the print-out)
# make test   runs all tests, on an embedded PostgreSQL
# make web    builds the pages (needs Node; nobody else does)
# make check  what must be green before a commit: style, types, layers, tests
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo web web-check serve test check lint train demo-model bench lock clean
.DEFAULT_GOAL := check

demo: .venv/ready
	@$(BIN)/dongke demo $(if $(ONCE),--once)

serve: .venv/ready
	$(BIN)/dongke serve

test: .venv/ready
	$(BIN)/python -m pytest -n auto --ignore=tests/web
	@if [ -x "$${CHROMIUM:-/usr/bin/chromium}" ]; then $(BIN)/python -m pytest tests/web; else \
	  echo "NOT RUN: tests/web, the pages in a browser. They need chromium (Debian: apt-get install -y chromium fonts-noto-cjk)"; fi

lint: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint test

# fits nlp/learned/weights.npz anew from training/ (some minutes)
train: .venv/ready
	$(BIN)/python -W ignore -m nlp.train

# builds the pages of web/ into api/static; only who changes them needs Node (20 or newer)
web: web/node_modules/ready
	cd web && npm run --silent build

# what lies in api/static is what web/ builds, byte for byte
web-check: web/node_modules/ready
	@out=$$(mktemp -d) && (cd web && npx tsc --noEmit && node build.mjs --out $$out) && diff -r $$out api/static && rm -r $$out && echo "api/static is what web/ builds"

web/node_modules/ready: web/package-lock.json
	cd web && npm ci --silent --no-audit --no-fund && touch node_modules/ready

# makes the demo's speech model anew (an hour; bench/demo_speech): needs torch and pypinyin in .venv, espeak-ng and sox
demo-model: .venv/ready
	$(BIN)/python -m bench.demo_speech

bench: .venv/ready
	$(BIN)/python bench/run.py

.venv/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.11 …"; exit 2; }
	@echo "Setting up .venv (about a minute, once)"
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# The lock names no host: the same file serves every mirror.
lock:
	uv pip compile pyproject.toml --group dev --universal --generate-hashes --no-emit-index-url --no-header --output-file requirements.lock

clean:
	rm -rf var .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
