#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the tiny GFNet checkpoints of tests/golden/models/data and what gfnet_reference.py answers.

    pip install torch==2.15.0 safetensors numpy
    scripts/goldens/make_gfnet_goldens.py    # replaces tests/golden/models/data/gfnet-*

As make_model_goldens.py. The models lie as their authors publish them: a .pth whose
dictionary has the weights under "model", without a config.json; or the bare weights with one.
"""

import argparse
import json
import pathlib
import shutil
import zlib

import numpy as np
import torch
from safetensors.torch import save_file

from gfnet_reference import GFNet
from tiny_models import hook_outputs, randomise

HERE = pathlib.Path(__file__).resolve().parent
DEFAULT_OUT = HERE.parents[1] / "tests" / "golden" / "models" / "data"


def randomise_filters(model, seed):
    """Of the size of 1, as a filter that passes its input."""
    generator = torch.Generator().manual_seed(seed + 1)
    with torch.no_grad():
        for name, tensor in model.named_parameters():
            if name.endswith("complex_weight"):
                tensor.copy_(torch.randn(tensor.shape, generator=generator) * 0.7)
    return model


def make(folder, size, patch, width, depth, *, classes=6, dtype=torch.float32, layout="pth"):
    seed = zlib.crc32(folder.name.encode())
    model = GFNet(size, patch, width, depth, width + 8, classes)
    randomise_filters(randomise(model, seed), seed).to(dtype)
    weights = model.state_dict()
    folder.mkdir()
    if layout == "pth":
        torch.save({"model": dict(weights), "epoch": 299}, folder / f"{folder.name}.pth")
    else:
        save_file(weights, folder / "model.safetensors")
        config = {"model_type": "gfnet",
                  "id2label": {str(i): f"class {i}" for i in range(classes)}}
        (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")

    rng = np.random.default_rng(seed)
    pictures = rng.integers(0, 256, (2, 3, *size), dtype=np.uint8)
    modules = {"embeddings": model.embeddings}
    modules |= {f"block.{i}": block for i, block in enumerate(model.blocks)}
    taps = hook_outputs(modules)
    with torch.no_grad():
        logits = model.double()((torch.from_numpy(pictures).double() - 127.5) / 127.5)
    golden = folder / "golden"
    golden.mkdir()
    np.save(golden / "pictures.npy", pictures)
    for name, value in {**taps, "logits": logits}.items():
        np.save(golden / f"{name}.npy", value.float().numpy())


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, default=DEFAULT_OUT,
                        help="its gfnet-* are replaced; default: %(default)s")
    out = parser.parse_args().out
    for old in out.glob("gfnet-*"):
        shutil.rmtree(old)
    half = torch.float16
    make(out / "gfnet-plain", (32, 32), (8, 8), 24, 2)
    make(out / "gfnet-odd-grid", (42, 30), (6, 6), 19, 2, dtype=half, layout="folder")
    make(out / "gfnet-14x14", (56, 56), (4, 4), 16, 1, dtype=half)
    files = [path for path in out.glob("gfnet-*/**/*") if path.is_file()]
    for path in files:
        path.chmod(0o644)
    print(f"{sum(path.stat().st_size for path in files) / 1000:.0f} kB in {out}/gfnet-*")


if __name__ == "__main__":
    main()
