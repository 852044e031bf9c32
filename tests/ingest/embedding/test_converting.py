"""Facts about packed weights: what the reader sees, what the converted model computes, what it refuses."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ingest.embedding import Vectors
from ingest.embedding.converting import Arithmetic, convert
from ingest.embedding.packed import PackedModel
from ingest.embedding.running import OnnxEmbedder
from ingest.errors import IngestError
from policies.integrity import IntegrityKey
from tests.packing import HEADS, LAYERS, MOST_TOKENS, PIECES, WIDE, WIDTH, Packed, packed, packed_file
from tests.running import KEY, multilingual_model

TEXTS = [
    "The lease ends on 30 June 2027.",
    "Der Mietvertrag endet am 30. Juni, nach drei Jahren.",
    "договор аренды",
    "賃貸契約は六月に終わる。",
    "a",
    "word " * 30,
]


@pytest.fixture
def content() -> Packed:
    return packed()


@pytest.fixture
def file(tmp_path: Path, content: Packed) -> Path:
    path = tmp_path / "tiny.packed"
    path.write_bytes(content.data)
    return path


# The reader


def test_the_reader_returns_the_weights_that_were_packed(file: Path, content: Packed) -> None:
    model = PackedModel(file)
    for name, weights in content.weights.items():
        if weights.ndim == 2:
            assert np.array_equal(model.four_bits(name, weights.shape[1]).dequantized(), weights)
        else:
            assert np.array_equal(model.floats(name), weights)


def test_the_reader_returns_the_pieces_and_the_sizes(file: Path) -> None:
    model = PackedModel(file)
    assert [piece for piece, _ in model.pieces] == PIECES
    assert (model.dimensions, model.layers, model.heads, model.hidden) == (WIDTH, LAYERS, HEADS, WIDE)
    assert (model.begin, model.end, model.unknown, model.max_tokens) == (0, 2, 3, MOST_TOKENS)


def test_a_missing_tensor_and_one_of_another_kind_are_named(file: Path) -> None:
    model = PackedModel(file)
    with pytest.raises(IngestError, match=r"l9\.q\.w"):
        model.four_bits("l9.q.w", WIDTH)
    with pytest.raises(IngestError, match=r"emb\.pos"):
        model.four_bits("emb.pos", WIDTH)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.01, 0.1, 0.5, 0.9, 0.999])
def test_a_file_that_was_cut_short_is_refused(
    file: Path, content: Packed, tmp_path: Path, share: float
) -> None:
    file.write_bytes(content.data[: int(len(content.data) * share)])
    with pytest.raises(IngestError):
        convert(file, tmp_path, Arithmetic.INT8)


def test_other_files_and_other_versions_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "other.packed"
    for data in (b"GGUF" + bytes(100), packed(version=2).data):
        file.write_bytes(data)
        with pytest.raises(IngestError):
            PackedModel(file)


def test_a_count_beyond_the_file_is_refused_without_reading_it(file: Path, content: Packed) -> None:
    data = bytearray(content.data)
    data[44:48] = (2**31 - 2).to_bytes(4, "little")
    file.write_bytes(data)
    with pytest.raises(IngestError, match="too short"):
        PackedModel(file)


# What the converted model computes


def reference(
    model: PackedModel, floats: Callable[[str], Any], matrix: Callable[[str, int], Any]
) -> Callable[[list[list[int]]], Vectors]:
    """transformers' BERT with the same weights, in float32: token ids of one text each to unit vectors."""
    import torch
    from transformers import BertConfig, BertModel

    config = BertConfig(
        vocab_size=matrix("emb.word", model.dimensions).shape[0],
        hidden_size=model.dimensions,
        num_hidden_layers=model.layers,
        num_attention_heads=model.heads,
        intermediate_size=model.hidden,
        max_position_embeddings=model.max_tokens,
        layer_norm_eps=model.epsilon,
    )
    bert = BertModel(config, add_pooling_layer=False)
    bert.train(False)
    parts = {
        "attention.self.query": "q",
        "attention.self.key": "k",
        "attention.self.value": "v",
        "attention.output.dense": "ao",
        "intermediate.dense": "fi",
        "output.dense": "fo",
    }
    norms = {"attention.output.LayerNorm": "aln", "output.LayerNorm": "oln"}
    state = {
        "embeddings.word_embeddings.weight": matrix("emb.word", model.dimensions),
        "embeddings.position_embeddings.weight": floats("emb.pos").reshape(-1, model.dimensions),
        "embeddings.token_type_embeddings.weight": floats("emb.type").reshape(-1, model.dimensions),
        "embeddings.LayerNorm.weight": floats("emb.ln.w"),
        "embeddings.LayerNorm.bias": floats("emb.ln.b"),
    }
    for layer in range(model.layers):
        for theirs, ours in parts.items():
            columns = model.hidden if ours == "fo" else model.dimensions
            state[f"encoder.layer.{layer}.{theirs}.weight"] = matrix(f"l{layer}.{ours}.w", columns)
        for theirs, ours in norms.items():
            state[f"encoder.layer.{layer}.{theirs}.weight"] = floats(f"l{layer}.{ours}.w")
        for theirs, ours in (parts | norms).items():
            state[f"encoder.layer.{layer}.{theirs}.bias"] = floats(f"l{layer}.{ours}.b")
    bert.load_state_dict({name: torch.from_numpy(np.array(value)) for name, value in state.items()})

    def vectors(encoded: list[list[int]]) -> Vectors:
        rows = []
        with torch.inference_mode():
            for ids in encoded:
                mean = bert(torch.tensor([ids])).last_hidden_state[0].mean(dim=0)
                rows.append((mean / mean.norm()).numpy())
        return np.stack(rows)

    return vectors


