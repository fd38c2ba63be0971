#!/usr/bin/env bash
# run.sh [OPTION…]: schemathesis, stateful phase included, against $BASE_URL (see tools/with-demo.sh). FUZZ_SECONDS says
# for how long (300); options go to schemathesis, such as --include-tag statistics. The report lies in target/fuzz.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=${CARGO_TARGET_DIR:-target}/fuzz
mkdir -p "$out"
export SCHEMATHESIS_HOOKS=hooks PYTHONPATH=tests/fuzz
exec "${FUZZ_VENV:-$out/venv}/bin/schemathesis" run openapi/openapi.json --url "$BASE_URL" --max-time "${FUZZ_SECONDS:-300}" \
  --checks not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance \
  --continue-on-failure --report json,ndjson --report-dir "$out/report" --no-color "$@"
