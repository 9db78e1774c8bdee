# SPDX-License-Identifier: Apache-2.0
"""BCCD (microscope pictures of blood with boxes, Pascal VOC layout) in memory, and the augmentations that suit cells.

A cell has no upright and looks the same wherever it lies: pictures are mirrored, turned, joined from pieces of
two, and platelets, the rarest and smallest of the classes, are copied to free places.
"""
import math
import os
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image

CLASSES = ("RBC", "WBC", "Platelets")
PLATELETS = CLASSES.index("Platelets")
# ImageNet's, as the reference's image processor has them.
MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)


@dataclass
class Picture:
    name: str
    image: Image.Image
    boxes: np.ndarray  # [N,4] f32: left, top, right, bottom in pixels
    labels: np.ndarray  # [N] i64


def default_data():
    """$FOVEA_DATA/bccd, else shared/datasets/bccd beside the repository."""
    if os.environ.get("FOVEA_DATA"):
        return Path(os.environ["FOVEA_DATA"]) / "bccd"
    return Path(__file__).resolve().parents[3] / "shared" / "datasets" / "bccd"


def load(root, split):
    """The pictures of "train", "val" or "test", in the order of the split's list; boxes without area are left out."""
    listed = Path(root) / "ImageSets" / "Main" / f"{split}.txt"
    if not listed.is_file():
        raise SystemExit(f"no pictures\n  where: {listed}\n  fix:   pass --data, or set FOVEA_DATA")
    out = []
    for name in listed.read_text().split():
        found = ElementTree.parse(Path(root) / "Annotations" / f"{name}.xml").getroot().findall("object")
        boxes = [[float(o.findtext(f"bndbox/{k}")) for k in ("xmin", "ymin", "xmax", "ymax")] for o in found]
        boxes = np.array(boxes, dtype=np.float32).reshape(-1, 4)
        labels = np.array([CLASSES.index(o.findtext("name")) for o in found], dtype=np.int64)
        real = ((boxes[:, 2:] - boxes[:, :2]) > 0).all(1)
        image = Image.open(Path(root) / "JPEGImages" / f"{name}.jpg").convert("RGB")
        out.append(Picture(name, image, boxes[real], labels[real]))
    return out


def normalise(x):
    """[B,3,H,W] u8 -> f32, as preprocessor_config.json says: (x / 255 - mean) / std."""
    return (x.float() / 255 - torch.tensor(MEAN).view(1, 3, 1, 1)) / torch.tensor(STD).view(1, 3, 1, 1)


def stack(arrays):
    """A list of [H,W,3] u8 arrays -> [B,3,H,W] u8."""
    return torch.from_numpy(np.stack(arrays).transpose(0, 3, 1, 2).copy())


def whole(picture, width, height):
    """The picture as the model sees it, [H,W,3] u8."""
    return np.asarray(picture.image.resize((width, height), Image.BILINEAR))


def clip(boxes, labels, width, height, least=0.25):
    """Boxes cut to width x height, without those of which less than a share `least` is left."""
    area = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    cut = np.clip(boxes, 0, np.array([width, height, width, height], dtype=np.float32))
    side = cut[:, 2:] - cut[:, :2]
    kept = (np.prod(side, axis=1) >= least * area) & (side > 3).all(1)
    return cut[kept], labels[kept]


def turn(image, boxes, quarter, mirror):
    """Image [H,W,3] and its boxes, mirrored left to right and then turned by `quarter` times 90 degrees."""
    if mirror:
        image = image[:, ::-1]
        boxes = np.stack((image.shape[1] - boxes[:, 2], boxes[:, 1], image.shape[1] - boxes[:, 0], boxes[:, 3]), 1)
    for _ in range(quarter):  # counter-clockwise, as rot90
        width = image.shape[1]
        image = np.rot90(image)
        boxes = np.stack((boxes[:, 1], width - boxes[:, 2], boxes[:, 3], width - boxes[:, 0]), 1)
    return image, boxes


def overlap(boxes, box):
    """[N] share of `box` that each of the boxes covers."""
    side = np.minimum(boxes[:, 2:], box[2:]) - np.maximum(boxes[:, :2], box[:2])
    return np.prod(np.clip(side, 0, None), axis=1) / max(np.prod(box[2:] - box[:2]), 1e-6)


