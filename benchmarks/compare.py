#!/usr/bin/env python3
"""Our compiled programs and kernels beside the best PyTorch (or oneDNN) variant, turn by turn in one run on this machine.

    compare.py [--turns N] [--variant NAME] [--list] [ROW...]      rows: names of --list or parts of them; none: all of them

N turns (default 3) of ours and the peer's script, each a process of its own for all rows that it can measure. Ours is the median over
the turns; so is every variant of the peer, and the best of those medians counts. Prints one row of a Markdown table:
row, ours, best peer and its name, ratio (above 1: ours is faster), fraction of this machine's limit, target.

The peers' scripts are in the folder PEERS (default: ../shared/peers beside the repository), set up as their README.md says. Nothing
else may run meanwhile. The limits, copying through memory and f32 multiply-adds on all cores, are those that `bench limits` measured
(bf16 counts as f32 where the processor has no bf16 multiplier).
"""
import argparse, json, os, re, statistics, subprocess, sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PEERS = Path(os.environ.get("PEERS", HERE.parent.parent / "shared" / "peers"))
OURS = HERE.parent / "artifacts" / "bin" / "OptiRs.Benchmarks" / "release" / "OptiRs.Benchmarks.dll"
NATIVE = HERE.parent / "artifacts" / "native"  # bench/bin/kernels_benchmark and, of the release, the libraries that it loads
TOKENS = 8 * 256  # of a step of the GPT
SHOW = {
    "ms": lambda seconds: f"{1e3 * seconds:.4g} ms",
    "tok/s": lambda seconds: f"{TOKENS / seconds:,.0f} tokens/s",
    "steps/s": lambda seconds: f"{1 / seconds:,.0f} steps/s",
}

# row: (our benchmark, our name, peer's commands, target)
def rows():
    def torch(script, *names): return [("./run_py.sh", script, *names)]
    for t, target in (("f32", (1.25, 1.15)), ("bf16", (1.35, 1.3))):
        yield f"gpt.{t}.train", "gpt", f"gpt.{t}.train", torch("gpt.py", f"gpt.{t}.train"), target[0]
        yield f"gpt.{t}.forward", "gpt", f"gpt.{t}.forward", torch("gpt.py", f"gpt.{t}.forward"), target[1]
    for batch, target in ((128, 1.5), (32, 2.5)):
        yield f"mlp.b{batch}.adam", "programs", f"mlp.b{batch}.adam", torch("mlp.py", f"mlp.b{batch}.adam"), target
    for channels, size, f32, bf16 in ((64, 56, 1.2, 1.35), (256, 14, 1.1, 1.2)):
        for t, target in (("f32", f32), ("bf16", bf16)):
            name = f"conv.resblock_16x{channels}x{size}.{t}"
            yield name, "programs", f"{name}.fwdbwd", torch("conv.py", f"{name}.nchw.fwdbwd", f"{name}.nhwc.fwdbwd"), target
    for size, target in (("16M", 1.4), ("256k", 1.5)):
        yield f"elem.chain10.{size}", "programs", f"elem.chain10.{size}", torch("elementwise.py", f"elem.chain10.{size}.torch"), target
    for t in ("f32", "bf16"):
        for what, target in (("layernorm", 1.3), ("rmsnorm", 2), ("softmax", 1.4), ("gelu_tanh", 2.5), ("gelu_erf", None)):
            name = f"norm.{what}.{t}.fwdbwd"
            yield name, "programs", name, torch("norm.py", name), (2.5 if t == "bf16" and target else target)
    for t in ("f32", "bf16"):
        for length in (1024, 4096):
            for mask in ("full", "causal"):
                for what in ("fwd", "fwdbwd"):
                    name = f"attn.{t}.S{length}.{mask}.{what}"
                    target = {"f32": {"full": 1.15, "causal": 1.5}, "bf16": {"full": 1.3, "causal": 2}}[t][mask]
                    peer = torch("attention.py", f"{name}.torch")
                    if what == "fwd": peer.append(("./in_chroot.sh", "/build/sdpa_dnnl_graph"))
                    yield name, "programs", name, peer, target
    for size, target in (("100M", 0.97), ("1000x10k", 2), ("64k", 3)):
        name = f"optim.adamw.{size}"
        yield name, "programs", name, torch("optim.py", f"{name}.torch_fused", f"{name}.torch_compile"), target
    for t in ("f32", "bf16"):
        for shape in ("512", "1024", "2048", "4096", "512x768x3072", "16x768x3072", "1x768x3072"):
            name = f"gemm.{t}.{shape}"
            cube = "x".join([shape] * 3) if shape.isdigit() else shape
            peer = torch("gemm.py", f"{name}.torch") + [("./in_chroot.sh", "/build/gemm_dnnl", f"{name}.dnnl")]
            yield name, "programs", f"gemm.{t}.{cube}", peer, 0.97

    yield from kernel_rows(torch)

