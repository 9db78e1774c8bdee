#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes tests/unit/eval/data/boxes: a small COCO set with everything that is easy to get wrong
(equal scores, crowds, empty pictures, sizes on both sides of the limits, areas of masks, classes
without objects or without detections, more than 100 detections in a picture), and the figures
that pycocotools gives for it. With the data set voc100 at hand, its figures too.

    python3 -m venv /tmp/boxes && /tmp/boxes/bin/pip install pycocotools==2.0.11
    /tmp/boxes/bin/python scripts/goldens/make_box_goldens.py [VOC100]
"""
import contextlib
import io
import json
import pathlib
import random
import sys
import xml.etree.ElementTree as xml

import numpy
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

OUT = pathlib.Path(__file__).parents[2] / "tests/unit/eval/data/boxes"


class WithIgnored(COCOeval):
    """Objects marked `difficult` count neither as found nor as missed, and are no crowds."""

    def _prepare(self):
        super()._prepare()
        for boxes in self._gts.values():
            for box in boxes:
                box["ignore"] = box["iscrowd"] or box.get("difficult", 0)


def mean(values):
    values = values[values > -1]
    return float(values.mean()) if values.size else None


def figures(precision, recall):
    """precision [T, R, K, A, M], recall [T, K, A, M]; None where there is nothing to find."""
    names = ["", "_small", "_medium", "_large"]
    found = {f"ap{name}": mean(precision[:, :, :, a, 2]) for a, name in enumerate(names)}
    found["ap50"] = mean(precision[0, :, :, 0, 2])
    found["ap75"] = mean(precision[5, :, :, 0, 2])
    found |= {f"ar{name}": mean(recall[:, :, a, 2]) for a, name in enumerate(names)}
    found["ar1"] = mean(recall[:, :, 0, 0])
    found["ar10"] = mean(recall[:, :, 0, 1])
    return found


def evaluate(truth, detections):
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = truth
        coco.createIndex()
        run = WithIgnored(coco, coco.loadRes(detections), "bbox")
        run.evaluate()
        run.accumulate()
    precision, recall = run.eval["precision"], run.eval["recall"]
    names = {entry["id"]: entry["name"] for entry in truth["categories"]}
    classes = {}
    for k, category in enumerate(run.params.catIds):
        one = figures(precision[:, :, k : k + 1], recall[:, k : k + 1])
        curve = precision[0, :, k, 0, 2]
        one["curve50"] = [] if curve[0] < 0 else [float(value) for value in curve]
        classes[names[category]] = one
    return figures(precision, recall) | {"classes": classes}


def synthetic():
    draw = random.Random(11)
    truth = {
        "images": [{"id": i, "file_name": f"p{i:02}.jpg", "width": 640, "height": 480}
                   for i in (9, 3, 27, 4, 5, 80, 13, 14, 15, 16, 2, 99)],
        "categories": [{"id": i, "name": name} for i, name in
                       ((7, "dog"), (3, "cat"), (41, "never there"), (40, "never found"),
                        (5, "crowd"))],
        "annotations": []}
    detections = []

    def box():
        side = draw.choice([8, 20, 32, 33, 60, 96, 97, 200])
        width, height = side * draw.uniform(0.7, 1.4), side * draw.uniform(0.7, 1.4)
        return [round(draw.uniform(0, 400), 1), round(draw.uniform(0, 250), 1), round(width, 1),
                round(height, 1)]

    def near(b):
        shake = draw.choice([0, 0.02, 0.06, 0.12, 0.3])
        return [round(b[0] + draw.uniform(-shake, shake) * b[2], 1),
                round(b[1] + draw.uniform(-shake, shake) * b[3], 1),
                round(b[2] * (1 + draw.uniform(-shake, shake)), 1),
                round(b[3] * (1 + draw.uniform(-shake, shake)), 1)]

    def detect(image, category, b):
        detections.append({"image_id": image["id"], "category_id": category, "bbox": b,
                           "score": draw.choice([0.2, 0.5, 0.5, 0.7, round(draw.random(), 4)])})

    for image in truth["images"]:
        if image["id"] == 99:  # nothing in it, nothing found
            continue
        for category in (7, 3, 40, 5):
            for _ in range(0 if image["id"] == 80 else draw.randrange(6)):
                b = box()
                crowd = int(category == 5 and draw.random() < 0.4)
                truth["annotations"].append({
                    "id": len(truth["annotations"]) + 1, "image_id": image["id"],
                    "category_id": category, "bbox": b, "iscrowd": crowd,
                    "area": round(b[2] * b[3] * draw.choice([1, 1, 0.6]), 2)})
                for _ in range(0 if category == 40 else draw.choice([0, 1, 1, 2, 4])):
                    detect(image, category, near(b))
            for _ in range(0 if category == 40 else draw.randrange(3)):
                detect(image, category, box())
    for _ in range(130):  # more than count
        detect(truth["images"][0], 7, box())
    detect(truth["images"][0], 41, box())
    return truth, detections


def voc100(folder):
    truth = json.loads((folder / "instances_v2.json").read_text())
    given = json.loads((folder / "example_detections/coco_dets.json").read_text())
    image_id = {entry["file_name"]: entry["id"] for entry in truth["images"]}
    class_id = {entry["name"]: entry["id"] for entry in truth["categories"]}
    file_name = {entry["id"]: entry["file_name"] for entry in given["images"]}
    name = {entry["id"]: entry["name"] for entry in given["categories"]}
    by_name = [{"image_id": file_name[entry["image_id"]], "category_id": name[entry["category_id"]],
                "bbox": entry["bbox"], "score": entry["score"]} for entry in given["annotations"]]

    def numbered(images, classes):
        return [entry | {"image_id": images[entry["image_id"]],
                         "category_id": classes[entry["category_id"]]}
                for entry in by_name if entry["category_id"] in classes]

    files = sorted((folder / "annotations").glob("*.xml"))
    names = sorted({child.text for file in files for child in xml.parse(file).iterfind("object/name")})
    from_xml = {"images": [{"id": i + 1, "file_name": file.stem + ".jpg"}
                           for i, file in enumerate(files)],
                "categories": [{"id": i + 1, "name": name} for i, name in enumerate(names)],
                "annotations": []}
    for i, file in enumerate(files):
        for entry in xml.parse(file).iterfind("object"):
            x1, y1, x2, y2 = (float(entry.find("bndbox/" + key).text)
                              for key in ("xmin", "ymin", "xmax", "ymax"))
            from_xml["annotations"].append({
                "id": len(from_xml["annotations"]) + 1, "image_id": i + 1,
                "category_id": names.index(entry.find("name").text) + 1,
                "bbox": [x1, y1, x2 - x1, y2 - y1], "area": (x2 - x1) * (y2 - y1), "iscrowd": 0,
                "difficult": int(entry.findtext("difficult", "0"))})
    xml_images = {entry["file_name"]: entry["id"] for entry in from_xml["images"]}
    xml_classes = {entry["name"]: entry["id"] for entry in from_xml["categories"]}
    return {"coco": evaluate(truth, numbered(image_id, class_id)),
            "xml": evaluate(from_xml, numbered(xml_images, xml_classes))}


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    truth, detections = synthetic()
    for name, content in (("truth", truth), ("detections", detections)):
        (OUT / f"{name}.json").write_text(json.dumps(content, separators=(",", ":")) + "\n")
    (OUT / "figures.json").write_text(json.dumps(evaluate(truth, detections)) + "\n")
    if len(sys.argv) > 1:
        found = voc100(pathlib.Path(sys.argv[1]))
        for one in found.values():
            for entry in one["classes"].values():
                del entry["curve50"]
        (OUT / "voc100_figures.json").write_text(json.dumps(found) + "\n")
    print("numpy", numpy.__version__, "wrote", *sorted(path.name for path in OUT.iterdir()))


main()
