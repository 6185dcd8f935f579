#!/usr/bin/env python3
"""
Loads an exported folder as anyone would, and prints as JSON how far transformers is from what the engine computed.

    roundtrip.py FOLDER IDS.json FORWARD.safetensors TEXT AGAIN

FORWARD.safetensors is what `switchyard forward FOLDER --tokens IDS.json --grads` wrote. If it holds `mtp_loss` too, its gradients
are those of training, and the prediction modules are loaded and compared with the rest. AGAIN is a folder to save the model to.
"""

import json
import sys

import oracle
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.modeling_layers import MtpModel

MTP_LAMBDA = 0.3

folder, ids_file, forward_file, text, again = sys.argv[1:]
model, info = AutoModelForCausalLM.from_pretrained(folder, output_loading_info=True, attn_implementation="eager")
ids = torch.tensor(json.load(open(ids_file)))
ours = load_file(forward_file)
mtp = None
if "mtp_loss" in ours:
    # transformers knows the place of the prediction modules of the large model only: layer 61.
    model._keys_to_ignore_on_load_unexpected = [rf"model\.layers\.{model.config.num_hidden_layers + k}\." for k in range(len(ours["mtp_loss"]))]
    mtp = MtpModel.from_pretrained(model)
logits, loss, depths, gradients = oracle.run(model, mtp, ids, MTP_LAMBDA)
tokenizer = AutoTokenizer.from_pretrained(folder)
encoded = tokenizer(text).input_ids
model.save_pretrained(again)
relative = {name: ((ours[name] - g).norm() / g.norm()).item() if g.norm() > 0 else ours[name].norm().item() for name, g in gradients.items() if g.numel() > 0}
worst = max(relative, key=relative.get)
print(
    json.dumps(
        {
            "missing": sorted(info["missing_keys"]),
            "unexpected": sorted(info["unexpected_keys"]),
            "logits": (ours["logits"] - logits).abs().max().item(),
            "largestLogit": logits.abs().max().item(),
            "loss": abs(ours["loss"].item() - loss.item()),
            "depths": [abs(ours["mtp_loss"][k].item() - depth.item()) for k, depth in enumerate(depths)],
            "gradients": relative[worst],
            "worst": worst,
            "largestBias": max((b.abs().max().item() for b in oracle.biases(model, mtp).values()), default=0),
            "tokens": encoded,
            "text": tokenizer.decode(encoded),
        }
    )
)