def ids_of(folder: Path, texts: list[str], limit: int) -> list[list[int]]:
    """The token ids of each text by the converted tokenizer, cut to `limit`."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(limit)
    return [encoded.ids for encoded in tokenizer.encode_batch(texts)]


def converted_vectors(folder: Path, encoded: list[list[int]]) -> Vectors:
    """What the converted model computes for all texts as one batch."""
    import onnxruntime

    session = onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
    ids = np.zeros((len(encoded), max(map(len, encoded))), np.int64)
    mask = np.zeros_like(ids)
    for row, tokens in enumerate(encoded):
        ids[row, : len(tokens)], mask[row, : len(tokens)] = tokens, 1
    vectors: Vectors = session.run(None, {"ids": ids, "mask": mask})[0]
    return vectors


@pytest.mark.parametrize("arithmetic", list(Arithmetic))
def test_the_converted_model_computes_what_transformers_computes_with_the_same_weights(
    file: Path, content: Packed, tmp_path: Path, arithmetic: Arithmetic
) -> None:
    model = PackedModel(file)
    convert(file, tmp_path, arithmetic)
    encoded = ids_of(tmp_path, TEXTS, MOST_TOKENS)
    expected = reference(model, lambda name: content.weights[name], lambda name, _: content.weights[name])
    cosines = (converted_vectors(tmp_path, encoded) * expected(encoded)).sum(axis=1)
    assert cosines.min() > 0.99


def test_the_tokenizer_splits_at_spaces_and_composes_what_is_written_apart(
    file: Path, tmp_path: Path
) -> None:
    convert(file, tmp_path, Arithmetic.FOUR_BITS)

    def spelled(text: str) -> list[str]:
        return [PIECES[number] for number in ids_of(tmp_path, [text], MOST_TOKENS)[0]]

    assert spelled("the lease") == ["<s>", "▁the", "▁", "lease", "</s>"]
    assert spelled("  the\n\tlease ") == spelled("the lease")
    assert spelled("cafe\u0301") == spelled("caf\u00e9")
    assert spelled("\uff54\uff48\uff45") == spelled("the")
    assert spelled("\u4e00") == ["<s>", "▁", "<unk>", "</s>"]


# As an embedder


def test_a_question_and_a_text_of_the_same_words_have_different_vectors(file: Path, tmp_path: Path) -> None:
    embedder = OnnxEmbedder(file, tmp_path / "cache", digest="ab" * 32, key=KEY)
    question, text = embedder.embed_questions(["lease"])[0], embedder.embed(["lease"])[0]
    assert float(question @ text) < 0.9999
    assert np.array_equal(text, embedder.embed(["lease"])[0])


def test_the_prefixes_are_part_of_the_fingerprint(file: Path, tmp_path: Path) -> None:
    embedder = OnnxEmbedder(file, tmp_path / "cache", digest="ab" * 32, key=KEY)
    assert embedder.fingerprint.startswith("ab" * 8)
    assert "query: " in embedder.fingerprint
    assert "passage: " in embedder.fingerprint


def test_the_model_is_converted_once_and_then_read_from_the_cache(file: Path, tmp_path: Path) -> None:
    first = OnnxEmbedder(file, tmp_path / "cache", digest="ab" * 32, key=KEY).embed(TEXTS)
    file.write_bytes(b"")
    again = OnnxEmbedder(file, tmp_path / "cache", digest="ab" * 32, key=KEY).embed(TEXTS)
    assert np.array_equal(first, again)


@pytest.mark.parametrize("changed", ["model.onnx", "tokenizer.json", "model.json", "model.pt2", "digests"])
def test_a_conversion_that_another_program_changed_is_made_again(
    file: Path, tmp_path: Path, changed: str
) -> None:
    cache = tmp_path / "cache"
    first = OnnxEmbedder(file, cache, digest="ab" * 32, key=KEY).embed(TEXTS)
    exported = cache / ("ab" * 8)
    whole = {path.name: path.read_bytes() for path in exported.iterdir()}
    other = tmp_path / "other"
    OnnxEmbedder(
        packed_file(tmp_path / "other.packed", seed=2), other, digest="ab" * 32, key=IntegrityKey(b"")
    )
    if changed == "digests":
        # A model swapped with its entries in the cache of digests.
        (exported / "model.onnx").write_bytes((other / exported.name / "model.onnx").read_bytes())
        known = cache / "digests.json"
        entries = json.loads(known.read_text())
        status = (exported / "model.onnx").stat()
        identity = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
        entries[":".join(map(str, identity))] = next(iter(entries.values()))
        known.write_text(json.dumps(entries))
    elif changed == "model.pt2":
        (exported / changed).write_bytes(b"a program")
    elif changed == "model.json":
        shape = json.loads(whole[changed])
        (exported / changed).write_text(json.dumps({**shape, "text_prefix": "other: "}))
    else:
        (exported / changed).write_bytes((other / exported.name / changed).read_bytes() + b" ")
    again = OnnxEmbedder(file, cache, digest="ab" * 32, key=KEY).embed(TEXTS)
    assert np.array_equal(first, again)
    assert {path.name: path.read_bytes() for path in exported.iterdir()} == whole


# The real weights


@pytest.mark.model
def test_the_multilingual_model_in_int8_agrees_with_its_weights_in_float32(tmp_path: Path) -> None:
    file = multilingual_model()
    model = PackedModel(file)
    convert(file, tmp_path, Arithmetic.INT8)
    encoded = ids_of(tmp_path, [*TEXTS, "passage: عقد الإيجار", "query: " + "long text " * 600], 512)
    expected = reference(
        model, model.floats, lambda name, columns: model.four_bits(name, columns).dequantized()
    )
    cosines = (converted_vectors(tmp_path, encoded) * expected(encoded)).sum(axis=1)
    assert cosines.min() > 0.99
