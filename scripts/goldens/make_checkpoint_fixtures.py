#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes tests/unit/checkpoint/data: tiny random models as transformers, timm and torch
save them, each beside expected.safetensors with the same tensors under canonical names.

Needs torch, transformers, timm and safetensors. Run from anywhere; output is committed.
"""
import json
import shutil
from pathlib import Path

import safetensors.torch
import timm
import torch
from transformers import (DeiTConfig, DeiTForImageClassificationWithTeacher, ViTConfig,
                          ViTForImageClassification, ViTImageProcessor)

DATA = Path(__file__).resolve().parents[2] / "tests" / "unit" / "checkpoint" / "data"
SMALL = dict(hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24,
             image_size=[8, 12], patch_size=4)


def fresh(name):
    folder = DATA / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def write_expected(folder, tensors):
    tensors = {name: value.detach().clone().contiguous() for name, value in tensors.items()}
    safetensors.torch.save_file(tensors, folder / "expected.safetensors")


def drop_prefix(state):
    return {name.split(".", 1)[1] if name.split(".", 1)[0] in ("vit", "deit") else name: value
            for name, value in state.items()}


def canonical_from_timm(state):
    """timm's names in transformers' words, written out apart from the C++ table."""
    out = {}
    distilled = "dist_token" in state
    for name, value in state.items():
        part = name.split(".")
        if part[0] == "blocks":
            block, kind = f"encoder.layer.{part[1]}", part[-1]
            layer = ".".join(part[2:-1])
            if layer == "attn.qkv":
                for which, rows in zip(("query", "key", "value"), value.chunk(3, dim=0)):
                    out[f"{block}.attention.attention.{which}.{kind}"] = rows
                continue
            if layer in ("ls1", "ls2"):
                out[f"{block}.layer_scale{layer[-1]}"] = value
                continue
            word = {"norm1": "layernorm_before", "norm2": "layernorm_after",
                    "attn.proj": "attention.output.dense", "mlp.fc1": "intermediate.dense",
                    "mlp.fc2": "output.dense"}[layer]
            out[f"{block}.{word}.{kind}"] = value
            continue
        head = "cls_classifier" if distilled else "classifier"
        word = {"cls_token": "embeddings.cls_token", "pos_embed": "embeddings.position_embeddings",
                "dist_token": "embeddings.distillation_token",
                "reg_token": "embeddings.register_tokens",
                "patch_embed.proj": "embeddings.patch_embeddings.projection",
                "norm": "layernorm", "fc_norm": "fc_norm", "head": head,
                "head_dist": "distillation_classifier"}
        if name in word:
            out[word[name]] = value
        else:
            out[f"{word['.'.join(part[:-1])]}.{part[-1]}"] = value
    return out


def transformers_folders():
    torch.manual_seed(1)
    vit = ViTForImageClassification(ViTConfig(**SMALL, num_labels=3, qkv_bias=False))
    folder = fresh("vit_bin")
    vit.save_pretrained(folder, safe_serialization=False)
    ViTImageProcessor(size={"height": 8, "width": 12}).save_pretrained(folder)
    write_expected(folder, drop_prefix(vit.state_dict()))

    folder = fresh("vit_shards")
    vit.save_pretrained(folder, max_shard_size="8kB")
    write_expected(folder, drop_prefix(vit.state_dict()))

    folder = fresh("vit_bin_shards_f16")
    vit.half().save_pretrained(folder, max_shard_size="6kB", safe_serialization=False)
    write_expected(folder, {n: v.float() for n, v in drop_prefix(vit.state_dict()).items()})

    deit = DeiTForImageClassificationWithTeacher(DeiTConfig(**SMALL, num_labels=4)).bfloat16()
    folder = fresh("deit_bf16")
    deit.save_pretrained(folder)
    write_expected(folder, {n: v.float() for n, v in drop_prefix(deit.state_dict()).items()})


def timm_folders():
    torch.manual_seed(2)
    for name, architecture, arguments in (
            ("timm_distilled", "deit_tiny_distilled_patch16_224",
             dict(embed_dim=12, depth=2, img_size=16, patch_size=8, num_classes=5)),
            ("timm_registers", "vit_wee_patch16_reg1_gap_256",
             dict(embed_dim=16, depth=2, img_size=16, patch_size=8, num_classes=5)),
            ("timm_deit3", "deit3_small_patch16_224",
             dict(embed_dim=12, depth=2, img_size=16, patch_size=8, num_classes=5))):
        model = timm.create_model(architecture, **arguments)
        for parameter in model.parameters():
            torch.nn.init.normal_(parameter)
        folder = fresh(name)
        timm.models.save_for_hf(model, folder, safe_serialization=True, model_args=arguments)
        write_expected(folder, canonical_from_timm(model.state_dict()))


def plain_files():
    """state_dicts that are no model: what the pytorch_model.bin reader alone is asked."""
    torch.manual_seed(3)
    folder = fresh("bin")
    base = torch.randn(4, 6)
    state = {
        "dense": torch.randn(3, 5),
        "transposed": base.t(),
        "column": base[:, 2],
        "inner": base[1:3, 1:5],
        "shares": base,
        "half": torch.randn(7).half(),
        "bfloat": torch.randn(2, 2, 2).bfloat16(),
        "parameter": torch.nn.Parameter(torch.randn(2, 3)),
        "scalar": torch.tensor(2.5),
        "empty": torch.zeros(0, 4),
        "position_ids": torch.arange(6),
    }
    for protocol in (2, 3, 4, 5):
        torch.save(state, folder / f"protocol{protocol}.bin", pickle_protocol=protocol)
    safetensors.torch.save_file(
        {n: v.detach().float().clone().contiguous() for n, v in state.items()
         if n != "position_ids"}, folder / "expected.safetensors")
    torch.save(state, folder / "before_1_6.bin", _use_new_zipfile_serialization=False)
    torch.save({"weight": torch.zeros(2, dtype=torch.float64)}, folder / "double.bin")
    torch.save({"expanded": torch.ones(1).expand(1000)}, folder / "expanded.bin")
    torch.save({"epoch": 3, "weight": torch.zeros(2)}, folder / "not_only_tensors.bin")


if __name__ == "__main__":
    transformers_folders()
    timm_folders()
    plain_files()
    for config in sorted(DATA.glob("*/config.json")):
        json.loads(config.read_text())
    print(sum(f.stat().st_size for f in DATA.rglob("*") if f.is_file()), "bytes in", DATA.name)
