#!/usr/bin/env bash
# packaging/archive.sh PROGRAM TARGET VERSION [PROGRAM-THAT-RUNS-HERE]: nntop-VERSION-TARGET.tar.xz and its sum, in the current folder.
# The last argument prints manual pages and completions where PROGRAM is for another architecture.
set -euo pipefail
program=$(realpath "$1") target=$2 version=$3 runs=${4:-$1}
here=$(cd "$(dirname "$0")" && pwd)
name="nntop-$version-$target"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/$name"
cp "$program" "$work/$name/nntop"
"${STRIP:-strip}" "$work/$name/nntop"
cp "$here"/../{README.md,CHANGELOG.md,LICENSE-APACHE,LICENSE-MIT} "$work/$name"
"$here/stage.sh" "$runs" "$work/stage"
cp -r "$work"/stage/{man,completions} "$work/$name"
# The list of components, where the tool that writes it is installed.
if [ -n "${SBOM:-}" ]; then cp "$SBOM" "$work/$name/nntop.cdx.json"; fi
# The same content gives the same archive.
tar -C "$work" --sort=name --owner=0 --group=0 --numeric-owner --mtime="@${SOURCE_DATE_EPOCH:-0}" -cJf "$name.tar.xz" "$name"
sha256sum "$name.tar.xz" >"$name.tar.xz.sha256"
