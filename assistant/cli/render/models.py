"""Language models: those on this machine, those on offer, and how fast one runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assistant import formatting
from assistant.models.recommending import LEAST_RATE, LONGEST_WAIT_S
from policies.hygiene import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from assistant.cli.output import Output
    from assistant.engine.gguf import GGUFHeader
    from assistant.models.recommending import Advice
    from assistant.models.shelf import ListedModel
    from assistant.models.tuning import Trial

_TRIAL_ROW = "{:28} {:>11} {:>11} {:>11} {:>14}"


def print_models(output: Output, models: Sequence[ListedModel], roles: Mapping[Path, str]) -> None:
    """Prints the models on this machine.

    roles: the role of each configured model, by its file.
    """
    for model in models:
        name = one_line(model.name)
        if model.label != model.name:
            name = f"{one_line(model.label)}  {name}"
        role = f", in use as the {roles[model.path]}" if model.path and model.path in roles else ""
        output.print(f"{name}  ({model.place}{role})")
        output.print(f"  {', '.join(_details(model))}")


def model_object(model: ListedModel, roles: Mapping[Path, str]) -> dict[str, Any]:
    """A model on this machine, for `--json`."""
    header = model.header
    return {
        "name": model.name,
        "label": model.label,
        "place": model.place,
        "path": str(model.path) if model.path is not None else None,
        "architecture": header.architecture if header is not None else None,
        "quantization": header.quantization if header is not None else None,
        "parameters": header.parameters if header is not None else None,
        "bytes": header.bytes if header is not None else None,
        "context_tokens": header.trained_tokens or None if header is not None else None,
        "chat_template": bool(header.chat_template) if header is not None else None,
        "licence": header.licence or None if header is not None else None,
        "in_use": roles.get(model.path) if model.path is not None else None,
        "reason": model.reason,
    }


def describe_download(name: str, header: GGUFHeader, digest: str) -> str:
    """What a downloaded file says about itself, and its SHA-256."""
    licence = header.licence or "licence unknown"
    details = f"{name}: {header.architecture}, {header.quantization}, {licence}"
    return f"{one_line(details)}\nSHA-256 {digest}"


def print_verification(output: Output, results: Sequence[Mapping[str, str]]) -> None:
    """Prints the state of each pinned model; `results` are the objects of `--json`."""
    for result in results:
        reason = f"  ({result['reason']})" if result["reason"] else ""
        output.print(f"{result['state']:13} {one_line(result['name'])}{reason}")


def print_advice(output: Output, advice: Sequence[Advice], *, memory_bytes: int, cores: int) -> None:
    """Prints the models on offer, best first, and the command that downloads the best."""
    output.print(
        f"This machine has {formatting.size(memory_bytes)} of memory and"
        f" {formatting.count_of(cores, 'physical core')}."
    )
    if advice[0].fits:
        best = advice[0].offer.name
        output.print(f"The best model for it is {best}.")
        output.print(f"Download it with: carrel models pull {best}")
    output.print()
    for item in advice:
        output.print(_describe_advice(item), style=None if item.fits else "dim")


def advice_object(advice: Sequence[Advice], *, memory_bytes: int, cores: int) -> dict[str, Any]:
    """The models on offer, for `--json`; `recommended` is null if none fits this machine."""
    return {
        "memory_bytes": memory_bytes,
        "cores": cores,
        "recommended": advice[0].offer.name if advice[0].fits else None,
        "models": [
            {
                "name": item.offer.name,
                "url": item.offer.url,
                "bytes": item.offer.bytes,
                "sha256": item.offer.sha256,
                "quantization": item.offer.quantization,
                "parameters": item.offer.parameters,
                "active_parameters": item.offer.active or item.offer.parameters,
                "memory_mb": item.offer.memory_mb,
                "context_tokens": item.offer.context_tokens,
                "licence": item.offer.licence,
                "draft": item.offer.draft or None,
                "fits": item.fits,
                "wait_s": round(item.wait_s, 1),
                "tokens_per_s": round(item.rate, 1),
            }
            for item in advice
        ],
    }


def print_trial_header(output: Output) -> None:
    """Prints the column heads above trials. Rates are in tokens per second."""
    output.print(
        _TRIAL_ROW.format("", "prompt t/s", "answer t/s", "divergence", "per question"), style="bold"
    )


def print_trial(output: Output, trial: Trial, name: str = "") -> None:
    """Prints one measured configuration; `name` replaces the trial's own name."""
    output.print(
        _TRIAL_ROW.format(
            name or trial.variant.name,
            f"{trial.read_tps:.0f}",
            f"{trial.write_tps:.0f}",
            f"{trial.divergence:.3f}",
            f"{trial.seconds:.1f} s{f', {formatting.energy(trial.joules)}' if trial.joules else ''}",
        )
    )


def trial_object(trial: Trial) -> dict[str, Any]:
    """One measured configuration, for `--json`."""
    settings = trial.variant.settings
    return {
        "name": trial.variant.name,
        "threads": settings.threads,
        "batch_tokens": settings.batch_tokens,
        "kv_type": settings.kv_type,
        "read_tps": round(trial.read_tps, 1),
        "write_tps": round(trial.write_tps, 1),
        "divergence": round(trial.divergence, 5),
        "seconds": round(trial.seconds, 3),
        "joules": round(trial.joules, 1) if trial.joules is not None else None,
    }


def _details(model: ListedModel) -> list[str]:
    header = model.header
    if header is None or model.path is None:
        return [f"unusable: {model.reason}"]
    parts = [
        one_line(header.architecture),
        header.quantization,
        f"{header.parameters / 1e9:.2f} billion parameters",
        formatting.size(header.bytes),
        f"context of {header.trained_tokens:,} tokens" if header.trained_tokens else "",
        one_line(header.licence) or "licence unknown",
        "" if header.chat_template else "no chat template",
    ]
    return [part for part in parts if part]


def _describe_advice(advice: Advice) -> str:
    offer = advice.offer
    active = f" ({offer.active:g} for a token)" if offer.active else ""
    rate = formatting.count_of(round(advice.rate), "token")
    lines = [
        f"{offer.parameters:g} billion parameters{active}, {offer.quantization}, {offer.licence}",
        f"{formatting.size(offer.bytes)} to download,"
        f" {formatting.size(offer.memory_mb * 10**6)} of memory,"
        f" context of {offer.context_tokens:,} tokens",
        f"first word after {advice.wait_s:.0f} s, then {rate}/s" if offer.answers else "",
        f"draft model {offer.draft}" if offer.draft else "",
    ]
    slow = advice.wait_s > LONGEST_WAIT_S or advice.rate < LEAST_RATE
    unfit = "too slow" if slow else "too large"
    verdict = "fits" if advice.fits else unfit if offer.answers else "draft"
    return "\n".join([f"{verdict:9} {offer.name}", *(f"{'':9} {line}" for line in lines if line)])
