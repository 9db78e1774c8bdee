# SPDX-License-Identifier: Apache-2.0
"""Trains Fovea's built-in model: a plain vision transformer on CIFAR-10.

    python train.py --minutes 60 --export ../fovea-vit-cifar10        on a CPU
    python train.py --preset gpu --export ../fovea-vit-cifar10        on a GPU

The learning rate follows the share of the time (--minutes) or of the epochs (--epochs) that is used up,
so every run ends annealed. --resume continues from the last checkpoint; time already spent stays spent.
"""
import argparse
import contextlib
import json
import math
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import torch
import torch.nn.functional as F

import data
from export import check, export
from optim import Muon
from teacher import Hints, Teacher, train_teacher
from vit import Vit, VitConfig, structured_start

PRESETS = {
    # About two CPU cores for an hour or so; 1.2 M parameters, 2.4 MB in fp16.
    "cpu": dict(dim=128, depth=6, heads=4, free_heads=0, batch=128, shift=2, cutout=0,
                teacher_widths="48,160,192", teacher_epochs=8),
    # Meant for a GPU and at least 90 %; 5.5 M parameters, 11 MB in fp16. Not run yet.
    "gpu": dict(dim=256, depth=7, heads=8, free_heads=1, batch=512, shift=4, cutout=8, epochs=200,
                teacher_widths="128,384,512", teacher_epochs=30),
}


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--preset", choices=PRESETS, default="cpu", help="defaults for the options below (default %(default)s)")
    add("--data", type=Path, default=data.default_data(), help="folder with train.zip and test/ (default %(default)s)")
    add("--cache", type=Path, default=data.default_cache(), help="decoded pictures (default %(default)s)")
    add("--work", type=Path, default=Path("run"), help="checkpoint, teacher and log (default %(default)s)")
    add("--export", type=Path, help="write the model folder here at the end, and test it")
    add("--resume", action="store_true", help="continue the interrupted run of WORK/checkpoint.pt")
    add("--start", type=Path, help="begin a new run from the weights in this checkpoint.pt of an earlier one")
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--minutes", type=float, help="length of the run, the teacher's time not counted")
    length.add_argument("--epochs", type=float, help="length of the run in passes over the training pictures")
    add("--dim", type=int, help="channels; 4 * dim in the MLP")
    add("--depth", type=int, help="blocks")
    add("--heads", type=int, help="attention heads; dim / heads must be at least 32")
    add("--free-heads", type=int, help="heads a layer that start without a neighbour to look at")
    add("--batch", type=int)
    add("--lr", type=float, default=0.02, help="Muon's, for matrices (default %(default)s)")
    add("--lr-rest", type=float, default=3e-3, help="AdamW's, for all else (default %(default)s)")
    add("--weight-decay", type=float, default=0.1, help="Muon's (default %(default)s)")
    add("--warmup", type=float, default=0.03, help="share of the run (default %(default)s)")
    add("--hold", type=float, default=0.3, help="share of the run before the rate starts to fall (default %(default)s)")
    add("--smoothing", type=float, default=0.1, help="label smoothing (default %(default)s)")
    add("--shift", type=int, help="pictures move by up to so many px")
    add("--cutout", type=int, help="side of the grey square in px, 0 for none")
    add("--keep", type=float, default=1.0, help="share of patches seen until --keep-until (default %(default)s)")
    add("--keep-until", type=float, default=0.5, help="share of the run with --keep (default %(default)s)")
    add("--distill", type=float, default=0.8, help="teacher's weight; 0: no teacher (default %(default)s)")
    add("--temperature", type=float, default=2.0, help="softens both answers (default %(default)s)")
    add("--hint", type=float, default=1.0, help="weight of matching the teacher's feature maps, falling to 0 over the "
        "run; not while --keep drops patches (default %(default)s)")
    add("--teacher-widths", help="channels of the teacher's three stages")
    add("--teacher-epochs", type=float)
    add("--val-per-class", type=int, default=200, help="training pictures held out, a class (default %(default)s)")
    add("--seed", type=int, default=0)
    add("--device", default="auto", help="auto, cpu, cuda, cuda:1 (default %(default)s)")
    add("--threads", type=int, help="CPU threads (default: PyTorch's choice)")
    add("--workers", type=int, default=0, help="CPU: train that many pieces of a batch side by side, a thread each, "
        "instead of sharing every operation among threads; much faster where other work runs (default off)")
    add("--compile", action="store_true", help="torch.compile teacher and student")
    add("--fp32", action="store_true", help="no bf16 arithmetic")
    add("--checkpoint-every", type=float, default=3, help="minutes between checkpoints, each with a look at the "
        "pictures held out (default %(default)s)")
    known, _ = parser.parse_known_args()
    chosen = dict(PRESETS[known.preset])
    if known.minutes:
        chosen.pop("epochs", None)
    parser.set_defaults(**chosen)
    args = parser.parse_args()
    if not (args.minutes or args.epochs):
        parser.error("how long? pass --minutes or --epochs")
    if args.dim % args.heads or args.dim // args.heads < 32:
        parser.error("--dim / --heads must be a whole number of at least 32")
    return args


