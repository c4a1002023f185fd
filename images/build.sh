#!/bin/sh
# Makes the images Instar needs where no registry of images can be reached:
#   instar/base:node24       the machine's Node, the libraries it links to, busybox
#   instar/router:3.0        HAProxy from Debian trixie
#   instar/demo-web:v1…v3    instar/demo-store:v1…v2
# and, when they are named, what only the tests need:
#   instar-test/databases:bookworm   MariaDB and Redis from Debian bookworm
#   instar-test/verdaccio:6          a registry of packages from npm
# Each carries a hash of what it was made from in the label dev.instar.input; an equal hash is left alone.
# Usage: images/build.sh [base|router|demo|databases|verdaccio]...      (the first three without a name)
set -eu
. "$(dirname -- "$(readlink -f -- "$0")")/../script/paths.sh"

IMAGES=$ROOT/images
LABEL=dev.instar.input
WORK=$(mktemp -d "${TMPDIR:-/tmp}/instar-images.XXXXXX")
trap 'rm -rf "$WORK"' EXIT
trap 'exit 130' INT TERM

# The hash the image of that tag was made from; nothing where there is none.
present() { # TAG
  docker image inspect -f "{{index .Config.Labels \"$LABEL\"}}" "$1" 2>/dev/null || true
}

import() { # TAG HASH EXTRA-CHANGE < tar
  docker import --change "LABEL $LABEL=$2" --change "$3" - "$1" >/dev/null
}

base() {
  node=$(command -v node)
  # The version stands for the binary: hashing 120 MB would cost more than the whole check.
  hash=$({ node --version; stat -Lc %s "$node"; sed -n '/^base()/,/^}/p' "$IMAGES/build.sh"; } | sha256sum | cut -c1-16)
  [ "$(present instar/base:node24)" != "$hash" ] || return 0
  say "image  instar/base:node24: Node $(node --version), its libraries and busybox"
  rootfs=$WORK/base
  mkdir -p "$rootfs"/bin "$rootfs"/etc "$rootfs"/tmp "$rootfs"/root "$rootfs"/data "$rootfs"/usr/local/bin "$rootfs"/var/tmp
  chmod 1777 "$rootfs/tmp" "$rootfs/var/tmp"
  cp -L "$(command -v busybox)" "$rootfs/bin/busybox"
  for applet in $("$rootfs/bin/busybox" --list); do
    [ "$applet" = busybox ] || ln -s busybox "$rootfs/bin/$applet"
  done
  cp -L "$node" "$rootfs/usr/local/bin/node"
  ldd "$node" | grep -oE '/[^ ]+' | while read -r library; do
    mkdir -p "$rootfs$(dirname "$library")"
    cp -L "$library" "$rootfs$library"
  done
  printf 'root:x:0:0:root:/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n' >"$rootfs/etc/passwd"
  printf 'root:x:0:\nnode:x:1000:\nnogroup:x:65534:\n' >"$rootfs/etc/group"
  printf 'hosts: files dns\n' >"$rootfs/etc/nsswitch.conf"
  mkdir -p "$rootfs/home/node"
  chown 1000:1000 "$rootfs/home/node" 2>/dev/null || true
  chroot_check "$rootfs"
  tar -C "$rootfs" --numeric-owner --owner=0 --group=0 -c . | import instar/base:node24 "$hash" 'ENV PATH=/usr/local/bin:/bin'
}

# A library that ldd does not name shows here, not in a container that dies without a word.
chroot_check() {
  as_root chroot "$1" /usr/local/bin/node -e 0 || fail "the base image cannot run Node" "ldd $(command -v node) shows what is missing"
}

# The mirror apt itself uses for Debian, so that nothing else needs to be reachable.
debian_mirror() {
  apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
    awk -F'|' '$1 == "Debian" && $2 == "Debian" { print $3; exit }'
}

# Of an image made by the function of this name.
input_of() { { sed -n "/^$1()/,/^}/p; /^debian_root()/,/^}/p" "$IMAGES/build.sh"; uname -m; } | sha256sum | cut -c1-16; }

