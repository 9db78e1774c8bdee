# SPDX-License-Identifier: Apache-2.0
"""Trains Fovea's built-in detector: a plain YOLOS on BCCD, microscope pictures of blood.

    python detect_train.py --minutes 60 --workers 2 --export ../fovea-yolos-bccd

The learning rate follows the share of the time (--minutes) or of the epochs (--epochs) that is used up, so every
run ends annealed. Choices are made on the validation pictures; with --held most of them are trained on.
"""
import argparse
import copy
import json
import math
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

import cells
from detect_export import average_precision, check, describe, export
from detect_loss import DenseHead, DetectionLoss, corners
from optim import Muon
from train import Pieces, rate
from yolos import Yolos, YolosConfig, point_at_anchors, structured_start


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--data", type=Path, default=cells.default_data(), help="BCCD (default %(default)s)")
    add("--work", type=Path, default=Path("run-detect"), help="checkpoint and log (default %(default)s)")
    add("--export", type=Path, help="write the model folder here at the end, and test it")
    add("--start", type=Path, help="begin from the weights in this checkpoint.pt of an earlier run")
    add("--held", type=int, default=87, help="how many of the 87 validation pictures to keep for looking at; the rest is "
        "trained on too (default %(default)s)")
    length = parser.add_mutually_exclusive_group(required=True)
    length.add_argument("--minutes", type=float, help="length of the run")
    length.add_argument("--epochs", type=float, help="length of the run in passes over the training pictures")
    add("--dim", type=int, default=128, help="channels; 4 * dim in the MLP (default %(default)s)")
    add("--depth", type=int, default=6, help="blocks (default %(default)s)")
    add("--heads", type=int, default=4, help="attention heads; dim / heads must be at least 32 (default %(default)s)")
    add("--batch", type=int, default=8, help="(default %(default)s)")
    add("--lr", type=float, default=0.015, help="Muon's, for matrices of the blocks (default %(default)s)")
    add("--lr-rest", type=float, default=1.5e-3, help="AdamW's, for all else (default %(default)s)")
    add("--weight-decay", type=float, default=0.05, help="Muon's (default %(default)s)")
    add("--warmup", type=float, default=0.02, help="share of the run (default %(default)s)")
    add("--hold", type=float, default=0.3, help="share of the run before the rate starts to fall (default %(default)s)")
    add("--settle", type=float, default=0.5, help="share of the run at which the assignment has moved from the nearest "
        "anchor to the best answer; it starts to at a third of that (default %(default)s)")
    add("--joined", type=float, default=0.4, help="share of pictures made of pieces of two, until the last fifth of "
        "the run (default %(default)s)")
    add("--dense", type=float, default=1.0, help="weight of what patches are asked, falling to a fifth (default "
        "%(default)s)")
    add("--no-object", type=float, default=0.4, help="weight of tokens without an object (default %(default)s)")
    add("--rare", type=float, default=2.0, help="weight of white cells and platelets; red cells 1 (default %(default)s)")
    add("--average", type=float, default=0.996, help="decay of the averaged weights, the ones kept (default %(default)s)")
    add("--seed", type=int, default=0)
    add("--workers", type=int, default=0, help="train that many pieces of a batch side by side, a thread each, instead "
        "of sharing every operation among threads (default off)")
    add("--look-every", type=float, default=8, help="minutes between checkpoints, each with a look at the validation "
        "pictures (default %(default)s)")
    args = parser.parse_args()
    if args.dim % args.heads or args.dim // args.heads < 32:
        parser.error("--dim / --heads must be a whole number of at least 32")
    return args


@torch.no_grad()
def predict(model, pictures, batch=8):
    """What the model finds in each picture: (boxes in px, scores, labels), one a detection token."""
    c, out = model.config, []
    for i in range(0, len(pictures), batch):
        some = pictures[i : i + batch]
        x = cells.normalise(cells.stack([cells.whole(p, c.width, c.height) for p in some]))
        logits, boxes = model(x)
        scores, labels = logits.softmax(-1)[..., :-1].max(-1)
        for p, b, s, k in zip(some, corners(boxes), scores, labels):
            w, h = p.image.size
            out.append(((b * torch.tensor([w, h, w, h])).numpy(), s.numpy(), k.numpy()))
    return out


