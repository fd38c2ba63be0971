# Every target says what it does; `make` alone lists them. The dev profile everywhere but in long runs, so that demo,
# tests and checks share what is compiled.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

CARGO ?= cargo
# More arguments for the demo, such as ARGS="--matters 100000" or ARGS=--reset
ARGS ?=
# The tool that lints the document must not phone home.
export REDOCLY_TELEMETRY := off
export REDOCLY_SUPPRESS_UPDATE_NOTICE := true

.PHONY: help demo test torture bench check fmt clippy doc drift lint openapi clients postman examples fuzz python-lock release clean-demo toolchain binary

help: ## List the targets
	@echo "jieli (接力)"
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-11s %s\n", $$1, $$2 }'

toolchain:
	@command -v $(CARGO) >/dev/null || { echo "cargo is missing: install the Rust toolchain (1.95 or newer) from https://rustup.rs" >&2; exit 1; }
	@command -v cc >/dev/null || { echo "A C compiler is missing (Debian: apt-get install build-essential)" >&2; exit 1; }

demo: toolchain ## Build, load the Nantong demo into an embedded SQLite database, and start the server
	@echo "==> Building (the first time compiles every dependency: some minutes)"
	$(CARGO) build --locked
	@echo "==> Migrating jieli-demo.db, loading Nantong, starting; Ctrl-C stops"
	@exec $(CARGO) run --locked --quiet -- demo $(ARGS)

test: toolchain ## Run every test on SQLite and on a private PostgreSQL cluster
	@echo "==> Looking for PostgreSQL's programs"
	@bash tools/ensure-postgres.sh
	@echo "==> Running every test; a private PostgreSQL cluster is started for them and removed after"
	$(CARGO) test --locked

torture: toolchain ## Kill -9 under load, a year of 10,000 tickets, 10,000 random relays, on both engines (an hour)
	@bash tools/ensure-postgres.sh
	$(CARGO) test --locked --profile torture --test api -- --ignored --nocapture --test-threads 1
	RELAY_RUNS=10000 $(CARGO) test --locked --profile torture --test api -- --nocapture relay_properties

bench: toolchain ## Throughput on both engines beside pgbench and a bare handler, as ratios of one run
	@bash tools/ensure-postgres.sh
	TEST_DURABLE_CLUSTER=1 $(CARGO) bench --locked --bench throughput

check: fmt clippy doc drift lint clients examples ## Formatting, clippy, docs, drift and lint of the OpenAPI document, clients and examples
	@echo "==> All checks passed"

fmt: toolchain ## Is the source formatted?
	@echo "==> Formatting"
	$(CARGO) fmt --check

clippy: toolchain ## Clippy, warnings are errors
	@echo "==> Clippy"
	$(CARGO) clippy --all-targets --locked -- -D warnings

doc: toolchain ## Rust documentation, warnings are errors
	@echo "==> Documentation"
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --no-deps --locked

drift: toolchain ## Are openapi/openapi.json and asyncapi.json what the code says?
	@echo "==> Drift of openapi/openapi.json and openapi/asyncapi.json"
	$(CARGO) run --locked --quiet -- openapi --check openapi/openapi.json
	$(CARGO) run --locked --quiet -- asyncapi --check openapi/asyncapi.json

NPM_CI := npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier

openapi/node_modules/.package-lock.json: openapi/package.json openapi/package-lock.json
	@command -v npm >/dev/null || { echo "npm is missing: the linters need Node.js 20 or newer (Debian: apt-get install nodejs npm)" >&2; exit 1; }
	@node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 18 || (a === 18 && b >= 17) ? 0 : 1)' \
	  || { echo "Node.js $$(node --version) is too old for the linters: 20 or newer, please" >&2; exit 1; }
	@echo "==> Installing the linters"
	$(NPM_CI) --prefix openapi </dev/null
	@touch $@

lint: openapi/node_modules/.package-lock.json ## Redocly (recommended-strict) and Spectral (OWASP) on openapi.json, Redocly on the Arazzo documents, the AsyncAPI parser on asyncapi.json
	@echo "==> Lint of openapi/openapi.json, openapi/arazzo and openapi/asyncapi.json"
	npm run --prefix openapi --silent --no-update-notifier lint </dev/null

openapi: toolchain ## Write openapi/openapi.json and asyncapi.json anew from the code
	$(CARGO) run --locked --quiet -- openapi --out openapi/openapi.json
	$(CARGO) run --locked --quiet -- asyncapi --out openapi/asyncapi.json
	@echo "==> openapi/openapi.json and openapi/asyncapi.json are written"

# --- Clients: the types and operations are made from openapi/openapi.json and not checked in -------------------------

