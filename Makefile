# Two commands matter: `make demo` lives a short life before your eyes, `make test` checks everything.
#
#   make PYTHON=python3.12 test      another interpreter

PYTHON ?= python3
VENV ?= .venv
VENV38 := .venv38
OLDEST := .venv-oldest
PIP_INSTALL := -m pip install --disable-pip-version-check

PLUGINS := $(patsubst %/pyproject.toml,%,$(sort $(wildcard sovl_plugins/*/pyproject.toml)))
# A check gives the same answer twice: property tests look for new cases when pytest is run by hand.
SAME_CASES := --hypothesis-seed=0
PACKAGES := sovl_core $(sort $(wildcard sovl_plugins/*/sovl_*))
EXAMPLES := $(sort $(wildcard examples/*.py examples/plugins/*/sovl_*))
EMPTY :=
EXAMPLE_FOLDERS := $(subst $(EMPTY) $(EMPTY),:,$(sort $(wildcard examples/plugins/*)))
METADATA := pyproject.toml $(PLUGINS:%=%/pyproject.toml)
EDITABLE_PLUGINS := $(PLUGINS:%=--editable ./%)
# Installed beforehand, so that none of the projects is built in an environment of its own.
BUILD_TOOLS := hatchling editables
TEST_TOOLS := hypothesis pytest pytest-mock
# What the kernel needs to be talked to, short of a model: the tests marked no_torch run on these alone.
WITHOUT_TORCH := click filelock platformdirs pluggy prompt_toolkit pydantic rich tomlkit
# A pyenv shim is found even where no such Python is chosen, hence the question whether it runs.
PYTHON38 ?= $(shell for each in python3.8 $$HOME/.pyenv/versions/3.8*/bin/python3.8; do \
	"$$each" -c 'import ensurepip, venv' 2>/dev/null && echo "$$each" && break; done)

.PHONY: help install demo chat test check docs hook-api test-3.8 test-oldest bench torture clean

help:
	@echo "make install       the environment $(VENV): kernel, all plugins, tools for development"
	@echo "make demo          a short life: it is told six facts, sleeps, and is asked again"
	@echo "make chat          a session"
	@echo "make test          every check and every test"
	@echo "make docs          the documentation: reference out of the code, pages into build/site"
	@echo "make hook-api      records what was added to the hook API (docs/hook-versions.md)"
	@echo "make check         the checks that need no model: ruff, mypy, import-linter, vermin"
	@echo "make test-3.8      the tests that need no torch, on Python 3.8"
	@echo "make test-oldest   every test on Python 3.8 with the oldest torch that is supported"
	@echo "make bench         how fast it is beside what would be used otherwise (benchmarks/README.md)"
	@echo "make torture       lives that are killed, starved of room and damaged (docs/reliability.md); KILLS=1000 for longer"
	@echo "make clean         removes environments and caches; lives and models stay"

install: $(VENV)/.installed

$(VENV)/.installed: constraints.txt $(METADATA)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "The pinned versions need Python 3.11 or newer; $(PYTHON) is not." >&2; \
		echo "Type: make PYTHON=python3.11 (SOVL itself runs on 3.8: see CONTRIBUTING.md)" >&2; exit 1; }
	@$(VENV)/bin/python -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
		|| $(PYTHON) -m venv --clear $(VENV)
	$(VENV)/bin/python $(PIP_INSTALL) --constraint constraints.txt $(BUILD_TOOLS)
	$(VENV)/bin/python $(PIP_INSTALL) --constraint constraints.txt --no-build-isolation \
		--editable '.[dev,docs]' $(EDITABLE_PLUGINS)
	@touch $@

demo: install
	$(VENV)/bin/python examples/short_life.py

chat: install
	@$(VENV)/bin/sovl

check: install
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy
	MYPYPATH=$(EXAMPLE_FOLDERS) $(VENV)/bin/mypy --explicit-package-bases $(EXAMPLES)
	$(VENV)/bin/lint-imports
	$(VENV)/bin/vermin --target=3.8- --no-tips --violations $(PACKAGES) $(EXAMPLES)

# The reference is written into docs/, where it can be read without building anything; a test fails when it is behind.
docs: install
	$(VENV)/bin/python -m tools.reference
	NO_MKDOCS_2_WARNING=1 $(VENV)/bin/mkdocs build --strict --quiet

hook-api: install
	$(VENV)/bin/python -m sovl_core.hook_api

test: check
	$(VENV)/bin/python -m pytest --durations=10 $(SAME_CASES)
	@$(MAKE) --no-print-directory test-3.8

test-3.8:
ifeq ($(strip $(PYTHON38)),)
	@echo "Skipped: the tests on Python 3.8, because there is no python3.8 on this machine."
else
	@$(MAKE) --no-print-directory test-without-torch
endif

# Files are chosen by the marker's name: pytest imports a file before it reads its marks, and most import torch.
.PHONY: test-without-torch
test-without-torch: $(VENV38)/.installed
	$(VENV38)/bin/python -m pytest -m no_torch -p no:cacheprovider $(SAME_CASES) \
		$$(grep -rl --include='test_*.py' 'pytest\.mark\.no_torch' tests sovl_plugins)

$(VENV38)/.installed: constraints-3.8.txt $(METADATA)
	@$(VENV38)/bin/python -m pip --version >/dev/null 2>&1 || $(PYTHON38) -m venv --clear $(VENV38)
	$(VENV38)/bin/python $(PIP_INSTALL) --constraint constraints-3.8.txt $(WITHOUT_TORCH) $(BUILD_TOOLS) $(TEST_TOOLS)
	$(VENV38)/bin/python $(PIP_INSTALL) --no-deps --no-build-isolation --editable . $(EDITABLE_PLUGINS)
	@touch $@

test-oldest: $(OLDEST)/.installed
	$(OLDEST)/bin/python -m pytest -p no:cacheprovider --durations=10

$(OLDEST)/.installed: constraints-3.8.txt $(METADATA)
	@test -n "$(PYTHON38)" || { echo "There is no python3.8 on this machine; type: make PYTHON38=PATH $@" >&2; exit 1; }
	@$(OLDEST)/bin/python -m pip --version >/dev/null 2>&1 || $(PYTHON38) -m venv --clear $(OLDEST)
	$(OLDEST)/bin/python $(PIP_INSTALL) --constraint constraints-3.8.txt $(BUILD_TOOLS) $(TEST_TOOLS)
	$(OLDEST)/bin/python $(PIP_INSTALL) --constraint constraints-3.8.txt --no-build-isolation \
		--editable '.[plot]' $(EDITABLE_PLUGINS)
	@touch $@

# Alone on the machine, and never a part of "test": a missed figure is told and fails nothing.
BENCH ?=
bench: install
	$(VENV)/bin/python -m pytest benchmarks -o python_files='bench_*.py' -p no:cacheprovider \
		--benchmark-columns=median,iqr,rounds --benchmark-warmup=off $(BENCH)

KILLS ?= 100
TURNS ?= 10000
# Property tests of what reads anything: files, settings, ids, queries, turns. 10,000 cases each.
ANY_CASE := $(wildcard tests/unit/test_config_*.py tests/unit/test_importing_*.py tests/unit/test_journal_[qrs]*.py) \
	$(addprefix tests/unit/test_,data_loader.py system_config.py token_mapping.py plugin_selection.py plugin_order.py \
	safe_encoding.py masking.py chat_format.py) tests/unit/cli/test_cli_terminal.py \
	$(addprefix sovl_plugins/dream/tests/test_,own_words.py quotations.py memories.py)

# One part that fails keeps no other from being tried: it takes hours.
torture: install
	@failed=; \
	$(VENV)/bin/python -m torture --kills $(KILLS) --report build/torture.json $(TORTURE) || failed="$$failed lives,"; \
	OMP_NUM_THREADS=1 $(VENV)/bin/python -m torture.flat --turns $(TURNS) || failed="$$failed a long session,"; \
	SOVL_HYPOTHESIS_PROFILE=torture $(VENV)/bin/python -m pytest -p no:cacheprovider -m hypothesis $(ANY_CASE) \
		|| failed="$$failed any case,"; \
	test -z "$$failed" || { echo "torture: failed:$${failed%,}" >&2; exit 1; }

clean:
	rm -rf $(VENV) $(VENV38) $(OLDEST) build dist
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .benchmarks
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	find . -name '*.egg-info' -type d -prune -exec rm -rf {} +
