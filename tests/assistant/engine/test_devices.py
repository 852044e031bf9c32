"""As many layers go to GPUs as fit, and none if there is no GPU."""

from dataclasses import replace

import pytest

from assistant.config import ModelSettings
from assistant.engine.devices import Device, Offload, fit, gpus, plan, supports_gpus
from assistant.engine.gguf import GGUFHeader, LayerBytes, read_header
from assistant.engine.settings import KVType
from assistant.errors import EngineError
from assistant.models.finding import find_target, offloads
from tests.running import bundled_model

MIB = 1 << 20
SPARE = 512
"""MiB left free on each GPU."""

DENSE = GGUFHeader(
    architecture="llama",
    name="",
    licence="",
    quantization="Q4_K_M",
    parameters=8_000_000_000,
    trained_tokens=8192,
    chat_template="",
    vocabulary="",
    bytes=4500 * MIB,
    layers=(LayerBytes(100 * MIB, 0),) * 40,
    outside_bytes=500 * MIB,
    kv_bytes=40 * 1024,
)
MIXTURE = replace(DENSE, layers=(LayerBytes(20 * MIB, 400 * MIB),) * 40, bytes=17_300 * MIB)
TOKENS = 4096
KV = 4
"""MiB of keys and values per layer for these tokens."""


def gpu(free: int, name: str = "CUDA0") -> Device:
    return Device(name, "a GPU", free * MIB, 24_000 * MIB)


def fitted(header: GGUFHeader, *devices: Device) -> Offload:
    return fit(header, devices, context_tokens=TOKENS)


def test_a_model_that_fits_is_offloaded_completely() -> None:
    whole = 40 * (100 + KV) + 500
    assert fitted(DENSE, gpu(whole + SPARE)) == Offload(41, False, whole * MIB, ("CUDA0",))


@pytest.mark.parametrize("layers", [0, 1, 17, 40])
def test_as_many_layers_are_offloaded_as_fit(layers: int) -> None:
    used = layers * (100 + KV)
    offload = fitted(DENSE, gpu(used + 50 + SPARE))
    assert (offload.layers, offload.bytes) == (layers, used * MIB)


def test_the_memory_of_several_gpus_adds_up() -> None:
    assert fitted(DENSE, gpu(2 * 104 + SPARE), gpu(3 * 104 + SPARE, "CUDA1")).layers == 5


def test_experts_stay_in_main_memory_if_not_everything_fits() -> None:
    offload = fitted(MIXTURE, gpu(40 * (20 + KV) + 500 + SPARE))
    assert (offload.layers, offload.experts_on_cpu) == (41, True)
    assert fitted(MIXTURE, gpu(20_000)).experts_on_cpu is False


def test_smaller_keys_and_values_leave_room_for_more_layers() -> None:
    device = gpu(36 * 104 + SPARE)
    small = fit(DENSE, [device], context_tokens=16 * TOKENS, kv_share=KVType.Q8_0.share)
    assert small.layers > fit(DENSE, [device], context_tokens=16 * TOKENS).layers


def test_without_a_gpu_nothing_is_offloaded() -> None:
    assert plan(DENSE, [], context_tokens=TOKENS, kv_share=1.0, layers=40) == Offload()


def test_the_configuration_can_set_the_number_of_layers_and_the_gpu() -> None:
    devices = [gpu(20_000), gpu(20_000, "CUDA1")]
    chosen = plan(DENSE, devices, context_tokens=TOKENS, kv_share=1.0, device="CUDA1", layers=7)
    assert (chosen.layers, chosen.devices) == (7, ("CUDA1",))
    assert plan(DENSE, devices, context_tokens=TOKENS, kv_share=1.0, layers=0) == Offload()
    assert plan(MIXTURE, devices, context_tokens=TOKENS, kv_share=1.0, experts_on_cpu=True).experts_on_cpu


def test_an_unknown_gpu_is_refused_and_the_existing_ones_are_listed() -> None:
    with pytest.raises(EngineError, match="no GPU named CUDA9") as refused:
        plan(DENSE, [gpu(8000)], context_tokens=TOKENS, kv_share=1.0, device="CUDA9")
    assert "CUDA0" in refused.value.remedy


def test_the_draft_model_gets_the_memory_that_the_target_leaves() -> None:
    model = find_target(ModelSettings().target, library=None)
    header = read_header(bundled_model())
    whole = header.bytes // MIB + header.kv_bytes * TOKENS // MIB
    both = offloads(ModelSettings(), [model, model], [gpu(2 * whole + SPARE + 50)])
    one = offloads(ModelSettings(), [model, model], [gpu(whole + SPARE + 20)])
    assert [offload.layers for offload in both] == [31, 31]
    assert one[0].layers == 31
    assert one[1].layers < 5


def test_a_build_without_gpu_support_finds_no_gpu() -> None:
    if supports_gpus():
        pytest.skip("this llama.cpp was built for GPUs")
    assert gpus() == []
