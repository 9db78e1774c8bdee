# SPDX-License-Identifier: Apache-2.0
"""PyTorch's answers for a folder of class folders, to hold `fovea eval` against.

    python predict_reference.py MODEL FOLDER OUT.csv|OUT.jsonl [--expect OTHER.jsonl]

Every picture goes through the model folder's own image processor (Pillow) and through transformers in
fp32. OUT has one row a picture, sorted by path: path relative to FOLDER, top1 (class name), top1_id,
and all logits. With --expect, a file of Fovea's records, it prints how many top-1 answers agree.
"""
import argparse
import csv
import json
from pathlib import Path

from PIL import Image

from export import load_folder, reference_logits

ENDINGS = {".jpg", ".jpeg", ".png", ".webp", ".bmp"}


def agreement(rows, folder, expected):
    """Prints how many of rows have the top-1 label that Fovea's records give for the same file."""
    theirs = {}
    for line in expected.read_text().splitlines():
        record = json.loads(line)
        source = Path(record["source"])
        theirs["/".join(source.parts[-2:])] = record["labels"][0]["name"]
    mine = {"/".join(Path(r["path"]).parts[-2:]): r["top1"] for r in rows}
    both = mine.keys() & theirs.keys()
    same = sum(mine[k] == theirs[k] for k in both)
    print(f"{same} of {len(both)} top-1 answers agree; {len(mine) - len(both)} only under {folder}, "
          f"{len(theirs) - len(both)} only in {expected}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--expect", type=Path, help="Fovea's results.jsonl for the same folder")
    args = parser.parse_args()

    model, processor = load_folder(args.model)
    paths = sorted(p for p in args.folder.rglob("*") if p.suffix.lower() in ENDINGS)
    if not paths:
        raise SystemExit(f"no pictures\n  where: {args.folder}\n  fix:   name a folder of class folders")
    logits = reference_logits(model, processor, (Image.open(p) for p in paths))
    rows = []
    for path, row in zip(paths, logits):
        top = int(row.argmax())
        rows.append({"path": path.relative_to(args.folder).as_posix(), "top1": model.config.id2label[top],
                     "top1_id": top, "logits": [round(v, 6) for v in row.tolist()]})
    with args.out.open("w", newline="") as f:
        if args.out.suffix == ".jsonl":
            f.writelines(json.dumps(r) + "\n" for r in rows)
        else:
            table = csv.writer(f)
            table.writerow(["path", "top1", "top1_id"] + [f"logit_{i}" for i in range(logits.shape[1])])
            table.writerows([r["path"], r["top1"], r["top1_id"], *r["logits"]] for r in rows)
    named = [r for r in rows if Path(r["path"]).parent.name in model.config.label2id]
    if named:
        right = sum(r["top1"] == Path(r["path"]).parent.name for r in named)
        print(f"top-1 {right} of {len(named)} ({right / len(named):.2%})")
    if args.expect:
        agreement(rows, args.folder, args.expect)


if __name__ == "__main__":
    main()
