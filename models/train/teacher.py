# SPDX-License-Identifier: Apache-2.0
"""The convolutional teacher: a small net trained for minutes, whose answers the transformer learns from.

Architecture and optimiser settings follow airbench94 (Jordan 2024, "94% on CIFAR-10 in 3.29 seconds on
a single GPU"). It is part of training only and is never shipped.
"""
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

from data import Augment, Shuffler, normalise
from optim import Muon


class Block(nn.Module):
    """3x3 convolution, halving pool, 3x3 convolution; batch norm and GELU after each."""

    def __init__(self, c_in, c_out):
        super().__init__()
        self.conv1 = nn.Conv2d(c_in, c_out, 3, padding=1, bias=False)
        self.conv2 = nn.Conv2d(c_out, c_out, 3, padding=1, bias=False)
        self.norm1, self.norm2 = (nn.BatchNorm2d(c_out, eps=1e-5, momentum=0.4) for _ in range(2))
        for conv in (self.conv1, self.conv2):
            nn.init.dirac_(conv.weight.data[: conv.in_channels])
        for norm in (self.norm1, self.norm2):
            norm.weight.requires_grad_(False)

    def forward(self, x):
        x = F.gelu(self.norm1(F.max_pool2d(self.conv1(x), 2)))
        return F.gelu(self.norm2(self.conv2(x)))


class Teacher(nn.Module):
    def __init__(self, widths, classes=10):
        super().__init__()
        self.whiten = nn.Conv2d(3, 24, 2)
        self.blocks = nn.Sequential(*(Block(a, b) for a, b in zip((24,) + widths, widths)))
        self.head = nn.Linear(widths[-1], classes, bias=False)
        self.head.weight.data /= self.head.weight.data.std()

    def whiten_from(self, x, eps=5e-4):
        """Sets the first layer to the whitening of 2x2 patches of x [B,3,H,W] f32, both signs."""
        patches = x.unfold(2, 2, 1).unfold(3, 2, 1).permute(0, 2, 3, 1, 4, 5).reshape(-1, 12)
        values, vectors = torch.linalg.eigh(patches.T @ patches / len(patches))
        filters = (vectors / (values + eps).sqrt()).T.flip(0).reshape(12, 3, 2, 2)
        self.whiten.weight.data.copy_(torch.cat((filters, -filters)))
        self.whiten.weight.requires_grad_(False)
        nn.init.zeros_(self.whiten.bias)

    def forward(self, x, with_maps=False):
        """[B,3,32,32] -> logits [B,classes], and on demand the maps of its last two stages, 7x7 and 3x3."""
        x, maps = F.gelu(self.whiten(x)), []
        for block in self.blocks:
            x = block(x)
            maps.append(x)
        x = F.max_pool2d(x, x.shape[-1]).flatten(1)
        logits = self.head(x) / x.shape[-1]
        return (logits, maps[-2:]) if with_maps else logits


class Hints(nn.Module):
    """Asks the transformer's patch tokens, half way and one block before the end, for the teacher's maps.

    Every token then learns from what the teacher saw at its place (FitNets, Romero et al. 2015), not only
    the class token from its answer. The linear maps that do the asking are dropped after training.
    """

    def __init__(self, dim, depth, grid, widths):
        super().__init__()
        self.after, self.grid = (depth // 2, depth - 1), grid
        self.ask = nn.ModuleList(nn.Linear(dim, w) for w in widths[-2:])
        for i, w in enumerate(widths[-2:]):
            self.register_buffer(f"mean{i}", torch.zeros(w, 1, 1))
            self.register_buffer(f"std{i}", torch.ones(w, 1, 1))

    @torch.no_grad()
    def calibrate(self, teacher, x):
        """Takes each teacher channel's mean and spread from pictures x [B,3,H,W] f32."""
        for i, m in enumerate(teacher(x.to(memory_format=torch.channels_last), with_maps=True)[1]):
            getattr(self, f"mean{i}").copy_(m.float().mean((0, 2, 3)).view(-1, 1, 1))
            getattr(self, f"std{i}").copy_(m.float().std((0, 2, 3)).view(-1, 1, 1))

    def loss(self, tokens, maps):
        """Mean squared error of the asked-for maps, in units of each channel's variance."""
        total = 0.0
        for i, (t, target) in enumerate(zip(tokens, maps)):
            side = target.shape[-1]
            fold = self.grid // side
            found = self.ask[i](F.layer_norm(t.float(), t.shape[-1:])).transpose(1, 2)
            found = found.unflatten(2, (self.grid, self.grid))[..., : side * fold, : side * fold]
            target = (target.float() - getattr(self, f"mean{i}")) / getattr(self, f"std{i}")
            total = total + F.mse_loss(F.avg_pool2d(found.float(), fold), target)
        return total / len(maps)


def accuracy(model, x, y, cast, batch=500):
    """Top-1 share of u8 pictures x, averaged over each and its mirror image."""
    model.eval()
    right = 0
    with torch.no_grad(), cast():
        for i in range(0, len(x), batch):
            p = normalise(x[i : i + batch]).to(memory_format=torch.channels_last)
            right += ((model(p) + model(p.flip(-1))).argmax(1) == y[i : i + batch]).sum().item()
    return right / len(x)


def train_teacher(train, val, widths, epochs, batch, cast, seed, log, compile_model=False):
    """Trains a teacher on (x u8, y), reports its accuracy on val, and returns it frozen."""
    (x, y), device = train, train[0].device
    torch.manual_seed(seed)
    model = Teacher(widths).to(device)
    model.whiten_from(normalise(x[torch.randperm(len(x))[:5000]]))
    model = model.to(memory_format=torch.channels_last)
    norms = [p for n, p in model.named_parameters() if "norm" in n and p.requires_grad]
    filters = [p for n, p in model.named_parameters() if "conv" in n]
    rest = torch.optim.SGD([dict(params=[model.whiten.bias] + norms, lr=0.053, weight_decay=2e-6 * batch / 0.053),
                            dict(params=[model.head.weight], lr=0.67, weight_decay=2e-6 * batch / 0.67)],
                           momentum=0.85, nesterov=True)
    muon = Muon(filters, lr=0.24, momentum=0.6, unit_rows=True)
    rates = [(g, g["lr"]) for o in (rest, muon) for g in o.param_groups]
    generator = torch.Generator().manual_seed(seed)
    shuffle, augment = Shuffler(len(x), batch, generator), Augment(generator, pad=2)
    forward = torch.compile(model) if compile_model else model
    per_epoch = len(x) // batch
    start, total = time.time(), int(epochs * per_epoch)
    for step in range(total):
        for group, lr in rates:
            group["lr"] = lr * (1 - step / total)
        model.train()
        pick = shuffle.next().to(device)
        with cast():
            logits = forward(augment(x[pick]).to(memory_format=torch.channels_last))
        loss = F.cross_entropy(logits.float(), y[pick], label_smoothing=0.1, reduction="sum")
        loss.backward()
        rest.step()
        muon.step()
        model.zero_grad(set_to_none=True)
        if (step + 1) % per_epoch == 0:
            log(f"teacher epoch {(step + 1) // per_epoch} loss {loss.item() / batch:.3f} "
                f"val {accuracy(model, *val, cast):.4f} ({time.time() - start:.0f} s)")
    model.eval().requires_grad_(False)
    return model
