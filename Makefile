# The interpreter that the virtual environment is made with: any CPython from 3.9 on.
PYTHON ?= python3
# `make demo BOOTSTRAP=host:9092` runs the demo on a cluster of yours.
BOOTSTRAP ?=

# `make test-asan TESTS=pytests/behaviour` runs these tests alone on that build.
TESTS ?=
# `make wheels WHEELS=manylinux_2_28_x86_64` builds this one alone.
WHEELS ?=

VENV := .venv/bin/python
INSTALLED := .venv/.installed
SWIFT ?= swift
SWIFT_SOURCES := Package.swift Sources examples/swift $(wildcard Tests)
PYTHON_SOURCES := setup.py python pytests benchmarks examples tools

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo test fuzz test-asan test-debug test-valgrind test-runtime bench build wheel wheels test-wheel sdist format lint pyright lock clean install ready ready-to-test

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: install ## producer and consumer group on the embedded broker, or on BOOTSTRAP=host:9092
	@DEMO_COMMAND='make demo BOOTSTRAP=host:9092' $(VENV) -m mapr_streams_python demo $(if $(BOOTSTRAP),--bootstrap '$(BOOTSTRAP)')

test: ready-to-test ## everything: swift test, pytest, lint, format, types
	@MAKE='$(MAKE)' $(VENV) tools/run_tests.py

fuzz: ready-to-test install ## random sequences of calls: SEQUENCES=1000 of them from number FIRST on
	@FIRST=$(or $(FIRST),$(shell date +%s)) SEQUENCES=$(or $(SEQUENCES),1000) \
		$(VENV) -m pytest --numprocesses 6 --maxfail 1 pytests/sequences

test-asan: ready-to-test install ## pytest on an extension with AddressSanitizer; TESTS=... for a part
	@$(VENV) tools/run_variant.py asan $(TESTS)

test-debug: ready-to-test install ## pytest on a debug build: assertions, exclusivity, PYTHONDEVMODE
	@$(VENV) tools/run_variant.py debug $(TESTS)

test-runtime: ready-to-test install ## a part of pytest on the build with the whole Swift runtime
	@$(VENV) tools/run_variant.py runtime $(TESTS)

test-valgrind: ready-to-test install ## the hot paths under valgrind's memcheck; TESTS=... for tests instead, which takes long
	@$(VENV) tools/run_variant.py valgrind $(TESTS)

bench: install ## messages per second and CPU time per message, beside confluent-kafka
	@$(PYTHON) tools/bootstrap.py bench
	@$(VENV) -m benchmarks --install-peers $(BENCH)

build: ready ## the extension, into python/mapr_streams_python
	@$(VENV) setup.py --quiet build_ext --inplace

install: build $(INSTALLED) ## the package, editable, into .venv

wheel: ready ## a wheel into dist/
	@$(VENV) -m pip wheel --no-build-isolation --no-deps --wheel-dir dist .

wheels: ## wheels that carry everything, for each Linux, into dist/; WHEELS=... for some of them
	@$(PYTHON) tools/bootstrap.py wheels
	@$(VENV) tools/wheels --output dist $(WHEELS)

test-wheel: ready-to-test ## pytest on the package of a wheel: WHEEL=dist/....whl, TESTS=... for a part
	@$(VENV) tools/run_variant.py wheel $(or $(WHEEL),$(error WHEEL names no wheel)) $(TESTS)

sdist: ready ## a source distribution into dist/
	@$(VENV) setup.py --quiet sdist

format: ready-to-test ## rewrite Swift and Python sources in the project's format
	$(SWIFT) format --in-place --recursive $(SWIFT_SOURCES)
	$(VENV) -m ruff check --fix-only --quiet $(wildcard $(PYTHON_SOURCES))
	$(VENV) -m ruff format $(wildcard $(PYTHON_SOURCES))

lint: ready-to-test ## the checks of `make test` without its tests
	@MAKE='$(MAKE)' $(VENV) tools/run_tests.py --checks

pyright: ready-to-test install ## the examples and the file of types under pyright too, as in CI
	@$(VENV) tools/run_pyright.py

lock: ## the newest releases of what comes from PyPI, into tools/requirements-*.txt
	@$(PYTHON) tools/bootstrap.py lock

clean: ## remove what was built, and the virtual environment
	rm -rf .build build dist .venv python/*.egg-info python/mapr_streams_python/*.so python/mapr_streams_python/.libs
	rm -rf .mypy_cache .pytest_cache .ruff_cache

# These look at the machine on every run, which takes a moment; what is in place they leave alone.
ready:
	@$(PYTHON) tools/bootstrap.py build
ready-to-test:
	@$(PYTHON) tools/bootstrap.py test

$(INSTALLED): setup.py pyproject.toml
	@$(VENV) -m pip install --quiet --no-build-isolation --no-deps --editable .
	@touch $@
