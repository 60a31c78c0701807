#!/usr/bin/env bash
# packaging/stage.sh PROGRAM FOLDER: what a package holds apart from the program: manual pages and completions, printed by PROGRAM.
set -euo pipefail
program=$(realpath "$1") folder=$2
rm -rf "$folder"
mkdir -p "$folder/man" "$folder/completions"
"$program" man --save-dir "$folder/man" >/dev/null
gzip -9n "$folder"/man/*.1
"$program" completions bash >"$folder/completions/nntop.bash"
"$program" completions zsh >"$folder/completions/_nntop"
"$program" completions fish >"$folder/completions/nntop.fish"
