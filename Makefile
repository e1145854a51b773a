# Every target sets up what it needs, once, into .venv. Browser tests need Chromium: on Debian as root it is installed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help demo test check format lint types contract docs bench browser clean

help:  ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-9s %s\n", $$1, $$2}'

$(READY): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable . --group dev
	@touch $@

demo: $(READY)  ## audit the sample companies and say where the reports are
	$(BIN)/orgaudit demo --out orgaudit-report --force

browser:
	@command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 || \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium fonts-noto-cjk poppler-utils >/dev/null; \
	else echo "Chromium is not installed: browser tests will be skipped"; fi

test: $(READY) browser  ## run all tests, browser tests included
	$(BIN)/python -m pytest -n auto

check: $(READY) browser format lint types contract  ## format, lint, types, import contract, tests
	$(BIN)/python -m pytest -n auto

format: $(READY)
	$(BIN)/ruff format --check src tests benchmarks

lint: $(READY)
	$(BIN)/ruff check src tests benchmarks

types: $(READY)
	$(BIN)/mypy

contract: $(READY)
	$(BIN)/lint-imports

docs: $(READY)  ## write docs/checks.md and the outputs in README.md anew
	$(BIN)/python tests/generated.py --write

bench: $(READY)  ## measure, print ratios
	$(BIN)/python benchmarks/run.py
	$(BIN)/python benchmarks/duties.py

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache orgaudit-report
