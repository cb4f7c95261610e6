# Two commands on a fresh machine: `make demo` and `make test`.
# PYTHON picks the interpreter; PIP_FLAGS is handed to pip (an index of CPU builds, say).
PYTHON ?= python3
PIP_FLAGS ?=
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt $(PIP_FLAGS)

.PHONY: demo install test lint bench peers clean
.DELETE_ON_ERROR:

demo: install
	$(BIN)/cnnprof compare shufflenet_v2 ghostnet mobilenet_v2

install: $(VENV)/.installed

# Each stamp is as new as the files that decide what is installed.
$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(PIP) -e .
	touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	$(PIP) -e '.[test]'
	touch $@

$(VENV)/.installed-peers: $(VENV)/.installed-test
	$(PIP) -e '.[test,peers]'
	touch $@

lint: $(VENV)/.installed-test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

test: lint
	$(BIN)/pytest

peers: $(VENV)/.installed-peers
	$(BIN)/pytest -m peers tests/cross

bench: $(VENV)/.installed-peers
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) build dist *.egg-info
