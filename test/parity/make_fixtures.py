#!/usr/bin/env python3
"""
Writes test/parity/fixtures/<name>/: what transformers' DeepSeek-V3 computes for tiny random models.

    python3 -m venv venv && venv/bin/pip install -r test/parity/requirements.txt
    venv/bin/python test/parity/make_fixtures.py

  config.json, model.safetensors   the model, as save_pretrained writes it
  ids.json                         [B][S] token ids
  float64.safetensors              logits [B,S,V], loss, mtp_loss [D], d(loss)/d(parameter) under the published names
  float32.safetensors              the same from the library unchanged, in float32
With prediction modules the gradient is that of loss + mtpLambda / D * sum(mtp_loss). Weights are float32 numbers in both.
"""

import json
import pathlib
import shutil

import oracle
import torch
from safetensors.torch import load_file, save_file
from transformers import DeepseekV3Config

MTP_LAMBDA = 0.3
SEQUENCES, LENGTH = 2, 11
FLOAT32_ROUNDING_LEAVES_ROUTING_ALONE = 1e-4

base = dict(
    vocab_size=29, hidden_size=16, intermediate_size=24, moe_intermediate_size=10, num_hidden_layers=2, num_attention_heads=2,
    num_key_value_heads=2, n_shared_experts=1, n_routed_experts=6, num_experts_per_tok=2, n_group=1, topk_group=1,
    routed_scaling_factor=1.0, norm_topk_prob=True, first_k_dense_replace=0, q_lora_rank=None, kv_lora_rank=8,
    qk_nope_head_dim=6, qk_rope_head_dim=4, v_head_dim=5, rms_norm_eps=1e-6, max_position_embeddings=64,
    tie_word_embeddings=False, num_nextn_predict_layers=0, rope_parameters={"rope_type": "default", "rope_theta": 10000.0},
    bos_token_id=None, eos_token_id=None, pad_token_id=None,
)

# Each name says what it is there for. Biases are drawn around `bias`: far below zero, a masked group's 0 would win.
cases = {
    "plain": dict(bias=0.0),
    "query-latent-dense-first-two-shared": dict(
        q_lora_rank=7, first_k_dense_replace=1, n_shared_experts=2, routed_scaling_factor=2.5, rms_norm_eps=1e-3, bias=0.0
    ),
    "groups-negative-bias": dict(
        n_routed_experts=16, n_group=4, topk_group=2, num_experts_per_tok=4, moe_intermediate_size=6, routed_scaling_factor=2.5, q_lora_rank=9,
        bias=-1.5,
    ),
    "tied-no-shared-not-normalised": dict(
        tie_word_embeddings=True, n_shared_experts=0, norm_topk_prob=False, num_experts_per_tok=3, num_attention_heads=3, num_key_value_heads=3,
        qk_rope_head_dim=8, rope_parameters={"rope_type": "default", "rope_theta": 50.0}, bias=-0.5,
    ),
    "two-prediction-depths": dict(num_hidden_layers=1, num_nextn_predict_layers=2, q_lora_rank=7, bias=-0.3),
}


def randomise(parameters, generator):
    """Every tensor of its own size, so that none can be swapped, scaled or left out unseen. Activations stay of order 1."""
    for name, p in parameters:
        noise = torch.randn(p.shape, generator=generator)
        if "norm" in name:
            values = 1 + 0.2 * noise
        elif "embed_tokens" in name:
            values = 0.5 * noise
        else:
            values = noise / max(1, p.shape[-1]) ** 0.5
        p.data.copy_(values)


def draw(config, bias, seed):
    generator = torch.Generator().manual_seed(seed)
    model = oracle.build(config, torch.float32)
    mtp = oracle.make_mtp(model, config.num_nextn_predict_layers)
    modules = [m for m in (model, mtp) if m is not None]
    randomise(model.named_parameters(), generator)
    if mtp is not None:
        randomise(oracle.mtp_own(mtp.named_parameters()), generator)
    for m in modules:
        for name, b in m.named_buffers():
            if name.endswith("e_score_correction_bias"):
                b.copy_(bias + 0.3 * torch.randn(b.shape, generator=generator))
    ids = torch.randint(0, config.vocab_size, (SEQUENCES, LENGTH), generator=generator)
    return model, mtp, ids


def in_float64(config, model, mtp):
    wide = oracle.build(config, torch.float64)
    wide.load_state_dict(model.state_dict())
    wide_mtp = oracle.make_mtp(wide, config.num_nextn_predict_layers)
    if mtp is not None:
        wide_mtp.load_state_dict(mtp.state_dict())
    return wide, wide_mtp


def write(folder, name, result):
    logits, loss, depths, gradients = result
    tensors = {"logits": logits, "loss": loss, **gradients}
    if depths:
        tensors["mtp_loss"] = torch.stack(depths)
    save_file({key: tensor.contiguous() for key, tensor in tensors.items()}, folder / f"{name}.safetensors")


def largest_error(a, b):
    return max(((a[3][name].double() - g).norm() / g.norm().clamp_min(1e-30)).item() for name, g in b[3].items() if g.numel() > 0)


def main():
    root = pathlib.Path(__file__).parent / "fixtures"
    shutil.rmtree(root, ignore_errors=True)
    for case, changes in cases.items():
        changes = dict(changes)
        bias = changes.pop("bias")
        config = DeepseekV3Config(**{**base, **changes})
        config._attn_implementation = "eager"
        config._experts_implementation = "eager"
        for seed in range(100):
            model, mtp, ids = draw(config, bias, seed)
            with oracle.InFloat64():
                wide, wide_mtp = in_float64(config, model, mtp)
                margin = oracle.routing_margin(wide, wide_mtp, ids)
                if margin < FLOAT32_ROUNDING_LEAVES_ROUTING_ALONE:
                    continue
                exact = oracle.run(wide, wide_mtp, ids, MTP_LAMBDA)
            break
        else:
            raise RuntimeError(f"{case}: no seed keeps routing away from ties")
        rounded = oracle.run(model, mtp, ids, MTP_LAMBDA)
        folder = root / case
        model.save_pretrained(folder)
        (folder / "generation_config.json").unlink(missing_ok=True)
        file = folder / "model.safetensors"
        tensors = load_file(file)
        if mtp is not None:
            tensors |= {n: t for n, t in {**oracle.named(model, mtp, lambda p: p), **oracle.biases(model, mtp)}.items() if n not in tensors}
            save_file(tensors, file, metadata={"format": "pt"})
        (folder / "ids.json").write_text(json.dumps(ids.tolist()) + "\n")
        write(folder, "float64", exact)
        write(folder, "float32", rounded)
        size = sum(f.stat().st_size for f in folder.iterdir())
        print(
            f"{case}: seed {seed}, routing margin {margin:.1e}, loss {exact[1].item():.4f}, float32 against float64:"
            f" logits {(rounded[0].double() - exact[0]).abs().max().item():.1e}, gradients {largest_error(rounded, exact):.1e}; {size // 1024} KiB"
        )


if __name__ == "__main__":
    main()