class PlateletBank:
    """Platelets cut out of the training pictures with a margin, to be copied elsewhere."""

    MARGIN = 0.35

    def __init__(self, pictures, scale):
        self.items = []
        for p in pictures:
            for i in np.flatnonzero(p.labels == PLATELETS):
                box, side = p.boxes[i], p.boxes[i, 2:] - p.boxes[i, :2]
                wide = np.concatenate((box[:2] - self.MARGIN * side, box[2:] + self.MARGIN * side))
                others = np.delete(p.boxes, i, 0)
                if (wide[:2] < 0).any() or (wide[2:] > p.image.size).any() or overlap(others, box).sum() > 0.1:
                    continue
                size = tuple(int(round(v)) for v in (wide[2:] - wide[:2]) * scale)
                self.items.append(np.asarray(p.image.resize(size, Image.BILINEAR, box=tuple(wide))))

    def paste(self, image, boxes, labels, rng):
        """Copies one platelet, mirrored and turned, into a free place of image [H,W,3] u8 if one is found soon."""
        item, _ = turn(self.items[rng.integers(len(self.items))], np.zeros((0, 4)), rng.integers(4), rng.random() < 0.5)
        zoom = math.exp(rng.uniform(-0.2, 0.2))
        size = tuple(max(8, int(round(v * zoom))) for v in item.shape[1::-1])
        item = np.asarray(Image.fromarray(np.ascontiguousarray(item)).resize(size, Image.BILINEAR)).astype(np.float32)
        h, w = item.shape[:2]
        for _ in range(12):
            x, y = rng.integers(image.shape[1] - w), rng.integers(image.shape[0] - h)
            inner = np.array([w, h, w, h]) * self.MARGIN / (1 + 2 * self.MARGIN)
            box = (np.array([x, y, x + w, y + h]) + inner * [1, 1, -1, -1]).astype(np.float32)
            if len(boxes) and overlap(boxes, box).max() > 0.05:
                continue
            yy, xx = np.mgrid[0:h, 0:w]
            away = np.hypot((xx + 0.5) / w - 0.5, (yy + 0.5) / h - 0.5) * 2 * (1 + 2 * self.MARGIN)
            mask = np.clip((1.5 - away) / 0.4, 0, 1)[..., None]  # full up to just outside the box's ellipse
            spot, ring = image[y : y + h, x : x + w].astype(np.float32), away > 1.2
            shift = np.median(spot[ring], 0) - np.median(item[ring], 0)
            image[y : y + h, x : x + w] = np.clip(mask * (item + shift) + (1 - mask) * spot, 0, 255).astype(np.uint8)
            return np.concatenate((boxes, box[None])), np.append(labels, PLATELETS)
        return boxes, labels


class Augment:
    """Training pictures at the model's size: pieces of one or two, turned, zoomed, platelets added, colours moved."""

    def __init__(self, pictures, width, height, rng):
        self.pictures, self.width, self.height, self.rng = pictures, width, height, rng
        self.scale = width / pictures[0].image.size[0]
        self.bank = PlateletBank(pictures, self.scale)

    def piece(self, picture, w, h):
        """A w x h piece of the picture, zoomed and turned at random, with the boxes in it."""
        rng, (full_w, full_h) = self.rng, picture.image.size
        sideways = rng.random() < 0.5 and w / self.scale < 1.1 * full_h and h / self.scale < 1.1 * full_w
        pw, ph = (h, w) if sideways else (w, h)
        zoom = math.exp(rng.uniform(-0.15, 0.25))
        spread = math.exp(rng.uniform(-0.05, 0.05))
        sw, sh = min(pw / self.scale / zoom / spread, full_w), min(ph / self.scale / zoom * spread, full_h)
        left, top = rng.uniform(0, full_w - sw), rng.uniform(0, full_h - sh)
        image = np.asarray(picture.image.resize((pw, ph), Image.BILINEAR, box=(left, top, left + sw, top + sh)))
        boxes = (picture.boxes - np.array([left, top, left, top])) * np.array([pw / sw, ph / sh] * 2)
        boxes, labels = clip(boxes.astype(np.float32), picture.labels, pw, ph)
        image, boxes = turn(image, boxes, 2 * rng.integers(2) + sideways, rng.random() < 0.5)
        return image, boxes, labels

    def one(self, index, joined):
        """(image [H,W,3] u8, boxes, labels) from picture `index`, joined with another one with that chance."""
        rng, w, h = self.rng, self.width, self.height
        if rng.random() < joined:
            other = self.pictures[rng.integers(len(self.pictures))]
            across = rng.random() < 0.7
            at = int((w if across else h) * rng.uniform(0.3, 0.7))
            sizes = ((at, h), (w - at, h)) if across else ((w, at), (w, h - at))
            parts = [self.piece(p, *s) for p, s in zip((self.pictures[index], other), sizes)]
            image = np.concatenate([p[0] for p in parts], 1 if across else 0)
            offset = np.array([at, 0, at, 0] if across else [0, at, 0, at], dtype=np.float32)
            boxes = np.concatenate((parts[0][1], parts[1][1] + offset))
            labels = np.concatenate([p[2] for p in parts])
        else:
            image, boxes, labels = self.piece(self.pictures[index], w, h)
            image = image.copy()
        for _ in range(rng.integers(4)):
            boxes, labels = self.bank.paste(image, boxes, labels, rng)
        return image, boxes, labels

    def batch(self, indices, joined):
        """(pictures [B,3,H,W] f32 normalised, list of (boxes [N,4] f32: centre and size as shares, labels [N] i64))."""
        made = [self.one(i, joined) for i in indices]
        x = normalise(stack([image for image, _, _ in made]))
        x = x * (1 + self.noise(0.08, len(made))) + self.noise(0.1, len(made))
        return x, [self.target(boxes, labels) for _, boxes, labels in made]

    def noise(self, spread, count):
        """[count,3,1,1] f32: one random number a picture plus one a channel."""
        numbers = self.rng.standard_normal((count, 3, 1, 1)) + self.rng.standard_normal((count, 1, 1, 1))
        return torch.from_numpy(spread * numbers).float()

    def target(self, boxes, labels):
        corners = torch.from_numpy(boxes.astype(np.float32)) / torch.tensor([self.width, self.height] * 2)
        centre, size = (corners[:, :2] + corners[:, 2:]) / 2, corners[:, 2:] - corners[:, :2]
        return torch.cat((centre, size), 1), torch.from_numpy(labels)