TS := clients/typescript
PY := clients/python
VENV := $(PY)/.venv
PY_MADE := $(PY)/src/jieli_client/generated

$(TS)/node_modules/.package-lock.json: $(TS)/package.json $(TS)/package-lock.json
	@command -v npm >/dev/null || { echo "npm is missing: the TypeScript client needs Node.js 20 or newer (Debian: apt-get install nodejs npm)" >&2; exit 1; }
	$(NPM_CI) --prefix $(TS) </dev/null
	@touch $@

examples/typescript/node_modules/.package-lock.json: examples/typescript/package.json examples/typescript/package-lock.json
	$(NPM_CI) --prefix examples/typescript </dev/null
	@touch $@

$(TS)/src/generated/schema.ts: openapi/openapi.json $(TS)/node_modules/.package-lock.json
	@mkdir -p $(@D)
	npm run --prefix $(TS) --silent generate </dev/null

$(VENV)/.installed: $(PY)/requirements.txt
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null || { echo "Python 3.10 or newer is missing (Debian: apt-get install python3 python3-venv)" >&2; exit 1; }
	rm -rf $(VENV)
	python3 -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-input --requirement $(PY)/requirements.txt
	@touch $@

$(PY_MADE)/.made: openapi/openapi.json $(PY)/generator.yaml $(wildcard $(PY)/templates/*) $(VENV)/.installed
	@echo "==> Generating the Python client"
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" openapi-python-client generate --path openapi/openapi.json --output-path $(PY_MADE) --overwrite \
	  --meta none --config $(PY)/generator.yaml --custom-template-path $(PY)/templates --fail-on-warning
	@touch $@

# `make check` writes nothing that is checked in: there the collection is compared.
check: POSTMAN := --check

clients: $(TS)/src/generated/schema.ts examples/typescript/node_modules/.package-lock.json $(PY_MADE)/.made openapi/node_modules/.package-lock.json ## Generate, type-check (strict) and test the clients; write the Postman collection
	@echo "==> TypeScript: strict types, tests"
	rm -rf $(TS)/dist examples/typescript/dist
	npm run --prefix $(TS) --silent build </dev/null
	npm run --prefix $(TS) --silent test </dev/null
	$(TS)/node_modules/.bin/tsc -p examples/typescript
	@echo "==> Python: strict types, tests"
	cd $(PY) && .venv/bin/mypy
	cd $(PY) && MYPYPATH=src .venv/bin/mypy --strict ../../examples/python/*.py tests
	cd $(PY) && PYTHONPATH=src:../../examples/python .venv/bin/python -m unittest discover --start-directory tests
	@echo "==> The Postman collection"
	cd openapi && node postman.mjs $(POSTMAN)

postman: openapi/node_modules/.package-lock.json ## Write openapi/jieli.postman_collection.json anew from openapi/openapi.json
	npm run --prefix openapi --silent postman </dev/null

# JIELI_BIN: another binary than the one that cargo builds
binary:
	@[ -n "$${JIELI_BIN:-}" ] || $(CARGO) build --locked

examples: clients binary ## The README's story through both clients, and the Arazzo journeys, against a demo of their own
	@echo "==> Stories and journeys against a demo on a free port"
	bash tools/with-demo.sh bash examples/run.sh

# FUZZ: operations to choose, such as FUZZ="--include-tag statistics"; FUZZ_SECONDS: for how long
FUZZ ?=
fuzz: binary ## schemathesis as many accounts, and in sequences, against a demo of its own (forty minutes; FUZZ_SECONDS=60 for eight)
	@mkdir -p target/fuzz
	[ -x target/fuzz/venv/bin/schemathesis ] || { python3 -m venv target/fuzz/venv && target/fuzz/venv/bin/python -m pip install --quiet --requirement tests/fuzz/requirements.txt; }
	JIELI_RATE_LIMIT_PER_MINUTE=600000 bash tools/with-demo.sh bash tests/fuzz/run.sh $(FUZZ)

python-lock: ## Pin everything that clients/python/requirements.in needs, anew
	rm -rf $(VENV)
	python3 -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --requirement $(PY)/requirements.in
	{ echo '# Written by `make python-lock` from requirements.in; do not edit.'; $(VENV)/bin/python -m pip freeze; } > $(PY)/requirements.txt

release: toolchain ## Build the optimised binary, target/release/jieli
	$(CARGO) build --release --locked

clean-demo: ## Delete the demo's database (jieli-demo.db); keys and other databases stay
	rm -f jieli-demo.db jieli-demo.db-wal jieli-demo.db-shm jieli-demo.db-journal
