#!/usr/bin/env bash
# packaging/try-deb.sh FILE.deb [ROOT]: installs the package in a fresh Debian 12 without Rust and measures the demo there.
# ROOT is kept if it is given and holds a system already.
set -euo pipefail
deb=$(realpath "$1")
root=${2:-$(mktemp -d)}
if [ ! -e "$root/etc/debian_version" ]; then
  debootstrap --variant=minbase --include=ca-certificates,python3,python3-pip bookworm "$root" "${MIRROR:-http://deb.debian.org/debian}"
fi
install -m 644 "$deb" "$root/tmp/nntop.deb"
cp /etc/resolv.conf "$root/etc/resolv.conf"
# What points to package indexes here holds there, too.
for file in /etc/pip.conf /etc/ssl/certs/ca-certificates.crt; do
  if [ -e "$file" ]; then cp "$file" "$root$file"; fi
done
mounts=(proc sys dev dev/pts)
for mount in "${mounts[@]}"; do mount --bind "/$mount" "$root/$mount"; done
trap 'umount "$root"/{dev/pts,dev,sys,proc}' EXIT
inside() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=xterm-256color "$@"; }
inside apt-get install -y -q --no-install-recommends /tmp/nntop.deb
inside nntop --version
inside man -w nntop 2>/dev/null || inside test -s /usr/share/man/man1/nntop.1.gz
inside test -s /usr/share/bash-completion/completions/nntop
inside nntop doctor >/dev/null
inside nntop monitor --once >/dev/null
inside nntop bench --help >/dev/null
# The dashboard on the demo's models, through the runtime that it fetches; `q` ends it, and what it measured is a file.
rm -f "$root/tmp/demo.json"
(sleep "${SECONDS_TO_WATCH:-25}"; printf q) | inside script -qec "nntop demo -o /tmp/demo.json" /dev/null >/dev/null
grep -Eq '"p50": [1-9]' "$root/tmp/demo.json"
echo "$(basename "$deb") works on Debian $(cat "$root/etc/debian_version")"
