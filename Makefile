# The two commands of a newcomer: `make demo` and `make test`. Needs Python 3.11 or newer and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# transformers asks no hub about files that are here already; oneDNN and OpenMP need no setting.
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test lint format clean tokenizers browser screenshots

demo: $(VENV)/installed
	$(BIN)/chemtune demo

# Files in the order of tests/conftest.py: xdist would keep those of a single long test for the end.
test: $(VENV)/installed-dev lint browser
	OMP_NUM_THREADS=1 $(BIN)/pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

# The tests of the pages need a real browser: Chromium, of the system or of Playwright.
CHROMIUM = command -v chromium || command -v chromium-browser || command -v google-chrome
browser: $(VENV)/installed-dev
	@$(CHROMIUM) > /dev/null || $(BIN)/python tests/web/install_browser.py

# The pictures of README.md and the docs, of a run that is built for it.
screenshots: $(VENV)/installed-dev browser
	$(BIN)/python docs/screenshots.py

lint: $(VENV)/installed-dev
	$(BIN)/ruff check src tests benchmarks docs
	$(BIN)/ruff format --check src tests benchmarks docs
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/installed-dev
	$(BIN)/ruff check --fix src tests benchmarks docs
	$(BIN)/ruff format src tests benchmarks docs

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "chemtune needs Python 3.11 or newer; name one: make demo PYTHON=python3.11"; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(BIN)/pip install --quiet --constraint constraints.txt --editable .
	touch $@

$(VENV)/installed-dev: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(BIN)/pip install --quiet --constraint constraints.txt --editable ".[dev]"
	touch $(VENV)/installed $@

# Real tokenizers and templates for the tests of the model presets, which pass them over without.
tokenizers: $(VENV)/installed-dev
	$(BIN)/python tests/models/fetch_tokenizers.py

clean:
	rm -rf $(VENV) build src/*.egg-info
