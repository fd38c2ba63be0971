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

.PHONY: help demo test torture bench check fmt clippy doc drift lint openapi release clean-demo toolchain

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

check: fmt clippy doc drift lint ## Formatting, clippy, docs, drift of the OpenAPI document, and its lint
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

openapi/node_modules/.package-lock.json: openapi/package.json openapi/package-lock.json
	@command -v npm >/dev/null || { echo "npm is missing: the linters need Node.js 20 or newer (Debian: apt-get install nodejs npm)" >&2; exit 1; }
	@node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 18 || (a === 18 && b >= 17) ? 0 : 1)' \
	  || { echo "Node.js $$(node --version) is too old for the linters: 20 or newer, please" >&2; exit 1; }
	@echo "==> Installing the linters"
	npm ci --prefix openapi --ignore-scripts --no-audit --no-fund --no-update-notifier </dev/null
	@touch $@

lint: openapi/node_modules/.package-lock.json ## Redocly (recommended-strict) and Spectral (OWASP) on openapi.json, the AsyncAPI parser on asyncapi.json
	@echo "==> Lint of openapi/openapi.json and openapi/asyncapi.json"
	npm run --prefix openapi --silent --no-update-notifier lint </dev/null

openapi: toolchain ## Write openapi/openapi.json and asyncapi.json anew from the code
	$(CARGO) run --locked --quiet -- openapi --out openapi/openapi.json
	$(CARGO) run --locked --quiet -- asyncapi --out openapi/asyncapi.json
	@echo "==> openapi/openapi.json and openapi/asyncapi.json are written"

release: toolchain ## Build the optimised binary, target/release/jieli
	$(CARGO) build --release --locked

clean-demo: ## Delete the demo's database (jieli-demo.db); keys and other databases stay
	rm -f jieli-demo.db jieli-demo.db-wal jieli-demo.db-shm jieli-demo.db-journal
