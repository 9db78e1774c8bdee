# SPDX-License-Identifier: Apache-2.0
"""The plain vision transformer that is trained, its structured start, and its Hugging Face names.

Same function as transformers' ViTForImageClassification (pre-norm blocks, exact GELU, class token,
learned positions); q, k and v are kept in one matrix because that is faster to train.
"""
import math
from dataclasses import dataclass

import torch
import torch.nn as nn
import torch.nn.functional as F

# Where the heads of a layer look at the start: the eight neighbours, nearest first.
NEIGHBOURS = ((-1, 0), (1, 0), (0, -1), (0, 1), (-1, -1), (1, 1), (-1, 1), (1, -1))


@dataclass
class VitConfig:
    dim: int = 192
    depth: int = 6
    heads: int = 6
    mlp: int = 768
    image: int = 32
    patch: int = 4
    classes: int = 10
    eps: float = 1e-6

    @property
    def grid(self):
        return self.image // self.patch

    @property
    def head_dim(self):
        return self.dim // self.heads


def attention(q, k, v):
    """[B,H,T,D] each -> softmax(q k^T / sqrt(D)) v."""
    b, h, t, d = q.shape
    if q.is_cuda or t > 200:
        return F.scaled_dot_product_attention(q, k, v)
    # On a CPU, at some 65 tokens, batched products in bf16 train 5 times as fast as PyTorch's fused attention.
    q, k, v = (a.reshape(b * h, t, d) for a in (q * d**-0.5, k, v))
    return torch.bmm(torch.bmm(q, k.mT).softmax(-1).to(v.dtype), v).view(b, h, t, d)


