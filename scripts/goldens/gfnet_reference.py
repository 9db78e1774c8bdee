# SPDX-License-Identifier: Apache-2.0
"""Global filter networks in plain PyTorch, from the paper (Rao et al. 2021, arXiv:2107.00645).

The parameters carry the names, and a saved model the layout, of the authors' checkpoints.
"""

import torch
from torch import nn

EPSILON = 1e-6  # of every LayerNorm


class GlobalFilter(nn.Module):
    """irfft2(weight * rfft2(x)) over the grid, channel by channel, both orthonormal."""

    def __init__(self, grid, width):
        super().__init__()
        self.grid = grid
        rows, columns = grid
        self.complex_weight = nn.Parameter(torch.empty(rows, columns // 2 + 1, width, 2))

    def forward(self, x):
        batch, tokens, width = x.shape
        spectrum = torch.fft.rfft2(x.reshape(batch, *self.grid, width), dim=(1, 2), norm="ortho")
        spectrum = spectrum * torch.view_as_complex(self.complex_weight)
        mixed = torch.fft.irfft2(spectrum, s=self.grid, dim=(1, 2), norm="ortho")
        return mixed.reshape(batch, tokens, width)


class Mlp(nn.Module):
    def __init__(self, width, hidden):
        super().__init__()
        self.fc1 = nn.Linear(width, hidden)
        self.fc2 = nn.Linear(hidden, width)

    def forward(self, x):
        return self.fc2(nn.functional.gelu(self.fc1(x)))


class Block(nn.Module):
    """One residual around both halves, unlike a ViT's two."""

    def __init__(self, grid, width, hidden):
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=EPSILON)
        self.filter = GlobalFilter(grid, width)
        self.norm2 = nn.LayerNorm(width, eps=EPSILON)
        self.mlp = Mlp(width, hidden)

    def forward(self, x):
        return x + self.mlp(self.norm2(self.filter(self.norm1(x))))


class PatchEmbed(nn.Module):
    def __init__(self, width, patch):
        super().__init__()
        self.proj = nn.Conv2d(3, width, patch, patch)

    def forward(self, x):
        return self.proj(x).flatten(2).transpose(1, 2)


class GFNet(nn.Module):
    def __init__(self, size, patch, width, depth, hidden, classes):
        super().__init__()
        grid = (size[0] // patch[0], size[1] // patch[1])
        self.patch_embed = PatchEmbed(width, patch)
        self.pos_embed = nn.Parameter(torch.empty(1, grid[0] * grid[1], width))
        self.blocks = nn.ModuleList([Block(grid, width, hidden) for _ in range(depth)])
        self.norm = nn.LayerNorm(width, eps=EPSILON)
        self.head = nn.Linear(width, classes)
        self.embeddings = nn.Identity()  # to look at

    def forward(self, x):
        x = self.embeddings(self.patch_embed(x) + self.pos_embed)
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x).mean(1))