def rate(done, warmup, hold):
    """Learning rate factor at share `done` of the run: up, level, then down to zero in a line."""
    return min(done / warmup if warmup else 1.0, 1.0, (1 - done) / (1 - hold))


def find_teacher(args, train, val, cast, log):
    """The teacher for these options: read from WORK where an earlier run left it, else trained and left there."""
    widths = tuple(int(w) for w in args.teacher_widths.split(","))
    stored = args.work / f"teacher-{args.teacher_widths.replace(',', '-')}-{args.teacher_epochs:g}-{args.seed}.pt"
    if stored.is_file():
        model = Teacher(widths)
        model.load_state_dict(torch.load(stored, map_location="cpu", weights_only=True))
        model = model.to(train[0].device, memory_format=torch.channels_last).eval().requires_grad_(False)
    else:
        batch = 1000 if len(train[0]) >= 10000 else 100
        model = train_teacher(train, val, widths, args.teacher_epochs, batch, cast, args.seed, log, args.compile)
        torch.save(model.state_dict(), stored)
    return model


@torch.no_grad()
def predict(model, x, batch=500):
    """Logits [N,classes] in fp32 of u8 pictures x."""
    model.eval()
    return torch.cat([model(data.normalise(x[i : i + batch])) for i in range(0, len(x), batch)])


def accuracy(logits, labels):
    """Top-1 share."""
    return (logits.argmax(1) == labels).float().mean().item()


def make_optimizers(model, hints, args):
    qkv, matrices = model.matrices()
    by_muon = {id(p) for p in qkv + matrices}
    rest = [p for p in model.parameters() if id(p) not in by_muon] + (list(hints.parameters()) if hints else [])
    return [Muon(qkv, args.lr, weight_decay=args.weight_decay, parts=3),
            Muon(matrices, args.lr, weight_decay=args.weight_decay),
            torch.optim.AdamW(rest, args.lr_rest, betas=(0.9, 0.99), weight_decay=0.0)]


def run_loss(forward, teacher, hints, x, y, keep, hint, args):
    """Cross-entropy against the labels, mixed with the divergence from the teacher's softened answers and hints."""
    asking = hints is not None and keep == 1.0
    out = forward(x, keep, hints.after) if asking else forward(x, keep)
    logits, tokens = out if asking else (out, None)
    logits = logits.float()
    loss = F.cross_entropy(logits, y, label_smoothing=args.smoothing)
    if teacher is None:
        return loss
    with torch.no_grad():
        answers, maps = teacher(x.to(memory_format=torch.channels_last), with_maps=True)
    t = args.temperature
    soft = F.kl_div((logits / t).log_softmax(1), (answers.float() / t).softmax(1), reduction="batchmean") * t * t
    loss = (1 - args.distill) * loss + args.distill * soft
    return loss + hint * hints.loss(tokens, maps) if asking else loss


