#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Draws the picture that the built-in detector is tested on, and asks transformers what it sees there.

    pip install torch==2.8.0 transformers==4.57.1 numpy pillow
    scripts/goldens/make_detector_golden.py        # writes tests/golden/models/builtin_detector

    smear.png        discs that look a little like a blood smear, drawn here; no photograph
    answers.npy      f32 [tokens, classes + 1 + 4]: logits, and the box before its sigmoid
    detections.json  as make_yolos_goldens.py writes it, best first
The model runs in float64 on the widened stored weights.
"""

import argparse
import json
import pathlib

import numpy as np
import torch
from PIL import Image
from transformers import YolosForObjectDetection, YolosImageProcessor

from tiny_models import hook_outputs

ROOT = pathlib.Path(__file__).resolve().parents[2]
SIZE = (300, 400)  # height, width
BACKGROUND = (191, 185, 184)
# centre x, y, radius x, y; colour; colour of the middle; how far the middle reaches
RED, RED_MIDDLE = (186, 162, 160), (198, 190, 186)
WHITE, NUCLEUS = (172, 140, 190), (128, 104, 206)
PLATELET, GRAIN = (172, 158, 206), (150, 128, 208)
CELLS = [(70, 62, 33, 31, RED, RED_MIDDLE, 0.55), (172, 48, 32, 33, RED, RED_MIDDLE, 0.45),
         (330, 60, 34, 32, RED, RED_MIDDLE, 0.5), (62, 160, 31, 33, RED, RED_MIDDLE, 0.5),
         (112, 238, 33, 32, RED, RED_MIDDLE, 0.6), (348, 150, 32, 32, RED, RED_MIDDLE, 0.4),
         (300, 246, 33, 31, RED, RED_MIDDLE, 0.5), (208, 168, 60, 56, WHITE, NUCLEUS, 0.75),
         (252, 72, 12, 12, PLATELET, GRAIN, 0.6), (30, 262, 13, 12, PLATELET, GRAIN, 0.6)]


def disc(height, width, x, y, rx, ry, soft):
    """[H,W,1] 1 inside an ellipse, 0 outside, over an edge `soft` pixels wide."""
    yy, xx = np.mgrid[0:height, 0:width] + 0.5
    away = (np.hypot((xx - x) / rx, (yy - y) / ry) - 1) * min(rx, ry)
    return np.clip(0.5 - away / soft, 0, 1)[..., None]


def draw():
    height, width = SIZE
    image = np.full((height, width, 3), BACKGROUND, float)
    for x, y, rx, ry, colour, middle, reach in CELLS:
        for share, soft, paint in ((1.0, 2.0, colour), (reach, 0.35 * reach * min(rx, ry), middle)):
            mask = disc(height, width, x, y, share * rx, share * ry, soft)
            image = mask * np.array(paint, float) + (1 - mask) * image
    return Image.fromarray(image.round().astype(np.uint8))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=pathlib.Path, default=ROOT / "models" / "fovea-yolos-bccd")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "tests" / "golden" / "models" / "builtin_detector")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    draw().save(args.out / "smear.png", optimize=True)
    picture = Image.open(args.out / "smear.png")

    processor = YolosImageProcessor.from_pretrained(args.model)
    model = YolosForObjectDetection.from_pretrained(args.model, dtype=torch.float32).eval().double()
    taps = hook_outputs({"raw_boxes": model.bbox_predictor})
    with torch.no_grad():
        output = model(processor(picture, return_tensors="pt")["pixel_values"].double())
    np.save(args.out / "answers.npy", torch.cat((output.logits, taps["raw_boxes"]), 2)[0].float().numpy())
    found = processor.post_process_object_detection(output, threshold=0.5, target_sizes=[SIZE])[0]
    objects = sorted(({"id": int(k), "score": float(s), "box": [float(v) for v in box]}
                      for k, s, box in zip(found["labels"], found["scores"], found["boxes"])),
                     key=lambda o: -o["score"])
    (args.out / "detections.json").write_text(json.dumps(
        {"size": SIZE, "threshold": 0.5, "objects": objects}, indent=1) + "\n")


if __name__ == "__main__":
    main()
