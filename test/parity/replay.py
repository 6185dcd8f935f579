"""
A training run once more, by a program that shares nothing with the engine but the published definitions: its own random
streams, first weights, order of the data, model (in float64, differentiated by PyTorch), AdamW, clipping, schedule,
router biases and metrics. Reads {config, seed} from a file, writes one JSON object: the metrics of every step and evaluation.

    python replay.py RUN.json CORPORA
"""

import gzip
import hashlib
import json
import math
import sys
from pathlib import Path

import torch
from torch.nn.functional import cross_entropy, silu, softmax

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
WORD = 0xFFFFFFFF


class Stream:
    """sfc32, its first three words the first 96 bits of SHA-256("seed/name")."""

    def __init__(self, seed, name):
        digest = hashlib.sha256(f"{seed}/{name}".encode()).digest()
        self.a, self.b, self.c = (int.from_bytes(digest[i : i + 4], "big") for i in (0, 4, 8))
        self.counter = 1

    def bits(self):
        out = (self.a + self.b + self.counter) & WORD
        self.counter = (self.counter + 1) & WORD
        self.a = self.b ^ (self.b >> 9)
        self.b = (self.c + (self.c << 3)) & WORD
        self.c = (((self.c << 21) | (self.c >> 11)) + out) & WORD
        return out

    def below(self, n):
        limit = 2**32 - 2**32 % n
        while (bits := self.bits()) >= limit:
            pass
        return bits % n

    def normal(self):
        """Marsaglia's polar method; the second of each pair is thrown away."""
        while True:
            u, v = (2 * ((self.bits() + 0.5) / 2**32) - 1 for _ in range(2))
            if (s := u * u + v * v) < 1:
                return u * math.sqrt(-2 * math.log(s) / s)


class Weights(dict):
    """Trained tensors by published name, made when they are first asked for: gains of norms are 1, matrices normal."""

    def __init__(self, seed, std):
        super().__init__()
        self.seed, self.std = seed, std

    def matrix(self, name, rows, columns):
        if name not in self:
            stream = Stream(self.seed, name)
            values = torch.tensor([self.std * stream.normal() for _ in range(rows * columns)]).view(rows, columns)
            self[name] = values.float().double().requires_grad_()
        return self[name]

    def gain(self, name, width):
        if name not in self:
            self[name] = torch.ones(width).requires_grad_()
        return self[name]


# --- data ---------------------------------------------------------------------------------------------------------------


def texts(folder, names):
    manifest = {entry["name"]: entry for entry in json.loads((folder / "manifest.json").read_text())}
    return [(gzip.decompress((folder / manifest[name]["file"]).read_bytes()), manifest[name]["trainLength"]) for name in names]


