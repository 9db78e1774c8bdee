# SPDX-License-Identifier: Apache-2.0
"""What PyTorch does on the same GPU: the peer of bench_gpu's rows. bench/gpu.sh calls it.

gpu_torch.py out.json [--quick]
"""
import json
import sys

import torch


class Block(torch.nn.Module):
    def __init__(self, channels, heads):
        super().__init__()
        self.heads = heads
        self.before = torch.nn.LayerNorm(channels, eps=1e-6)
        self.qkv = torch.nn.Linear(channels, 3 * channels)
        self.projection = torch.nn.Linear(channels, channels)
        self.after = torch.nn.LayerNorm(channels, eps=1e-6)
        self.fc1 = torch.nn.Linear(channels, 4 * channels)
        self.fc2 = torch.nn.Linear(4 * channels, channels)

    def forward(self, x):
        b, t, c = x.shape
        q, k, v = self.qkv(self.before(x)).view(b, t, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4)
        y = torch.nn.functional.scaled_dot_product_attention(q, k, v)
        x = x + self.projection(y.transpose(1, 2).reshape(b, t, c))
        return x + self.fc2(torch.nn.functional.gelu(self.fc1(self.after(x))))


class Vit(torch.nn.Module):
    def __init__(self, channels, layers, heads):
        super().__init__()
        self.patches = torch.nn.Conv2d(3, channels, 16, 16)
        self.token = torch.nn.Parameter(torch.randn(1, 1, channels))
        self.positions = torch.nn.Parameter(torch.randn(1, 197, channels))
        self.blocks = torch.nn.ModuleList(Block(channels, heads) for _ in range(layers))
        self.norm = torch.nn.LayerNorm(channels, eps=1e-6)
        self.classifier = torch.nn.Linear(channels, 1000)

    def forward(self, image):
        x = self.patches(image).flatten(2).transpose(1, 2)
        x = torch.cat((self.token.expand(len(x), -1, -1), x), 1) + self.positions
        for block in self.blocks:
            x = block(x)
        return self.classifier(self.norm(x[:, 0]))


def median_ms(work, repeats):
    for _ in range(3):
        work()
    times = []
    for _ in range(repeats):
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        start.record()
        work()
        end.record()
        end.synchronize()
        times.append(start.elapsed_time(end))
    return sorted(times)[len(times) // 2]


def main():
    quick = "--quick" in sys.argv
    repeats = 2 if quick else 20
    rows = {"torch": torch.__version__, "device": torch.cuda.get_device_name()}

    def row(what, value):
        rows[what] = value
        print(f"PyTorch {what:<40} {value:12.4g}")

    n = 128 if quick else 4096
    a, b = (torch.randn(n, n, device="cuda", dtype=torch.half) for _ in range(2))
    row(f"GEMM {n} fp16 (TFLOP/s)", 2e-9 * n**3 / median_ms(lambda: a @ b, repeats))
    model = Vit(*((64, 1, 2) if quick else (768, 12, 12))).cuda().half().eval()
    for batch in (1, 2 if quick else 128):
        image = torch.randn(batch, 3, 224, 224, device="cuda", dtype=torch.half)
        for name, run in (("eager", model), ("compiled", torch.compile(model, mode="max-autotune-no-cudagraphs" if quick else "max-autotune"))):
            with torch.inference_mode():
                ms = median_ms(lambda: run(image), repeats)
            row(f"ViT batch {batch} {name} (ms)", ms)
            row(f"ViT batch {batch} {name} (images/s)", 1e3 * batch / ms)
    with open(sys.argv[1], "w") as file:
        json.dump(rows, file, indent=2)


main()
