# SPDX-License-Identifier: Apache-2.0
"""CIFAR-10 as uint8 tensors, read from JPEG class folders or a zip of them.

The training set is decoded once and kept as a .npz outside the repository; batches are then cut,
mirrored and shifted as whole tensors, so no data loader processes are needed.
"""
import hashlib
import io
import os
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

# CIFAR-10's own order, which is also alphabetical.
CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
# Mean and standard deviation of the training pictures, per channel, of values in 0..1.
MEAN = (0.4914, 0.4822, 0.4465)
STD = (0.2470, 0.2435, 0.2616)


def default_data():
    """$FOVEA_DATA/cifar10, else shared/datasets/cifar10 beside the repository."""
    if os.environ.get("FOVEA_DATA"):
        return Path(os.environ["FOVEA_DATA"]) / "cifar10"
    return Path(__file__).resolve().parents[3] / "shared" / "datasets" / "cifar10"


def default_cache():
    """A folder for decoded pictures: $XDG_CACHE_HOME, else the system's temporary folder."""
    return Path(os.environ.get("XDG_CACHE_HOME") or tempfile.gettempdir()) / "fovea-train"


def entries(root, split):
    """Sorted (class index, name, reader) of one split; a folder wins over the zip of the same name."""
    folder, archive = Path(root) / split, Path(root) / f"{split}.zip"
    if folder.is_dir():
        names = [(p.parent.name, str(p.relative_to(root)), p.read_bytes) for p in folder.glob("*/*.jpg")]
    elif archive.is_file():
        z = zipfile.ZipFile(archive)
        names = [(n.split("/")[-2], n, lambda n=n: z.read(n)) for n in z.namelist() if n.endswith(".jpg")]
    else:
        raise SystemExit(f"no pictures\n  where: {folder} or {archive}\n  fix:   pass --data, or set FOVEA_DATA")
    unknown = {c for c, _, _ in names} - set(CLASSES)
    if unknown:
        raise SystemExit(f"class folders {sorted(unknown)} are not CIFAR-10's\n  where: {root}\n  fix:   {CLASSES}")
    return sorted((CLASSES.index(c), n, read) for c, n, read in names)


def pictures(root, split):
    """The split's pictures as PIL images, in the order of entries()."""
    return (Image.open(io.BytesIO(read())) for _, _, read in entries(root, split))


def load(root, split, cache):
    """Pictures [N,3,32,32] u8 and labels [N] i64 of "train" or "test", sorted by class and name."""
    key = hashlib.sha256(str(Path(root).resolve()).encode()).hexdigest()[:12]
    stored = Path(cache) / f"cifar10-{split}-{key}.npz"
    if not stored.is_file():
        pixels = np.stack([np.asarray(p.convert("RGB")) for p in pictures(root, split)])
        labels = np.array([c for c, _, _ in entries(root, split)], dtype=np.int64)
        stored.parent.mkdir(parents=True, exist_ok=True)
        partial = stored.with_suffix(f".{os.getpid()}.npz")
        np.savez(partial, x=np.ascontiguousarray(pixels.transpose(0, 3, 1, 2)), y=labels)
        partial.replace(stored)
    with np.load(stored) as z:
        return torch.from_numpy(z["x"]), torch.from_numpy(z["y"])


def split_validation(x, y, per_class, seed=2024):
    """Cuts the same per_class pictures of every class off the training set, whatever the run's seed."""
    rng = np.random.default_rng(seed)
    held = np.zeros(len(y), dtype=bool)
    for c in range(len(CLASSES)):
        held[rng.permutation(np.flatnonzero(y.numpy() == c))[:per_class]] = True
    held = torch.from_numpy(held)
    return (x[~held], y[~held]), (x[held], y[held])


def normalise(x):
    """[B,3,H,W] u8 -> f32, as preprocessor_config.json says: (x / 255 - mean) / std."""
    mean = torch.tensor(MEAN, device=x.device).view(1, 3, 1, 1)
    std = torch.tensor(STD, device=x.device).view(1, 3, 1, 1)
    return (x.float() / 255 - mean) / std


class Augment:
    """Random mirror, shift by up to `pad` pixels (reflected border) and, if cutout > 0, one grey square."""

    def __init__(self, generator, pad=4, cutout=0):
        self.generator, self.pad, self.cutout = generator, pad, cutout

    def __call__(self, x):
        """[B,3,32,32] u8 -> [B,3,32,32] f32, normalised."""
        b, size = len(x), x.shape[-1]
        shifts = torch.randint(0, 2 * self.pad + 1, (2, b), generator=self.generator).to(x.device)
        mirror = (torch.rand(b, generator=self.generator) < 0.5).to(x.device)
        out = normalise(x)
        windows = F.pad(out, (self.pad,) * 4, mode="reflect").unfold(2, size, 1).unfold(3, size, 1)
        out = windows[torch.arange(b, device=x.device), :, shifts[0], shifts[1]]
        out = torch.where(mirror.view(b, 1, 1, 1), out.flip(-1), out)
        if self.cutout:
            corner = torch.randint(-self.cutout // 2, size - self.cutout // 2, (2, b), generator=self.generator)
            line = torch.arange(size, device=x.device)
            rows, cols = ((line >= c[:, None]) & (line < c[:, None] + self.cutout) for c in corner.to(x.device))
            out = out.masked_fill((rows[:, :, None] & cols[:, None, :])[:, None], 0.0)
        return out


class Shuffler:
    """Endless shuffled index batches whose position can be saved and restored."""

    def __init__(self, count, batch, generator):
        self.count, self.batch, self.generator, self.order, self.at = count, batch, generator, None, 0

    def next(self):
        """Indices [batch] i64; an epoch's incomplete last batch is dropped."""
        if self.order is None or self.at + self.batch > self.count:
            self.order, self.at = torch.randperm(self.count, generator=self.generator), 0
        self.at += self.batch
        return self.order[self.at - self.batch : self.at]

    def state(self):
        return {"order": self.order, "at": self.at, "rng": self.generator.get_state()}

    def restore(self, state):
        self.order, self.at = state["order"], state["at"]
        self.generator.set_state(state["rng"])