def domains_of_batch(weights, batch, step):
    """Systematic sampling of the sequences left over, then earliest deadline first."""
    total = sum(weights)
    stride = max(1, math.floor(total * 0.618 + 0.5))
    while math.gcd(stride, total) != 1:
        stride -= 1
    u, end, counts = step * stride % total, 0, []
    for weight in weights:
        start, end = end, end + batch * weight % total
        counts.append(batch * weight // total + -((u - end) // total) - -((u - start) // total))
    used, places = [0] * len(counts), []
    for place in range(batch):
        open_ = [d for d, n in enumerate(counts) if used[d] < n and used[d] * batch // n <= place]
        chosen = min(open_, key=lambda d: (-(-(used[d] + 1) * batch // counts[d]), d))
        used[chosen] += 1
        places.append(chosen)
    return places


def validation_windows(corpora, length, count):
    """`count` windows of each text's validation part, evenly spaced from its first byte to its last."""
    for domain, (text, train) in enumerate(corpora):
        last = len(text) - train - (length + 1)
        for index in range(count):
            start = train + (0 if count == 1 else last * index // (count - 1))
            yield domain, list(text[start : start + length + 1])


# --- model (DeepSeek-V3, section 2) ---------------------------------------------------------------------------------------


class Model:
    def __init__(self, config, seed):
        self.config, self.m, self.balance = config, config["model"], config["balance"]
        self.w = Weights(seed, self.m["initializerRange"])
        self.bias = {}

    def linear(self, x, name, out):
        return x @ self.w.matrix(f"{name}.weight", out, x.shape[-1]).T

    def norm(self, x, name, eps):
        return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + eps) * self.w.gain(f"{name}.weight", x.shape[-1])

    def rotate(self, x):
        """Interleaved pairs of the last axis, the sequence being axis 1: x is [B,S,heads,dim]."""
        half = torch.arange(x.shape[-1] // 2)
        angle = torch.arange(x.shape[1])[:, None] * self.m["ropeTheta"] ** (-2 * half / x.shape[-1])
        cos, sin = angle.cos()[:, None], angle.sin()[:, None]
        even, odd = x[..., ::2], x[..., 1::2]
        return torch.stack([even * cos - odd * sin, even * sin + odd * cos], -1).flatten(-2)

    def attention(self, x, name):
        a, heads = self.m["attention"], self.m["numAttentionHeads"]
        batch, length, _ = x.shape
        nope, rope, v = a["qkNopeHeadDim"], a["qkRopeHeadDim"], a["vHeadDim"]
        q = self.linear(x, f"{name}.q_proj", heads * (nope + rope)).view(batch, length, heads, -1)
        q = torch.cat([q[..., :nope], self.rotate(q[..., nope:])], -1)
        latent = self.linear(x, f"{name}.kv_a_proj_with_mqa", a["kvLoraRank"] + rope)
        latent, k_rope = latent.split([a["kvLoraRank"], rope], -1)
        kv = self.linear(self.norm(latent, f"{name}.kv_a_layernorm", 1e-6), f"{name}.kv_b_proj", heads * (nope + v)).view(batch, length, heads, -1)
        k = torch.cat([kv[..., :nope], self.rotate(k_rope[:, :, None]).expand(-1, -1, heads, -1)], -1)
        scores = torch.einsum("bqhd,bkhd->bhqk", q, k) / math.sqrt(nope + rope)
        scores = scores.masked_fill(torch.ones(length, length).triu(1).bool(), -math.inf)
        out = torch.einsum("bhqk,bkhd->bqhd", softmax(scores, -1), kv[..., nope:])
        return self.linear(out.flatten(2), f"{name}.o_proj", x.shape[-1])

    def mlp(self, x, name, width):
        return self.linear(silu(self.linear(x, f"{name}.gate_proj", width)) * self.linear(x, f"{name}.up_proj", width), f"{name}.down_proj", x.shape[-1])

    def experts(self, x, name, seen):
        m, k = self.m, self.m["numExpertsPerTok"]
        flat = x.flatten(0, 1)
        s = torch.sigmoid(self.linear(flat, f"{name}.gate", m["nRoutedExperts"]))
        bias = self.bias.setdefault(name, torch.zeros(m["nRoutedExperts"]))
        choose = lambda scores: scores.sort(dim=-1, descending=True, stable=True).indices[:, :k]  # of equals the lowest id
        chosen = choose(s.detach() + bias)
        ranked = (s.detach() + bias).sort(-1, descending=True).values
        margin = (ranked[:, k - 1] - ranked[:, k]).min().item()
        gates = s.gather(1, chosen)
        gates = gates / (gates.sum(-1, keepdim=True) + 1e-20) * m["routedScalingFactor"]
        loads = torch.bincount(chosen.flatten(), minlength=m["nRoutedExperts"])
        seen.append({"name": name, "loads": loads, "chosen": chosen.view(*x.shape[:2], k), "margin": margin, "loss": self.balance_loss(s, choose(s.detach()), x.shape[1])})
        out = torch.zeros_like(flat)
        for j in range(m["nRoutedExperts"]):
            row, slot = (chosen == j).nonzero(as_tuple=True)
            out = out.index_add(0, row, gates[row, slot, None] * self.mlp(flat[row], f"{name}.experts.{j}", m["moeIntermediateSize"]))
        return out.view_as(x) + self.mlp(x, f"{name}.shared_experts", m["nSharedExperts"] * m["moeIntermediateSize"])

    def balance_loss(self, s, chosen, length):
        """Eq. 17-20 at each scope: the fraction of tokens sent to an expert times its mean share of affinity."""
        total, count = s.new_zeros(()), s.shape[1]
        for term in self.balance["losses"]:
            rows = {"sequence": length, "batch": len(s)}[term["group"]]
            f = torch.nn.functional.one_hot(chosen, count).sum(1).double().view(-1, rows, count).mean(1) * count / chosen.shape[1]
            p = (s / s.sum(-1, keepdim=True)).view(-1, rows, count).mean(1)
            total = total + term["alpha"] * (f * p).sum(-1).mean()
        return total

    def block(self, x, name, seen):
        eps = self.m["rmsNormEps"]
        x = x + self.attention(self.norm(x, f"{name}.input_layernorm", eps), f"{name}.self_attn")
        return x + self.experts(self.norm(x, f"{name}.post_attention_layernorm", eps), f"{name}.mlp", seen)

    def forward(self, ids):
        """Logits of every depth, [B,S-k,V], and what the routers did, those of the main model first."""
        m, eps, seen = self.m, self.m["rmsNormEps"], []
        width, layers, length = m["hiddenSize"], m["numHiddenLayers"], ids.shape[1]
        embedded = self.w.matrix("model.embed_tokens.weight", m["vocabSize"], width)[ids]
        x = embedded
        for layer in range(layers):
            x = self.block(x, f"model.layers.{layer}", seen)
        states = [self.norm(x, "model.norm", eps)]
        for k in range(1, m["mtp"]["depth"] + 1):
            name = f"model.layers.{layers + k - 1}"
            e = self.norm(embedded[:, k:], f"{name}.enorm", eps)
            h = self.norm(states[-1][:, : length - k], f"{name}.hnorm", eps)
            x = self.block(self.linear(torch.cat([e, h], -1), f"{name}.eh_proj", width), name, seen)
            states.append(self.norm(x, f"{name}.shared_head.norm", eps))
        return [self.linear(state, "lm_head", m["vocabSize"]) for state in states], seen


# --- training -------------------------------------------------------------------------------------------------------------


def learning_rate(train, t):
    schedule, steps, peak = train["schedule"], train["steps"], train["optimizer"]["lr"]
    warmup = math.floor(schedule["warmup"] * steps + 0.5)
    if t <= warmup:
        return peak * t / warmup
    fall = 0.5 * (1 + math.cos(math.pi * (t - warmup) / max(1, steps - warmup)))
    return peak * (schedule["final"] + (1 - schedule["final"]) * fall)


def max_vio(loads):
    return sum((load.max() * len(load) / load.sum() - 1).item() for load in loads) / len(loads)


def losses_of(logits, targets):
    return [cross_entropy(l.flatten(0, 1), targets[:, k:].flatten()) for k, l in enumerate(logits)]


def train_step(model, moments, windows, t):
    config, train = model.config, model.config["train"]
    optimizer, depth = train["optimizer"], model.m["mtp"]["depth"]
    micro = train["microBatch"] or train["batchSize"]
    steps, loads, sums, margin = len(windows) // micro, {}, [0.0] * (1 + depth), math.inf
    for first in range(0, len(windows), micro):
        part = windows[first : first + micro]
        logits, seen = model.forward(part[:, :-1])
        losses = losses_of(logits, part[:, 1:])
        total = losses[0] + (model.m["mtp"]["lambda"] / depth * sum(losses[1:]) if depth else 0) + sum(router["loss"] for router in seen)
        (total / steps).backward()
        sums = [a + b.item() / steps for a, b in zip(sums, losses)]
        for router in seen:
            loads[router["name"]] = loads.get(router["name"], 0) + router["loads"]
            margin = min(margin, router["margin"])
    norm = math.sqrt(sum(p.grad.square().sum().item() for p in model.w.values()))
    lr, (b1, b2) = learning_rate(train, t), (optimizer["beta1"], optimizer["beta2"])
    with torch.no_grad():
        for name, p in model.w.items():
            g = p.grad * min(1, train["clipNorm"] / norm)
            m, v = moments.setdefault(name, (torch.zeros_like(p), torch.zeros_like(p)))
            m.mul_(b1).add_(g, alpha=1 - b1)
            v.mul_(b2).add_(g * g, alpha=1 - b2)
            decay = optimizer["weightDecay"] * p if p.dim() > 1 else 0
            p -= lr * (m / (1 - b1**t) / ((v / (1 - b2**t)).sqrt() + optimizer["eps"]) + decay)
            p.grad = None
        for name, load in loads.items():
            if model.balance["bias"]:
                model.bias[name] += model.balance["bias"]["gamma"] * torch.sign(load.double().mean() - load)
    main = [load for name, load in loads.items() if int(name.split(".")[2]) < model.m["numHiddenLayers"]]
    return {"step": t, "trainLoss": sums[0], "mtpLoss": sums[1:], "gradNorm": norm, "lr": lr, "maxVioBatch": max_vio(main), "margin": margin}


@torch.no_grad()
def evaluate(model, corpora, count):
    length, depth, layers = model.config["train"]["seqLen"], model.m["mtp"]["depth"], model.m["numHiddenLayers"]
    domains, windows = zip(*validation_windows(corpora, length, count))
    windows = torch.tensor(windows)
    logits, seen = model.forward(windows[:, :-1])
    losses = [loss.item() for loss in losses_of(logits, windows[:, 1:])]
    main = softmax(logits[0], -1)
    agreement, acceptance = [], []
    for k in range(1, depth + 1):
        # the module at position i and the main model at i + k speak of the same token
        ahead, there = softmax(logits[k], -1), main[:, k:]
        agreement.append((ahead.argmax(-1) == there.argmax(-1)).double().mean().item())
        acceptance.append(torch.minimum(ahead, there).sum(-1).mean().item())
    # every domain has as many windows, and counts as much as it does in the mixture that is trained on
    weights = torch.tensor([float(w) for w in model.config["data"]["mixture"].values()])[torch.tensor(domains)]
    def loads_of(router):
        experts = torch.nn.functional.one_hot(router["chosen"], model.m["nRoutedExperts"]).sum((1, 2)).double()
        return (experts * weights[:, None].double()).sum(0)
    return {
        "valLoss": losses[0], "mtpLoss": losses[1:], "agreement": agreement, "acceptance": acceptance,
        "maxVioGlobal": max_vio([loads_of(router) for router in seen[:layers]]), "margin": min(router["margin"] for router in seen),
    }


def main(run, folder):
    config, seed = run["config"], run["seed"]
    train, mixture = config["train"], config["data"]["mixture"]
    corpora = texts(folder, mixture)
    streams = [Stream(seed["data"], f"domain:{name}") for name in mixture]
    model, moments, steps, evaluations = Model(config, seed["init"]), {}, [], []
    for t in range(1, train["steps"] + 1):
        windows = []
        for domain in domains_of_batch(list(mixture.values()), train["batchSize"], t - 1):
            text, length = corpora[domain]
            start = streams[domain].below(length - train["seqLen"])
            windows.append(list(text[start : start + train["seqLen"] + 1]))
        steps.append(train_step(model, moments, torch.tensor(windows), t))
        if t % train["evalEvery"] == 0:
            evaluations.append({"step": t, **evaluate(model, corpora, config["validation"]["windowsPerDomain"])})
    print(json.dumps({"steps": steps, "evaluations": evaluations}))


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2]))
