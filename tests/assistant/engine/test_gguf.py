"""Reading GGUF headers, including malformed and malicious ones."""

import ctypes
import os
import struct
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.engine.gguf import MOST_ENTRIES, MOST_TEXT_BYTES, TENSOR_TYPES, read_header
from assistant.errors import EngineError
from tests import ggufs
from tests.ggufs import gguf, text, write

WHOLE = gguf()
HEADER_BYTES = WHOLE.rindex(b"ffn_down") + 64
"""Approximately the length of the header."""

fuzzed = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def rejection(path: Path) -> str:
    with pytest.raises(EngineError) as rejected:
        read_header(path)
    assert str(path) in rejected.value.message
    return rejected.value.message


def test_a_header_describes_the_model(tmp_path: Path) -> None:
    header = read_header(write(tmp_path / "tiny.gguf"))
    assert (header.architecture, header.name, header.licence) == ("llama", "Tiny", "apache-2.0")
    assert (header.quantization, header.parameters) == ("F32", ggufs.PARAMETERS)
    assert (header.trained_tokens, header.bytes) == (128, len(WHOLE))
    assert header.chat_template == "{{ messages }}"


def test_missing_metadata_is_empty(tmp_path: Path) -> None:
    missing = (
        *("general.name", "general.license", "general.file_type", "llama.context_length"),
        *("tokenizer.chat_template", "tokenizer.ggml.tokens"),
    )
    header = read_header(write(tmp_path / "tiny.gguf", gguf(dict.fromkeys(missing))))
    assert (header.name, header.licence, header.chat_template, header.vocabulary) == ("", "", "", "")
    assert header.trained_tokens == 0
    # The weights' own type with the most bytes.
    assert header.quantization == "F32"


def test_a_mixture_of_types_has_llama_cpps_name_for_it(tmp_path: Path) -> None:
    assert read_header(write(tmp_path / "a.gguf", gguf({"general.file_type": 15}))).quantization == "Q4_K_M"
    assert read_header(write(tmp_path / "b.gguf", gguf({"general.file_type": 999}))).quantization == "F32"


def test_vocabularies_with_different_tokens_have_different_digests(tmp_path: Path) -> None:
    def vocabulary(**changes: ggufs.Value) -> str:
        data = gguf({f"tokenizer.ggml.{key}": value for key, value in changes.items()})
        return read_header(write(tmp_path / "tiny.gguf", data)).vocabulary

    same = vocabulary()
    assert vocabulary(scores=[1.0] * len(ggufs.TOKENS)) == same
    swapped = [*ggufs.TOKENS[:-2], ggufs.TOKENS[-1], ggufs.TOKENS[-2]]
    assert len({same, vocabulary(tokens=swapped), vocabulary(tokens=ggufs.TOKENS[:-1])}) == 3


def test_a_chat_template_is_kept_as_text_and_never_executed(tmp_path: Path) -> None:
    malicious = "{{ ''.__class__.__mro__[1].__subclasses__() }}{% for i in range(10**9) %}x{% endfor %}"
    data = gguf({"tokenizer.chat_template": malicious})
    assert read_header(write(tmp_path / "tiny.gguf", data)).chat_template == malicious


def test_an_old_version_with_the_same_layout_is_read(tmp_path: Path) -> None:
    assert read_header(write(tmp_path / "tiny.gguf", gguf(version=2))).architecture == "llama"


def test_the_table_of_tensor_types_agrees_with_llama_cpp() -> None:
    from llama_cpp._ggml import libggml

    libggml.ggml_type_name.restype = ctypes.c_char_p
    libggml.ggml_type_size.restype = ctypes.c_size_t
    libggml.ggml_blck_size.restype = ctypes.c_int64
    for number, (name, block, size) in TENSOR_TYPES.items():
        assert libggml.ggml_type_name(number).decode().upper() == name
        assert (libggml.ggml_blck_size(number), libggml.ggml_type_size(number)) == (block, size)


# Rejected files


