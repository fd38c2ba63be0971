#!/usr/bin/env bash
# with-demo.sh COMMAND…: loads the demo into a database of its own, starts the server on a free port, runs COMMAND with
# BASE_URL set to its address, stops the server and removes everything. The exit code is COMMAND's.
#
# JIELI_BIN names the binary (target/debug/jieli); a BASE_URL that is set already is used as it is, no demo is started.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ -n "${BASE_URL:-}" ]; then
  exec "$@"
fi

binary=${JIELI_BIN:-${CARGO_TARGET_DIR:-target}/debug/jieli}
if [ ! -x "$binary" ]; then
  echo "$binary is missing: build it with cargo build --locked, or name another one in JIELI_BIN" >&2
  exit 1
fi

home=$(mktemp -d)
server=
stop() {
  if [ -n "$server" ]; then
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  fi
  rm -rf "$home"
}
trap stop EXIT
trap 'exit 130' INT TERM

# Examples receive webhooks on this machine.
allow=()
if grep -q '"/api/v1/webhooks"' openapi/openapi.json; then
  allow=(JIELI_OUTBOUND_ALLOW='["127.0.0.0/8"]')
fi

port=$(node -e 'const s = require("node:net").createServer(); s.listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })')
export BASE_URL=http://127.0.0.1:$port
env -u JIELI_BIN JIELI_LISTEN="127.0.0.1:$port" JIELI_PUBLIC_URL="$BASE_URL" DATABASE_URL="sqlite:$home/demo.db" JIELI_KEY_FILE="$home/key" \
  JIELI_FILES="file:$home/files" JIELI_RATE_LIMIT_PER_MINUTE="${JIELI_RATE_LIMIT_PER_MINUTE:-60000}" JIELI_DRAIN_SECONDS=2 \
  "${allow[@]}" \
  "$binary" demo >"$home/server.log" 2>&1 &
server=$!

for _ in $(seq 1 240); do
  if curl -fsS -o /dev/null "$BASE_URL/readyz" 2>/dev/null; then
    ready=yes
    break
  fi
  kill -0 "$server" 2>/dev/null || break
  sleep 0.5
done
if [ -z "${ready:-}" ]; then
  echo "The demo did not start:" >&2
  tail -n 40 "$home/server.log" >&2
  exit 1
fi

code=0
"$@" || code=$?
if [ "$code" -ne 0 ]; then
  echo "The end of the server's log:" >&2
  tail -n 20 "$home/server.log" >&2
fi
exit "$code"
