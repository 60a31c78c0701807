#!/usr/bin/env python3
"""How fast `nntop eval` goes through a folder of JPEG files, beside the plain loop of Pillow and onnxruntime.

    pip install onnxruntime pillow numpy
    python tests/peers/eval_speed.py target/release/nntop MODEL.onnx [--images 1000] [--size 320x240]

The images are made here, in two folders by class. Both sides read, decode, resize (bilinear) and infer every image, one at a time.
Ends with 1 below a factor of 1.5. The machine has to be idle; each side runs three times, in turns, and its fastest counts.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import onnxruntime as ort
from PIL import Image


def make(folder: Path, images: int, size: tuple[int, int]) -> None:
    random = np.random.default_rng(1)
    for i in range(images):
        # Smooth like photographs: noise is the worst case of a decoder.
        small = random.integers(0, 255, (size[1] // 16, size[0] // 16, 3), dtype=np.uint8)
        path = folder / str(i % 2) / f"{i:06}.jpg"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(small).resize(size, Image.Resampling.BICUBIC).save(path, quality=90)


def plain(session: ort.InferenceSession, folder: Path) -> float:
    given = session.get_inputs()[0]
    shape = [n if isinstance(n, int) else 1 for n in given.shape]
    _, channels, height, width = shape
    begin = time.perf_counter()
    for path in sorted(folder.glob("*/*.jpg")):
        image = Image.open(path).convert("L" if channels == 1 else "RGB")
        image = image.resize((width, height), Image.Resampling.BILINEAR)
        x = np.asarray(image, dtype=np.float32).reshape(height, width, channels).transpose(2, 0, 1)[None]
        session.run(None, {given.name: x})
    return time.perf_counter() - begin


def ours(nntop: str, model: str, folder: Path) -> float:
    words = [nntop, "eval", model, "--dataset", str(folder), "--preprocess", "raw", "-n", "1", "--warmup", "0", "-q", "--no-profile"]
    begin = time.perf_counter()
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begin


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("nntop")
    parser.add_argument("model")
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--size", default="320x240")
    args = parser.parse_args()
    width, height = map(int, args.size.split("x"))
    session = ort.InferenceSession(args.model, providers=["CPUExecutionProvider"])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make(folder, args.images, (width, height))
        # The start of either side is not the matter: the interpreter's is left out, nntop's is counted.
        rounds = [(plain(session, folder), ours(args.nntop, args.model, folder)) for _ in range(3)]
    theirs, mine = (min(times) for times in zip(*rounds))
    print(f"{args.images} images: Python {args.images / theirs:.0f}/s, nntop {args.images / mine:.0f}/s, factor {theirs / mine:.2f}")
    return 0 if theirs / mine >= 1.5 else 1


if __name__ == "__main__":
    sys.exit(main())
