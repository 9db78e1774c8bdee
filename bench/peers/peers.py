# SPDX-License-Identifier: Apache-2.0
"""Fovea against what a user would pick instead: same weights, same pictures, one run.

Rounds are interleaved, so that what else the machine does falls on all alike; ratios are taken
within a round. Outputs are compared before anything is timed. See README.md beside this file.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy

HERE = pathlib.Path(__file__).resolve().parent
BUILD = HERE.parent.parent / "build" / "release"
PEERS = ["onnxruntime", "ncnn-cpu", "ncnn-vulkan", "ncnn-vulkan-fp16", "torch-cpu", "torch-gpu"]
# Largest difference of a logit, relative to the range of the reference's logits.
TOLERANCE = {"fp32": 1e-3, "fp16": 5e-2}
TICKS = os.sysconf("SC_CLK_TCK")


class Process:
    """A peer: `ready` or `missing`, then asked line by line."""

    def __init__(self, name, command, environment, folder):
        self.name, self.missing, self.device = name, None, ""
        log = folder / f"{name}.log"  # libraries talk a great deal; it is read where one fails
        try:
            with log.open("w") as errors:
                self.process = subprocess.Popen(command, stdin=subprocess.PIPE, text=True, bufsize=1,
                                                stdout=subprocess.PIPE, stderr=errors,
                                                env=environment)
        except OSError as error:
            self.missing = str(error)
            return
        word, _, rest = self._line().partition(" ")
        if word == "ready":
            self.device = rest
        else:
            self.missing = rest or "it ended while starting: " + log.read_text()[-300:].strip()

    def _line(self):
        return self.process.stdout.readline().rstrip("\n")

    def ask(self, request):
        self.process.stdin.write(request + "\n")
        self.process.stdin.flush()
        if self._line() != "done":
            raise RuntimeError(f"{self.name} ended in the middle of '{request}'")

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def close(self):
        if self.missing is None:
            self.process.stdin.close()
            try:
                self.process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.process.kill()


def normalised(pictures, folder):
    """[B, H, W, 3] u8 -> [B, 3, H, W] f32, as the checkpoint's processor does it."""
    recipe = json.loads((folder / "preprocessor_config.json").read_text())
    mean = numpy.float32(recipe.get("image_mean", [0.5, 0.5, 0.5]))
    deviation = numpy.float32(recipe.get("image_std", [0.5, 0.5, 0.5]))
    values = (pictures.astype(numpy.float32) / 255 - mean) / deviation
    return numpy.ascontiguousarray(values.transpose(0, 3, 1, 2))


def start(case, options, folder):
    """Every process of a case, started one after another; the missing ones say so."""
    pictures, images = folder / "pictures.u8", folder / "images.f32"
    size = json.loads((case["folder"] / "config.json").read_text())["image_size"]
    random = numpy.random.default_rng(1)
    values = random.integers(0, 256, (case["batch"], size, size, 3), numpy.uint8)
    values.tofile(pictures)
    normalised(values, case["folder"]).tofile(images)
    environment = dict(os.environ, LP_NUM_THREADS=str(options.threads),
                       OMP_NUM_THREADS=str(options.threads))
    cache = options.cache / case["name"]
    cache.mkdir(parents=True, exist_ok=True)
    batch = str(case["batch"])
    processes = []
    for precision in options.precision:
        processes.append(Process(f"fovea-{precision}", [
            str(options.fovea), str(case["folder"]), str(pictures), batch, precision,
            options.device, str(options.cache / "pipelines")], environment, folder))
    for name in options.peers:
        processes.append(Process(name, [
            sys.executable, str(HERE / "systems.py"), name, str(case["folder"]), str(images),
            batch, str(options.threads), str(cache)], environment, folder))
    return processes


def compare(present, batch, folder):
    """Largest differences from the first peer's logits, by name. The first is fp32."""
    logits = {}
    for process in present:
        process.ask("run")  # also compiles, allocates and warms
        file = folder / "logits.f32"
        process.ask(f"logits {file}")
        logits[process.name] = numpy.fromfile(file, numpy.float32).reshape(batch, -1)
    names = [name for name in logits if not name.startswith("fovea")] or list(logits)
    reference = logits[names[0]]
    extent = float(reference.max() - reference.min())
    return names[0], {
        name: {"max_difference": float(numpy.abs(values - reference).max()) / extent,
               "same_first": float((values.argmax(1) == reference.argmax(1)).mean())}
        for name, values in logits.items()}


def tolerance(name):
    half = name.endswith("fp16") or name == "torch-gpu"
    return TOLERANCE["fp16" if half else "fp32"]


def measure(present, options, batch):
    """{name: {"ms": [[of a round]], "cpu_ms": [of a round]}}, all of one picture."""
    times = {process.name: {"ms": [], "cpu_ms": []} for process in present}
    for turn in range(options.rounds):
        order = present[turn % len(present):] + present[:turn % len(present)]
        for process in order:
            spent, cpu, begun = [], process.cpu_seconds(), time.perf_counter()
            while not spent or time.perf_counter() - begun < options.slice:
                before = time.perf_counter()
                process.ask("run")
                spent.append((time.perf_counter() - before) * 1000 / batch)
            times[process.name]["ms"].append(spent)
            times[process.name]["cpu_ms"].append(
                (process.cpu_seconds() - cpu) * 1000 / batch / len(spent))
    return times


