#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the tiny YOLOS checkpoints of tests/golden/models/data and what transformers answers.

    apt-get install python3-torch            # 1.13.1, Debian 12
    pip install "numpy<2" pillow==11.3.0 transformers==4.46.3
    scripts/goldens/make_yolos_goldens.py    # replaces tests/golden/models/data/yolos-*

As make_model_goldens.py, but the rows of tokens stand in Fovea's order (detection tokens, CLS,
patches), and "logits" are what YolosModel::forward() gives: per detection token the logits of the
classes and of no object, then the box before its sigmoid. Beside them, for one picture that is not
square, what the processor and its post_process_object_detection make of it:
    detections.json  size [h, w], threshold, and the objects in the order of the tokens
"""

import argparse
import json
import pathlib
import shutil
import zlib

import numpy as np
import torch
from transformers import YolosConfig, YolosForObjectDetection, YolosImageProcessor

from tiny_models import hook_outputs, randomise

HERE = pathlib.Path(__file__).resolve().parent
DEFAULT_OUT = HERE.parents[1] / "tests" / "golden" / "models" / "data"
ORIGINAL_SIZE = (333, 500)  # height, width of the picture that boxes are scaled to


def in_our_order(tokens, detections):
    return torch.cat((tokens[:, -detections:], tokens[:, :-detections]), dim=1)


def make(folder, config, processor_size, *, dtype=torch.float32):
    """`processor_size`: shortest and longest edge; the goldens' pictures are those of 640x480."""
    seed = zlib.crc32(folder.name.encode())
    randomise(YolosForObjectDetection(config), seed).to(dtype).save_pretrained(folder)
    shortest, longest = processor_size
    processor = YolosImageProcessor(size={"shortest_edge": shortest, "longest_edge": longest})
    processor.save_pretrained(folder)

    blank = np.zeros((480, 640, 3), np.uint8)
    height, width = processor(blank, return_tensors="pt")["pixel_values"].shape[2:]
    pictures = np.random.default_rng(seed).integers(0, 256, (2, 3, height, width), dtype=np.uint8)

    model = YolosForObjectDetection.from_pretrained(folder, torch_dtype=torch.float32).eval().double()
    modules = {"embeddings": model.vit.embeddings}
    modules |= {f"block.{i}": layer for i, layer in enumerate(model.vit.encoder.layer)}
    modules["raw_boxes"] = model.bbox_predictor
    taps = hook_outputs(modules)
    with torch.no_grad():
        output = model((torch.from_numpy(pictures).double() - 127.5) / 127.5)
    raw_boxes = taps.pop("raw_boxes")
    assert torch.equal(raw_boxes.sigmoid(), output.pred_boxes)

    golden = folder / "golden"
    golden.mkdir()
    np.save(golden / "pictures.npy", pictures)
    for name, value in taps.items():
        value = in_our_order(value, config.num_detection_tokens)
        np.save(golden / f"{name}.npy", value.float().numpy())
    answers = torch.cat((output.logits, raw_boxes), dim=2)
    np.save(golden / "logits.npy", answers.float().numpy())

    scores = output.logits.softmax(-1)[..., :-1].max(-1).values.flatten().sort().values
    middle = len(scores) // 2
    threshold = round(float(scores[middle - 1:middle + 1].mean()), 5)  # half of them pass
    found = processor.post_process_object_detection(
        output, threshold=threshold, target_sizes=[ORIGINAL_SIZE, ORIGINAL_SIZE])
    objects = [[{"id": int(label), "score": float(score), "box": [float(x) for x in box]}
                for label, score, box in zip(one["labels"], one["scores"], one["boxes"])]
               for one in found]
    assert sum(map(len, objects)) == middle
    (golden / "detections.json").write_text(json.dumps(
        {"size": ORIGINAL_SIZE, "threshold": threshold, "objects": objects}, indent=1) + "\n")


def yolos(image_size, patch_size=8, hidden=24, heads=2, layers=2, classes=5, detections=7, **more):
    return YolosConfig(image_size=list(image_size), patch_size=patch_size, hidden_size=hidden,
                       num_attention_heads=heads, num_hidden_layers=layers, intermediate_size=32,
                       num_detection_tokens=detections, hidden_dropout_prob=0.0,
                       id2label={i: f"class {i}" for i in range(classes)},
                       **{"use_mid_position_embeddings": False, **more})


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, default=DEFAULT_OUT,
                        help="its yolos-* are replaced; default: %(default)s")
    out = parser.parse_args().out
    for old in out.glob("yolos-*"):
        shutil.rmtree(old)
    half = torch.float16
    # The processor makes 48x64 of 640x480 with the edges 48 and 64, and 16x32 with 32 and 32.
    make(out / "yolos-own-grid", yolos((48, 64)), (48, 64))
    make(out / "yolos-interpolated", yolos((32, 56)), (48, 64), dtype=half)
    make(out / "yolos-mid-positions",
         yolos((48, 32), layers=3, use_mid_position_embeddings=True), (48, 64), dtype=half)
    make(out / "yolos-mid-positions-own-grid",
         yolos((16, 32), layers=3, use_mid_position_embeddings=True), (32, 32), dtype=half)
    make(out / "yolos-head-dim-55",
         yolos((32, 32), hidden=55, heads=1, layers=1, detections=5, classes=3, patch_size=16,
               qkv_bias=False), (48, 64), dtype=half)
    files = [path for path in out.glob("yolos-*/**/*") if path.is_file()]
    for path in files:
        path.chmod(0o644)
    print(f"{sum(path.stat().st_size for path in files) / 1000:.0f} kB in {out}/yolos-*")


if __name__ == "__main__":
    main()
