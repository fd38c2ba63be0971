#!/usr/bin/env bash
# run.sh [OPTION…]: schemathesis against $BASE_URL (see tools/with-demo.sh): examples, edge cases and random input, as the accounts
# that the document names; the same as single accounts, a hotline and nobody; and sequences of calls (stateful). FUZZ_SECONDS
# says for how long each of the eight runs may go on (300); options go to schemathesis, such as --include-tag statistics. Reports
# lie in target/fuzz.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=${CARGO_TARGET_DIR:-target}/fuzz
mkdir -p "$out"
export SCHEMATHESIS_HOOKS=hooks PYTHONPATH=tests/fuzz
failed=()

# run NAME PHASES OPTION…
run() {
  local name=$1 phases=$2
  shift 2
  echo "==> $name"
  "${FUZZ_VENV:-$out/venv}/bin/schemathesis" --config-file tests/fuzz/schemathesis.toml run openapi/openapi.json --url "$BASE_URL" \
    --phases "$phases" --max-time "${FUZZ_SECONDS:-300}" \
    --continue-on-failure --generation-database none --report json,ndjson --report-dir "$out/report-$name" --no-color "$@" || failed+=("$name")
}

run accounts examples,coverage,fuzzing "$@"
run sequences stateful "$@"
for who in sys_admin rd_clerk rd_manager ent_rudong client:hotline-nantong:jieli-demo-2026 nobody; do
  FUZZ_ONLY=$who run "as-${who//:/-}" examples,fuzzing "$@"
done
[ ${#failed[@]} -eq 0 ] || { echo "not clean: ${failed[*]}" >&2; exit 1; }
