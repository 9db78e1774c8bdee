#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Adds attention to some of the tiny checkpoints of tests/golden/models/data.

    pip install torch==2.15.0 transformers==5.24.0 timm safetensors numpy
    scripts/goldens/make_attention_goldens.py

In golden/, of pictures.npy as the folder's own processor rescales and normalises them:
    attention.npy  f32 [2, layers, heads, T, T]  transformers' output_attentions (eager); of timm the
                   input of each attn_drop
    rollout.npy    f32 [2, T, T]  attention rollout in plain NumPy (Abnar and Zuidema 2020)
Rows and columns of YOLOS stand in Fovea's order: detection tokens, CLS, patches. The references
run in float64 on the widened stored weights.
"""

import json
import pathlib

import numpy as np
import timm
import torch
from safetensors.torch import load_file
from transformers import AutoModelForImageClassification, AutoModelForObjectDetection
from transformers.models.deit import DeiTForImageClassificationWithTeacher

DATA = pathlib.Path(__file__).resolve().parents[2] / "tests" / "golden" / "models" / "data"


def normalised(folder, pictures):
    path = folder / "preprocessor_config.json"
    config = json.loads((path if path.exists() else folder / "config.json").read_text())
    if path.exists():
        mean, std = config["image_mean"], config["image_std"]
    else:
        mean, std = config["pretrained_cfg"]["mean"], config["pretrained_cfg"]["std"]
    mean, std = (np.array(values).reshape(1, 3, 1, 1) for values in (mean, std))
    return torch.from_numpy((pictures / 255.0 - mean) / std)


def transformers_attention(model_class):
    def attend(folder, pictures):
        model = model_class.from_pretrained(folder, attn_implementation="eager",
                                            dtype=torch.float32).eval().double()
        output = model(pictures, output_attentions=True)
        return torch.stack(output.attentions, dim=1)
    return attend


def yolos_attention(folder, pictures):
    attention = transformers_attention(AutoModelForObjectDetection)(folder, pictures)
    tokens = attention.shape[-1]
    detections = json.loads((folder / "config.json").read_text())["num_detection_tokens"]
    order = [*range(tokens - detections, tokens), *range(tokens - detections)]
    return attention[..., order, :][..., order]


def timm_attention(folder, pictures):
    config = json.loads((folder / "config.json").read_text())
    model = timm.create_model(config["architecture"], **config["model_args"]).eval()
    model.load_state_dict({name: tensor.float() for name, tensor
                           in load_file(folder / "model.safetensors").items()})
    layers = []
    for block in model.blocks:
        block.attn.fused_attn = False
        block.attn.attn_drop.register_forward_hook(lambda _m, inputs, _o: layers.append(inputs[0]))
    model.double()(pictures)
    return torch.stack(layers, dim=1)


def rollout(attention):
    """[2, layers, heads, T, T] -> [2, T, T]"""
    tokens = attention.shape[-1]
    result = np.broadcast_to(np.eye(tokens), (attention.shape[0], tokens, tokens))
    for layer in range(attention.shape[1]):
        mixed = 0.5 * attention[:, layer].mean(axis=1) + 0.5 * np.eye(tokens)
        mixed /= mixed.sum(axis=-1, keepdims=True)
        result = mixed @ result
    return result


MODELS = {
    "vit-plain": transformers_attention(AutoModelForImageClassification),
    "vit-wide-image": transformers_attention(AutoModelForImageClassification),
    "vit-head-dim-55": transformers_attention(AutoModelForImageClassification),
    "deit-distilled": transformers_attention(DeiTForImageClassificationWithTeacher),
    "timm-registers-with-positions": timm_attention,
    "yolos-mid-positions-own-grid": yolos_attention,
}


def main():
    for name, attend in MODELS.items():
        golden = DATA / name / "golden"
        with torch.no_grad():
            attention = attend(DATA / name,
                               normalised(DATA / name, np.load(golden / "pictures.npy"))).numpy()
        assert np.allclose(attention.sum(-1), 1, atol=1e-12)
        np.save(golden / "attention.npy", attention.astype(np.float32))
        np.save(golden / "rollout.npy", rollout(attention).astype(np.float32))
        print(name, attention.shape)


if __name__ == "__main__":
    main()
