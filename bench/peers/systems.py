# SPDX-License-Identifier: Apache-2.0
"""One peer in a process of its own, driven as fovea_peer is:

    python systems.py NAME MODEL_FOLDER IMAGES.f32 BATCH THREADS CACHE_FOLDER

Prints "ready <what it runs on>" or "missing <why>", then answers "run" and "logits FILE" with "done".
"""
import json
import os
import pathlib
import sys

import convert
from convert import Missing


class OnnxRuntime:
    def __init__(self, folder, images, threads, cache):
        try:
            import onnxruntime
        except ImportError as error:
            raise Missing("onnxruntime is not installed") from error
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self.session = onnxruntime.InferenceSession(
            str(convert.onnx_file(folder, cache)), options, providers=["CPUExecutionProvider"])
        self.images = images
        self.device = f"onnxruntime {onnxruntime.__version__}, CPU, {threads} threads, fp32"

    def run(self):
        return self.session.run(None, {"images": self.images})[0]


class Ncnn:
    """ncnn takes one picture at a time: a batch is a loop."""

    def __init__(self, folder, images, threads, cache, vulkan=False, fp16=False):
        try:
            import ncnn
        except ImportError as error:
            raise Missing("ncnn is not installed") from error
        if vulkan and ncnn.get_gpu_count() == 0:
            raise Missing("ncnn sees no Vulkan device")
        param, weights = convert.ncnn_files(folder, cache)
        self.ncnn = ncnn
        self.net = ncnn.Net()
        self.net.opt.num_threads = threads
        self.net.opt.use_vulkan_compute = vulkan
        for option in ("use_fp16_packed", "use_fp16_storage", "use_fp16_arithmetic",
                       "use_bf16_storage"):
            setattr(self.net.opt, option, fp16 and option != "use_bf16_storage")
        if self.net.load_param(str(param)) != 0 or self.net.load_model(str(weights)) != 0:
            raise Missing("ncnn does not load the converted model")
        self.images = images
        where = f"Vulkan: {ncnn.get_gpu_info(0).device_name()}" if vulkan else "CPU"
        self.device = (f"ncnn {ncnn.__version__}, {where}, {threads} threads, "
                       f"{'fp16' if fp16 else 'fp32'}")

    def run(self):
        import numpy
        rows = []
        for image in self.images:
            extractor = self.net.create_extractor()
            extractor.input("in0", self.ncnn.Mat(image))
            status, row = extractor.extract("out0")
            if status != 0:
                raise RuntimeError(f"ncnn: extract gave {status}")
            rows.append(numpy.array(row).reshape(-1))
        return numpy.stack(rows)


class Torch:
    def __init__(self, folder, images, threads, cache, gpu=False):
        try:
            import torch
        except ImportError as error:
            raise Missing("torch is not installed") from error
        if gpu and not torch.cuda.is_available():
            raise Missing("torch sees no GPU")
        self.torch, self.gpu = torch, gpu
        torch.set_num_threads(threads)
        model = convert.load_model(folder)
        model.model.set_attn_implementation("sdpa")
        self.images = torch.from_numpy(images)
        if gpu:
            model = torch.compile(model.half().cuda(), mode="max-autotune")
            self.images = self.images.half().pin_memory()
        self.model = model
        where = f"{torch.cuda.get_device_name()}, compiled, fp16" if gpu else f"CPU, {threads} threads, fp32"
        self.device = f"torch {torch.__version__}, {where}"

    def run(self):
        with self.torch.inference_mode():
            images = self.images.cuda(non_blocking=True) if self.gpu else self.images
            return self.model(images).float().cpu().numpy()


SYSTEMS = {
    "onnxruntime": OnnxRuntime,
    "ncnn-cpu": Ncnn,
    "ncnn-vulkan": lambda *given: Ncnn(*given, vulkan=True),
    "ncnn-vulkan-fp16": lambda *given: Ncnn(*given, vulkan=True, fp16=True),
    "torch-cpu": Torch,
    "torch-gpu": lambda *given: Torch(*given, gpu=True),
}


def main():
    name, folder, images, batch, threads, cache = sys.argv[1:]
    # Libraries print as they like; the answers keep a stream to themselves.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    try:
        import numpy
        size = json.loads((pathlib.Path(folder) / "config.json").read_text())["image_size"]
        values = numpy.fromfile(images, numpy.float32).reshape(int(batch), 3, size, size)
        system = SYSTEMS[name](folder, values, int(threads), pathlib.Path(cache))
    except Missing as why:
        answers.write(f"missing {' '.join(str(why).split())}\n")
        return
    except ImportError as error:
        answers.write(f"missing {error.name} is not installed\n")
        return
    answers.write(f"ready {system.device}\n")
    logits = None
    for line in sys.stdin:
        request, _, argument = line.rstrip("\n").partition(" ")
        if request == "run":
            logits = system.run()
        elif request == "logits":
            logits.astype("float32").tofile(argument)
        answers.write("done\n")


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    os._exit(0)  # some drivers crash while libraries are torn down; the answers are given