def test_a_missing_file_a_folder_and_a_pipe_are_rejected_at_once(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.gguf"
    os.mkfifo(pipe)
    for path in (tmp_path / "none.gguf", tmp_path, pipe):
        assert "no model file" in rejection(path)


@pytest.mark.parametrize("data", [b"", b"GG", b"GGML" + bytes(64), b"PK\3\4 a zip file", bytes(4096)])
def test_a_file_of_another_format_is_rejected(tmp_path: Path, data: bytes) -> None:
    assert "is not a GGUF file" in rejection(write(tmp_path / "model.gguf", data))


@pytest.mark.parametrize(("version", "reason"), [(1, "version 1"), (4, "version 4"), (3 << 24, "big-endian")])
def test_an_unsupported_version_or_byte_order_is_named(tmp_path: Path, version: int, reason: str) -> None:
    assert reason in rejection(write(tmp_path / "model.gguf", gguf(version=version)))


def test_a_truncated_file_is_rejected_with_the_number_of_missing_bytes(tmp_path: Path) -> None:
    assert "100 bytes of its weights" in rejection(write(tmp_path / "model.gguf", WHOLE[:-100]))


def test_one_part_of_several_is_rejected(tmp_path: Path) -> None:
    assert "one of 3 parts" in rejection(write(tmp_path / "model.gguf", gguf({"split.count": 3})))


def test_a_file_without_weights_or_architecture_is_rejected(tmp_path: Path) -> None:
    assert "no weights" in rejection(write(tmp_path / "model.gguf", gguf(tensors={})))
    nameless = gguf({"general.architecture": None})
    assert "no architecture" in rejection(write(tmp_path / "model.gguf", nameless))


HUGE = 1 << 62

MALFORMED = {
    "more tensors than bytes": b"GGUF" + struct.pack("<IQQ", 3, HUGE, 0) + bytes(64),
    "more entries than bytes": b"GGUF" + struct.pack("<IQQ", 3, 0, HUGE) + bytes(64),
    "more entries than any model": b"GGUF"
    + struct.pack("<IQQ", 3, 0, MOST_ENTRIES + 1)
    + bytes(20 * MOST_ENTRIES),
    "a key longer than the file": b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, HUGE) + bytes(64),
    "a text longer than the file": gguf({"x": struct.pack("<IQ", 8, HUGE)}),
    "a text that ends beyond all numbers": gguf({"x": struct.pack("<IQ", 8, (1 << 64) - 8)}),
    "a kept text that is too long": gguf({"general.name": "x" * (MOST_TEXT_BYTES + 1)}),
    "an array longer than the file": gguf({"x": struct.pack("<IIQ", 9, 5, HUGE)}),
    "texts longer than the file": gguf({"x": struct.pack("<IIQ", 9, 8, HUGE)}),
    "one long text of an array": gguf({"x": struct.pack("<IIQQ", 9, 8, 2, HUGE)}),
    "an array of arrays": gguf({"x": struct.pack("<IIQ", 9, 9, 1) + struct.pack("<IQ", 5, 0)}),
    "an unknown type": gguf({"x": struct.pack("<I", 77)}),
    "an alignment of nothing": gguf({"general.alignment": 0}),
    "an odd alignment": gguf({"general.alignment": 33}),
    "an alignment that is no number": gguf({"general.alignment": struct.pack("<If", 6, float("nan"))}),
    "an alignment beyond all numbers": gguf({"general.alignment": struct.pack("<If", 6, float("inf"))}),
    "a tensor of an unknown type": gguf(tensors={"x": ((32,), 31, 64)}),
    "a tensor of no dimension": gguf(tensors={"x": ((), 0, 64)}),
    "a tensor of many dimensions": gguf(tensors={"x": ((1, 1, 1, 1, 1), 0, 64)}),
    "a tensor of half a block": gguf(tensors={"x": ((33, 32), 8, 64)}),
    "a tensor larger than the file": gguf(tensors={"x": (((1 << 64) - 1,) * 4, 0, 64)}),
}


@pytest.mark.parametrize("data", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_header_is_rejected(tmp_path: Path, data: bytes) -> None:
    rejection(write(tmp_path / "model.gguf", data))


def test_a_long_string_that_is_not_needed_is_skipped(tmp_path: Path) -> None:
    data = gguf({"general.description": "x" * (MOST_TEXT_BYTES + 1)})
    assert read_header(write(tmp_path / "model.gguf", data)).name == "Tiny"


def test_a_header_longer_than_the_first_read_is_read_completely(tmp_path: Path) -> None:
    tokens = [f"token {number}" for number in range(200_000)]
    data = gguf({"tokenizer.ggml.tokens": tokens})
    assert len(data) > 3 << 20
    header = read_header(write(tmp_path / "model.gguf", data))
    assert (header.chat_template, header.parameters) == ("{{ messages }}", ggufs.PARAMETERS)
    assert "incomplete" in rejection(write(tmp_path / "cut.gguf", data[:-1]))
    assert "ends inside its header" in rejection(write(tmp_path / "cut.gguf", data[: 2 << 20]))


@given(end=st.integers(0, len(WHOLE) - 1))
@fuzzed
def test_a_file_truncated_anywhere_is_rejected(tmp_path: Path, end: int) -> None:
    rejection(write(tmp_path / "model.gguf", WHOLE[:end]))


numbers = st.sampled_from(
    [struct.pack("<Q", number) for number in (0, 1, 255, 1 << 16, 1 << 31, HUGE, (1 << 64) - 1)]
)


@given(
    changes=st.lists(
        st.tuples(st.integers(4, HEADER_BYTES), st.binary(min_size=1, max_size=9) | numbers),
        min_size=1,
        max_size=6,
    ),
    inserted=st.booleans(),
)
@fuzzed
def test_a_mutated_header_is_either_read_or_rejected(
    tmp_path: Path, changes: list[tuple[int, bytes]], inserted: bool
) -> None:
    data = bytearray(WHOLE)
    for place, new in changes:
        data[place : place if inserted else place + len(new)] = new
    path = write(tmp_path / "model.gguf", bytes(data))
    try:
        header = read_header(path)
    except EngineError as error:
        assert str(path) in error.message
    else:
        assert header.parameters > 0
        assert header.bytes == len(data)


@given(rest=st.binary(max_size=400))
@fuzzed
def test_noise_after_the_magic_bytes_is_rejected(tmp_path: Path, rest: bytes) -> None:
    rejection(write(tmp_path / "model.gguf", b"GGUF" + struct.pack("<IQQ", 3, 1, 1) + text("k") + rest))
