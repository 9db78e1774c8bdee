# SPDX-License-Identifier: Apache-2.0
"""Writes a trained model as a Hugging Face folder, and checks such a folder from outside.

The check shares nothing with training: it opens the folder with transformers, sends every test picture
through the image processor the folder describes, and counts.

    python export.py FOLDER [--data DIR]      checks a folder that is already there
"""
import argparse
import json
from pathlib import Path

import torch
from safetensors.torch import save_file

import data


def export(model, folder):
    """Writes config.json, preprocessor_config.json and model.safetensors (fp16) of a vit.Vit."""
    c, folder = model.config, Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    config = {
        "architectures": ["ViTForImageClassification"],
        "attention_probs_dropout_prob": 0.0,
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.0,
        "hidden_size": c.dim,
        "id2label": {str(i): name for i, name in enumerate(data.CLASSES)},
        "image_size": c.image,
        "initializer_range": 0.02,
        "intermediate_size": c.mlp,
        "label2id": {name: i for i, name in enumerate(data.CLASSES)},
        "layer_norm_eps": c.eps,
        "model_type": "vit",
        "num_attention_heads": c.heads,
        "num_channels": 3,
        "num_hidden_layers": c.depth,
        "patch_size": c.patch,
        "qkv_bias": True,
        "torch_dtype": "float16",
    }
    processor = {
        "do_normalize": True,
        "do_rescale": True,
        "do_resize": True,
        "image_mean": list(data.MEAN),
        "image_processor_type": "ViTImageProcessor",
        "image_std": list(data.STD),
        "resample": 2,
        "rescale_factor": 1 / 255,
        "size": {"height": c.image, "width": c.image},
    }
    for name, content in (("config.json", config), ("preprocessor_config.json", processor)):
        (folder / name).write_text(json.dumps(content, indent=2) + "\n")
    state = {k: v.half() for k, v in model.hf_state().items()}
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "model.safetensors").chmod(0o644)


def load_folder(folder):
    """(model in fp32, image processor) of a Hugging Face folder."""
    from transformers import ViTForImageClassification, ViTImageProcessor

    model = ViTForImageClassification.from_pretrained(folder, torch_dtype=torch.float32, local_files_only=True)
    return model.eval(), ViTImageProcessor.from_pretrained(folder, local_files_only=True)


def reference_logits(model, processor, pictures, batch=200):
    """Logits [N,classes] f32 of PIL pictures (an iterable), preprocessed by the folder's own processor."""
    out, held = [], []

    def flush():
        with torch.no_grad():
            out.append(model(**processor(images=held, return_tensors="pt")).logits)
        held.clear()

    for picture in pictures:
        held.append(picture.convert("RGB"))
        if len(held) == batch:
            flush()
    if held:
        flush()
    return torch.cat(out)


def check(folder, root):
    """Logits and labels of the 10,000 test pictures, by transformers, and a printed table per class."""
    model, processor = load_folder(folder)
    labels = torch.tensor([c for c, _, _ in data.entries(root, "test")])
    logits = reference_logits(model, processor, data.pictures(root, "test"))
    right = logits.argmax(1) == labels
    size = (Path(folder) / "model.safetensors").stat().st_size
    print(f"check {folder}: model.safetensors {size:,} bytes, "
          f"{sum(p.numel() for p in model.parameters()):,} parameters")
    for i, name in enumerate(data.CLASSES):
        mine = labels == i
        print(f"  {name:<11}{right[mine].float().mean():7.2%} of {mine.sum()}")
    print(f"  top-1      {right.float().mean():7.2%} ({right.sum()} of {len(right)})")
    return logits, labels


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--data", type=Path, default=data.default_data(), help="CIFAR-10 (default %(default)s)")
    args = parser.parse_args()
    check(args.folder, args.data)


if __name__ == "__main__":
    main()
