# SPDX-License-Identifier: Apache-2.0
"""Muon (Jordan et al. 2024): momentum whose update, a matrix, is replaced by its nearest orthogonal one."""
import torch


def orthogonalise(g, steps=5, dtype=torch.bfloat16):
    """[..., M, N] -> U V^T of its singular value decomposition, nearly, by a quintic Newton-Schulz iteration."""
    a, b, c = 3.4445, -4.7750, 2.0315
    x = g.to(dtype)
    tall = x.shape[-2] > x.shape[-1]
    if tall:
        x = x.mT
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(steps):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.mT if tall else x


class Muon(torch.optim.Optimizer):
    """For weight matrices only (a convolution counts as [out, in*kh*kw]); everything else belongs in AdamW.

    parts: a fused weight (q|k|v stacked by rows) is orthogonalised in that many pieces.
    unit_rows: keeps each weight's norm at sqrt(rows) instead of decaying it (for nets with batch norm).
    dtype: of the orthogonalisation; fp32 is faster on a CPU without bf16 products.
    """

    def __init__(self, params, lr, momentum=0.95, weight_decay=0.0, parts=1, unit_rows=False,
                 dtype=torch.bfloat16):
        super().__init__(params, dict(lr=lr, momentum=momentum, weight_decay=weight_decay, parts=parts,
                                      unit_rows=unit_rows, dtype=dtype))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            by_shape = {}
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if "momentum" not in state:
                    state["momentum"] = torch.zeros_like(p)
                m = state["momentum"].lerp_(p.grad, 1 - group["momentum"])
                nesterov = p.grad.lerp(m, group["momentum"])
                by_shape.setdefault(p.shape, []).append((p, nesterov))
            for shape, members in by_shape.items():
                rows = shape[0] // group["parts"]
                stack = torch.stack([u.reshape(group["parts"], rows, -1) for _, u in members])
                scale = max(1.0, rows / stack.shape[-1]) ** 0.5
                for (p, _), update in zip(members, orthogonalise(stack, dtype=group["dtype"])):
                    if group["unit_rows"]:
                        p.mul_(len(p) ** 0.5 / p.norm())
                    else:
                        p.mul_(1 - group["lr"] * group["weight_decay"])
                    p.add_(update.reshape(shape).to(p.dtype), alpha=-group["lr"] * scale)
