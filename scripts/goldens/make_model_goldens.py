#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the tiny checkpoints of tests/golden/models/data and what the reference answers.

    pip install torch==2.8.0 transformers==4.57.1 timm safetensors numpy
    scripts/goldens/make_model_goldens.py            # writes tests/golden/models/data

Each folder is a real Hugging Face (or timm) folder with random weights, plus golden/:
    pictures.npy     u8  [2, 3, H, W]; the model is given (x - 127.5) / 127.5
    embeddings.npy   f32 [2, T, C]     patches, special tokens and positions together
    block.<i>.npy    f32 [2, T, C]     the output of every encoder layer
    logits.npy       f32 [2, classes]
The references run in float64 on the widened stored weights, so that a difference in the
test is Fovea's own rounding. Embeddings are small on purpose (about 1e-3): a wrong
LayerNorm epsilon then changes every number after the first block.
"""

import argparse
import json
import pathlib
import shutil
import zlib

import numpy as np
import timm
import torch
from safetensors.torch import load_file, save_file
from timm.models._hub import save_for_hf
from transformers import (DeiTConfig, DeiTForImageClassification,
                          DeiTForImageClassificationWithTeacher, DeiTImageProcessor, ViTConfig,
                          ViTForImageClassification, ViTImageProcessor)

from tiny_models import hook_outputs, randomise

HERE = pathlib.Path(__file__).resolve().parent
DEFAULT_OUT = HERE.parents[1] / "tests" / "golden" / "models" / "data"


def write_goldens(folder, model, modules, height, width, seed, **call):
    rng = np.random.default_rng(seed)
    pictures = rng.integers(0, 256, (2, 3, height, width), dtype=np.uint8)
    taps = hook_outputs(modules)
    with torch.no_grad():
        output = model.double()((torch.from_numpy(pictures).double() - 127.5) / 127.5, **call)
    logits = output if isinstance(output, torch.Tensor) else output.logits
    golden = folder / "golden"
    golden.mkdir()
    np.save(golden / "pictures.npy", pictures)
    for name, value in {**taps, "logits": logits}.items():
        np.save(golden / f"{name}.npy", value.float().numpy())


def transformers_model(folder, model_class, config, processor_size, *, dtype=torch.float32,
                       interpolate=False, bare_config=False, v5_names=False, **save):
    seed = zlib.crc32(folder.name.encode())
    randomise(model_class(config), seed).to(dtype).save_pretrained(folder, **save)
    height, width = processor_size
    if config.model_type == "deit":
        processor = DeiTImageProcessor(size={"height": height + 4, "width": width + 4},
                                       crop_size={"height": height, "width": width})
    else:
        processor = ViTImageProcessor(size={"height": height, "width": width})
    processor.save_pretrained(folder)

    model = model_class.from_pretrained(folder, dtype=torch.float32).eval()
    base = getattr(model, config.model_type)
    modules = {"embeddings": base.embeddings}
    modules |= {f"block.{i}": layer for i, layer in enumerate(base.encoder.layer)}
    call = {"interpolate_pos_encoding": True} if interpolate else {}
    write_goldens(folder, model, modules, height, width, seed, **call)

    if bare_config:  # as old hub files are: only what differs from the class's defaults
        path = folder / "config.json"
        full = json.loads(path.read_text())
        defaults = type(config)().to_dict()
        kept = {key: value for key, value in full.items()
                if key in ("architectures", "model_type", "id2label")
                or (key in defaults and value != defaults[key])}
        path.write_text(json.dumps(kept, indent=2, sort_keys=True) + "\n")
    if v5_names:
        rename_like_v5(folder / "model.safetensors")


def rename_like_v5(path):
    """The spelling that transformers 5 uses in memory."""
    renamed = {}
    for name, tensor in load_file(path).items():
        for old, new in (("encoder.layer.", "layers."), ("attention.attention.query", "attention.q_proj"),
                         ("attention.attention.key", "attention.k_proj"),
                         ("attention.attention.value", "attention.v_proj"),
                         ("attention.output.dense", "attention.o_proj"),
                         ("intermediate.dense", "mlp.fc1"), ("output.dense", "mlp.fc2")):
            name = name.replace(old, new)
        renamed[name] = tensor
    save_file(renamed, path, metadata={"format": "pt"})


def timm_model(folder, architecture, size, *, run_size=None, dtype=torch.float32, **model_args):
    """`run_size`: what the processor delivers, where it differs from the model's own size."""
    seed = zlib.crc32(folder.name.encode())
    if run_size:
        model_args["dynamic_img_size"] = True
    model = timm.create_model(architecture, img_size=size, **model_args)
    randomise(model, seed).to(dtype)
    data_config = {"input_size": (3, *run_size), "crop_mode": "squash"} if run_size else None
    save_for_hf(model, folder, safe_serialization=True, data_config=data_config)

    reference = timm.create_model(architecture, img_size=size, **model_args).eval()
    reference.load_state_dict({name: tensor.float() for name, tensor
                               in load_file(folder / "model.safetensors").items()})
    modules = {"embeddings": reference.norm_pre}
    modules |= {f"block.{i}": block for i, block in enumerate(reference.blocks)}
    write_goldens(folder, reference, modules, *(run_size or (size, size)), seed)


