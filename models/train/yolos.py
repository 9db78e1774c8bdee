# SPDX-License-Identifier: Apache-2.0
"""The plain YOLOS detector that is trained, its structured start, and its Hugging Face names.

Same function as transformers' YolosForObjectDetection without mid-block positions: the sequence is the class
token, the patches and the detection tokens; the detection tokens of the last block go through two heads.
"""
import math
from dataclasses import dataclass

import torch
import torch.nn as nn
import torch.nn.functional as F

from vit import NEIGHBOURS, Block, block_state


@dataclass
class YolosConfig:
    dim: int = 128
    depth: int = 6
    heads: int = 4
    mlp: int = 512
    height: int = 192
    width: int = 256
    patch: int = 16
    anchors: tuple = (7, 9)  # rows and columns of places where detection tokens start out
    classes: int = 3
    eps: float = 1e-6

    @property
    def grid(self):
        """(rows, columns) of patches."""
        return self.height // self.patch, self.width // self.patch

    @property
    def head_dim(self):
        return self.dim // self.heads


def places(rows, cols):
    """[rows*cols, 2] f32: centres (x, y), in shares of the picture, of a regular grid, row by row."""
    y, x = torch.meshgrid((torch.arange(rows) + 0.5) / rows, (torch.arange(cols) + 0.5) / cols, indexing="ij")
    return torch.stack((x, y), -1).reshape(-1, 2)


def mlp_head(dim, out):
    return nn.Sequential(nn.Linear(dim, dim), nn.ReLU(), nn.Linear(dim, dim), nn.ReLU(), nn.Linear(dim, out))


class Yolos(nn.Module):
    def __init__(self, config: YolosConfig):
        super().__init__()
        c = self.config = config
        self.patches, self.queries = math.prod(c.grid), math.prod(c.anchors)
        self.patch = nn.Conv2d(3, c.dim, c.patch, stride=c.patch)
        self.cls = nn.Parameter(torch.zeros(1, 1, c.dim))
        self.det = nn.Parameter(torch.zeros(1, self.queries, c.dim))
        self.pos = nn.Parameter(torch.zeros(1, 1 + self.patches + self.queries, c.dim))
        self.blocks = nn.ModuleList(Block(c) for _ in range(c.depth))
        self.norm = nn.LayerNorm(c.dim, eps=c.eps)
        self.classify, self.locate = mlp_head(c.dim, c.classes + 1), mlp_head(c.dim, 4)

    def tokens(self, x):
        """[B,3,H,W] f32 -> what enters the first block, [B,T,C]."""
        b, (rows, cols), p = len(x), self.config.grid, self.config.patch
        x = x.view(b, 3, rows, p, cols, p).permute(0, 2, 4, 1, 3, 5).reshape(b, rows * cols, -1)
        x = F.linear(x, self.patch.weight.flatten(1), self.patch.bias)
        return torch.cat((self.cls.expand(b, -1, -1), x, self.det.expand(b, -1, -1)), 1) + self.pos

    def streams(self, x):
        """[B,3,H,W] f32 -> the normalised sequence [B,T,C] after every block."""
        x, out = self.tokens(x), []
        for block in self.blocks:
            x = block(x)
            out.append(self.norm(x))
        return out

    def read(self, stream):
        """A normalised sequence -> (logits [B,Q,classes+1], boxes [B,Q,4] as shares: centre, size)."""
        queries = stream[:, 1 + self.patches :]
        return self.classify(queries), self.locate(queries).sigmoid()

    def forward(self, x):
        x = self.tokens(x)
        for block in self.blocks:
            x = block(x)
        return self.read(self.norm(x))

    def matrices(self):
        """(fused qkv weights, every other weight matrix inside the blocks), for Muon."""
        return ([b.qkv.weight for b in self.blocks],
                [w for b in self.blocks for w in (b.proj.weight, b.fc1.weight, b.fc2.weight)])

    def hf_state(self):
        """The weights under the tensor names of model_type yolos."""
        out = {"vit.embeddings.cls_token": self.cls, "vit.embeddings.detection_tokens": self.det,
               "vit.embeddings.position_embeddings": self.pos,
               "vit.embeddings.patch_embeddings.projection.weight": self.patch.weight,
               "vit.embeddings.patch_embeddings.projection.bias": self.patch.bias,
               "vit.layernorm.weight": self.norm.weight, "vit.layernorm.bias": self.norm.bias}
        for name, head in (("class_labels_classifier", self.classify), ("bbox_predictor", self.locate)):
            for i, layer in enumerate(head[::2]):
                out[f"{name}.layers.{i}.weight"], out[f"{name}.layers.{i}.bias"] = layer.weight, layer.bias
        for i, block in enumerate(self.blocks):
            out.update(block_state(block, f"vit.encoder.layer.{i}"))
        return {k: v.detach().float().cpu().contiguous() for k, v in out.items()}


# Waves per axis and the distance in patches at which two places' features no longer agree at all.
WAVES, REACH = 7, 12


def axis_angles(position):
    return position[..., None] * (2 * torch.arange(WAVES) + 1) * math.pi / (2 * REACH)


