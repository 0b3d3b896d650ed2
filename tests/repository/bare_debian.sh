#!/usr/bin/env bash
# Proves the two commands of the README on a bare Debian 12: git and Python 3.11, no pip, no venv, no Node.
# usage, as root, by hand: tests/repository/bare_debian.sh [root|user] [setup|demo|fast|test]...   (default: both, demo and fast)
# Needs debootstrap. Mirror, certificates and pip's settings are this machine's; nothing of it is written down here.
set -eu
HERE=$(cd "$(dirname "$0")" && pwd)
CLONE=$(git -C "$HERE" rev-parse --show-toplevel)
CACHE=$CLONE/.cache
BASE=$CACHE/bare-bookworm.tar

apt_sources() { apt-get indextargets --format "$1" 'Created-By: Packages' 'Origin: Debian' | grep bookworm | sort -u; }

# ── one proof, inside namespaces of its own: whatever is mounted or started ends with them ──

# Runs a program in the root; started in the background it becomes that program, so that $! can be sent a signal.
enter() { [ "$BASHPID" = $$ ] && local go=command || local go=exec; $go chroot ${3:+--userspec="$3"} "$1" env -i --default-signal=INT HOME="$2" PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "${PASSED[@]}" "${@:4}"; }

mount_all() {
  mount -t proc proc "$1/proc"
  mount --bind /dev "$1/dev"
  mount -t tmpfs tmpfs "$1/dev/shm"
  mount -t devpts devpts "$1/dev/pts"
  for folder in $(cat /etc/pip.conf ~/.config/pip/pip.conf 2>/dev/null | grep -oE '(file://)?/[^ ]+' | sed 's,^file://,,; s,/simple/*$,,') ${PIP_FIND_LINKS:-}; do
    [ -d "$folder" ] && ! mountpoint -q "$1$folder" || continue
    mkdir -p "$1$folder"
    mount --bind -o ro "$folder" "$1$folder"
  done
}

seconds_since() { python3 -c 'import sys, time; print(f"{time.time() - float(sys.argv[1]):.1f} s")' "$1"; }

prove_demo() {
  local port started demo
  port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  started=$(date +%s.%N)
  enter "$1" "$2" "$3" python3 "$2/appointed/run.py" demo --port "$port" </dev/null >"$1/tmp/demo.log" 2>&1 &  # becomes the demo itself
  demo=$!
  until python3 -c 'import sys, urllib.request; urllib.request.urlopen(sys.argv[1], timeout=5)' "http://127.0.0.1:$port/" 2>/dev/null; do
    kill -0 $demo 2>/dev/null || { cat "$1/tmp/demo.log"; echo "demo ended by itself"; return 1; }
    sleep 0.2
  done
  echo "── first page after $(seconds_since "$started")"
  kill -INT $demo
  wait $demo || echo "── the demo's exit status after Ctrl-C: $?"
  cat "$1/tmp/demo.log"
}

prove() {
  local root=$1 who=$2 home=/root owner="" started status
  shift 2
  mapfile -t PASSED < <(env | grep -E '^(PIP_|UV_|SSL_|NODE_EXTRA_CA|REQUESTS_CA|CURL_CA|GIT_SSL|[a-z]+_proxy|[A-Z]+_PROXY)')
  mount_all "$root"
  if [ "$who" = user ]; then
    home=/home/ann owner=ann:ann
    enter "$root" /root "" sh -c "useradd --create-home ann && chown -R ann: /repository.git"
  fi
  enter "$root" "$home" "$owner" git clone -q /repository.git "$home/appointed"
  for what in "$@"; do
    echo "══ $who: $what"
    if [ "$who" = user ] && ! enter "$root" "$home" "$owner" python3 -c 'import ensurepip' 2>/dev/null; then
      enter "$root" "$home" "$owner" python3 "$home/appointed/run.py" setup 2>"$root/tmp/said" && { echo "not refused"; return 1; }
      cat "$root/tmp/said"
      enter "$root" /root "" sh -c "DEBIAN_FRONTEND=noninteractive; export DEBIAN_FRONTEND; $(sed -n 's/.*\(apt-get update .*\)/\1/p' "$root/tmp/said")" >/dev/null
    fi
    started=$(date +%s.%N)
    status=0
    case $what in
      demo) prove_demo "$root" "$home" "$owner" || status=$? ;;
      fast) enter "$root" "$home" "$owner" python3 "$home/appointed/run.py" test --fast </dev/null || status=$? ;;
      *) enter "$root" "$home" "$owner" python3 "$home/appointed/run.py" $what </dev/null || status=$? ;;
    esac
    echo "══ $who: $what took $(seconds_since "$started"), exit status $status"
    [ $status = 0 ] || return $status
  done
}

if [ "${1:-}" = inside ]; then
  shift
  prove "$@"
  exit
fi

# ── a fresh root for each proof ──────────────────────────────────────────────────────────

make_base() {
  local folder=$CACHE/bare-base
  rm -rf "$folder"
  debootstrap --variant=minbase bookworm "$folder" "$(apt_sources '$(SITE)' | head -n 1)" >&2
  apt_sources 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' >"$folder/etc/apt/sources.list"
  cp /etc/hosts /etc/resolv.conf "$folder/etc/"
  chroot "$folder" sh -c 'apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq -y install --no-install-recommends git python3' >&2
  tar -C "$folder" -cf "$BASE.new" . && mv "$BASE.new" "$BASE"
  rm -rf "$folder"
}

make_root() {
  tar -C "$1" -xf "$BASE"
  mkdir -p "$1/usr/local/share/ca-certificates" "$1/etc/ssl/certs" "$1/etc/xdg/pip"
  cp /usr/local/share/ca-certificates/*.crt "$1/usr/local/share/ca-certificates/" 2>/dev/null || true
  cp /etc/ssl/certs/ca-certificates.crt "$1/etc/ssl/certs/"
  cp /etc/pip.conf "$1/etc/xdg/pip/pip.conf" 2>/dev/null || true
  cp ~/.config/pip/pip.conf "$1/etc/pip.conf" 2>/dev/null || true
  git clone -q --bare "$CLONE" "$1/repository.git"
}

trap 'exit 130' INT TERM
mkdir -p "$CACHE"
[ -f "$BASE" ] || make_base
whos="root user"
case "${1:-}" in root | user) whos=$1 && shift ;; esac
[ $# -gt 0 ] || set -- demo fast
for who in $whos; do
  root=$(mktemp -d /var/tmp/appointed-bare.XXXXXX)
  proof=
  trap '[ -z "$proof" ] || kill -KILL "$proof"; rm -rf --one-file-system "$root"' EXIT
  chmod 755 "$root"
  make_root "$root"
  unshare --mount --pid --fork --kill-child --propagation private bash "$0" inside "$root" "$who" "$@" &
  proof=$!
  wait "$proof"
  proof=
  rm -rf --one-file-system "$root"
done
