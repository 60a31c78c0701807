#!/usr/bin/env python3
"""Makes the pictures of this folder: two sources, and what Pillow makes of them.

    pip install pillow==13.0.0 numpy
    python make.py

`NAME.png` is the picture after resizing and cropping, before any scaling of its values. The names are those of the
test in ../apply.rs. torchvision's `Resize` and `CenterCrop` on PIL images call Pillow's `resize` and `crop` with the sizes below;
Ultralytics' letterbox pads as below.
"""

from pathlib import Path

import numpy as np
from PIL import Image

HERE = Path(__file__).parent
BILINEAR, BICUBIC, LANCZOS, NEAREST = (getattr(Image.Resampling, n) for n in ("BILINEAR", "BICUBIC", "LANCZOS", "NEAREST"))


def source() -> Image.Image:
    """97 x 61 pixels with gradients, edges and some grain, as photographs have."""
    y, x = np.mgrid[0:61, 0:97]
    random = np.random.default_rng(1)
    red = 128 + 90 * np.sin(x / 9) * np.cos(y / 7)
    green = x * 255 / 96
    blue = np.where((x - 50) ** 2 + (y - 30) ** 2 < 400, 220, 40)
    levels = np.stack([red, green, blue], axis=-1) + random.normal(0, 6, (61, 97, 3))
    return Image.fromarray(levels.clip(0, 255).astype(np.uint8))


def shorter(image: Image.Image, side: int, crop: int) -> Image.Image:
    w, h = image.size
    size = (side, int(side * h / w)) if w <= h else (int(side * w / h), side)
    image = image.resize(size, BILINEAR)
    left, top = round((size[0] - crop) / 2), round((size[1] - crop) / 2)
    return image.crop((left, top, left + crop, top + crop))


def letterbox(image: Image.Image, side: int) -> Image.Image:
    w, h = image.size
    ratio = min(side / w, side / h)
    size = round(w * ratio), round(h * ratio)
    canvas = Image.new("RGB", (side, side), (114, 114, 114))
    canvas.paste(image.resize(size, BILINEAR), (round((side - size[0]) / 2 - 0.1), round((side - size[1]) / 2 - 0.1)))
    return canvas


def main() -> None:
    photo = source()
    photo.save(HERE / "photo.png")
    photo.save(HERE / "photo.jpg", quality=90, subsampling="4:2:0")
    turned = Image.Exif()
    turned[0x0112] = 6
    photo.save(HERE / "turned.jpg", quality=90, subsampling="4:4:4", exif=turned)
    made = {
        "down-bilinear": photo.resize((32, 24), BILINEAR),
        "down-bicubic": photo.resize((32, 24), BICUBIC),
        "down-lanczos": photo.resize((32, 24), LANCZOS),
        "down-nearest": photo.resize((32, 24), NEAREST),
        "up-bilinear": photo.resize((150, 110), BILINEAR),
        "up-bicubic": photo.resize((150, 110), BICUBIC),
        "shorter": shorter(photo, 40, 35),
        "letterbox": letterbox(photo, 64),
        "jpeg": Image.open(HERE / "photo.jpg").convert("RGB").resize((32, 24), BILINEAR),
        # Neither Pillow nor torchvision turns a picture by its EXIF data unasked.
        "turned": Image.open(HERE / "turned.jpg").convert("RGB").resize((32, 24), BILINEAR),
        "grey": photo.convert("L").resize((32, 24), BILINEAR),
    }
    for name, image in made.items():
        image.save(HERE / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