def place_features(xy):
    """[N,2] in patches -> [N, 4*WAVES]; products of two places' features fall off with their distance on each axis."""
    x, y = axis_angles(xy[:, 0]), axis_angles(xy[:, 1])
    return torch.cat((x.cos(), x.sin(), y.cos(), y.sin()), 1) / math.sqrt(WAVES)


def moving_matrix(dx, dy):
    """[4*WAVES, 4*WAVES] orthogonal; turns the features of place (x, y) into those of (x+dx, y+dy)."""
    out = torch.zeros(4 * WAVES, 4 * WAVES)
    for top, d in ((0, dx), (2 * WAVES, dy)):
        turn = axis_angles(torch.tensor(float(d)))
        cos, sin = torch.diag(turn.cos()), torch.diag(turn.sin())
        out[top : top + 2 * WAVES, top : top + 2 * WAVES] = torch.cat((torch.cat((cos, -sin), 1), torch.cat((sin, cos), 1)))
    return out


@torch.no_grad()
def structured_start(model: Yolos, pictures, sharpness=6.0):
    """Weights from which every token first looks at the patches near its place.

    Patches are whitened with the statistics of `pictures` [B,3,H,W] f32. The first 4*WAVES channels carry the
    token's place, the next one tells patches (+1) from detection tokens (-1); heads compare places a step of
    1 to 3 patches apart. Detection tokens stand on the anchor grid. In the second half of the blocks one head looks
    at the patches of the token's own place, and one at detection tokens nearby, so that neighbours can settle which
    of them has an object.
    """
    c = model.config
    n, flag, scale = 4 * WAVES, 4 * WAVES, math.sqrt(WAVES)
    patches = pictures.unfold(2, c.patch, c.patch).unfold(3, c.patch, c.patch)
    patches = patches.permute(0, 2, 3, 1, 4, 5).reshape(-1, 3 * c.patch**2)
    centre = patches.mean(0)
    values, vectors = torch.linalg.eigh((patches - centre).T @ (patches - centre) / len(patches))
    keep = c.dim - n - 1  # the strongest directions, one a channel
    whitening = (vectors[:, -keep:] / (values[-keep:] + 0.02).sqrt()).T
    weight = torch.zeros(c.dim, len(centre))
    weight[n + 1 :] = whitening
    model.patch.weight.copy_(weight.view_as(model.patch.weight))
    model.patch.bias.copy_(-weight @ centre)
    nn.init.normal_(model.cls[..., n + 1 :], std=1.0)
    model.det[..., n + 1 :] = torch.randn(keep)  # as strong as a patch, so that LayerNorm scales both kinds alike
    extent = torch.tensor([c.grid[1], c.grid[0]], dtype=torch.float)
    first = 1 + model.patches
    model.pos[0, 1:first, :n] = place_features(places(*c.grid) * extent) * scale
    model.pos[0, first:, :n] = place_features(places(*c.anchors) * extent) * scale
    model.pos[0, 1:first, flag], model.pos[0, first:, flag] = 1.0, -1.0
    # A score is gain^2 * scale^2 / sqrt(head_dim) where both axes agree in one; this makes that `sharpness`.
    gain = math.sqrt(sharpness * math.sqrt(c.head_dim)) / scale
    for i, block in enumerate(model.blocks):
        for layer in (block.qkv, block.proj, block.fc1, block.fc2):
            nn.init.zeros_(layer.bias)
        q, k, v = block.qkv.weight.chunk(3)
        for w in (q, k):
            nn.init.normal_(w, std=0.3 / math.sqrt(c.dim))
        nn.init.orthogonal_(v)
        late = i >= c.depth // 2
        for h in range(c.heads):
            among_queries, own_place = late and h == c.heads - 1, late and h == 0
            dy, dx = NEIGHBOURS[(h + 4 * (i % 2)) % 8]
            step = 0 if among_queries or own_place else 1 + i // 2
            top, width = h * c.head_dim, 0.25 if among_queries else 0.5 if own_place else 1.0
            q[top : top + n, :n] += gain * width * moving_matrix(step * dx, step * dy)
            k[top : top + n, :n] += gain * torch.eye(n)
            block.qkv.bias[top + n] = 3.0 * (-1 if among_queries else 1)
            k[top + n, flag] += math.sqrt(c.head_dim) / 3.0 * 4.0
        nn.init.orthogonal_(block.fc1.weight)
        nn.init.zeros_(block.proj.weight)
        nn.init.zeros_(block.fc2.weight)


def point_at_anchors(model: Yolos, size, steps=600):
    """Fits the box head, before training, to answer each token's own place with a box of `size` (shares)."""
    anchors = places(*model.config.anchors)
    target = torch.cat((anchors, torch.tensor(size).expand(len(anchors), 2)), 1)
    rest = (model.det[0] + model.pos[0, 1 + model.patches :]).detach()
    spread = torch.full((model.config.dim,), 0.5)
    spread[: 4 * WAVES] = 0.05  # what a token will learn of the picture shows in the other channels
    optimizer = torch.optim.Adam(model.locate.parameters(), 2e-3)
    for _ in range(steps):
        noisy = model.norm(rest + spread * torch.randn_like(rest)).detach()
        loss = F.l1_loss(model.locate(noisy).sigmoid(), target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return loss.item()
