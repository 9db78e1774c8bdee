# SPDX-License-Identifier: Apache-2.0
"""From a Hugging Face ViT folder to the files other programs read, kept in a cache folder."""
import contextlib
import io
import pathlib
import shutil
import subprocess
import sys
import warnings


class Missing(Exception):
    """A peer that cannot take part, and why."""


def load_model(folder):
    """The checkpoint as transformers runs it, in f32."""
    try:
        import torch
        import transformers
    except ImportError as error:
        raise Missing(f"{error.name} is not installed") from error

    class Logits(torch.nn.Module):
        def __init__(self, model):
            super().__init__()
            self.model = model

        def forward(self, images):
            return self.model(images).logits

    transformers.logging.set_verbosity_error()
    model = transformers.ViTForImageClassification.from_pretrained(
        folder, torch_dtype=torch.float32, attn_implementation="eager")
    return Logits(model).eval()


def example(model):
    import torch
    size = model.model.config.image_size
    return torch.zeros(1, 3, size, size)


def _write(target, make):
    """Runs `make(partial)` and moves what it made to `target`, so that half a file is never kept."""
    if not target.exists():
        partial = target.parent / ("partial-" + target.name)
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            make(partial)
        partial.rename(target)
    return target


def onnx_file(folder, cache):
    """The model as ONNX, any batch."""
    try:
        import onnx  # noqa: F401  torch writes through it
    except ImportError as error:
        raise Missing("onnx is not installed") from error

    def make(path):
        import torch
        model = load_model(folder)
        torch.onnx.export(model, (example(model),), str(path), input_names=["images"],
                          output_names=["logits"], opset_version=17, dynamo=False,
                          dynamic_axes={"images": {0: "batch"}, "logits": {0: "batch"}})

    return _write(cache / "model.onnx", make)


def ncnn_files(folder, cache):
    """The model as ncnn's .param and .bin: f32, one picture."""
    param, weights = cache / "model.ncnn.param", cache / "model.ncnn.bin"
    if param.exists() and weights.exists():
        return param, weights
    beside = pathlib.Path(sys.executable).with_name("pnnx")  # in a virtual environment
    pnnx = str(beside) if beside.exists() else shutil.which("pnnx")
    if pnnx is None:
        raise Missing("pnnx is not installed")

    def make(path):
        import torch
        model = load_model(folder)
        with torch.no_grad():
            torch.jit.trace(model, example(model)).save(str(path))

    traced = _write(cache / "model.pt", make)
    size = ",".join(str(n) for n in example(load_model(folder)).shape)
    done = subprocess.run([pnnx, traced.name, f"inputshape=[{size}]", "fp16=0"], cwd=cache,
                          capture_output=True, text=True, check=False)
    traced.unlink()
    if done.returncode != 0 or not (param.exists() and weights.exists()):
        raise Missing("pnnx could not convert the model: " + done.stdout[-300:])
    for left in cache.glob("model.pnnx*"):
        left.unlink()
    for left in cache.glob("model_*.py"):
        left.unlink()
    return param, weights
