# SPDX-License-Identifier: Apache-2.0
"""What the detector is asked for: one token per object, and on the way there a class and a box from every patch."""
import torch
import torch.nn as nn
import torch.nn.functional as F
from scipy.optimize import linear_sum_assignment

from yolos import places


def corners(boxes):
    """[...,4] centre and size -> left, top, right, bottom."""
    return torch.cat((boxes[..., :2] - boxes[..., 2:] / 2, boxes[..., :2] + boxes[..., 2:] / 2), -1)


def giou(a, b):
    """Generalised overlap of corner boxes that broadcast against each other, and the plain one."""
    area_a, area_b = ((x[..., 2:] - x[..., :2]).clamp(min=0).prod(-1) for x in (a, b))
    inner = (torch.minimum(a[..., 2:], b[..., 2:]) - torch.maximum(a[..., :2], b[..., :2])).clamp(min=0).prod(-1)
    outer = (torch.maximum(a[..., 2:], b[..., 2:]) - torch.minimum(a[..., :2], b[..., :2])).clamp(min=0).prod(-1)
    union = (area_a + area_b - inner).clamp(min=1e-9)
    iou = inner / union
    return iou - (outer - union) / outer.clamp(min=1e-9), iou


class DetectionLoss:
    """Loss of the detection tokens; who answers for which object moves from the nearest anchor to the best answer.

    A class is asked of one token per object. A box is also asked of the other tokens that stand inside an object, at
    the weight `bystanders`: several times as many examples, and whichever token wins later has a good box ready.
    """

    def __init__(self, anchors, class_weights, no_object, bystanders=0.3):
        self.anchors = places(*anchors)
        self.weights = torch.tensor([*class_weights, no_object])
        self.bystanders = bystanders

    @torch.no_grad()
    def assign(self, logits, boxes, target, labels, free):
        """(tokens, objects) of one picture; free 0: by distance to the anchors, 1: nearly as in DETR."""
        near = (self.anchors[:, None] - target[None, :, :2]).abs().sum(-1)
        chance = logits.softmax(-1)[:, labels]
        l1 = torch.cdist(boxes, target, p=1)
        overlap, _ = giou(corners(boxes)[:, None], corners(target)[None])
        cost = 20 * (1 - 0.8 * free) * near + free * (5 * l1 - 2 * overlap - 2 * chance)
        return (torch.from_numpy(i) for i in linear_sum_assignment(cost.numpy()))

    def inside(self, target):
        """(tokens, objects): every token that stands within the middle 80 % of an object, and the nearest such one."""
        away = (self.anchors[:, None] - target[None, :, :2]).abs() / target[None, :, 2:]
        reach, nearest = away.amax(-1).min(1)
        tokens = (reach < 0.4).nonzero()[:, 0]
        return tokens, nearest[tokens]

    def gather(self, outputs, targets, free):
        """Classes wanted [B,Q], and of each box asked: picture, token, box, weight."""
        logits, boxes = (x.detach() for x in outputs[-1])
        wanted = torch.full(logits.shape[:2], logits.shape[2] - 1)
        asked = []
        for b, (target, labels) in enumerate(targets):
            if not len(target):
                continue
            tokens, objects = self.assign(logits[b], boxes[b], target, labels, free)
            wanted[b, tokens] = labels[objects]
            weight = self.weights[labels]
            asked.append((torch.full_like(tokens, b), tokens, target[objects], weight[objects]))
            others, theirs = self.inside(target)
            spare = wanted[b, others] == logits.shape[2] - 1
            others, theirs = others[spare], theirs[spare]
            asked.append((torch.full_like(others, b), others, target[theirs], self.bystanders * weight[theirs]))
        return wanted, [torch.cat(v) for v in zip(*asked)]

    def __call__(self, outputs, targets, free):
        """outputs: (logits [B,Q,C+1], boxes [B,Q,4]) of the blocks asked, last block last; the last one assigns."""
        wanted, asked = self.gather(outputs, targets, free)
        total = 0.0
        for k, (logits, boxes) in enumerate(outputs):
            loss = F.cross_entropy(logits.flatten(0, 1), wanted.flatten(), self.weights)
            if asked:
                picture, token, target, weight = asked
                mine = boxes[picture, token]
                overlap, _ = giou(corners(mine), corners(target))
                loss = loss + (weight / weight.sum() * (5 * (mine - target).abs().sum(-1) + 2 * (1 - overlap))).sum()
            total = total + loss * (1.0 if k == len(outputs) - 1 else 0.5)
        return total


class DenseHead(nn.Module):
    """Asks every patch for the class and the box of the object whose middle it is in; used in training only."""

    def __init__(self, dim, grid, classes):
        super().__init__()
        self.centres, self.classes = places(*grid), classes
        self.step = torch.tensor([1 / grid[1], 1 / grid[0]])
        self.hidden, self.out = nn.Linear(dim, dim), nn.Linear(dim, classes + 4)
        nn.init.zeros_(self.out.weight)
        with torch.no_grad():
            self.out.bias.copy_(torch.tensor([-2.0] * classes + [0.0, 0.0, 1.0, 1.0]))

    def owners(self, boxes):
        """[P] which object each patch answers for, -1 for none; the smallest wins where several could."""
        away = (self.centres[:, None] - boxes[None, :, :2]).abs()
        middle = torch.maximum(0.3 * boxes[None, :, 2:], 0.6 * self.step)
        inside = (away <= middle).all(-1)
        area = torch.where(inside, boxes[:, 2:].prod(-1)[None], torch.inf)
        least, owner = area.min(1)
        return torch.where(least.isinf(), -1, owner)

    def loss(self, stream, targets, weights):
        """Mean over patches of focal cross-entropy plus the boxes' loss, of a stream [B,P,C]."""
        out = self.out(F.gelu(self.hidden(stream)))
        logits, geometry = out[..., : self.classes], out[..., self.classes :]
        wanted, picked, boxes, kinds = torch.zeros_like(logits), [], [], []
        for b, (target, labels) in enumerate(targets):
            if not len(target):
                continue
            owner = self.owners(target)
            mine = (owner >= 0).nonzero()[:, 0]
            wanted[b, mine, labels[owner[mine]]] = 1
            picked.append((torch.full_like(mine, b), mine))
            boxes.append(target[owner[mine]])
            kinds.append(labels[owner[mine]])
        chance = logits.sigmoid()
        hard = torch.where(wanted > 0, 1 - chance, chance)
        positive = wanted.sum().clamp(min=1)
        loss = (F.binary_cross_entropy_with_logits(logits, wanted, reduction="none") * hard**2 * weights).sum() / positive
        if picked:
            b, p = (torch.cat(v) for v in zip(*picked))
            found, target, kinds = geometry[b, p], torch.cat(boxes), torch.cat(kinds)
            centre = self.centres[p] + found[:, :2] * self.step
            size = found[:, 2:].clamp(max=4).exp() * self.step
            overlap, _ = giou(corners(torch.cat((centre, size), -1)), corners(target))
            share = weights[kinds] / weights[kinds].sum()
            loss = loss + (share * (1 - overlap)).sum()
        return loss
