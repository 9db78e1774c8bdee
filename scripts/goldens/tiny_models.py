# SPDX-License-Identifier: Apache-2.0
"""What the scripts that make tiny random checkpoints share."""

import torch


def randomise(model, seed):
    """Weights that keep signals near 1, so that every part of the model matters."""
    generator = torch.Generator().manual_seed(seed)

    def normal(tensor, std):
        tensor.copy_(torch.randn(tensor.shape, generator=generator) * std)

    with torch.no_grad():
        for name, tensor in model.named_parameters():
            if any(key in name for key in ("patch_embed", "position_embeddings", "pos_embed",
                                           "token")):
                normal(tensor, 1e-3)
            elif "norm" in name and name.endswith("weight"):
                tensor.copy_(0.5 + torch.rand(tensor.shape, generator=generator))
            elif "ls1" in name or "ls2" in name:
                tensor.copy_(0.1 + torch.rand(tensor.shape, generator=generator))
            elif tensor.dim() > 1:
                normal(tensor, 1.2 / tensor.shape[-1] ** 0.5)
            else:
                normal(tensor, 0.2)
    return model.eval()


def hook_outputs(modules):
    """Outputs of `modules` by name, filled when the model runs."""
    taps = {}

    def keep(name):
        def hook(_module, _inputs, output):
            value = output[0] if isinstance(output, tuple) else output
            taps[name] = value.clone()  # some models add to it in place
        return hook

    for name, module in modules.items():
        module.register_forward_hook(keep(name))
    return taps
