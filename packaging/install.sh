#!/bin/sh
# Installs nntop for you alone: program, manual pages and completions below ~/.local. Nothing is run as root.
#
#   sh install.sh [VERSION]
#
# NNTOP_RELEASES: where the archives are (the release workflow writes the address of its own repository below).
# NNTOP_PREFIX:   where to install, instead of ~/.local.
set -eu

releases=${NNTOP_RELEASES:-@RELEASES@}
version=${1:-@VERSION@}
prefix=${NNTOP_PREFIX:-$HOME/.local}

fail() {
  echo "error: $1" >&2
  echo "hint: $2" >&2
  exit 1
}

case $releases in @*) fail "no address to download from" "take install.sh from a release, or set NNTOP_RELEASES" ;; esac
case $version in @*) fail "no version" "name it: sh install.sh v0.2.0" ;; esac
[ "$(uname -s)" = Linux ] || fail "$(uname -s): there are archives for Linux alone" "build it: cargo install --path . --locked"
case $(uname -m) in
  x86_64 | amd64) target=x86_64-unknown-linux-gnu ;;
  # A 64-bit kernel may have a 32-bit userland: Raspberry Pi OS did.
  aarch64 | arm64)
    [ "$(getconf LONG_BIT)" = 64 ] || fail "this system is of 32 bits" "nntop needs the 64-bit system of the same board"
    target=aarch64-unknown-linux-gnu
    ;;
  *) fail "$(uname -m): there is no archive for this processor" "build it: cargo install --path . --locked" ;;
esac
if ldd --version 2>&1 | grep -qi musl; then
  fail "musl: the runtimes that nntop loads need glibc" "use a distribution with glibc, or a container of one"
fi
for tool in curl tar xz sha256sum; do
  command -v "$tool" >/dev/null || fail "$tool is not installed" "install it with the package manager of your system"
done

name=nntop-$version-$target
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
fetch() { curl --proto '=https,http,file' --fail --silent --show-error --location --retry 3 -o "$work/$1" "$releases/$version/$1"; }
fetch "$name.tar.xz" || fail "$releases/$version/$name.tar.xz cannot be downloaded" "check the version and the network"
fetch "$name.tar.xz.sha256" || fail "the sum of $name.tar.xz cannot be downloaded" "check the network and try again"
(cd "$work" && sha256sum --check --status "$name.tar.xz.sha256") ||
  fail "$name.tar.xz is not what its sum says" "download it again; if that does not help, report it"
tar -C "$work" -xJf "$work/$name.tar.xz"

share=$prefix/share
mkdir -p "$prefix/bin" "$share/man/man1" "$share/bash-completion/completions" "$share/zsh/site-functions" "$share/fish/vendor_completions.d"
# Beside it first: a running nntop keeps its file.
cp "$work/$name/nntop" "$prefix/bin/.nntop.new"
chmod 755 "$prefix/bin/.nntop.new"
mv "$prefix/bin/.nntop.new" "$prefix/bin/nntop"
cp "$work/$name"/man/*.1.gz "$share/man/man1/"
cp "$work/$name/completions/nntop.bash" "$share/bash-completion/completions/nntop"
cp "$work/$name/completions/_nntop" "$share/zsh/site-functions/_nntop"
cp "$work/$name/completions/nntop.fish" "$share/fish/vendor_completions.d/nntop.fish"
"$prefix/bin/nntop" --version >/dev/null || fail "$prefix/bin/nntop does not run here" "see its message above"
echo "installed: $prefix/bin/nntop ($version)"
case :$PATH: in *":$prefix/bin:"*) ;; *) echo "hint: add $prefix/bin to your PATH" ;; esac