# A tar of a Debian with these packages and nothing that only people read.
debian_root() { # SUITE PACKAGES TAR OPTION...
  suite=$1 packages=$2 tar=$3
  shift 3
  command -v mmdebstrap >/dev/null || fail "mmdebstrap is missing" "run script/setup"
  mirror=$(debian_mirror)
  [ -n "$mirror" ] || fail "apt knows no Debian mirror" "apt-get update, then run this again"
  as_root mmdebstrap --quiet --variant=minbase --include="$packages" \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/info/*' \
    "$@" \
    --customize-hook='rm -rf "$1"/var/cache/apt/* "$1"/var/lib/apt/lists/* "$1"/var/log/* "$1"/usr/share/zoneinfo "$1"/usr/lib/*/gconv "$1"/usr/lib/locale' \
    "$suite" "$tar" "$mirror" >&2
}

router() {
  hash=$(input_of router)
  [ "$(present instar/router:3.0)" != "$hash" ] || return 0
  say "image  instar/router:3.0: HAProxy from Debian trixie (about 30 s)"
  debian_root trixie haproxy "$WORK/router.tar" \
    --customize-hook='chroot "$1" haproxy -v | grep -qE "version ([3-9]|[1-9][0-9])\." || { echo "HAProxy 3.0 or newer was expected" >&2; exit 1; }' \
    --customize-hook='chroot "$1" getent passwd haproxy >/dev/null && chroot "$1" getent group haproxy >/dev/null'
  import instar/router:3.0 "$hash" 'ENV PATH=/usr/sbin:/usr/bin:/sbin:/bin' <"$WORK/router.tar"
}

databases() {
  hash=$(input_of databases)
  [ "$(present instar-test/databases:bookworm)" != "$hash" ] || return 0
  say "image  instar-test/databases:bookworm: MariaDB and Redis from Debian bookworm (about 45 s)"
  debian_root bookworm mariadb-server,redis-server "$WORK/databases.tar" \
    --customize-hook='rm -rf "$1"/var/lib/mysql/* "$1"/usr/lib/python3* "$1"/usr/bin/*_embedded "$1"/usr/bin/aria_*'
  import instar-test/databases:bookworm "$hash" 'ENV PATH=/usr/sbin:/usr/bin:/sbin:/bin' <"$WORK/databases.tar"
}

verdaccio() {
  hash=$({ input_of verdaccio; cat "$ROOT/test/apps/verdaccio"/*; docker image inspect -f '{{.Id}}' instar/base:node24; } | sha256sum | cut -c1-16)
  [ "$(present instar-test/verdaccio:6)" != "$hash" ] || return 0
  say "image  instar-test/verdaccio:6 from npm"
  context=$WORK/verdaccio
  mkdir -p "$context"
  cp "$ROOT/test/apps/verdaccio"/* "$context"
  npm ci --prefix "$context" --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error >&2
  DOCKER_BUILDKIT=0 docker build --quiet --force-rm --label "$LABEL=$hash" -t instar-test/verdaccio:6 "$context" >"$WORK/build.log" 2>&1 || {
    cat "$WORK/build.log" >&2
    fail "instar-test/verdaccio:6 could not be built"
  }
}

demo_image() { # APP VERSION
  tag=instar/demo-$1:$2
  hash=$({ cat "$IMAGES/demo/$1"/*; echo "$2 $BASE_ID"; } | sha256sum | cut -c1-16)
  [ "$(present "$tag")" != "$hash" ] || return 0
  say "image  $tag"
  # The classic builder is in every engine; BuildKit needs a plugin that Debian does not ship.
  DOCKER_BUILDKIT=0 docker build --quiet --force-rm --build-arg "VERSION=$2" --label "$LABEL=$hash" -t "$tag" "$IMAGES/demo/$1" \
    >"$WORK/build.log" 2>&1 || { cat "$WORK/build.log" >&2; fail "$tag could not be built"; }
}

demo() {
  BASE_ID=$(docker image inspect -f '{{.Id}}' instar/base:node24)
  for version in v1 v2 v3; do demo_image web "$version"; done
  for version in v1 v2; do demo_image store "$version"; done
}

[ $# -gt 0 ] || set -- base router demo
for image in "$@"; do
  case $image in
    base | router | demo | databases | verdaccio) "$image" ;;
    *) fail "no image is called '$image'" "base, router, demo, databases or verdaccio" ;;
  esac
done
