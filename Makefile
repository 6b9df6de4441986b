# The two commands of a newcomer: `make demo` and `make test`. Needs Python 3.11 or newer and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# transformers asks no hub about files that are here already; oneDNN and OpenMP need no setting.
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test lint format clean tokenizers

demo: $(VENV)/installed
	$(BIN)/chemtune demo

test: $(VENV)/installed-dev lint
	$(BIN)/pytest

lint: $(VENV)/installed-dev
	$(BIN)/ruff check src tests benchmarks docs/sample_page.py
	$(BIN)/ruff format --check src tests benchmarks docs/sample_page.py
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/installed-dev
	$(BIN)/ruff check --fix src tests benchmarks docs/sample_page.py
	$(BIN)/ruff format src tests benchmarks docs/sample_page.py

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
