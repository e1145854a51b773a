"""An organization's own sentence-embedding model as a further proposer of pairs. Optional, local, never downloaded.

A folder may hold a model in the format of sentence-transformers (used when that library is installed), an ONNX model with its
``tokenizer.json``, or a static table of token vectors (``*.safetensors`` with one matrix) with its ``tokenizer.json``. Vectors
only propose: what the structure of two statements says decides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from orgaudit.errors import OrgauditError

_BATCH = 64
_LONGEST = 256  # tokens of a statement
_BLOCK = 2_000

Embed = Callable[[Sequence[str]], np.ndarray]


@lru_cache(maxsize=1)
def load(folder: Path) -> Embed:
    """A function from texts to unit vectors (texts × dimensions).

    Raises:
        OrgauditError: the folder holds no model that can be read, or the extra ``orgaudit[semantic]`` is not installed.
    """
    try:
        for reader in (_sentence_transformers, _onnx, _static):
            embed = reader(folder)
            if embed is not None:
                probe = embed(["probe 试", "工作"])
                if probe.ndim != 2 or not np.isfinite(probe).all() or not probe.any():
                    raise OrgauditError("embedding_vectors", file=folder.name)
                return embed
    except ImportError as error:
        raise OrgauditError("embedding_library", library=error.name or str(error)) from None
    except OrgauditError:
        raise
    except Exception as error:  # whatever a foreign model file makes its library raise
        raise OrgauditError(
            "embedding_model", file=folder.name, cause=f"{type(error).__name__}: {error}"[:200]
        ) from None
    raise OrgauditError("embedding_model", file=folder.name, cause="tokenizer.json + *.onnx / *.safetensors")


def near_pairs(vectors: np.ndarray, least: float) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of rows (first < second) whose cosine is at least ``least``."""
    ones, twos = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for start in range(0, len(vectors), _BLOCK):
        one, two = np.nonzero(vectors[start : start + _BLOCK] @ vectors.T >= least)
        keep = one + start < two
        ones.append(one[keep] + start)
        twos.append(two[keep])
    return np.concatenate(ones), np.concatenate(twos)


def _unit(vectors: np.ndarray) -> np.ndarray:
    vectors = np.asarray(vectors, dtype=np.float32)
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9))


def _sentence_transformers(folder: Path) -> Embed | None:
    if not (folder / "modules.json").is_file():
        return None
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError:
        return None  # the same folder often holds an ONNX model or a static table too
    model = SentenceTransformer(str(folder), local_files_only=True, trust_remote_code=False)
    return lambda texts: _unit(model.encode(list(texts), batch_size=_BATCH, show_progress_bar=False))


def _tokenizer(folder: Path) -> Any:
    from tokenizers import Tokenizer

    found = next((p for p in (folder / "tokenizer.json", folder.parent / "tokenizer.json") if p.is_file()), None)
    if found is None:
        raise OrgauditError("embedding_model", file=folder.name, cause="tokenizer.json")
    return Tokenizer.from_file(str(found))


def _onnx(folder: Path) -> Embed | None:
    path = next((p for p in (folder / "model.onnx", folder / "onnx" / "model.onnx") if p.is_file()), None)
    if path is None:
        return None
    import onnxruntime

    tokenizer = _tokenizer(folder)
    tokenizer.enable_truncation(_LONGEST)
    tokenizer.enable_padding()
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    wanted = {item.name for item in session.get_inputs()}

    def embed(texts: Sequence[str]) -> np.ndarray:
        parts = []
        for start in range(0, len(texts), _BATCH):
            encoded = tokenizer.encode_batch(list(texts[start : start + _BATCH]))
            mask = np.array([item.attention_mask for item in encoded], dtype=np.int64)
            feed = {
                "input_ids": np.array([item.ids for item in encoded], dtype=np.int64),
                "attention_mask": mask,
                "token_type_ids": np.zeros_like(mask),
            }
            hidden = session.run(None, {name: value for name, value in feed.items() if name in wanted})[0]
            if hidden.ndim == 3:  # token vectors: their mean
                hidden = (hidden * mask[:, :, None]).sum(axis=1) / np.maximum(mask.sum(axis=1, keepdims=True), 1)
            parts.append(hidden)
        return _unit(np.concatenate(parts)) if parts else np.zeros((0, 1), np.float32)

    return embed


def _static(folder: Path) -> Embed | None:
    path = next(iter(sorted(folder.glob("*.safetensors"))), None)
    if path is None:
        return None
    from safetensors.numpy import load_file

    tables = [table for table in load_file(path).values() if table.ndim == 2]
    if len(tables) != 1:
        raise OrgauditError("embedding_model", file=folder.name, cause=f"{path.name}: {len(tables)} tables")
    table, tokenizer = tables[0].astype(np.float32), _tokenizer(folder)

    def embed(texts: Sequence[str]) -> np.ndarray:
        encoded = tokenizer.encode_batch(list(texts), add_special_tokens=False)
        rows = [table[item.ids].mean(axis=0) if item.ids else np.zeros(table.shape[1], np.float32) for item in encoded]
        return _unit(np.stack(rows)) if rows else np.zeros((0, table.shape[1]), np.float32)

    return embed