def kernel_rows(torch):
    """Single kernels, called from C++, which carry the peers' names."""
    def row(name, script, *names, target=None): return f"kernels.{name}", "kernels", name, torch(script, *names or [f"{name}."]), target
    for what, targets in (("adamw", (0.97, 0.97, 2, 4)), ("sgdm", (0.97, 0.97, 2, 4)), ("lion", (0.97, 0.97, 2, 4))):
        for size, target in zip(("100M", "16M", "1000x10k", "64k"), targets):
            name = f"optim.{what}.{size}"
            variants = [f"{name}.torch_{variant}" for variant in ("fused", "compile", "composed")]
            yield row(name, "optim.py", *variants, target=target)
    for t, backward in (("f32", 1.3), ("bf16", 2.5)):
        for what in ("layernorm", "rmsnorm", "softmax", "gelu_tanh", "gelu_erf"):
            yield row(f"norm.{what}.{t}.fwd", "norm.py", target=1.3)
            yield row(f"norm.{what}.{t}.fwdbwd", "norm.py", target=backward)
    yield row("norm.cross_entropy_2048x256.f32.fwdbwd", "norm.py")
    for what, target in (("quant", 2), ("dequant", 8)):
        for size in ("16M", "256k"): yield row(f"fp8.{what}_e4m3.{size}", "elementwise.py", f"fp8.{what}_e4m3.{size}.torch_copy", target=target)
    for t in ("f32", "bf16"):
        for length in (1024, 4096):
            for mask in ("full", "causal"):
                for what in ("fwd", "fwdbwd"):
                    name = f"attn.{t}.S{length}.{mask}.{what}"
                    yield row(name, "attention.py", f"{name}.torch", target=1.2 if mask == "full" else 1.5 if t == "f32" else 2.5)
    for size in ("512", "2048"): yield row(f"gemm.f32.{size}", "gemm.py", f"gemm.f32.{size}.torch", target=0.97)

LINE = re.compile(r"^(\S+) (\S+) (\S+)(?: # (.*))?$")

def run(command, cwd=None, env=None):
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True)
    if done.returncode != 0: sys.exit(f"{' '.join(map(str, command))} failed ({done.returncode}):\n{done.stdout[-500:]}\n{done.stderr[-2000:]}")
    for line in done.stdout.splitlines():
        if m := LINE.match(line):
            details = dict(d.split("=", 1) for d in (m[4] or "").split() if "=" in d)
            try: yield m[1], float(m[2]), m[3], details
            except ValueError: pass

def run_kernels(names):
    """What kernels_benchmark prints for these names, in the form of run."""
    pattern = "^(" + "|".join(map(re.escape, names)) + ")(/.*)?$"
    command = [NATIVE / "bench" / "bin" / "kernels_benchmark", "--benchmark_format=json", f"--benchmark_filter={pattern}"]
    done = subprocess.run(command, env=dict(os.environ, OPTIRS_BACKEND_PATH=NATIVE / "release" / "lib"), capture_output=True, text=True)
    if done.returncode != 0: sys.exit(f"kernels_benchmark failed ({done.returncode}):\n{done.stderr[-2000:]}")
    for case in json.loads(done.stdout)["benchmarks"]:
        milliseconds = case["real_time"] * {"ns": 1e-6, "us": 1e-3, "ms": 1}[case["time_unit"]]
        details = {key: case[counter] * milliseconds / 1e3 for key, counter in (("bytes", "bytes_per_second"), ("flops", "flops")) if counter in case}
        yield case["name"].split("/")[0], milliseconds, "ms", details

def ours(benchmark, names):
    lines = run_kernels(names) if benchmark == "kernels" else run(["dotnet", OURS, benchmark, *names])
    found = {got: (value, unit, details) for got, value, unit, details in lines}
    for name in names:
        if name not in found: sys.exit(f"our benchmark {benchmark} has no {name}")
    return found

