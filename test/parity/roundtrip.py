#!/usr/bin/env python3
"""
Loads an exported folder as anyone would, and prints as JSON how far transformers is from what the engine computed.

    roundtrip.py FOLDER IDS.json FORWARD.safetensors TEXT AGAIN

FORWARD.safetensors is what `switchyard forward FOLDER --tokens IDS.json --grads` wrote; AGAIN is a folder to save the model to.
"""

import json
import sys

import oracle
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer

folder, ids_file, forward_file, text, again = sys.argv[1:]
model, info = AutoModelForCausalLM.from_pretrained(folder, output_loading_info=True, attn_implementation="eager")
ids = torch.tensor(json.load(open(ids_file)))
logits, loss, _, gradients = oracle.run(model, None, ids, 0)
ours = load_file(forward_file)
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
            "gradients": relative[worst],
            "worst": worst,
            "largestBias": max((b.abs().max().item() for b in oracle.biases(model, None).values()), default=0),
            "tokens": encoded,
            "text": tokenizer.decode(encoded),
        }
    )
)
