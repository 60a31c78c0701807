#!/usr/bin/env bash
# packaging/aarch64.sh [TARGET GLIBC]: cross-builds for 64-bit Arm against an old glibc, checks which symbols it asks for, and runs it
# under emulation where that is installed: version, doctor, monitor and, with NNTOP_ARM_ROOT, a measurement in an Arm system.
#
# Needs: rustup target add aarch64-unknown-linux-gnu; pip install ziglang cargo-zigbuild; qemu-user 10 or newer (older ones crash when
# ONNX Runtime is loaded). PROFILE names another build profile than dist. Times under emulation mean nothing.
set -euo pipefail
cd "$(dirname "$0")/.."
target=aarch64-unknown-linux-gnu glibc=${2:-2.27} profile=${PROFILE:-dist}
cargo zigbuild --locked --profile "$profile" --target "$target.$glibc"
program=target/$target/$profile/nntop
.ci/glibc "$program" "$glibc"

emulator=$(command -v qemu-aarch64 || command -v qemu-aarch64-static || true)
if [ -z "$emulator" ]; then
  echo "NOT CHECKED: it was not run, since qemu-user is not installed"
  exit 0
fi
# The loader and libraries of an Arm system: Debian's cross packages (libc6-arm64-cross, libgcc-s1-arm64-cross), or a root.
root=${NNTOP_ARM_ROOT:-/usr/aarch64-linux-gnu}
run() { "$emulator" -L "$root" "$program" "$@"; }
run --version
run doctor >/dev/null
run monitor --once --format json >/dev/null
if [ -n "${NNTOP_ARM_ROOT:-}" ]; then
  # A worker is a process of its own: the kernel has to know the emulator (binfmt_misc), which chroot alone does not bring.
  install -m 755 "$program" "$NNTOP_ARM_ROOT/usr/bin/nntop"
  chroot "$NNTOP_ARM_ROOT" nntop bench synthetic:constant,median=1ms -n 20
else
  echo "NOT CHECKED: a measurement, since NNTOP_ARM_ROOT names no Arm system"
fi
