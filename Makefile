# What there is to do: `make help`.
.SUFFIXES:
.PHONY: help setup demo test tests deep quick check format lock docs bench scale peers fuzz faults cluster cluster-test clean

SHELL = /bin/sh
VENV  = .venv
BIN   = $(VENV)/bin

PEERS      = tools/bench/peers
PEERS_VENV = .venv-peers

CHECKING      = deploy/checking
CHECKING_VENV = .venv-checking

# Wheels only, and only those whose hashes are in the lock, whoever installs them.
FROM_LOCK   = --only-binary :all: --no-deps --require-hashes
PIP_INSTALL = install --disable-pip-version-check --no-input $(FROM_LOCK)

# For two cores (ours: one lives through the mishaps, and tests of programs that start and stop wait now and then; with
# four the cores were idle for a tenth of the time, and each costs little, docs/adr/0061).
WORKERS = 6

# Temporal's sandbox imports the workflow anew for each journey: without bytecode kept it is compiled each time.
export PYTHONDONTWRITEBYTECODE =

help: ## list what there is to do
	@echo 'make <target> [ARGS="..."] [PYTHON=python3.12]'
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  \1@\2/p' Makefile | awk -F@ '{ printf "%-12s %s\n", $$1, $$2 }'

# The system's own Python comes first: distributions build it with optimizations, pyenv by default without, and then
# the same calls take longer (docs/adr/0061). One that lacks venv is passed over where another has it.
#
# uv comes by the pip that Python has; one of its own, where it has none or one before 22.3, takes three seconds more.
#
# The stamp is written last, so a half-made environment is made anew. It names the folder, since the
# scripts inside would point to the old place after a move, and what was installed.
setup: ## make .venv from requirements.lock, with Python 3.11 or later (skipped when current)
	@set -eu; \
	stamp="$$(cat requirements.lock pyproject.toml | cksum) $(CURDIR)"; \
	if [ "$$(cat $(VENV)/.stamp 2>/dev/null)" = "$$stamp" ] && $(BIN)/python -c '' 2>/dev/null; then \
	    [ -n "$(PYTHON)" ] || exit 0; \
	    version='import sys; print(sys.version_info[:3])'; \
	    [ "$$('$(PYTHON)' -c "$$version" 2>/dev/null)" != "$$($(BIN)/python -c "$$version")" ] || exit 0; \
	fi; \
	python=; \
	late='import sys; sys.exit(sys.version_info < (3, 11))'; \
	for what in "import ensurepip, venv; $$late" "$$late"; do \
	    for candidate in $(if $(PYTHON),'$(PYTHON)',/usr/bin/python3 python3.14 python3.13 python3.12 python3.11 python3 python); do \
	        if [ -z "$$python" ] && "$$candidate" -c "$$what" 2>/dev/null; then python=$$candidate; fi; \
	    done; \
	done; \
	if [ -z "$$python" ]; then \
	    echo 'setup: no Python 3.11 or later $(if $(PYTHON),at "$(PYTHON)",on the PATH).'; \
	    echo '       Install one (Debian: apt install python3 python3-venv; macOS: brew install python),'; \
	    echo '       or name one: make setup PYTHON=/path/to/python3.12'; \
	    exit 1; \
	fi >&2; \
	if ! "$$python" -c 'import ensurepip, venv' 2>/dev/null; then \
	    echo "setup: $$python lacks the standard module venv or ensurepip."; \
	    echo '       On Debian and Ubuntu: apt install python3-venv'; \
	    exit 1; \
	fi >&2; \
	echo "setup: making $(VENV) with $$("$$python" --version) ($$(command -v "$$python"))"; \
	rm -rf $(VENV); \
	"$$python" -m venv --without-pip $(VENV); \
	$(BIN)/python -m compileall -q -x '/(\..*|tests|node_modules)/' . & compiling=$$!; \
	echo 'setup: installing what requirements.lock names: about 150 MB, most of it the Temporal server; a minute or two'; \
	awk '/^uv==/ { uv = 1 } uv; uv && !/\\$$/ { exit }' requirements.lock > $(VENV)/uv.lock; \
	"$$python" -m pip --python $(BIN)/python $(PIP_INSTALL) --quiet -r $(VENV)/uv.lock 2>/dev/null || { \
	    $(BIN)/python -m ensurepip --default-pip >/dev/null; \
	    $(BIN)/python -m pip $(PIP_INSTALL) --quiet -r $(VENV)/uv.lock; \
	}; \
	$(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode $(FROM_LOCK) -r requirements.lock || { \
	    echo 'setup: not with uv, which does not know how pip is set up here; so with pip, which takes longer'; \
	    $(BIN)/python -m ensurepip --default-pip >/dev/null; \
	    $(BIN)/python -m pip $(PIP_INSTALL) -r requirements.lock; \
	}; \
	echo "setup: $$(ls -d $(VENV)/lib/python3*/site-packages/*.dist-info | wc -l) packages are there; installing permanence itself"; \
	$(BIN)/python -m pip install --disable-pip-version-check --no-input --quiet \
	    --no-deps --no-build-isolation --editable .; \
	wait $$compiling; \
	printf '%s\n' "$$stamp" > $(VENV)/.stamp; \
	echo 'setup: done'

demo: setup ## open a caseload of synthetic children on a Temporal server of its own (ARGS=--exit ends it)
	@$(BIN)/permanence demo $(ARGS)

# The checks beside the tests: types take half a minute of one core, which the tests leave idle while they begin.
test: setup ## check and run every test, with a fifth of the examples (ARGS="-k name" for some, WORKERS=8 where there are more cores)
	@$(MAKE) --no-print-directory -j 2 check tests

tests:
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

deep: setup ## every test, with all examples, many more children and kills: for every night
	@PERMANENCE_MORE=1 $(MAKE) --no-print-directory tests

# What tests of servers and databases need is not even imported (--confcutdir).
quick: setup ## the rules alone, with no server and a fifth of the examples: seconds, for every save
	@$(BIN)/python -m pytest -q -n 2 --confcutdir tests/domain -p tests.garbage -p tests.drawing -p tests.fewer tests/domain $(ARGS)

check: setup ## formatting, lint, types and the contracts between packages
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

format: setup ## format, and mend what the linter can mend
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

# Release files of other platforms are hashed too. No index is named, so that any mirror serves.
lock: setup ## renew requirements.lock from pyproject.toml (ARGS=--upgrade for newer versions)
	@$(BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 \
	    --only-binary :all: --generate-hashes --no-annotate --no-emit-index-url --no-emit-find-links \
	    --custom-compile-command 'make lock' --quiet --output-file requirements.lock $(ARGS)
	@$(BIN)/uv pip compile --group pyproject.toml:peers --constraint requirements.lock --universal --python-version 3.11 \
	    --only-binary :all: --generate-hashes --no-annotate --no-emit-index-url --no-emit-find-links \
	    --custom-compile-command 'make lock' --quiet --output-file $(PEERS)/requirements.lock $(ARGS)
	@$(BIN)/uv pip compile --group pyproject.toml:checking --universal --python-version 3.11 \
	    --only-binary :all: --generate-hashes --no-annotate --no-emit-index-url --no-emit-find-links \
	    --custom-compile-command 'make lock' --quiet --output-file $(CHECKING)/requirements.lock $(ARGS)
	@! grep -nE '://|--(extra-)?index|--find-links' requirements.lock $(PEERS)/requirements.lock $(CHECKING)/requirements.lock

docs: setup ## renew the pages of docs/ that are made from the policies, the procedures' sentences and the tests
	@$(BIN)/python -m tools.traceability $(ARGS)

bench: setup ## measure against a bare minimal workflow on the same server
	@$(BIN)/python -m tools.bench $(ARGS)

scale: setup ## measure a cluster as its caseload grows, and write docs/scale.md (ARGS="--children 1000,2000" for a cut)
	@$(BIN)/python -m tools.scale $(ARGS)

# In an environment of its own: what it adds is no part of the service or of its tests.
peers: setup ## measure the same work on Temporal, DBOS and a poller of rows (ARGS="--children N --rounds N")
	@test -x $(PEERS_VENV)/bin/python || $(BIN)/uv venv --quiet --python $(BIN)/python $(PEERS_VENV)
	@VIRTUAL_ENV=$(PEERS_VENV) $(BIN)/uv pip install --quiet $(FROM_LOCK) -r requirements.lock -r $(PEERS)/requirements.lock
	@$(PEERS_VENV)/bin/python -m tools.bench.peers $(ARGS)

fuzz: setup ## send everything that can be sent, bent, to the real thing (ARGS="--count 100000 --seed 7")
	@$(BIN)/python -m tests.fuzz $(ARGS)

faults: setup ## kill and starve the real service while events flow (ARGS="--seed N --minutes M")
	@$(BIN)/python -m tools.faults $(ARGS)

cluster: setup ## start a real Temporal cluster here, with workers and intakes on it; needs Go to build it once
	@$(BIN)/python -m tools.cluster $(ARGS)

# With an environment beside it for what checks the files of deploy/.
cluster-test: setup ## the tests that live on such a cluster (ARGS="tests/cluster -k name" for some)
	@test -x $(CHECKING_VENV)/bin/python || $(BIN)/uv venv --quiet --python $(BIN)/python $(CHECKING_VENV)
	@VIRTUAL_ENV=$(CHECKING_VENV) $(BIN)/uv pip install --quiet $(FROM_LOCK) -r $(CHECKING)/requirements.lock
	@$(BIN)/python -m tools.cluster.testing $(ARGS)

clean: ## remove the environment and caches (databases in .permanence stay)
	@rm -rf $(VENV) $(PEERS_VENV) $(CHECKING_VENV) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis build dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