def ratios(times, ours, theirs):
    """Throughput of `ours` over that of `theirs`: within rounds, of the minima, of CPU time."""
    rounds = [statistics.median(b) / statistics.median(a)
              for a, b in zip(times[ours]["ms"], times[theirs]["ms"])]
    cpu = [b / a for a, b in zip(times[ours]["cpu_ms"], times[theirs]["cpu_ms"]) if a > 0]
    return {"median": statistics.median(rounds), "worst": min(rounds), "best": max(rounds),
            "of_minima": min(map(min, times[theirs]["ms"])) / min(map(min, times[ours]["ms"])),
            "of_cpu_time": statistics.median(cpu) if cpu else None}


def run_case(case, options):
    with tempfile.TemporaryDirectory(prefix="fovea-peers-") as scratch:
        folder = pathlib.Path(scratch)
        processes = start(case, options, folder)
        try:
            present = [process for process in processes if process.missing is None]
            if not present or not present[0].name.startswith("fovea"):
                sys.exit(f"fovea does not run: {processes[0].missing}; build it with "
                         "-DFOVEA_BUILD_BENCH=ON, or point --fovea at fovea_peer")
            reference, differences = compare(present, case["batch"], folder)
            times = measure(present, options, case["batch"])
        finally:
            for process in processes:
                process.close()
    result = {"model": case["name"], "batch": case["batch"], "reference": reference,
              "missing": {p.name: p.missing for p in processes if p.missing is not None},
              "systems": {}, "ratios": {}}
    for process in present:
        rounds = times[process.name]["ms"]
        result["systems"][process.name] = {
            "device": process.device, **differences[process.name],
            "agrees": differences[process.name]["max_difference"] <= tolerance(process.name),
            "ms_min": min(map(min, rounds)),
            "ms_median": statistics.median(statistics.median(r) for r in rounds),
            "cpu_ms": statistics.median(times[process.name]["cpu_ms"]),
            "runs": sum(map(len, rounds))}
    ours = [p.name for p in present if p.name.startswith("fovea")]
    for peer in (p.name for p in present if not p.name.startswith("fovea")):
        result["ratios"][peer] = {name: ratios(times, name, peer) for name in ours}
    return result


def show(result):
    print(f"\n{result['model']}, batch {result['batch']}: ms of one picture; "
          f"logits against {result['reference']}")
    print(f"{'':<18}{'min':>10}{'median':>10}{'cpu':>10}{'runs':>6}  {'difference':>10}  runs on")
    for name, row in result["systems"].items():
        mark = "" if row["agrees"] else "  DIFFERS"
        print(f"{name:<18}{row['ms_min']:>10.2f}{row['ms_median']:>10.2f}{row['cpu_ms']:>10.2f}"
              f"{row['runs']:>6}  {row['max_difference']:>10.1e}  {row['device']}{mark}")
    for name, why in result["missing"].items():
        print(f"{name:<18}   missing: {why}")
    for peer, by_ours in result["ratios"].items():
        for name, ratio in by_ours.items():
            cpu = ratio["of_cpu_time"]
            print(f"{name} is {ratio['median']:.3f} x as fast as {peer} (rounds {ratio['worst']:.3f} to "
                  f"{ratio['best']:.3f}; minima {ratio['of_minima']:.3f}"
                  + (f"; CPU time {cpu:.3f})" if cpu is not None else ")"))
    sys.stdout.flush()


def read_case(text, options):
    """MODEL[:BATCH]; the model is a folder, or the name of one that `fovea` made at random."""
    name, _, batch = text.rpartition(":") if ":" in text else (text, "", "1")
    folder = pathlib.Path(name)
    if not (folder / "config.json").exists():
        folder = options.models / name
    if not (folder / "config.json").exists():
        sys.exit(f"no model '{name}': give a folder, or make one: fovea explain -m random:{name}")
    return {"name": folder.name, "folder": folder.resolve(), "batch": int(batch)}


def main():
    home = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "fovea"
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("cases", nargs="+", metavar="MODEL[:BATCH]",
                        help="a folder in Hugging Face layout, or vit-tiny-224 and the like")
    parser.add_argument("--peers", default=",".join(PEERS), help="default: all of " + ",".join(PEERS))
    parser.add_argument("--precision", default="fp32,fp16", help="Fovea's (default fp32,fp16)")
    parser.add_argument("--device", default="auto", help="Fovea's device (default auto)")
    parser.add_argument("--threads", type=int, default=2, help="of every CPU system (default 2)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--slice", type=float, default=0.5, help="seconds a system a round (default 0.5)")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="also write the figures there")
    parser.add_argument("--fovea", type=pathlib.Path, default=BUILD / "bench/peers/fovea_peer")
    parser.add_argument("--models", type=pathlib.Path, default=home / "random-models")
    parser.add_argument("--cache", type=pathlib.Path, default=home / "peers",
                        help="converted models stay here")
    options = parser.parse_args()
    options.peers = [name for name in options.peers.split(",") if name]
    options.precision = options.precision.split(",")
    unknown = set(options.peers) - set(PEERS)
    if unknown:
        parser.error(f"unknown peers: {', '.join(sorted(unknown))}; there are {', '.join(PEERS)}")

    cases = [read_case(text, options) for text in options.cases]
    results = []
    for case in cases:
        results.append(run_case(case, options))
        show(results[-1])
        if options.json:
            options.json.write_text(json.dumps(
                {"threads": options.threads, "rounds": options.rounds, "results": results}, indent=2) + "\n")
    wrong = [f"{r['model']}:{r['batch']} {name}" for r in results
             for name, row in r["systems"].items() if not row["agrees"]]
    if wrong:
        sys.exit("outputs differ: " + ", ".join(wrong))


if __name__ == "__main__":
    main()
