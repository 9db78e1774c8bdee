# SPDX-License-Identifier: Apache-2.0
"""Writes a trained detector as a Hugging Face folder, and checks such a folder from outside.

The check shares nothing with training but the reading of the annotations: it opens the folder with transformers,
sends every test picture through the image processor the folder describes, takes every box the detection tokens
give, whatever its score, and lets pycocotools compute the average precision.

    python detect_export.py FOLDER [--data DIR]                  checks a folder that is already there
    python detect_export.py FOLDER --checkpoint checkpoint.pt    writes it first, from a run's checkpoint
"""
import argparse
import contextlib
import io
import json
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

import cells
from yolos import Yolos, YolosConfig


def export(model, folder):
    """Writes config.json, preprocessor_config.json and model.safetensors (fp16) of a yolos.Yolos."""
    c, folder = model.config, Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    config = {
        "architectures": ["YolosForObjectDetection"],
        "attention_probs_dropout_prob": 0.0,
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.0,
        "hidden_size": c.dim,
        "id2label": {str(i): name for i, name in enumerate(cells.CLASSES)},
        "image_size": [c.height, c.width],
        "initializer_range": 0.02,
        "intermediate_size": c.mlp,
        "label2id": {name: i for i, name in enumerate(cells.CLASSES)},
        "layer_norm_eps": c.eps,
        "model_type": "yolos",
        "num_attention_heads": c.heads,
        "num_channels": 3,
        "num_detection_tokens": model.queries,
        "num_hidden_layers": c.depth,
        "patch_size": c.patch,
        "qkv_bias": True,
        "torch_dtype": "float16",
        "use_mid_position_embeddings": False,
    }
    processor = {
        "do_convert_annotations": True,
        "do_normalize": True,
        "do_pad": True,
        "do_rescale": True,
        "do_resize": True,
        "format": "coco_detection",
        "image_mean": list(cells.MEAN),
        "image_processor_type": "YolosImageProcessor",
        "image_std": list(cells.STD),
        "resample": 2,
        "rescale_factor": 1 / 255,
        "size": {"shortest_edge": c.height, "longest_edge": c.width},
    }
    for name, content in (("config.json", config), ("preprocessor_config.json", processor)):
        (folder / name).write_text(json.dumps(content, indent=2) + "\n")
    save_file({k: v.half() for k, v in model.hf_state().items()}, folder / "model.safetensors",
              metadata={"format": "pt"})
    (folder / "model.safetensors").chmod(0o644)


def average_precision(found, pictures):
    """COCO's figures, as shares, of found: one (boxes [N,4] corners in px, scores [N], labels [N]) a picture.

    {"AP", "AP50", "AP75": over all classes; "per_class": {name: (AP, AP50, AP75)}}
    """
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    def entry(image, box, label):
        left, top, right, bottom = (float(v) for v in box)
        return {"image_id": image, "category_id": int(label), "bbox": [left, top, right - left, bottom - top]}

    truth = [entry(i, b, k) for i, p in enumerate(pictures) for b, k in zip(p.boxes, p.labels)]
    for i, t in enumerate(truth):
        t.update(id=i + 1, iscrowd=0, area=t["bbox"][2] * t["bbox"][3])
    answers = [{**entry(i, b, k), "score": float(s)} for i, f in enumerate(found) for b, s, k in zip(*f)]
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = {"images": [{"id": i} for i in range(len(pictures))], "annotations": truth,
                        "categories": [{"id": i, "name": n} for i, n in enumerate(cells.CLASSES)]}
        coco.createIndex()
        judge = COCOeval(coco, coco.loadRes(answers), "bbox")
        judge.evaluate()
        judge.accumulate()
    precision = judge.eval["precision"][:, :, :, 0, -1]  # [overlap, recall, class], every size, 100 boxes a picture

    def mean(part):
        return float(part[part > -1].mean()) if (part > -1).any() else float("nan")

    def figures(p):
        return mean(p), mean(p[0]), mean(p[5])

    out = dict(zip(("AP", "AP50", "AP75"), figures(precision)))
    out["per_class"] = {n: figures(precision[:, :, i]) for i, n in enumerate(cells.CLASSES)}
    return out


def describe(result):
    """average_precision()'s answer in one line."""
    classes = ", ".join(f"{n} {v[1]:.3f}" for n, v in result["per_class"].items())
    return f"AP {result['AP']:.3f} AP50 {result['AP50']:.3f} AP75 {result['AP75']:.3f} (AP50 of {classes})"


def load_folder(folder):
    """(model in fp32, image processor) of a Hugging Face folder."""
    from transformers import YolosForObjectDetection, YolosImageProcessor

    model = YolosForObjectDetection.from_pretrained(folder, torch_dtype=torch.float32, local_files_only=True)
    return model.eval(), YolosImageProcessor.from_pretrained(folder, local_files_only=True)


def reference_boxes(model, processor, pictures):
    """What transformers finds in each picture: (boxes in px, scores, labels), threshold 0."""
    out = []
    for p in pictures:
        with torch.no_grad():
            answer = model(**processor(images=p.image, return_tensors="pt"))
        found = processor.post_process_object_detection(answer, threshold=0.0, target_sizes=[p.image.size[::-1]])[0]
        out.append(tuple(found[k].numpy() for k in ("boxes", "scores", "labels")))
    return out


def check(folder, root, split="test"):
    """average_precision() of a folder on a split, by transformers, printed as a table."""
    pictures, (model, processor) = cells.load(root, split), load_folder(folder)
    found = reference_boxes(model, processor, pictures)
    result = average_precision(found, pictures)
    size = (Path(folder) / "model.safetensors").stat().st_size
    print(f"check {folder}: model.safetensors {size:,} bytes, "
          f"{sum(p.numel() for p in model.parameters()):,} parameters, {len(pictures)} {split} pictures")
    print(f"  {'':<10}{'boxes':>7}{'AP':>8}{'AP50':>8}{'AP75':>8}")
    for i, (name, row) in enumerate(result["per_class"].items()):
        count = sum(int((p.labels == i).sum()) for p in pictures)
        print(f"  {name:<10}{count:>7}" + "".join(f"{100 * v:8.1f}" for v in row))
    total = sum(len(p.labels) for p in pictures)
    print(f"  {'all':<10}{total:>7}" + "".join(f"{100 * result[k]:8.1f}" for k in ("AP", "AP50", "AP75")))
    sure = sum(int(np.sum(f[1] > 0.5)) for f in found)
    print(f"  boxes with a score above 0.5: {sure}")
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--data", type=Path, default=cells.default_data(), help="BCCD (default %(default)s)")
    parser.add_argument("--split", choices=("train", "val", "test"), default="test", help="(default %(default)s)")
    parser.add_argument("--checkpoint", type=Path, help="write the folder from this checkpoint.pt first")
    args = parser.parse_args()
    if args.checkpoint:
        stored = torch.load(args.checkpoint, map_location="cpu", weights_only=True)
        model = Yolos(YolosConfig(**stored["config"]))
        model.load_state_dict(stored["model"])
        export(model, args.folder)
    check(args.folder, args.data, args.split)


if __name__ == "__main__":
    main()
