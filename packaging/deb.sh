#!/usr/bin/env bash
# packaging/deb.sh [OPTIONS OF CARGO DEB]: the Debian package, in target/debian. PROFILE names another build profile than dist.
set -euo pipefail
cd "$(dirname "$0")/.."
profile=${PROFILE:-dist}
cargo build --locked --profile "$profile"
packaging/stage.sh "target/$profile/nntop" target/stage
# cargo-deb's own strip would need the tools of the target.
cargo deb --no-build --profile "$profile" "$@"