class Trainer:
    """Everything one run changes: weights and their average, optimizers, place in the data, time."""

    def __init__(self, args, pictures):
        self.args, self.rng = args, np.random.default_rng(args.seed)
        config = YolosConfig(dim=args.dim, depth=args.depth, heads=args.heads, mlp=4 * args.dim)
        self.model = Yolos(config)
        self.augment = cells.Augment(pictures, config.width, config.height, self.rng)
        weights = [1.0 if name == "RBC" else args.rare for name in cells.CLASSES]
        self.loss = DetectionLoss(config.anchors, weights, args.no_object)
        self.weights = torch.tensor(weights)
        self.asked = (config.depth // 2 - 1, config.depth - 2)  # blocks after which patches are asked
        self.dense = torch.nn.ModuleList(DenseHead(config.dim, config.grid, config.classes) for _ in self.asked)
        if args.start:
            stored = torch.load(args.start, map_location="cpu", weights_only=True)
            self.model.load_state_dict(stored["model"])
            self.dense.load_state_dict(stored["dense"])
        else:
            seen = [cells.whole(p, config.width, config.height) for p in pictures[::4]]
            structured_start(self.model, cells.normalise(cells.stack(seen)))
            point_at_anchors(self.model, (0.16, 0.21))
        self.average = copy.deepcopy(self.model).requires_grad_(False)
        self.params = list(self.model.parameters()) + list(self.dense.parameters())
        qkv, matrices = self.model.matrices()
        muon = dict(lr=args.lr, weight_decay=args.weight_decay, dtype=torch.float32)
        by_muon = {id(p) for p in qkv + matrices}
        rest = [p for p in self.params if id(p) not in by_muon]
        self.optimizers = [Muon(qkv, parts=3, **muon), Muon(matrices, **muon),
                           torch.optim.AdamW(rest, args.lr_rest, betas=(0.9, 0.99), weight_decay=1e-4)]
        self.groups = [(g, g["lr"]) for o in self.optimizers for g in o.param_groups]
        self.pieces = Pieces(max(1, args.workers), max(1, args.workers))
        self.order, self.steps, self.seconds = [], 0, 0.0
        self.ahead = ThreadPoolExecutor(1)
        self.coming = self.ahead.submit(self.next_batch, 0.0)

    def done(self):
        """Share of the run that is used up, by time or by epochs."""
        if self.args.minutes:
            return self.seconds / (60 * self.args.minutes)
        return self.steps * self.args.batch / (len(self.augment.pictures) * self.args.epochs)

    def pick(self):
        """Indices of the next batch, an endless shuffled order."""
        while len(self.order) < self.args.batch:
            self.order += self.rng.permutation(len(self.augment.pictures)).tolist()
        picked, self.order = self.order[: self.args.batch], self.order[self.args.batch :]
        return picked

    def next_batch(self, done):
        return self.augment.batch(self.pick(), self.args.joined if done < 0.8 else 0.0)

    def losses(self, x, targets, done):
        """Loss of a piece of the batch."""
        args, streams, first = self.args, self.model.streams(x), 1 + self.model.patches
        free = min(1.0, max(0.0, 1.5 * done / args.settle - 0.5)) if args.settle else 1.0
        total = self.loss([self.model.read(s) for s in streams[-3:]], targets, free)
        weight = args.dense * max(0.2, 1 - done)
        for head, block in zip(self.dense, self.asked):
            total = total + weight * head.loss(streams[block][:, 1:first], targets, self.weights)
        return total

    def step(self):
        """One batch; returns its loss."""
        args, done = self.args, self.done()
        for group, lr in self.groups:
            group["lr"] = lr * rate(done, args.warmup, args.hold)
        x, targets = self.coming.result()
        self.coming = self.ahead.submit(self.next_batch, done)
        loss = self.pieces.backward(lambda piece, which: self.losses(piece, [targets[i] for i in which], done),
                                    self.params, x, torch.arange(len(x)))
        self.pieces.step(self.optimizers)
        self.steps += 1
        decay = min(args.average, 1 - 1 / (1 + 0.1 * self.steps))
        with torch.no_grad():
            for kept, p in zip(self.average.parameters(), self.model.parameters()):
                kept.lerp_(p, 1 - decay)
        return loss

    def save(self, path):
        state = dict(config=asdict(self.model.config), model=self.average.state_dict(), dense=self.dense.state_dict())
        torch.save(state, path.with_suffix(".partial"))
        path.with_suffix(".partial").replace(path)


def run(trainer, val, saved, log):
    """Trains to the end, with a checkpoint and a look at the validation pictures every few minutes."""
    args, began, last, total, count = trainer.args, time.monotonic(), 0.0, 0.0, 0
    while trainer.done() < 1:
        total, count = total + trainer.step().item(), count + 1
        trainer.seconds = time.monotonic() - began
        if trainer.seconds - last > 60 * args.look_every or trainer.done() >= 1:
            trainer.save(saved)
            result = average_precision(predict(trainer.average, val), val)
            epoch = trainer.steps * args.batch / len(trainer.augment.pictures)
            log(f"epoch {epoch:.1f} step {trainer.steps} loss {total / count:.4f} done {trainer.done():.3f} "
                f"({trainer.seconds / 60:.1f} min, {time.process_time() / 60:.1f} of the processor) "
                f"val {describe(result)}")
            if not math.isfinite(total):
                raise SystemExit("the loss is no longer a number\n  fix:   lower --lr")
            last, total, count = trainer.seconds, 0.0, 0


def main():
    args = parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(args.seed)
    if args.workers:
        torch.set_num_threads(args.workers)

    def log(text):
        line = f"{time.strftime('%H:%M:%S')} {text}"
        print(line, flush=True)
        with (args.work / "log.txt").open("a") as journal:
            print(line, file=journal)

    train, val = (cells.load(args.data, split) for split in ("train", "val"))
    train, val = train + val[args.held :], val[: args.held]
    trainer = Trainer(args, train)
    log(f"{sum(p.numel() for p in trainer.model.parameters()):,} parameters, "
        f"{json.dumps({k: v for k, v in vars(args).items() if not isinstance(v, Path)})}")
    run(trainer, val, args.work / "checkpoint.pt", log)
    if args.export:
        export(trainer.average, args.export)
        check(args.export, args.data)


if __name__ == "__main__":
    main()