def peers(commands):
    env = dict(os.environ, PEERS_MALLOC="1", PEERS_TIME="0.5")
    for command in commands:
        # A peer that cannot do it prints "nan".
        yield from ((got, value, unit) for got, value, unit, _ in run(command, cwd=PEERS, env=env) if value == value)

def limits():
    found = {name: value for name, value, _, _ in run(["dotnet", OURS, "limits"])}
    return found["limit.copy"] * 1e9, found["limit.f32"] * 1e9

def seconds(value, unit): return value / 1e3 if unit == "ms" else TOKENS / value if unit == "tok/s" else 1 / value

def groups(chosen, variant):
    """Rows that one process of ours and one of each peer measure together: [(benchmark, commands, rows)]."""
    together = {}
    for row in chosen:
        _, benchmark, _, commands, _ = row
        together.setdefault((benchmark, tuple(command[:2] for command in commands)), []).append(row)
    for (benchmark, scripts), rows_of in together.items():
        arguments = [sorted({name for row in rows_of for name in row[3][i][2:]}) for i in range(len(scripts))]
        if variant: arguments[0] = [name.removesuffix(".torch") + ".torch_" + variant for name in arguments[0]]
        commands = [(*script, *names) for script, names in zip(scripts, arguments)]
        yield benchmark, commands[:1] if variant else commands, rows_of

def compare(benchmark, commands, rows_of, turns, limit):
    mine, theirs, details, units = {}, {}, {}, {}
    for _ in range(turns):
        for name, (value, unit, detail) in ours(benchmark, [row[2] for row in rows_of]).items():
            if unit not in SHOW: continue
            mine.setdefault(name, []).append(seconds(value, unit))
            details[name] = detail
        for variant, value, unit in peers(commands):
            theirs.setdefault(variant, []).append(seconds(value, unit))
            units[variant] = unit
    for row, _, our_name, _, target in rows_of:
        name = row.removeprefix("kernels.")
        medians = {variant: statistics.median(values) for variant, values in theirs.items() if variant.startswith(name + ".")}
        if not medians: sys.exit(f"{name}: the peer printed no figure")
        best = min(medians, key=medians.get)
        own = statistics.median(mine[our_name])
        flops, moved = float(details[our_name].get("flops", 0)), float(details[our_name].get("bytes", 0))
        fraction = flops / own / limit[1] if flops else moved / own / limit[0]
        show = SHOW[units[best]]
        print(f"| {row} | {show(own)} | {show(medians[best])} ({best.removeprefix(name + '.')}) | {medians[best] / own:.2f} "
              f"| {100 * fraction:.0f} % | {target or ''} |", flush=True)

def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--variant", help="only this variant of PyTorch, for a quick look: eager, compile, ... (the table needs all)")
    parser.add_argument("--list", action="store_true", help="print the rows and stop")
    parser.add_argument("rows", nargs="*", metavar="ROW")
    arguments = parser.parse_args()
    chosen = [r for r in rows() if not arguments.rows or any(a in r[0] for a in arguments.rows)]
    if arguments.list: return print("\n".join(r[0] for r in chosen))
    if not chosen: sys.exit(f"no row is called like {arguments.rows}; see --list")
    if not (PEERS / "run_py.sh").exists(): sys.exit(f"the peers' scripts are not in {PEERS}: set PEERS to their folder")
    home = Path(os.environ.get("PEERS_HOME", Path.home() / ".cache" / "optirs-peers"))
    if not (home / "chroot").exists(): sys.exit(f"the peers are not set up in {home}: run {PEERS}/setup_peers.sh and build_c.sh")
    if not OURS.exists(): sys.exit(f"{OURS} is missing: build benchmarks/OptiRs.Benchmarks in Release first")
    if any(r[1] == "kernels" for r in chosen) and not (NATIVE / "bench").exists():
        sys.exit(f"kernels_benchmark is missing: cmake --preset release -B {NATIVE}/bench -DOPTIRS_BUILD_BENCHMARKS=ON, and build it")
    limit = limits()
    print(f"limits: copy {limit[0] / 1e9:.3g} GB/s, f32 {limit[1] / 1e9:.4g} GFLOP/s\n\n| Row | Ours | Best peer | Ratio | Of the limit | Target |\n|---|--:|--:|--:|--:|--:|", flush=True)
    for benchmark, commands, rows_of in groups(chosen, arguments.variant): compare(benchmark, commands, rows_of, arguments.turns, limit)

if __name__ == "__main__": main()
