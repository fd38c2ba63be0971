#!/usr/bin/env bash
# run.sh: the story through each client, then the journeys of openapi/arazzo, against the demo at $JIELI_BASE
# (`make examples` starts one). Stops at the first difference.
set -euo pipefail
cd "$(dirname "$0")/.."
export REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true

echo "--> examples/typescript/story.ts"
node examples/typescript/dist/story.js
echo "--> examples/typescript/story.ts through wx.request"
node examples/typescript/dist/story.js --wx
echo "--> examples/python/story.py"
PYTHONPATH=clients/python/src clients/python/.venv/bin/python examples/python/story.py
echo "--> openapi/arazzo"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if npm run --prefix openapi --silent --no-update-notifier journeys -- --server "jieli=$JIELI_BASE" >"$log" 2>&1 </dev/null; then
  grep -E '^ *(Steps|Checks):|✓ .*\.yaml' "$log"
else
  cat "$log"
  exit 1
fi
