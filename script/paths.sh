# Sourced by every script: where things are, which Node to use, how to speak.
# Settable: PREFIX (Node and stamps), INSTAR_HOME, INSTAR_LISTEN, DOCKER_HOST.
# shellcheck shell=sh disable=SC2034

ROOT=$(CDPATH='' cd -- "$(dirname -- "$(readlink -f -- "$0")")/.." && pwd)
PREFIX=${PREFIX:-$ROOT/.tools}
NODE_VERSION=24.21.0

say() { printf '%s\n' "$*" >&2; }
fail() {
  say "error: $1"
  [ $# -lt 2 ] || say "  → $2"
  exit 1
}

case $(uname -m) in
  x86_64) ARCH=x64 ;;
  aarch64) ARCH=arm64 ;;
  *) fail "no Node package for $(uname -m)" "Instar runs on x86_64 and aarch64" ;;
esac

# A Node of our own wins over the machine's; npm must see it first on PATH.
if [ -x "$PREFIX/node_modules/node-linux-$ARCH/bin/node" ]; then
  PATH=$PREFIX/node_modules/node-linux-$ARCH/bin:$PATH
fi
PATH=$ROOT/node_modules/.bin:$PATH:/usr/sbin:/sbin
export PATH

node_is_current() {
  command -v node >/dev/null 2>&1 && [ "$(node -p 'Number(process.versions.node.split(".")[0]) >= 24')" = true ]
}

# Through sudo where we are not root.
as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null 2>&1; then
    sudo "$@"
  else
    fail "'$1' needs root" "run this as root, or install sudo"
  fi
}

# Of Debian's packages, as apt has it here.
mirror() {
  found=$(sed -n 's|^URIs: *\([^ ]*/debian\)/* *$|\1|p; s|^deb \(\[.*\] \)\?\([^ ]*/debian\)/* .*|\2|p' /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | head -n 1)
  echo "${found:-http://deb.debian.org/debian}"
}

# A pid file may outlive its process, the number may be someone else's by now, and a killed process stays a zombie
# until it is reaped.
pid_of() { # FILE PROGRAM
  pid=$(cat "$1" 2>/dev/null) || return 1
  [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "$2" ] || return 1
  ! grep -q '^State:.Z' "/proc/$pid/status" 2>/dev/null || return 1
  echo "$pid"
}
