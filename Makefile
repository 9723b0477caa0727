# What to type. `make demo` and `make test` need Rust, a C++ compiler and Python 3.11; everything else goes into .venv.
# Another Python: `make demo PYTHON=python3.12`. The accelerated backends: `make demo BACKEND=cuda13`.

PYTHON ?= python3
VENV := $(CURDIR)/.venv
ifeq ($(shell uname -s),Linux)
BACKEND ?= cpu
EXTRAS := $(BACKEND),dev
else
EXTRAS := dev
endif

# One profile for the extension, the Rust tests and the lints of `make test`, so that nothing is built twice.
PROFILE := tests
# What maturin sets for its builds: cargo rebuilds where these differ.
export PYO3_PYTHON := $(VENV)/bin/python
export PYO3_BUILD_EXTENSION_MODULE := 1

PIP := $(VENV)/bin/python -m pip --disable-pip-version-check
MATURIN := VIRTUAL_ENV=$(VENV) $(VENV)/bin/maturin develop
# The `flashlight` program, which the package holds beside the extension.
PROGRAM := $(VENV)/bin/python packaging/flashlight_build.py
PYTEST := $(VENV)/bin/python -m pytest

.NOTPARALLEL:
.PHONY: demo test test-rust test-python test-full check format generate clean

## Build with optimisation and train on handwritten digits.
demo: $(VENV)/ready
	$(PROGRAM) --profile release
	$(MATURIN) --release
	$(VENV)/bin/python examples/mnist_cnn.py --compile

## Everything that a change must pass: lints, Rust tests, Python tests.
test: check test-rust test-python

test-rust: $(VENV)/ready
	cargo test --workspace --locked --profile $(PROFILE)

test-python: $(VENV)/ready
	$(PROGRAM) --profile $(PROFILE)
	$(MATURIN) --profile $(PROFILE)
	$(PYTEST) -m "not full" tests

## `make test`, and the tests that take minutes (installations in new environments).
test-full: test
	$(PYTEST) -m full tests

## What CI holds the sources to.
check: $(VENV)/ready
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked --profile $(PROFILE) -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items --locked --profile $(PROFILE)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/pyright

## Write the formatting that `make check` asks for.
format: $(VENV)/ready
	cargo fmt --all
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

## Write the type stubs and docs/coverage.md again, from the extension as it is; the tests fail where they are stale.
generate: $(VENV)/ready
	$(MATURIN) --profile $(PROFILE)
	$(VENV)/bin/python tools/stubs.py
	$(VENV)/bin/python tools/coverage.py

clean:
	rm -rf target $(VENV) python/flashlight/_C.*.so python/flashlight/_program

# The environment, with every requirement of pyproject.toml, those of the build too: the build finds MLX and libclang there,
# and later builds find them in the same place. Brought up to date when pyproject.toml changes.
define REQUIREMENTS
import tomllib
project = tomllib.load(open("pyproject.toml", "rb"))
extras = project["project"]["optional-dependencies"]
print(*project["build-system"]["requires"], *project["project"]["dependencies"], sep="\n")
print(*(line for extra in "$(EXTRAS)".split(",") for line in extras[extra]), sep="\n")
endef
export REQUIREMENTS

$(VENV)/ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -c "$$REQUIREMENTS" > $(VENV)/requirements.txt
	$(PIP) install --no-cache-dir --progress-bar off --requirement $(VENV)/requirements.txt
	touch $@