def vit(image_size=18, patch_size=6, hidden=24, heads=2, layers=2, classes=6, **more):
    config = ViTConfig if more.pop("family", "vit") == "vit" else DeiTConfig
    return config(image_size=image_size, patch_size=patch_size, hidden_size=hidden,
                  num_attention_heads=heads, num_hidden_layers=layers,
                  intermediate_size=more.pop("mlp", 32),
                  id2label={i: f"class {i}" for i in range(classes)}, **more)


def make_all(out):
    half = torch.float16
    plain, deit = ViTForImageClassification, DeiTForImageClassification
    teacher = DeiTForImageClassificationWithTeacher

    def hf(name, model_class, config, size=(18, 18), **more):
        transformers_model(out / name, model_class, config, size, **more)

    hf("vit-plain", plain, vit(image_size=32, patch_size=8, hidden=32, layers=3), (32, 32))
    hf("vit-sparse-config", plain, vit(), dtype=half, bare_config=True)
    hf("vit-wide-image", plain, vit(image_size=[32, 48], patch_size=8), (32, 48), dtype=half)
    hf("vit-tall-patch", plain, vit(image_size=[28, 25], patch_size=[7, 5]), (28, 25), dtype=half)
    hf("vit-head-dim-24", plain, vit(hidden=48, heads=2), dtype=half)
    hf("vit-head-dim-55", plain, vit(hidden=110, heads=2, layers=1, mlp=37), dtype=half)
    hf("vit-one-head-odd-width", plain, vit(hidden=33, heads=1, mlp=13, classes=1), dtype=half)
    hf("vit-no-qkv-bias", plain, vit(qkv_bias=False), dtype=half)
    hf("vit-gelu-new", plain, vit(hidden_act="gelu_new"), dtype=half)
    hf("vit-quick-gelu", plain, vit(hidden_act="quick_gelu"), dtype=half)
    hf("vit-epsilon-1e-6", plain, vit(layer_norm_eps=1e-6), dtype=half)
    hf("vit-interpolated-up", plain, vit(), (30, 42), dtype=half, interpolate=True)
    hf("vit-interpolated-down-ragged", plain, vit(image_size=36), (23, 34), dtype=half,
       interpolate=True)
    hf("vit-v5-names", plain, vit(), dtype=half, v5_names=True)
    hf("vit-bf16", plain, vit(), dtype=torch.bfloat16)
    hf("vit-sharded", plain, vit(), max_shard_size="20KB")
    hf("vit-pytorch-bin", plain, vit(), dtype=half, safe_serialization=False)
    hf("deit-plain-head", deit, vit(family="deit"), dtype=half)
    hf("deit-distilled", teacher, vit(family="deit"))
    hf("deit-distilled-interpolated", teacher, vit(family="deit"), (36, 12), dtype=half,
       interpolate=True)

    tiny = dict(patch_size=6, embed_dim=24, depth=2, mlp_ratio=1.5, num_classes=6)
    timm_model(out / "timm-vit", "vit_tiny_patch16_224", 18, **tiny)
    timm_model(out / "timm-registers-average", "vit_tiny_patch16_224", 18, dtype=half,
               reg_tokens=3, no_embed_class=True, global_pool="avg", init_values=1e-5, **tiny)
    timm_model(out / "timm-registers-with-positions", "vit_tiny_patch16_224", 18, dtype=half,
               reg_tokens=2, init_values=1e-5, qkv_bias=False, **tiny)
    timm_model(out / "timm-average-no-class-token", "vit_tiny_patch16_224", 18, dtype=half,
               class_token=False, global_pool="avg", fc_norm=False, **tiny)
    timm_model(out / "timm-distilled", "deit_tiny_distilled_patch16_224", 18, dtype=half, **tiny)
    timm_model(out / "timm-interpolated", "vit_tiny_patch16_224", 36, run_size=(30, 24),
               dtype=half, **tiny)


def make_positions(out):
    """torch's own resampling of small grids, for tests/unit/vision/positions_test.cpp."""
    out.mkdir()
    generator = torch.Generator().manual_seed(7)
    for antialias in (False, True):
        for source, target in (((4, 4), (7, 5)), ((14, 14), (9, 11)), ((3, 5), (6, 4)),
                               ((16, 16), (3, 37)), ((1, 1), (4, 2)), ((2, 3), (2, 3))):
            grid = torch.randn((1, 3, *source), generator=generator, dtype=torch.float64)
            resampled = torch.nn.functional.interpolate(
                grid, size=target, mode="bicubic", align_corners=False, antialias=antialias)
            stem = "antialias" if antialias else "plain"
            stem += "_%dx%d_to_%dx%d" % (*source, *target)
            for part, value in (("from", grid), ("to", resampled)):
                np.save(out / f"{stem}.{part}.npy",
                        value[0].permute(1, 2, 0).contiguous().float().numpy())


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, default=DEFAULT_OUT,
                        help="emptied first; default: %(default)s")
    out = parser.parse_args().out
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    make_all(out)
    make_positions(out / "positions")
    files = [path for path in out.rglob("*") if path.is_file()]
    for path in files:
        path.chmod(0o644)
    total = sum(path.stat().st_size for path in files)
    print(f"{total / 1000:.0f} kB in {out}")


if __name__ == "__main__":
    main()
