#!/usr/bin/env bash
# Makes sure that PostgreSQL's server programs are installed. It starts nothing: the tests make a private cluster of
# their own from these programs and remove it afterwards.
set -euo pipefail

find_bin() {
  if command -v initdb >/dev/null 2>&1 && command -v pg_ctl >/dev/null 2>&1; then
    dirname "$(command -v initdb)"
    return 0
  fi
  local dir found=
  for dir in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin; do
    if [ -x "$dir/initdb" ] && [ -x "$dir/pg_ctl" ]; then
      found=$dir
    fi
  done
  [ -n "$found" ] && printf '%s\n' "$found"
}

if [ -n "${TEST_DATABASE_URL:-}" ]; then
  echo "PostgreSQL: the tests use TEST_DATABASE_URL"
  exit 0
fi

if bin=$(find_bin); then
  echo "PostgreSQL: found in $bin"
  exit 0
fi

if ! command -v apt-get >/dev/null 2>&1; then
  echo "PostgreSQL: initdb and pg_ctl are neither on PATH nor in /usr/lib/postgresql/*/bin or /usr/pgsql-*/bin." >&2
  echo "Install the PostgreSQL server (15 or newer) with your system's package manager, or set TEST_DATABASE_URL." >&2
  exit 1
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null 2>&1; then
    echo "PostgreSQL: the server is not installed, and installing it needs root. Run as root: apt-get install postgresql" >&2
    exit 1
  fi
  as_root=(sudo)
fi
apt() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o Dpkg::Options::=--force-confold "$@" </dev/null
}

echo "PostgreSQL: not found; installing Debian's package (no system cluster is made)"
apt update -q
apt install -qy --no-install-recommends postgresql-common
# Debian's package would make and start a cluster named main; nobody here needs it.
conf=/etc/postgresql-common/createcluster.conf
if [ -f "$conf" ] && ! grep -Eq '^[[:space:]]*create_main_cluster' "$conf"; then
  echo 'create_main_cluster = false' | "${as_root[@]}" tee -a "$conf" >/dev/null
fi
apt install -qy --no-install-recommends postgresql

if bin=$(find_bin); then
  echo "PostgreSQL: installed in $bin"
else
  echo "PostgreSQL: the package is installed, but initdb was not found" >&2
  exit 1
fi
