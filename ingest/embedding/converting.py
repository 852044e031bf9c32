"""Converts a file of packed weights (`ingest.embedding.packed`), once per machine, to ONNX.

The embedding stays in 4 bits. The other matrices become int8, one scale for each row of the matrix, and the
values they are multiplied with are quantized while the model runs, one scale for each token: what a token
becomes does not depend on the texts that are in the same batch. On processors without instructions for that,
8-bit products overflow in the matrix multiplication of ONNX Runtime. Then the matrices stay in 4 bits too,
which computes the same vectors more slowly (`Arithmetic`).

The text goes through a tokenizer, an encoder with layer normalisation after each half layer (BERT), the mean
over all tokens, and a division by the length.
"""

import os
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.embedding.packed import BLOCK, ZERO, FourBits, PackedModel

PREFIXES = {"question_prefix": "query: ", "text_prefix": "passage: "}
"""What E5 models were trained to read before a question and before a text (Wang et al. 2024, "Multilingual E5
Text Embeddings")."""

LEAST_SIMILARITY = 0.6
"""They were trained with a low temperature, so their similarities lie in 0.7 to 1. Measured with 0.6: the
right paragraph is in five for all of 90 German, Spanish and French questions about English articles; with -1,
as for other models, for 73, because the words that names share outweigh the meaning."""

_CONTRIBUTED = "com.microsoft"
"""The domain of ONNX Runtime's own operators."""
_MIDDLE = 128
"""The unsigned byte that stands for 0."""


class Arithmetic(StrEnum):
    """In what the matrices are multiplied."""

    INT8 = "int8"
    """Both sides in 8 bits."""
    FOUR_BITS = "4 bits"
    """The weights as they are in the file."""


def convert(file: Path, target: Path, arithmetic: Arithmetic) -> dict[str, Any]:
    """Writes `model.onnx` and `tokenizer.json` to `target`; returns the shape of the model.

    Raises `IngestError` for a file that is not one of packed weights.
    """
    # 0.2 s to import.
    import onnx

    model = PackedModel(file)
    partial = target / f"model.{os.getpid()}.onnx"
    onnx.save(_Graph(model, arithmetic).finished(), partial)
    partial.replace(target / "model.onnx")
    partial = partial.with_suffix(".json")
    _tokenizer(model).save(str(partial), pretty=False)
    partial.replace(target / "tokenizer.json")
    return {
        "dimensions": model.dimensions,
        "max_tokens": model.max_tokens,
        "least_similarity": LEAST_SIMILARITY,
        **PREFIXES,
    }


