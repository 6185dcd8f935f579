"""PyTorch on the CPU: `python pytorch.py DATA STEPS SECONDS THREADS`, with torch and transformers installed.

XS, S and M are `transformers`' DeepseekV3ForCausalLM from the folder that Switchyard exports; D is its LlamaForCausalLM, which is the same
model once the rows of query and key stand in the order of rotary embedding in halves. Eager mode, fused attention and fused AdamW.
"""
import json
import os
import sys
import time

folder, steps, seconds, threads = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
os.environ["OMP_NUM_THREADS"] = str(threads)
os.environ["TRANSFORMERS_OFFLINE"] = os.environ["HF_HUB_OFFLINE"] = "1"

import numpy as np
import torch
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM

torch.set_num_threads(threads)
data = json.load(open(os.path.join(folder, "model.json")))
config, train = data["model"], data["train"]


def llama():
    heads, width = config["numAttentionHeads"], config["attention"]["headDim"]
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=config["vocabSize"], hidden_size=config["hiddenSize"], num_hidden_layers=config["numHiddenLayers"], num_attention_heads=heads,
            num_key_value_heads=heads, intermediate_size=config["intermediateSize"], rms_norm_eps=config["rmsNormEps"], tie_word_embeddings=False,
            max_position_embeddings=train["seqLen"], rope_theta=config["ropeTheta"], rope_parameters={"rope_type": "default", "rope_theta": config["ropeTheta"]},
            attn_implementation="sdpa",
        )
    )
    values = np.fromfile(os.path.join(folder, "weights.bin"), dtype=np.float32)
    state = {}
    for name, tensor in data["tensors"].items():
        value = torch.from_numpy(values[tensor["offset"] : tensor["offset"] + int(np.prod(tensor["shape"]))].reshape(tensor["shape"]).copy())
        if name.endswith(("q_proj.weight", "k_proj.weight")):
            value = value.view(heads, width // 2, 2, -1).transpose(1, 2).reshape(value.shape)
        state[name] = value
    model.load_state_dict(state)
    return model


path = os.path.join(folder, "huggingface")
model = AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32, attn_implementation="sdpa") if os.path.exists(path) else llama()
model.train()
matrices = [p for p in model.parameters() if p.dim() > 1]
gains = [p for p in model.parameters() if p.dim() == 1]
adamw = train["optimizer"]
optimizer = torch.optim.AdamW(
    [{"params": matrices, "weight_decay": adamw["weightDecay"]}, {"params": gains, "weight_decay": 0.0}],
    lr=adamw["lr"], betas=(adamw["beta1"], adamw["beta2"]), eps=adamw["eps"], fused=True,
)
batch, length = train["batchSize"], train["seqLen"]
windows = torch.from_numpy(np.fromfile(os.path.join(folder, "windows.bin"), dtype=np.uint8).reshape(-1, batch, length + 1).astype(np.int64))

losses, times = [], []
end = time.perf_counter() + seconds
for step in range(steps):
    start = time.perf_counter()
    for group in optimizer.param_groups:
        group["lr"] = data["learningRates"][step]
    logits = model(input_ids=windows[step, :, :-1], use_cache=False).logits
    loss = torch.nn.functional.cross_entropy(logits.reshape(-1, logits.shape[-1]), windows[step, :, 1:].reshape(-1))
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), train["clipNorm"])
    optimizer.step()
    losses.append(loss.item())
    times.append(1000 * (time.perf_counter() - start))
    if step + 1 >= min(steps, len(data["losses"])) and time.perf_counter() > end:
        break
print(json.dumps({"losses": losses, "times": times, "threads": threads, "tokens": batch * length}))
