# The developer's manual: `make demo`, `make test`, `make bench`; the rest serves them.

VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
PYTHON ?= python3
POSTFIX := /usr/sbin/postfix
BWRAP := /usr/bin/bwrap
LOCK := --universal --generate-hashes --no-emit-index-url --no-header --no-annotate --extra embedded

.PHONY: demo test check format bench up lock histories clean

demo: $(VENV)/.demo
	$(BIN)/python -m examples.demo

test: $(VENV)/.test $(POSTFIX) $(BWRAP) check
	$(BIN)/pytest --numprocesses 3 --dist loadgroup

# Formatting, style, types, and who may import whom.
check: $(VENV)/.test
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: $(VENV)/.test
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.test
	$(BIN)/python -m benchmarks

up: $(VENV)/.demo
	$(BIN)/tocsin up

# Record the workflow histories that the suite replays, after a change that starts a new version of a workflow.
histories: $(VENV)/.test
	$(BIN)/python -m tests.histories.record

lock: $(UV)
	$(UV) pip compile --quiet --upgrade $(LOCK) pyproject.toml --output-file requirements.txt
	$(UV) pip compile --quiet --upgrade $(LOCK) --constraints requirements.txt --group demo pyproject.toml --output-file requirements-demo.txt
	$(UV) pip compile --quiet --upgrade $(LOCK) --constraints requirements-demo.txt --group test pyproject.toml --output-file requirements-test.txt

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis

# The mail server that tests page through. Without a configuration the package's service does not start, and no other
# mail server is removed for it. Where it cannot be had everything else is tested still, and its own tests fail.
$(POSTFIX) $(BWRAP): AS_ROOT = $(shell [ "$$(id -u)" = 0 ] || echo sudo -n) env DEBIAN_FRONTEND=noninteractive
$(POSTFIX):
	@if command -v apt-get > /dev/null \
		&& echo postfix postfix/main_mailer_type select No configuration | $(AS_ROOT) debconf-set-selections \
		&& { $(AS_ROOT) apt-get update -qq; $(AS_ROOT) apt-get install -qq --no-install-recommends --no-remove \
			-o DPkg::Lock::Timeout=120 postfix > /dev/null; }; \
	then echo "postfix was installed for the tests of mail; it does not run as a service."; \
	else echo "$@ is missing and could not be installed: install the package postfix (Debian, Ubuntu: as root," \
		"apt-get install postfix, type \"No configuration\"). Until then its tests fail." >&2; fi

# The sandbox of runbooks' scripts.
$(BWRAP):
	@if command -v apt-get > /dev/null \
		&& { $(AS_ROOT) apt-get update -qq; $(AS_ROOT) apt-get install -qq --no-install-recommends --no-remove \
			-o DPkg::Lock::Timeout=120 bubblewrap > /dev/null; }; \
	then echo "bubblewrap was installed for the tests of scripts."; \
	else echo "$@ is missing and could not be installed: install the package bubblewrap. Until then its tests" \
		"fail." >&2; fi

$(UV): requirements-uv.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-uv.txt
	touch $(UV)

$(VENV)/.demo: $(UV) requirements-demo.txt pyproject.toml
	VIRTUAL_ENV=$(VENV) $(UV) pip install --quiet --require-hashes --requirement requirements-demo.txt
	VIRTUAL_ENV=$(VENV) $(UV) pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/.test: $(VENV)/.demo requirements-test.txt
	VIRTUAL_ENV=$(VENV) $(UV) pip install --quiet --require-hashes --requirement requirements-test.txt
	touch $@