def _tokenizer(model: PackedModel) -> Any:
    """The tokenizer of a packed model: SentencePiece's unigram model.

    The file also holds a table of characters to replace, which is not used: Unicode's compatibility
    composition with SentencePiece's additions is the same but for two rare characters, and also composes
    letters and accents that stand apart.
    """
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

    tokenizer = Tokenizer(models.Unigram(model.pieces, unk_id=model.unknown, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Nmt(),
            normalizers.NFKC(),
            normalizers.Strip(),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace("▁", prepend_scheme="always")
    begin, end = model.pieces[model.begin][0], model.pieces[model.end][0]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{begin} $A {end}", special_tokens=[(begin, model.begin), (end, model.end)]
    )
    return tokenizer


class _Graph:
    """The ONNX graph of a packed model. Names of tensors are those of the values they hold."""

    def __init__(self, model: PackedModel, arithmetic: Arithmetic) -> None:
        self._model = model
        self._arithmetic = arithmetic
        self._nodes: list[Any] = []
        self._constants: dict[str, Any] = {}

    def finished(self) -> Any:
        """The model: `ids` and `mask`, int64 of shape (texts, tokens), to `vector`, (texts, dimensions)."""
        from onnx import TensorProto, helper

        hidden = self._embedded()
        self._node("Cast", ["mask"], "seen", to=TensorProto.INT32)
        for layer in range(self._model.layers):
            hidden = self._layer(hidden, f"l{layer}.")
        self._node("Cast", ["mask"], "kept", to=TensorProto.FLOAT)
        self._node("Unsqueeze", ["kept", self._constant("last", np.array([-1]))], "kept each")
        self._node("Mul", [hidden, "kept each"], "tokens")
        # The mean divided by its length is the sum divided by its length.
        self._node("ReduceSum", ["tokens", self._constant("second", np.array([1]))], "sum", keepdims=0)
        self._node("ReduceL2", ["sum", "second"], "length", keepdims=1)
        self._node("Div", ["sum", "length"], "vector")
        graph = helper.make_graph(
            self._nodes,
            "sentence",
            [
                helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"])
                for name in ("ids", "mask")
            ],
            [helper.make_tensor_value_info("vector", TensorProto.FLOAT, ["batch", self._model.dimensions])],
            list(self._constants.values()),
        )
        opsets = [helper.make_opsetid("", 21), helper.make_opsetid(_CONTRIBUTED, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=10)

    def _embedded(self) -> str:
        """Words, positions and the first kind of text, added and normalised."""
        from onnx import TensorProto, helper

        model = self._model
        words = model.four_bits("emb.word", model.dimensions)
        # INT4 holds -8 to 7 in two's complement.
        signed = _pairs(words.nibbles ^ np.uint8(ZERO))
        self._constants["words"] = helper.make_tensor(
            "words", TensorProto.INT4, list(words.nibbles.shape), signed.tobytes(), raw=True
        )
        self._constant("word scales", words.scales)
        self._node(
            "GatherBlockQuantized",
            ["words", "ids", "word scales"],
            "word",
            contributed=True,
            gather_axis=0,
            quantize_axis=1,
            block_size=BLOCK,
        )
        kinds = model.floats("emb.type").reshape(-1, model.dimensions)
        positions = model.floats("emb.pos").reshape(-1, model.dimensions) + kinds[0]
        self._constant("positions", positions)
        self._node("Shape", ["ids"], "tokens in a text", start=1, end=2)
        first = self._constant("first", np.array([0]))
        self._node("Slice", ["positions", first, "tokens in a text", first], "position")
        self._node("Add", ["word", "position"], "embedded")
        return self._node(
            "LayerNormalization",
            ["embedded", self._floats("emb.ln.w"), self._floats("emb.ln.b")],
            "normalised",
            axis=-1,
            epsilon=model.epsilon,
        )

    def _layer(self, hidden: str, layer: str) -> str:
        """Self-attention and the feed-forward network of one layer."""
        self._product(hidden, [layer + "q", layer + "k", layer + "v"], f"{layer}qkv")
        names = [f"{layer}{part}" for part in ("queries", "keys", "values")]
        self._node("Split", [f"{layer}qkv"], *names, axis=-1, num_outputs=3)
        self._node(
            "MultiHeadAttention",
            [*names, "", "seen"],
            f"{layer}attended",
            contributed=True,
            num_heads=self._model.heads,
        )
        self._product(f"{layer}attended", [layer + "ao"], f"{layer}mixed")
        hidden = self._added(hidden, f"{layer}mixed", layer + "aln")
        self._product(hidden, [layer + "fi"], f"{layer}wide")
        self._node("Gelu", [f"{layer}wide"], f"{layer}active", contributed=True)
        self._product(f"{layer}active", [layer + "fo"], f"{layer}narrow", columns=self._model.hidden)
        return self._added(hidden, f"{layer}narrow", layer + "oln")

    def _added(self, hidden: str, other: str, norm: str) -> str:
        return self._node(
            "SkipLayerNormalization",
            [hidden, other, self._floats(norm + ".w"), self._floats(norm + ".b")],
            f"{norm} normalised",
            contributed=True,
            epsilon=self._model.epsilon,
        )

    def _product(self, left: str, names: list[str], result: str, *, columns: int = 0) -> str:
        """`left` times the matrices `names`, one beside the other, plus their biases."""
        columns = columns or self._model.dimensions
        matrix = FourBits.joined([self._model.four_bits(name + ".w", columns) for name in names])
        bias = np.concatenate([self._model.floats(name + ".b") for name in names])
        self._constant(f"{result} bias", bias)
        if self._arithmetic is Arithmetic.FOUR_BITS:
            return self._product_in_four_bits(left, matrix, result)
        return self._product_in_int8(left, matrix.dequantized(), result)

    def _product_in_four_bits(self, left: str, matrix: FourBits, result: str) -> str:
        rows, columns = matrix.nibbles.shape
        blocks = _pairs(matrix.nibbles).reshape(rows, columns // BLOCK, BLOCK // 2)
        return self._node(
            "MatMulNBits",
            [
                left,
                self._constant(f"{result} weights", blocks),
                self._constant(f"{result} scales", matrix.scales.reshape(-1)),
                "",
                "",
                f"{result} bias",
            ],
            result,
            contributed=True,
            K=columns,
            N=rows,
            bits=4,
            block_size=BLOCK,
            accuracy_level=4,
        )

    def _product_in_int8(self, left: str, matrix: NDArray[np.float32], result: str) -> str:
        from onnx import TensorProto

        scales = np.maximum(np.abs(matrix).max(axis=1), np.float32(1e-12)) / np.float32(127)
        weights = np.round(matrix / scales[:, None]).astype(np.int8).T
        self._constant(f"{result} weights", weights)
        self._constant(f"{result} scales", scales)
        # One scale for each token, so that its largest value becomes 127.
        self._node("Abs", [left], f"{result} sizes")
        last = self._constant("last", np.array([-1]))
        self._node("ReduceMax", [f"{result} sizes", last], f"{result} largest", keepdims=1)
        least = self._constant("least", np.float32(1e-12))
        self._node("Max", [f"{result} largest", least], f"{result} range")
        share = self._constant("127th", np.float32(1 / 127))
        self._node("Mul", [f"{result} range", share], f"{result} step")
        self._node("Div", [left, f"{result} step"], f"{result} scaled")
        middle = self._constant("middle", np.float32(_MIDDLE))
        self._node("Add", [f"{result} scaled", middle], f"{result} raised")
        self._node("Round", [f"{result} raised"], f"{result} rounded")
        self._node("Cast", [f"{result} rounded"], f"{result} bytes", to=TensorProto.UINT8)
        zero = self._constant("zero", np.uint8(_MIDDLE))
        self._node("MatMulInteger", [f"{result} bytes", f"{result} weights", zero], f"{result} integers")
        self._node("Cast", [f"{result} integers"], f"{result} sums", to=TensorProto.FLOAT)
        # In this order: ONNX Runtime replaces a product of the two scales by one scale for all tokens.
        self._node("Mul", [f"{result} sums", f"{result} step"], f"{result} by token")
        self._node("Mul", [f"{result} by token", f"{result} scales"], f"{result} unbiased")
        return self._node("Add", [f"{result} unbiased", f"{result} bias"], result)

    def _floats(self, name: str) -> str:
        return self._constant(name, self._model.floats(name))

    def _constant(self, name: str, value: Any) -> str:
        from onnx import numpy_helper

        if name not in self._constants:
            self._constants[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def _node(
        self, operator: str, inputs: list[str], *outputs: str, contributed: bool = False, **attributes: Any
    ) -> str:
        from onnx import helper

        domain = _CONTRIBUTED if contributed else ""
        self._nodes.append(helper.make_node(operator, inputs, list(outputs), domain=domain, **attributes))
        return outputs[0]


def _pairs(nibbles: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Two neighbours in a byte, the first in the low half."""
    pairs: NDArray[np.uint8] = nibbles[:, 0::2] | (nibbles[:, 1::2] << np.uint8(4))
    return pairs
