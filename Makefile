# Two commands on a fresh machine: `make demo` and `make test`.
# PYTHON picks the interpreter; PIP_FLAGS is handed to pip (an index of CPU builds, say).
PYTHON ?= python3
PIP_FLAGS ?=
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt $(PIP_FLAGS)

.PHONY: demo install test lint bench peers runtimes references clean
.DELETE_ON_ERROR:

demo: install
	$(BIN)/cnnprof compare shufflenet_v2 ghostnet mobilenet_v2

install: $(VENV)/.installed

# Each stamp is as new as the files that decide what is installed.
$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(PIP) -e .
	$(BIN)/python -m compileall -q cnnprof # as pip does for what it copies: the first command starts as fast as the next
	touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	$(PIP) -e '.[test]'
	touch $@

$(VENV)/.installed-peers: $(VENV)/.installed-test
	$(PIP) -e '.[test,peers]'
	touch $@

$(VENV)/.installed-runtimes: $(VENV)/.installed-test
	$(PIP) -e '.[test,all]'
	touch $@

# torchvision and timm want another torch than the pinned one, so the networks they share with the zoo are compared
# in an environment of its own (several GB).
.venv-references/.installed: pyproject.toml
	$(PYTHON) -m venv .venv-references
	.venv-references/bin/python -m pip install -q $(PIP_FLAGS) 'torch==2.14.1' 'torchvision==0.29.1' pytest pytest-xdist hypothesis requests
	.venv-references/bin/python -m pip install -q $(PIP_FLAGS) timm fvcore typer pandas platformdirs scipy
	.venv-references/bin/python -m pip install -q $(PIP_FLAGS) --no-deps pytorchcv -e .
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

runtimes: $(VENV)/.installed-runtimes
	$(BIN)/pytest -m runtimes

references: .venv-references/.installed
	.venv-references/bin/python -m pytest -p no:cacheprovider -m peers tests/cross/test_references.py

bench: $(VENV)/.installed-peers $(VENV)/.installed-runtimes
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) .venv-references build dist *.egg-info
