"""Trains our GPT in PyTorch from the same initial weights on the same batches, and compares the losses step by step.

    ./build.sh bench parity --out DIR          # ours: DIR/initial.safetensors, DIR/batches.safetensors, DIR/losses.json
    python3 benchmarks/peers/gpt_parity.py DIR # PyTorch 2.x: the losses of both and their greatest relative difference
"""
import json
import math
import struct
import sys

import torch
import torch.nn.functional as F

DTYPES = {"F32": torch.float32, "I32": torch.int32}


def read_safetensors(path):
    with open(path, "rb") as file:
        (size,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(size))
        data = bytearray(file.read())
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            flat = torch.frombuffer(data[begin:end], dtype=DTYPES[entry["dtype"]])
            tensors[name] = flat.reshape(entry["shape"]).clone()
    return tensors


def forward(p, tokens, layers, heads):
    batch, time = tokens.shape
    width = p["token_embedding.weight"].shape[1]
    x = p["token_embedding.weight"][tokens] + p["position_embedding.weight"][:time]

    def norm(x, name):
        return F.layer_norm(x, (width,), p[name + ".weight"], p[name + ".bias"], 1e-5)

    def linear(x, name):
        return F.linear(x, p[name + ".weight"], p.get(name + ".bias"))

    for i in range(layers):
        block = f"blocks.{i}"
        qkv = linear(norm(x, block + ".norm1"), block + ".attention.qkv")
        q, k, v = qkv.view(batch, time, 3, heads, width // heads).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + linear(mixed.transpose(1, 2).reshape(batch, time, width), block + ".attention.out")
        up = F.gelu(linear(norm(x, block + ".norm2"), block + ".mlp.up"), approximate="tanh")
        x = x + linear(up, block + ".mlp.down")
    return linear(norm(x, "norm"), "head")


def main(folder):
    with open(f"{folder}/losses.json") as file:
        ours = json.load(file)
    parameters = {k: t.requires_grad_() for k, t in read_safetensors(f"{folder}/initial.safetensors").items()}
    batches = read_safetensors(f"{folder}/batches.safetensors")["batches"].long()
    optimizer = torch.optim.AdamW(parameters.values(), lr=ours["learning_rate"], betas=(0.9, 0.999), eps=1e-8,
                                  weight_decay=ours["weight_decay"])
    worst = 0.0
    for step, windows in enumerate(batches):
        logits = forward(parameters, windows[:, :-1], ours["layers"], ours["heads"])
        loss = F.cross_entropy(logits.flatten(0, 1), windows[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        if ours["clip_norm"] > 0:
            torch.nn.utils.clip_grad_norm_(parameters.values(), ours["clip_norm"])
        optimizer.step()
        difference = abs(loss.item() - ours["losses"][step]) / abs(loss.item())
        worst = max(worst, difference) if math.isfinite(difference) else math.inf
        print(f"step {step + 1:3}  ours {ours['losses'][step]:.7f}  torch {loss.item():.7f}  relative {difference:.1e}")
    print(f"greatest relative difference over {len(batches)} steps: {worst:.2e}")


if __name__ == "__main__":
    main(sys.argv[1])