class Block(nn.Module):
    def __init__(self, c: VitConfig):
        super().__init__()
        self.heads = c.heads
        self.norm1, self.norm2 = nn.LayerNorm(c.dim, eps=c.eps), nn.LayerNorm(c.dim, eps=c.eps)
        self.qkv, self.proj = nn.Linear(c.dim, 3 * c.dim), nn.Linear(c.dim, c.dim)
        self.fc1, self.fc2 = nn.Linear(c.dim, c.mlp), nn.Linear(c.mlp, c.dim)

    def forward(self, x):
        """[B,T,C] -> [B,T,C]."""
        b, t, c = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(b, t, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        y = attention(q, k, v)
        x = x + self.proj(y.transpose(1, 2).reshape(b, t, c))
        return x + self.fc2(F.gelu(self.fc1(self.norm2(x))))


def block_state(block, prefix):
    """A Block's weights under the tensor names that model types vit and yolos share, each after `prefix`."""
    pieces = {"layernorm_before": block.norm1, "layernorm_after": block.norm2, "attention.output.dense": block.proj,
              "intermediate.dense": block.fc1, "output.dense": block.fc2}
    out = {f"{prefix}.{name}.{part}": getattr(module, part) for name, module in pieces.items()
           for part in ("weight", "bias")}
    for part in ("weight", "bias"):
        for name, piece in zip(("query", "key", "value"), getattr(block.qkv, part).chunk(3)):
            out[f"{prefix}.attention.attention.{name}.{part}"] = piece
    return out


class Vit(nn.Module):
    def __init__(self, config: VitConfig):
        super().__init__()
        c = self.config = config
        self.patch = nn.Conv2d(3, c.dim, c.patch, stride=c.patch)
        self.cls = nn.Parameter(torch.zeros(1, 1, c.dim))
        self.pos = nn.Parameter(torch.zeros(1, c.grid**2 + 1, c.dim))
        self.blocks = nn.ModuleList(Block(c) for _ in range(c.depth))
        self.norm = nn.LayerNorm(c.dim, eps=c.eps)
        self.head = nn.Linear(c.dim, c.classes)

    def forward(self, x, keep=1.0, after=()):
        """[B,3,H,W] f32 -> logits [B,classes]; keep < 1 lets a random share of the patches through.

        With after, block counts in rising order, also a list of the patch tokens [B,N,C] after so many blocks.
        """
        c = self.config
        b, g, p = len(x), c.grid, c.patch
        x = x.view(b, 3, g, p, g, p).permute(0, 2, 4, 1, 3, 5).reshape(b, g * g, -1)
        x = F.linear(x, self.patch.weight.flatten(1), self.patch.bias) + self.pos[:, 1:]
        if keep < 1.0:
            chosen = torch.rand(b, g * g, device=x.device).argsort(1)[:, : int(keep * g * g)]
            x = x.gather(1, chosen[:, :, None].expand(-1, -1, c.dim))
        x = torch.cat(((self.cls + self.pos[:, :1]).expand(b, -1, -1).to(x.dtype), x), 1)
        seen = []
        for count, block in enumerate(self.blocks, 1):
            x = block(x)
            if count in after:
                seen.append(x[:, 1:])
        logits = self.head(self.norm(x[:, 0]))
        return (logits, seen) if after else logits

    def matrices(self):
        """(fused qkv weights, every other weight matrix inside the blocks), for Muon."""
        return ([b.qkv.weight for b in self.blocks],
                [w for b in self.blocks for w in (b.proj.weight, b.fc1.weight, b.fc2.weight)])

    def hf_state(self):
        """The weights under the tensor names of model_type vit."""
        out = {"vit.embeddings.cls_token": self.cls, "vit.embeddings.position_embeddings": self.pos,
               "vit.embeddings.patch_embeddings.projection.weight": self.patch.weight,
               "vit.embeddings.patch_embeddings.projection.bias": self.patch.bias,
               "vit.layernorm.weight": self.norm.weight, "vit.layernorm.bias": self.norm.bias,
               "classifier.weight": self.head.weight, "classifier.bias": self.head.bias}
        for i, block in enumerate(self.blocks):
            out.update(block_state(block, f"vit.encoder.layer.{i}"))
        return {k: v.detach().float().cpu().contiguous() for k, v in out.items()}


def position_features(grid):
    """[grid*grid, 4*grid] such that features of two places give 1 on each axis where they agree, else 0.

    Per axis, cosines and sines of the odd multiples of pi/(2*grid): their products sum to an exact impulse.
    """
    angle = torch.arange(grid)[:, None] * (2 * torch.arange(grid) + 1) * math.pi / (2 * grid)
    axis = torch.cat((angle.cos(), angle.sin()), 1) / math.sqrt(grid)
    rows, cols = axis[:, None].expand(-1, grid, -1), axis[None].expand(grid, -1, -1)
    return torch.cat((rows, cols), -1).reshape(grid * grid, -1)


def shift_matrix(grid, dy, dx):
    """[4*grid, 4*grid] orthogonal; turns the features of place (r, c) into those of (r+dy, c+dx)."""
    out = torch.zeros(4 * grid, 4 * grid)
    for base, d in ((0, dy), (2 * grid, dx)):
        turn = d * (2 * torch.arange(grid) + 1) * math.pi / (2 * grid)
        cos, sin = torch.diag(turn.cos()), torch.diag(turn.sin())
        out[base : base + 2 * grid, base : base + 2 * grid] = torch.cat(
            (torch.cat((cos, -sin), 1), torch.cat((sin, cos), 1)))
    return out


@torch.no_grad()
def structured_start(model: Vit, pictures, sharpness=5.0, free=0):
    """Weights from which the net starts out close to a small convolutional net.

    Patches are whitened with the statistics of `pictures` [B,3,H,W] f32. The first 4*grid channels carry
    the position features above, and each head but the last `free` of a layer attends to one neighbour by
    comparing them, as in convolutional-impulse starts (Zheng, Trockman, Kolter 2024). Both branches of
    every block begin at zero. Needs head_dim >= 4*grid.
    """
    c = model.config
    grid, n = c.grid, 4 * c.grid
    patches = pictures.unfold(2, c.patch, c.patch).unfold(3, c.patch, c.patch)
    patches = patches.permute(0, 2, 3, 1, 4, 5).reshape(-1, 3 * c.patch**2)
    centre = patches.mean(0)
    values, vectors = torch.linalg.eigh((patches - centre).T @ (patches - centre) / len(patches))
    whitening = (vectors / (values + 0.02).sqrt()).T
    spread = nn.init.orthogonal_(torch.empty(c.dim - n, len(whitening))) * math.sqrt((c.dim - n) / len(whitening))
    weight = torch.zeros(c.dim, len(whitening))
    weight[n:] = spread @ whitening
    model.patch.weight.copy_(weight.view_as(model.patch.weight))
    model.patch.bias.copy_(-weight @ centre)
    nn.init.normal_(model.cls[..., n:], std=1.0)
    scale = math.sqrt(grid)
    model.pos[0, 1:, :n] = position_features(grid) * scale
    for i, block in enumerate(model.blocks):
        for layer in (block.qkv, block.proj, block.fc1, block.fc2):
            nn.init.zeros_(layer.bias)
        q, k, v = block.qkv.weight.chunk(3)
        for w in (q, k):
            nn.init.normal_(w, std=0.3 / math.sqrt(c.dim))
        nn.init.orthogonal_(v)
        # A score is gain^2 * scale^2 / sqrt(head_dim) where both axes agree in one; this makes that `sharpness`.
        gain = math.sqrt(sharpness * math.sqrt(c.head_dim)) / scale
        for h in range(c.heads - free):
            dy, dx = NEIGHBOURS[(h + 4 * (i % 2)) % 8]
            top = h * c.head_dim
            q[top : top + n, :n] += gain * shift_matrix(grid, dy, dx)
            k[top : top + n, :n] += gain * torch.eye(n)
        nn.init.orthogonal_(block.fc1.weight)
        nn.init.zeros_(block.proj.weight)
        nn.init.zeros_(block.fc2.weight)
    nn.init.normal_(model.head.weight, std=0.01)
    nn.init.zeros_(model.head.bias)
