# make help tells what there is. Everything lives in .venv and build; the second time only what changed is done.

PYTHON ?= python3
ARGS ?=
BENCH ?=
JOBS ?= 2

VENV := .venv
BIN := $(VENV)/bin
BASILISK := build/bench/basilisk
STAMPS := $(VENV)/stamps
SOURCES := $(shell find wire hal flight ground -name '*.pyx' -o -name '*.pxd')
PIP := $(BIN)/python -m pip --disable-pip-version-check

# $(call step,what is done,command): runs the command and says how long it took.
step = @echo "==> $(1)"; begin=$$(date +%s); { $(2); } || exit 1; echo "    $(1): $$(( $$(date +%s) - begin )) s"

.PHONY: help install install-dev demo test test-long sanitize bench basilisk lint clean

help:
	@echo "make install     the programs, in .venv (Python 3.11 or newer and a C compiler are needed)"
	@echo "make demo        install, then fly the whole mission: landing, rover, pictures home (ARGS='--short', '--seed 3' and so on)"
	@echo "make test        lint, then every test"
	@echo "make test-long   the tests that run at a hundredth of their count in 'make test', at their full count"
	@echo "make sanitize    the decoders in Cython compiled with the sanitizers and fuzzed there (ARGS='--share 1' for ten million inputs)"
	@echo "make bench       every benchmark, into build/bench.json (BENCH=name for one, ARGS='--quick' for small counts)"
	@echo "make basilisk    Basilisk in a virtual environment of its own (600 MB), for 'make bench' to measure beside ours"
	@echo "make lint        ruff, mypy and the import contracts"
	@echo "make clean       remove what was built; .venv stays"

$(STAMPS)/venv:
	@$(PYTHON) tools/preflight.py
	$(call step,create $(VENV),$(PYTHON) -m venv $(VENV))
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/packages: $(STAMPS)/venv pyproject.toml setup.py
	$(call step,install the packages we stand on (downloads included),$(PIP) install 'setuptools>=77' 'Cython>=3.3$(,)<3.4' && FARSIDE_ONLY=- $(PIP) install --no-build-isolation -e .)
	@touch $@

$(STAMPS)/dev-packages: $(STAMPS)/packages
	$(call step,install the packages for developers (downloads included),FARSIDE_ONLY=- $(PIP) install --no-build-isolation -e '.[dev]')
	@touch $@

$(STAMPS)/extensions: $(STAMPS)/packages $(SOURCES)
	$(call step,compile the extensions,$(BIN)/python setup.py -q build_ext)
	@touch $@

install: $(STAMPS)/extensions
	@echo "farside is in $(BIN)/farside"

install-dev: $(STAMPS)/dev-packages $(STAMPS)/extensions

demo: install
	$(call step,demo,$(BIN)/farside demo $(ARGS))

lint: install-dev
	$(call step,ruff,$(BIN)/ruff check . && $(BIN)/ruff format --check .)
	$(call step,mypy,$(BIN)/mypy)
	$(call step,import contracts,$(BIN)/lint-imports --no-logo)

test: lint
	$(call step,pytest,$(BIN)/python -m pytest -n $(JOBS) --dist loadfile $(ARGS))

test-long: install-dev
	$(call step,pytest at full counts,FARSIDE_FUZZ_SEED=$${FARSIDE_FUZZ_SEED:-$$(date +%s)} $(BIN)/python -m pytest -m long --timeout 3600 $(ARGS))

sanitize: install-dev
	$(call step,compile and fuzz the decoders under the sanitizers,$(BIN)/python -m tools.sanitize $(ARGS))

bench: install-dev
	$(call step,benchmarks,$(BIN)/python -m tools.bench $(BENCH) $(ARGS))

basilisk:
	$(call step,install Basilisk (downloads included),$(PYTHON) -m venv $(BASILISK) && $(BASILISK)/bin/python -m pip --disable-pip-version-check install -q 'bsk>=2.12$(,)<3')

clean:
	rm -rf build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find wire hal flight ground -name '*.so' -delete
	rm -f $(STAMPS)/extensions

, := ,
