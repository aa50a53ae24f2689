"""Repeats the 20 steps of `OptiRs.Benchmarks reference` in PyTorch, from the same weights and batches, and compares the losses.

usage: reference.py FOLDER     (needs torch; reads FOLDER/reference.safetensors, the format by hand)
"""
import json, struct, sys
import torch
import torch.nn.functional as F


def read(path):
    data = open(path, "rb").read()
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + size])
    types = {"F32": torch.float32, "F64": torch.float64, "I32": torch.int32}
    metadata = header.pop("__metadata__")
    tensors = {}
    for name, t in header.items():
        begin, end = (8 + size + o for o in t["data_offsets"])
        tensors[name] = torch.frombuffer(bytearray(data[begin:end]), dtype=types[t["dtype"]]).reshape(t["shape"])
    return tensors, metadata


def loss_of(p, windows, heads):
    inputs, targets = windows[:, :-1], windows[:, 1:]
    batch, time = inputs.shape
    norm = lambda x, name: F.layer_norm(x, x.shape[-1:], p[name + ".weight"], p[name + ".bias"])
    linear = lambda x, name: F.linear(x, p[name + ".weight"], p.get(name + ".bias"))
    x = p["token_embedding.weight"][inputs] + p["position_embedding.weight"]
    width = x.shape[-1]
    i = 0
    while f"blocks.{i}.norm1.weight" in p:
        b = f"blocks.{i}."
        q, k, v = linear(norm(x, b + "norm1"), b + "attention.qkv").view(batch, time, 3, heads, width // heads).permute(2, 0, 3, 1, 4)
        a = F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).reshape(batch, time, width)
        x = x + linear(a, b + "attention.out")
        x = x + linear(F.gelu(linear(norm(x, b + "norm2"), b + "mlp.up"), approximate="tanh"), b + "mlp.down")
        i += 1
    logits = linear(norm(x, "norm"), "head")
    return F.cross_entropy(logits.view(batch * time, -1), targets.reshape(-1))


def main():
    tensors, metadata = read(sys.argv[1] + "/reference.safetensors")
    reference = {n[len("reference."):]: tensors.pop(n) for n in list(tensors) if n.startswith("reference.")}
    for precision in (torch.float32, torch.float64):
        p = {name: t.clone().to(precision).requires_grad_() for name, t in tensors.items()}
        optimizer = torch.optim.AdamW(p.values(), lr=1, weight_decay=float(metadata["weight_decay"]))
        worst = 0.0
        for step, (windows, rate, ours) in enumerate(zip(reference["batches"].long(), reference["learning_rates"], reference["losses"]), 1):
            optimizer.param_groups[0]["lr"] = rate.item()
            optimizer.zero_grad()
            loss = loss_of(p, windows, int(metadata["heads"]))
            loss.backward()
            torch.nn.utils.clip_grad_norm_(p.values(), float(metadata["clip_norm"]))
            optimizer.step()
            difference = abs(loss.item() - ours.item()) / loss.item()
            worst = max(worst, difference)
            print(f"step {step:2d}  torch {loss.item():.7f}  ours {ours.item():.7f}  relative difference {difference:.1e}")
        print(f"reference.{str(precision)[6:]}.worst_relative_difference {worst:.3e} -")


main()
