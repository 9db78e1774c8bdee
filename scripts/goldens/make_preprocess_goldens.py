# SPDX-License-Identifier: Apache-2.0
"""Writes tests/golden/preprocess: what Pillow, transformers and timm make of given pictures.

    pip install numpy pillow==11.3.0 torch torchvision transformers==4.57.1 timm==1.0.31
    python scripts/goldens/make_preprocess_goldens.py          # writes the goldens
    python scripts/goldens/make_preprocess_goldens.py --photo chelsea.png   # and a crop of a photograph

Pictures are computed from their size by pattern() (tests/golden/preprocess/pattern.hpp does the same),
but for one small photograph. A golden is the CRC-32 of the result's bytes, and a few of its values to
look at. Pillow 13 and later resize tall pictures vertically first, which moves some values by a level:
the goldens are the answers of all the versions before.
"""

import argparse
import json
import math
import sys
import zlib
from pathlib import Path

import numpy as np
import PIL
from PIL import Image

OUT = Path(__file__).resolve().parents[2] / "tests" / "golden" / "preprocess" / "data"
FILTERS = ["nearest", "lanczos", "bilinear", "bicubic", "box", "hamming"]  # by Pillow's codes
STANDARD = ([0.5, 0.5, 0.5], [0.5, 0.5, 0.5])
IMAGENET = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])


def pattern(kind, height, width):
    """[H, W, 3] bytes: `noise` has every value at random, `edges` only 0 and 255, `smooth` ramps."""
    y, x, c = np.meshgrid(*(np.arange(n, dtype=np.uint32) for n in (height, width, 3)), indexing="ij")
    if kind == "smooth":
        return ((x * 3 + y * 2 + c * 40) % 256).astype(np.uint8)
    mixed = x * np.uint32(374761393) + y * np.uint32(668265263) + c * np.uint32(2246822519)
    mixed = (mixed ^ (mixed >> np.uint32(13))) * np.uint32(1274126177)
    mixed = (mixed ^ (mixed >> np.uint32(16))) & np.uint32(255)
    return np.where(mixed < 128, 0, 255).astype(np.uint8) if kind == "edges" else mixed.astype(np.uint8)


def source(name, height, width):
    if name == "photo":
        return np.asarray(Image.open(OUT / "photo.png").convert("RGB"))
    return pattern(name, height, width)


def golden(array):
    flat = np.ascontiguousarray(array).reshape(-1)
    picks = sorted({int(i) for i in np.linspace(0, flat.size - 1, 9)})
    return {"shape": list(array.shape), "crc32": zlib.crc32(flat.tobytes()),
            "values": [[i, float(flat[i])] for i in picks]}


def resamples():
    sizes = [(1, 1, 1, 1), (1, 1, 224, 224), (1, 9, 5, 3), (9, 1, 3, 5), (2, 3, 224, 160),
             (17, 31, 224, 224), (31, 17, 8, 8), (97, 101, 96, 102), (224, 224, 224, 224),
             (224, 301, 224, 224), (301, 224, 224, 224), (500, 333, 224, 224), (333, 500, 224, 224),
             (240, 320, 256, 256), (1000, 3, 7, 224), (3, 1000, 224, 7), (360, 640, 224, 398)]
    for height, width, out_height, out_width in sizes:
        for kind in ("noise", "edges", "smooth"):
            for code, name in enumerate(FILTERS):
                image = Image.fromarray(pattern(kind, height, width))
                result = np.asarray(image.resize((out_width, out_height), code))
                yield {"picture": [kind, height, width], "filter": code, "name": name, **golden(result)}


def spec(processor, filter_code, stats, resize=None, edge=None, cover=None, crop=None, rounding="transformers",
         rescale=True, factor=1 / 255, normalize=True):
    mode = "exact" if resize else "shortest_edge" if edge else "cover" if cover else "none"
    height, width = resize or cover or (0, 0)
    return {"processor": processor, "resize": mode, "resize_h": height, "resize_w": width,
            "shortest_edge": edge or 0, "resample": filter_code, "center_crop": bool(crop),
            "crop_h": crop[0] if crop else 0, "crop_w": crop[1] if crop else 0, "crop_rounding": rounding,
            "rescale": rescale, "rescale_factor": factor, "normalize": normalize, "mean": stats[0],
            "stddev": stats[1]}


def transformers_recipe(kind, stats, code, size, crop=None, **options):
    from transformers import CLIPImageProcessor, DeiTImageProcessor, ViTImageProcessor

    common = {"resample": code, "image_mean": stats[0], "image_std": stats[1], **options}
    if "edge" == kind:
        processor = CLIPImageProcessor(size={"shortest_edge": size}, crop_size={"height": crop[0], "width": crop[1]}, **common)
        shape = {"edge": size, "crop": crop}
    elif crop:
        keep = {"do_resize": size is not None}
        size_option = {"size": {"height": size[0], "width": size[1]}} if size else {}
        processor = DeiTImageProcessor(crop_size={"height": crop[0], "width": crop[1]}, **keep, **size_option, **common)
        shape = {"resize": size, "crop": crop}
    else:
        processor = ViTImageProcessor(size={"height": size[0], "width": size[1]}, **common)
        shape = {"resize": size}
    names = {"do_rescale": "rescale", "rescale_factor": "factor", "do_normalize": "normalize"}
    ours = {names[key]: value for key, value in options.items()}

    def run(pixels):
        result = processor(Image.fromarray(pixels), return_tensors="np", input_data_format="channels_last")
        return result["pixel_values"][0].astype(np.float32)

    return spec(type(processor).__name__, code, stats, **shape, **ours), run


