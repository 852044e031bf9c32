# Carrel from a checkout. PYTHON names the interpreter that .venv is made with: make PYTHON=python3.12 demo

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
COMMA := ,

.NOTPARALLEL:
.PHONY: help demo check test test-fast test-long locks docs dist bundle deb clean

help:
	@echo 'make demo        install into $(VENV), index examples/notes, ask one question'
	@echo 'make check       ruff and mypy'
	@echo 'make test        make check, then all tests but the long ones'
	@echo 'make test-fast   the tests that load no model and start no process of Carrel: about two minutes'
	@echo 'make test-long   the long tests: two hundred kills, a soak'
	@echo 'make locks       write locks/ anew, with the newest versions that pyproject.toml and constraints.txt allow'
	@echo 'make docs        build the documentation site in build/site, the manual pages in build/man'
	@echo 'make dist        build the wheel and the source archive in dist, and check both'
	@echo 'make bundle      build one archive that installs Carrel without a network, in build/bundle'
	@echo 'make deb         build a Debian package of that bundle'
	@echo 'make clean       remove the demo library and the caches, keep $(VENV)'

# The demo's library stays in the checkout, apart from the person's own.
demo: export CARREL_HOME := $(CURDIR)/build/demo
demo: $(VENV)/starter.installed
	@rm -rf build/demo
	$(BIN)/carrel add examples/notes
	$(BIN)/carrel ask 'When does my lease end?'

check: $(VENV)/test.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Two workers. The tests of one file stay together, so that each model is loaded once for them.
PYTEST = $(BIN)/pytest -n 2 --dist loadfile

test: check
	$(PYTEST)

test-fast: $(VENV)/test.installed
	$(PYTEST) -m 'not long and not model'

test-long: $(VENV)/test.installed
	$(BIN)/pytest -m long

# uv is asked because pip writes no hashes. PyTorch and its libraries are in a file of their own.
LOCK = $(BIN)/uv pip compile --quiet --no-header --no-annotate --generate-hashes --universal --python-version 3.11.5
OF_TORCH = $(foreach name,$(shell sed -n 's/==.*//p' locks/torch.txt),--no-emit-package $(name))

locks: $(VENV)/test.installed
	$(BIN)/python -m pip install uv
	$(LOCK) pyproject.toml -c constraints.txt $(OF_TORCH) -o locks/run.txt
	$(LOCK) pyproject.toml --extra test --extra docs -c constraints.txt -c locks/run.txt $(OF_TORCH) -o locks/test.txt

# The theme advertises its successor unless it is told not to.
docs: export NO_MKDOCS_2_WARNING := 1
docs: $(VENV)/test.installed
	$(BIN)/mkdocs build --strict
	$(BIN)/python -m assistant.cli.manual build/man
	@echo 'Read it with: $(BIN)/python -m http.server --directory build/site'

# Tools to build with, apart from what Carrel runs with.
TOOLS := build/tools

$(TOOLS)/installed: locks/build.txt
	'$(PYTHON)' -m venv $(TOOLS)
	$(TOOLS)/bin/python -m pip install --quiet --require-hashes -r locks/build.txt
	@touch $@

dist: $(TOOLS)/installed
	$(TOOLS)/bin/python -m pip install --quiet twine
	$(TOOLS)/bin/python -m bundling.dist

bundle: $(TOOLS)/installed
	PATH="$(CURDIR)/$(TOOLS)/bin:$$PATH" $(TOOLS)/bin/python -m bundling.making

deb:
	'$(PYTHON)' -m bundling.deb

clean:
	rm -rf build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -path ./$(VENV) -prune -o -type d -name __pycache__ -prune -exec rm -rf {} +

# llama-cpp-python comes as source; scikit-build-core, which builds it, fetches cmake and ninja itself
# where they are missing, but no compiler.
NO_COMPILER = no C++ compiler (c++) was found, and llama-cpp-python is compiled on installation. \
	Debian, Ubuntu: apt install build-essential. Fedora: dnf install gcc-c++. macOS: xcode-select --install.

define install
	@command -v c++ >/dev/null || echo 'warning: $(NO_COMPILER)' >&2
	@echo 'Installing .$(1) into $(VENV): compiling llama-cpp-python takes some minutes the first time.' >&2
	@$(BIN)/python -m pip install -c constraints.txt -e '.$(1)' && \
		$(BIN)/python -m pip install --no-deps --require-hashes -r locks/starter.txt || { \
		command -v c++ >/dev/null || echo 'The cause may be this: $(NO_COMPILER)' >&2; exit 1; }
endef

$(VENV)/starter.installed: pyproject.toml constraints.txt locks/starter.txt | $(BIN)/pip
	$(call install,)
	@touch $@

$(VENV)/test.installed: pyproject.toml constraints.txt locks/starter.txt | $(BIN)/pip
	$(call install,[test$(COMMA)docs])
	@touch $@ $(VENV)/starter.installed

# pip is the last thing a new environment gets: with it there, the environment is whole.
$(BIN)/pip:
	@command -v '$(PYTHON)' >/dev/null || { \
		echo "Carrel needs Python 3.11 or newer, and $(PYTHON) was not found. Name one: make PYTHON=/path/to/python" >&2; exit 1; }
	@'$(PYTHON)' -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Carrel needs Python 3.11 or newer, and $(PYTHON) is $$('$(PYTHON)' --version 2>&1). Name another: make PYTHON=/path/to/python" >&2; exit 1; }
	'$(PYTHON)' -m venv $(VENV)
