"""transformers' DeepSeek-V3 as an oracle: run in float64, differentiated, with its tensors under their published names."""

import torch
from transformers import DeepseekV3ForCausalLM
from transformers.modeling_layers import MtpModel
from transformers.models.deepseek_v3 import modeling_deepseek_v3 as modeling


class InFloat64:
    """
    Within it the model's own code keeps float64 where it would step down to float32: norms, router, softmax, angles.
    The module's name `torch` is replaced by one whose float32 is float64; nothing of the mathematics is rewritten.
    """

    class Torch:
        float32 = float = torch.float64

        def __getattr__(self, name):
            return getattr(torch, name)

    def __enter__(self):
        modeling.torch = self.Torch()

    def __exit__(self, *_):
        modeling.torch = torch


def build(config, dtype):
    # Constructed in the precision it runs in, for the inverse frequencies are computed once, at construction.
    model = DeepseekV3ForCausalLM(config).to(dtype).eval()
    model.model.rotary_emb.inv_freq, _ = model.model.rotary_emb.compute_default_rope_parameters(config)
    return model


def published(tensors):
    """{name in memory: tensor} -> {published name: tensor}: the stacked experts of transformers 5 taken apart."""
    out = {}
    for name, tensor in tensors.items():
        if name.endswith("mlp.experts.gate_up_proj"):
            for j, matrix in enumerate(tensor):
                gate, up = matrix.chunk(2)
                out[name.replace("gate_up_proj", f"{j}.gate_proj.weight")] = gate
                out[name.replace("gate_up_proj", f"{j}.up_proj.weight")] = up
        elif name.endswith("mlp.experts.down_proj"):
            for j, matrix in enumerate(tensor):
                out[name.replace("down_proj", f"{j}.down_proj.weight")] = matrix
        else:
            out[name] = tensor
    return {name: tensor.detach().clone().contiguous() for name, tensor in out.items()}


def mtp_name(name, layers):
    """Name in MtpModel -> where the checkpoint has it: `layers.k.mtp_block.x` -> `model.layers.{layers + k}.x`."""
    _, k, rest = name.split(".", 2)
    return f"model.layers.{layers + int(k)}." + rest.removeprefix("mtp_block.").replace("post_norm.", "shared_head.norm.")


def mtp_own(items):
    """Without what the prediction modules share with the main model."""
    return [(name, value) for name, value in items if name.startswith("layers.")]


def named(model, mtp, read):
    """Every trained tensor of both through `read`, under published names."""
    tensors = {name: read(p) for name, p in model.named_parameters()}
    if mtp is not None:
        layers = model.config.num_hidden_layers
        tensors |= {mtp_name(name, layers): read(p) for name, p in mtp_own(mtp.named_parameters())}
    return published(tensors)


def biases(model, mtp):
    out = {name: b for name, b in model.named_buffers() if name.endswith("e_score_correction_bias")}
    if mtp is not None:
        layers = model.config.num_hidden_layers
        out |= {mtp_name(name, layers): b for name, b in mtp_own(mtp.named_buffers()) if name.endswith("e_score_correction_bias")}
    return out


def cross_entropy(logits, targets):
    return torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())


def hidden_states(model, mtp, ids):
    """
    [B,S,d] of the main model after its last norm, then of each prediction depth [B,S-1-k,d]. Depth k reads what depth k - 1
    handed on and the token k places on, over the positions whose targets exist.
    """
    states = [model.model(input_ids=ids, use_cache=False).last_hidden_state]
    length = ids.shape[1] - 1
    for k in range(1, len(mtp.layers) + 1 if mtp is not None else 1):
        positions = torch.arange(k, length)[None]
        states.append(mtp.forward_layer(k - 1, states[-1][:, : length - k], positions, None, input_ids=ids[:, k:length]))
    return states


def run(model, mtp, ids, mtp_lambda):
    """Logits [B,S,V], next-token loss, loss of each prediction depth, and d(loss + lambda / D * sum of depths)/d(parameter)."""
    hidden, *ahead = hidden_states(model, mtp, ids)
    logits = model.lm_head(hidden)
    loss = cross_entropy(logits[:, :-1], ids[:, 1:])
    depths = [cross_entropy(model.lm_head(state), ids[:, k + 1 :]) for k, state in enumerate(ahead, 1)]
    total = loss + mtp_lambda / len(depths) * sum(depths) if depths else loss
    total.backward()
    gradients = named(model, mtp, lambda p: p.grad if p.grad is not None else torch.zeros_like(p))
    return logits.detach(), loss.detach(), [d.detach() for d in depths], gradients


def make_mtp(model, depth):
    return MtpModel(model, depth).to(model.dtype).eval() if depth > 0 else None


def routing_margin(model, mtp, ids):
    """
    Smallest distance between a score that was chosen and one that was not, over every token, layer and group choice:
    far above float32's error, no rounding can send a token to another expert.
    """
    margins = []

    def watch(router, _, output):
        choice = output[0].sigmoid() + router.e_score_correction_bias
        groups = choice.view(len(choice), router.num_group, -1)
        ranks = groups.topk(2).values.sum(-1)
        sorted_ranks = ranks.sort(descending=True).values
        if router.topk_group < router.num_group:
            margins.append((sorted_ranks[:, router.topk_group - 1] - sorted_ranks[:, router.topk_group]).min())
        lost = ranks < sorted_ranks[:, router.topk_group - 1, None]
        scores = groups.masked_fill(lost[..., None], float("-inf")).flatten(1).sort(descending=True).values
        if router.top_k < scores.shape[1]:
            margins.append((scores[:, router.top_k - 1] - scores[:, router.top_k]).min())

    routers = [m for root in (model, mtp) if root is not None for m in root.modules() if isinstance(m, modeling.DeepseekV3TopkRouter)]
    handles = [router.register_forward_hook(watch) for router in routers]
    with torch.no_grad():
        hidden_states(model, mtp, ids)
    for handle in handles:
        handle.remove()
    return min((m.item() for m in margins), default=float("inf"))