def timm_recipe(stats, code, size, crop_pct, crop_mode="center"):
    from timm.data import create_transform

    transform = create_transform((3, *size), is_training=False, crop_pct=crop_pct, crop_mode=crop_mode,
                                 interpolation=FILTERS[code], mean=stats[0], std=stats[1])
    scaled = tuple(math.floor(side / crop_pct) for side in size)
    if crop_mode == "squash":
        shape = {"resize": scaled}
    elif scaled[0] == scaled[1]:
        shape = {"edge": scaled[0]}
    else:
        shape = {"cover": scaled}
    return (spec("timm", code, stats, **shape, crop=size, rounding="torchvision"),
            lambda pixels: transform(Image.fromarray(pixels)).numpy())


def recipes():
    yield "vit", transformers_recipe("vit", STANDARD, 2, (224, 224))
    yield "vit_bicubic_imagenet", transformers_recipe("vit", IMAGENET, 3, (224, 224))
    yield "vit_not_square", transformers_recipe("vit", STANDARD, 2, (96, 160))
    yield "vit_cifar", transformers_recipe("vit", STANDARD, 2, (32, 32))
    yield "vit_other_factor", transformers_recipe("vit", STANDARD, 1, (64, 64), rescale_factor=1 / 127.5)
    yield "vit_not_rescaled", transformers_recipe("vit", IMAGENET, 4, (64, 64), do_rescale=False)
    yield "vit_not_normalised", transformers_recipe("vit", STANDARD, 5, (64, 64), do_normalize=False)
    yield "deit", transformers_recipe("deit", IMAGENET, 3, (256, 256), crop=(224, 224))
    yield "deit_odd_crop", transformers_recipe("deit", IMAGENET, 3, (101, 90), crop=(64, 63))
    yield "deit_padded", transformers_recipe("deit", IMAGENET, 3, (57, 60), crop=(64, 65))
    yield "deit_crop_only", transformers_recipe("deit", STANDARD, 3, None, crop=(50, 50))
    yield "shortest_edge", transformers_recipe("edge", IMAGENET, 3, 97, crop=(64, 64))
    yield "timm", timm_recipe(IMAGENET, 3, (224, 224), 0.9)
    yield "timm_odd", timm_recipe(STANDARD, 2, (63, 63), 0.95)
    yield "timm_not_square", timm_recipe(IMAGENET, 3, (96, 64), 0.9)
    yield "timm_squash", timm_recipe(IMAGENET, 3, (63, 64), 0.875, "squash")


def tensors():
    pictures = [("noise", 17, 31), ("edges", 1, 40), ("smooth", 240, 320), ("noise", 333, 251), ("photo", 0, 0)]
    for name, (described, run) in recipes():
        for picture in pictures:
            yield {"recipe": name, "spec": described, "picture": list(picture), **golden(run(source(*picture)))}


def yolos_tensors():
    """Pictures that keep their shape. The recipes are files as they are on the hub."""
    from transformers import YolosImageProcessor

    half = {"image_mean": [0.5] * 3, "image_std": [0.5] * 3}
    configs = [{"size": {"shortest_edge": 96, "longest_edge": 128}}, {"size": 97, "max_size": 131, **half},
               {"size": 64}, {"size": {"height": 50, "width": 81}, "resample": 3},
               {"size": {"shortest_edge": 240, "longest_edge": 500}, "do_normalize": False}]
    pictures = [("noise", 17, 31), ("smooth", 240, 320), ("noise", 333, 251), ("edges", 251, 240), ("noise", 97, 97),
                ("smooth", 60, 250), ("edges", 301, 64), ("photo", 0, 0)]
    for config in configs:
        file = {"image_processor_type": "YolosImageProcessor", "do_pad": True, **config}
        processor = YolosImageProcessor.from_dict(dict(file))
        for picture in pictures:
            result = processor(Image.fromarray(source(*picture)), return_tensors="np",
                               input_data_format="channels_last")
            yield {"config": file, "picture": list(picture),
                   **golden(result["pixel_values"][0].astype(np.float32))}
    processor = YolosImageProcessor.from_dict({})  # the size of small photographs, once
    result = processor(Image.fromarray(source("smooth", 480, 640)), return_tensors="np")
    yield {"config": {}, "picture": ["smooth", 480, 640], **golden(result["pixel_values"][0].astype(np.float32))}


def write(name, records):
    lines = ",\n".join(json.dumps(record) for record in records)
    (OUT / name).write_text("[\n" + lines + "\n]\n")
    print(name, lines.count("\n") + 1, "goldens,", (OUT / name).stat().st_size, "bytes")


def main():
    if int(PIL.__version__.split(".")[0]) >= 13:
        sys.exit("use Pillow 12 or earlier (pip install pillow==11.3.0): later ones resize in another order")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", help="write this file alone, as in yolos.json (made with transformers 4.46.3)")
    parser.add_argument("--photo", type=Path, help="cut photo.png out of this picture")
    options = parser.parse_args()
    OUT.mkdir(parents=True, exist_ok=True)
    if options.photo:
        Image.open(options.photo).convert("RGB").crop((120, 60, 301, 181)).save(OUT / "photo.png", optimize=True)
    for name, records in {"resamples.json": resamples, "tensors.json": tensors, "yolos.json": yolos_tensors}.items():
        if options.only in (None, name):
            write(name, records())


if __name__ == "__main__":
    main()
