#!/usr/bin/env bash
# run.sh: the story through each client, then the journeys of openapi/arazzo, against the demo at $BASE_URL
# (`make examples` starts one). Stops at the first difference.
set -euo pipefail
cd "$(dirname "$0")/.."
export REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true

# Each has a matter of its own, so that they may run at once; each waits ten seconds for what it synchronises.
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
names=("story.ts" "story.ts through wx.request" "story.py")
node examples/typescript/dist/story.js >"$logs/0" 2>&1 &
pids=($!)
node examples/typescript/dist/story.js --wx >"$logs/1" 2>&1 &
pids+=($!)
PYTHONPATH=clients/python/src clients/python/.venv/bin/python examples/python/story.py >"$logs/2" 2>&1 &
pids+=($!)
failed=0
for i in 0 1 2; do
  code=0
  wait "${pids[$i]}" || code=$?
  echo "--> ${names[$i]}"
  cat "$logs/$i"
  [ "$code" -eq 0 ] || { echo "${names[$i]}: exit code $code" >&2; failed=1; }
done
[ "$failed" -eq 0 ] || exit 1

if grep -q '"/api/v1/webhooks"' openapi/openapi.json; then
  echo "--> webhook_story.py"
  PYTHONPATH=clients/python/src clients/python/.venv/bin/python examples/python/webhook_story.py
fi

echo "--> openapi/arazzo"
log=$logs/arazzo
if npm run --prefix openapi --silent --no-update-notifier journeys -- --server "jieli=$BASE_URL" >"$log" 2>&1 </dev/null; then
  grep -E '^ *(Steps|Checks):|✓ .*\.yaml' "$log"
else
  cat "$log"
  exit 1
fi