class Pieces:
    """Gradients of a batch, computed in pieces by worker threads that meet once a step."""

    def __init__(self, workers, pieces):
        self.pieces = pieces
        self.pool = ThreadPoolExecutor(workers, initializer=torch.set_num_threads, initargs=(1,))

    def backward(self, loss_of, params, batch, labels):
        """Sets each .grad to that of the mean over pieces of loss_of(batch, labels); returns the mean loss."""

        def work(piece):
            loss = loss_of(*piece)
            return loss.detach(), torch.autograd.grad(loss, params, allow_unused=True, materialize_grads=True)

        parts = list(self.pool.map(work, zip(batch.chunk(self.pieces), labels.chunk(self.pieces))))
        for p, grads in zip(params, zip(*(g for _, g in parts))):
            p.grad = torch.stack(grads).mean(0)
        return torch.stack([loss for loss, _ in parts]).mean()

    def step(self, optimizers):
        list(self.pool.map(lambda o: o.step(), optimizers))


class Trainer:
    """Everything one run changes (weights, optimizers, place in the data, time), and how to store it."""

    def __init__(self, args, train, teacher, device):
        self.args, self.train, self.teacher, self.device = args, train, teacher, device
        model = Vit(VitConfig(dim=args.dim, depth=args.depth, heads=args.heads, mlp=4 * args.dim))
        sample = train[0][:: max(1, len(train[0]) // 5000)]
        structured_start(model, data.normalise(sample.cpu()), free=args.free_heads)
        if args.start:
            model.load_state_dict(torch.load(args.start, map_location="cpu", weights_only=True)["model"])
        self.model, self.hints = model.to(device), None
        if teacher is not None and args.hint:
            widths = [b.conv2.out_channels for b in teacher.blocks]
            self.hints = Hints(args.dim, args.depth, model.config.grid, widths).to(device)
            self.hints.calibrate(teacher, data.normalise(sample))
        self.params = list(model.parameters()) + (list(self.hints.parameters()) if self.hints else [])
        self.optimizers = make_optimizers(model, self.hints, args)
        self.groups = [(g, g["lr"]) for o in self.optimizers for g in o.param_groups]
        generator = torch.Generator().manual_seed(args.seed)
        self.shuffle = data.Shuffler(len(train[0]), args.batch, generator)
        self.augment = data.Augment(generator, pad=args.shift, cutout=args.cutout)
        self.forward = torch.compile(model) if args.compile else model
        self.pieces = Pieces(args.workers, 2 * args.workers) if args.workers and device.type == "cpu" else None
        self.per_epoch = len(train[0]) // args.batch
        self.steps, self.seconds = 0, 0.0

    def save(self, path):
        state = dict(model=self.model.state_dict(), hints=self.hints and self.hints.state_dict(),
                     optimizers=[o.state_dict() for o in self.optimizers], steps=self.steps,
                     seconds=self.seconds, shuffle=self.shuffle.state(), torch=torch.get_rng_state())
        torch.save(state, path.with_suffix(".partial"))
        path.with_suffix(".partial").replace(path)

    def restore(self, path):
        state = torch.load(path, map_location="cpu", weights_only=True)
        self.model.load_state_dict(state["model"])
        if self.hints:
            self.hints.load_state_dict(state["hints"])
        for optimizer, stored in zip(self.optimizers, state["optimizers"]):
            optimizer.load_state_dict(stored)
        self.shuffle.restore(state["shuffle"])
        self.steps, self.seconds = state["steps"], state["seconds"]
        torch.set_rng_state(state["torch"])

    def done(self):
        """Share of the run that is used up, by time or by epochs."""
        if self.args.minutes:
            return self.seconds / (60 * self.args.minutes)
        return self.steps / (self.per_epoch * self.args.epochs)

    def step(self, cast):
        """One batch; returns its loss."""
        args, done = self.args, self.done()
        for group, lr in self.groups:
            group["lr"] = lr * rate(done, args.warmup, args.hold)
        keep, hint = args.keep if done < args.keep_until else 1.0, args.hint * (1 - done)

        def loss_of(x, y):
            with cast():
                return run_loss(self.forward, self.teacher, self.hints, x, y, keep, hint, args)

        self.model.train()
        pick = self.shuffle.next().to(self.device)
        batch, labels = self.augment(self.train[0][pick]), self.train[1][pick]
        if self.pieces:
            loss = self.pieces.backward(loss_of, self.params, batch, labels)
            self.pieces.step(self.optimizers)
        else:
            loss = loss_of(batch, labels)
            loss.backward()
            for optimizer in self.optimizers:
                optimizer.step()
        for p in self.params:
            p.grad = None
        self.steps += 1
        return loss.detach()


def run(trainer, val, saved, cast, log):
    """Trains to the end, with a checkpoint and a look at val every few minutes."""
    args, began = trainer.args, time.monotonic() - trainer.seconds
    last, total, count = trainer.seconds, torch.zeros((), device=trainer.device), 0
    while trainer.done() < 1:
        total, count = total + trainer.step(cast), count + 1
        trainer.seconds = time.monotonic() - began
        if trainer.seconds - last > 60 * args.checkpoint_every:
            trainer.save(saved)
            with cast():
                top1 = accuracy(predict(trainer.model, val[0]), val[1])
            mean, done = total.item() / count, trainer.done()
            log(f"epoch {trainer.steps / trainer.per_epoch:.2f} step {trainer.steps} loss {mean:.4f} val {top1:.4f} "
                f"done {done:.3f} ({trainer.seconds / 60:.1f} min, rate {rate(done, args.warmup, args.hold):.3f})")
            if not math.isfinite(mean):
                raise SystemExit("the loss is no longer a number\n  fix:   lower --lr or pass --fp32")
            last, total, count = trainer.seconds, torch.zeros((), device=trainer.device), 0
    trainer.save(saved)
    top1 = accuracy(predict(trainer.model, val[0]), val[1])
    log(f"end: {trainer.steps} steps, {trainer.steps / trainer.per_epoch:.1f} epochs, "
        f"{trainer.seconds / 60:.1f} min, val {top1:.4f} (fp32)")


def export_and_test(trainer, log):
    """Writes the model folder and holds its answers on the test pictures against the trained model's."""
    args = trainer.args
    export(trainer.model, args.export)
    x, y = data.load(args.data, "test", args.cache)
    mine = predict(trainer.model, x.to(trainer.device)).cpu()
    logits, labels = check(args.export, args.data)
    if not torch.equal(labels, y):
        raise SystemExit("the cached test pictures are not those of --data\n  fix:   empty the --cache folder")
    log(f"test: {accuracy(mine, y):.4f} as trained, {accuracy(logits, y):.4f} exported; "
        f"{(mine.argmax(1) == logits.argmax(1)).sum()} of {len(y)} answers the same, "
        f"largest logit difference {(mine - logits).abs().max():.4f}")


def main():
    args = parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    if args.threads:
        torch.set_num_threads(args.threads)
    name = ("cuda" if torch.cuda.is_available() else "cpu") if args.device == "auto" else args.device
    device = torch.device(name)
    torch.set_float32_matmul_precision("high")
    torch.manual_seed(args.seed)

    def cast():
        return contextlib.nullcontext() if args.fp32 else torch.autocast(device.type, torch.bfloat16)

    def log(text):
        line = f"{time.strftime('%H:%M:%S')} {text}"
        print(line, flush=True)
        with (args.work / "log.txt").open("a") as journal:
            print(line, file=journal)

    x, y = data.load(args.data, "train", args.cache)
    train, val = data.split_validation(x.to(device), y.to(device), args.val_per_class)
    teacher = find_teacher(args, train, val, cast, log) if args.distill else None
    trainer = Trainer(args, train, teacher, device)
    saved = args.work / "checkpoint.pt"
    if args.resume:
        trainer.restore(saved)
        log(f"resumed at step {trainer.steps}, {trainer.seconds / 60:.1f} min")
    log(f"{device}, {sum(p.numel() for p in trainer.model.parameters()):,} parameters, "
        f"{json.dumps({k: v for k, v in vars(args).items() if not isinstance(v, Path)})}")
    run(trainer, val, saved, cast, log)
    if args.export:
        export_and_test(trainer, log)


if __name__ == "__main__":
    main()
