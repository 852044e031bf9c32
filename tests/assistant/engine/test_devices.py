"""What is offloaded fits, and nothing is where there is no device."""

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
"""MiB left free on each device."""

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
"""MiB of keys and values a block needs for these tokens."""


def gpu(free: int, name: str = "CUDA0") -> Device:
    return Device(name, "a GPU", free * MIB, 24_000 * MIB)


def fitted(header: GGUFHeader, *devices: Device) -> Offload:
    return fit(header, devices, context_tokens=TOKENS)


def test_all_of_a_model_is_offloaded_where_it_fits() -> None:
    whole = 40 * (100 + KV) + 500
    assert fitted(DENSE, gpu(whole + SPARE)) == Offload(41, False, whole * MIB, ("CUDA0",))


@pytest.mark.parametrize("blocks", [0, 1, 17, 40])
def test_as_many_layers_are_offloaded_as_the_free_memory_holds(blocks: int) -> None:
    taken = blocks * (100 + KV)
    offload = fitted(DENSE, gpu(taken + 50 + SPARE))
    assert (offload.layers, offload.bytes) == (blocks, taken * MIB)


def test_the_memory_of_several_devices_counts_together() -> None:
    assert fitted(DENSE, gpu(2 * 104 + SPARE), gpu(3 * 104 + SPARE, "CUDA1")).layers == 5


def test_the_experts_of_a_mixture_stay_with_the_processor_where_not_all_fits() -> None:
    offload = fitted(MIXTURE, gpu(40 * (20 + KV) + 500 + SPARE))
    assert (offload.layers, offload.experts_on_cpu) == (41, True)
    assert fitted(MIXTURE, gpu(20_000)).experts_on_cpu is False


def test_smaller_keys_and_values_leave_room_for_more_layers() -> None:
    device = gpu(36 * 104 + SPARE)
    small = fit(DENSE, [device], context_tokens=16 * TOKENS, kv_share=KVType.Q8_0.share)
    assert small.layers > fit(DENSE, [device], context_tokens=16 * TOKENS).layers


def test_without_a_device_nothing_is_offloaded() -> None:
    assert plan(DENSE, [], context_tokens=TOKENS, kv_share=1.0, layers=40) == Offload()


def test_the_person_decides_how_many_layers_and_on_which_device() -> None:
    devices = [gpu(20_000), gpu(20_000, "CUDA1")]
    chosen = plan(DENSE, devices, context_tokens=TOKENS, kv_share=1.0, device="CUDA1", layers=7)
    assert (chosen.layers, chosen.devices) == (7, ("CUDA1",))
    assert plan(DENSE, devices, context_tokens=TOKENS, kv_share=1.0, layers=0) == Offload()
    assert plan(MIXTURE, devices, context_tokens=TOKENS, kv_share=1.0, experts_on_cpu=True).experts_on_cpu


def test_a_device_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(EngineError, match="no GPU named CUDA9") as refused:
        plan(DENSE, [gpu(8000)], context_tokens=TOKENS, kv_share=1.0, device="CUDA9")
    assert "CUDA0" in refused.value.remedy


def test_the_draft_gets_what_the_target_leaves() -> None:
    model = find_target(ModelSettings().target, library=None)
    header = read_header(bundled_model())
    whole = header.bytes // MIB + header.kv_bytes * TOKENS // MIB
    both = offloads(ModelSettings(), [model, model], [gpu(2 * whole + SPARE + 50)])
    one = offloads(ModelSettings(), [model, model], [gpu(whole + SPARE + 20)])
    assert [offload.layers for offload in both] == [31, 31]
    assert one[0].layers == 31
    assert one[1].layers < 5


def test_a_build_without_gpus_sees_none() -> None:
    if supports_gpus():
        pytest.skip("this llama.cpp was built for GPUs")
    assert gpus() == []
