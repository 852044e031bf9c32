"""Commands about language models: models ls, add, use, verify, rm, pull, recommend, tune."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.cli.exits import Exit, UsageError
from assistant.cli.session import Role, Session, command
from policies import network
from policies.errors import ModelNotAsPinned
from policies.hygiene import one_line, visible

if TYPE_CHECKING:
    from assistant.engine.gguf import GGUFHeader
    from assistant.models.recommending import Advice
    from assistant.models.shelf import Shelved
    from assistant.models.tuning import Trial

Name = Annotated[str, typer.Argument(metavar="NAME", help="As `carrel models ls` shows it.")]


def register(app: typer.Typer) -> None:
    """Adds these commands to `app`."""
    models = typer.Typer(help="Language models: list, choose, check, fetch.", no_args_is_help=True)
    for function in (ls, add, use, verify, rm, recommend, tune):
        command(models)(function)
    command(models, role=Role.ONLINE)(pull)
    app.add_typer(models, name="models")


def ls(session: Session) -> None:
    """List the language models on this machine. A chat template is recognised by name, and never run."""
    from assistant.models import shelf

    roles = _roles(session)
    found = list(shelf.models())
    for model in found:
        named = one_line(model.name)
        if model.label != model.name:
            named = f"{one_line(model.label)}  {named}"
        session.print(f"{named}  ({', '.join(_described(model, roles))})")
    session.print_json({"models": [_model_object(model, roles) for model in found]})


def add(
    session: Session,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A GGUF file.")],
) -> None:
    """Copy a GGUF file into the models folder, after it was loaded once in a process of its own."""
    from assistant.models import shelf

    kept = shelf.add(file.absolute())
    session.print(f"{one_line(kept.stem)}: in {one_line(str(kept.parent))}")
    session.say(f"Choose it with: carrel models use {one_line(kept.stem)}")
    session.print_json({"name": kept.stem, "path": str(kept), "bytes": kept.stat().st_size})


def use(
    session: Session,
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="As `carrel models ls` shows it, or a GGUF file's path.")
    ],
    draft: Annotated[
        str, typer.Option("--draft", metavar="NAME", help="A smaller model of its family that drafts for it.")
    ] = "",
) -> None:
    """Choose the model that answers, in the configuration. Without --draft, none drafts for it."""
    from assistant.config import change
    from assistant.engine.gguf import read_header
    from assistant.errors import EngineError
    from assistant.models.finding import LOCAL, find_target
    from assistant.models.probing import try_loading

    choices = [_choice(each) for each in (name, draft) if each]
    found = [find_target(choice, library=session.library, remember=False) for choice in choices]
    if len({read_header(model.path).vocabulary for model in found}) > 1:
        raise EngineError(
            f"{draft} cannot draft for {name}: their vocabularies differ.",
            remedy="Choose a smaller model of the same family, or none.",
        )
    for model in found:
        if model.source == LOCAL:
            try_loading(model.path, model.sha256)
    target, drafting = choices[0], choices[1] if draft else ""
    file = change(session.config_file, {"models.target": target, "models.draft": drafting})
    drafted = f", {one_line(drafting)} drafts for it" if drafting else ""
    session.print(f"{one_line(target)} answers{drafted}: set in {one_line(str(file))}")
    session.print_json({"target": target, "draft": drafting, "config": str(file)})


def verify(
    session: Session,
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="One of them; all without a name.")
    ] = None,
) -> Exit:
    """Read every pinned model file in full, and hold it against its pin."""
    from assistant.errors import ModelMissing
    from assistant.models import finding

    pins = finding.pinned(session.library)
    if name is not None:
        pins = [pin for pin in pins if name in (pin.name, Path(pin.name).stem)]
        if not pins:
            raise UsageError(f"No model {name} is pinned.", remedy="One is when it is first used.")
    results: list[dict[str, Any]] = []
    with session.progress("models") as watch:
        for done, pin in enumerate(pins):
            watch(done, len(pins), pin.name)
            state, reason = "as pinned", ""
            try:
                finding.verify(pin)
            except ModelNotAsPinned as error:
                state, reason = "changed", f"{error.message} {error.remedy}"
            except ModelMissing as error:
                state, reason = "not installed", f"{error.message} {error.remedy}"
            results.append({"name": pin.name, "kind": pin.kind, "state": state, "reason": reason})
    for result in results:
        why = f"  ({result['reason']})" if result["reason"] else ""
        session.print(f"{result['state']:13} {one_line(result['name'])}{why}")
    session.print_json({"models": results})
    # A bundled model that is not installed is no fault of the files that are here.
    faults = ("changed",) if name is None else ("changed", "not installed")
    return Exit.MODEL if any(result["state"] in faults for result in results) else Exit.DONE


def rm(session: Session, name: Name) -> None:
    """Delete a model from the models folder. No other place is ever written to."""
    from assistant.config import models_folder
    from assistant.models import finding, shelf

    role = _roles(session).get(models_folder() / f"{name}.gguf")
    if role is not None:
        raise UsageError(
            f"{name} is in use: it is the configured {role}.",
            remedy="Choose another with `carrel models use` first.",
        )
    file = shelf.remove(name)
    finding.forget(file, session.library)
    session.print(f"{one_line(name)}: deleted")
    session.print_json({"name": name, "path": str(file)})


def pull(
    session: Session,
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME", help="As `carrel models recommend` shows it, or a GGUF file's https address."
        ),
    ],
    sha256: Annotated[
        str, typer.Option("--sha256", metavar="HEX", help="The digest that the file must have.")
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Keep what comes, whatever its digest.")] = False,
) -> None:
    """Fetch a model over https. The only command with a network; it reads no document."""
    from assistant.models import pulling, recommending, shelf

    offers = {offer.name: offer for offer in recommending.catalogue()}
    offer = offers.get(name)
    if offer is None and ":" not in name:
        raise UsageError(f"No model {name} is known.", remedy=f"Known are: {', '.join(offers)}.")
    if sha256 and not re.fullmatch("[0-9a-fA-F]{64}", sha256):
        raise UsageError(f"{sha256} is no SHA-256: it has 64 hexadecimal digits.")
    expected = sha256 or (offer.sha256 if offer is not None else "")
    if not (expected or yes or sys.stdin.isatty()):
        raise UsageError(
            "Nobody can be asked whether what comes is right.",
            remedy="Give its digest with --sha256, or --yes to keep it whatever it is.",
        )
    address = offer.url if offer is not None else name
    pulling.check_address(address)
    target = shelf.vacant(offer.name if offer is not None else _stem(address))
    licence = f" (about {offer.size_mb:,} MB, {offer.licence})" if offer is not None else ""
    session.say(f"Fetching {one_line(address)}{licence}")
    with session.progress("MB") as watch:
        part = pulling.fetch(
            address,
            target,
            watch=lambda done, total: watch(done // 10**6, total // 10**6, target.stem),
        )
    # From here on the file is looked at, and that needs no network.
    network.seal(session.config.network.seal)
    digest = pulling.keep(part, target, sha256=expected, accepted=_asking(session, target.stem, yes))
    session.print(f"{one_line(target.stem)}: in {one_line(str(target.parent))}, SHA-256 {digest}")
    drafted = f" --draft {offer.draft}" if offer is not None and offer.draft else ""
    session.say(f"Choose it with: carrel models use {one_line(target.stem)}{drafted}")
    size = target.stat().st_size
    session.print_json({"name": target.stem, "path": str(target), "bytes": size, "sha256": digest})


def recommend(session: Session) -> None:
    """Show the models that can be fetched, the best for this machine first."""
    from assistant.engine.native import physical_cores
    from assistant.models import recommending

    memory, cores = recommending.memory_bytes(), physical_cores()
    advice = recommending.advise(recommending.catalogue(), memory_bytes=memory, cores=cores)
    best = advice[0].offer.name if advice[0].fits else None
    session.print(f"This machine has {memory / 1e9:.0f} GB of memory and {cores} physical cores.")
    if best is not None:
        session.print(f"Best for it is {best}: carrel models pull {best}")
    session.print()
    for each in advice:
        session.print(_advised(each), style=None if each.fits else "dim")
    objects = [_advice_object(each) for each in advice]
    session.print_json({"memory_bytes": memory, "cores": cores, "recommended": best, "models": objects})


def tune(
    session: Session,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only measure.")] = False,
) -> None:
    """Measure how the chosen model is computed fastest on this machine, and set it so. Takes minutes."""
    import tempfile

    from assistant.config import cache_folder, change
    from assistant.models import tuning
    from assistant.models.finding import context_settings, find_target

    models = session.config.models
    model = find_target(models.target, library=session.library, remember=False)
    named = Path(model.name).name.removesuffix(".gguf")
    tuning.offered()
    cache_folder().mkdir(parents=True, exist_ok=True, mode=0o700)
    trials: list[Trial] = []
    changes: dict[str, str | int] = {}
    session.print(_TUNING.format("", "read/s", "written/s", "divergence", "a question"), style="bold")
    with tempfile.TemporaryDirectory(dir=cache_folder()) as folder:
        for event in tuning.tune(model.path, named, context_settings(models), Path(folder)):
            if isinstance(event, tuning.Tuned):
                tuned = event
            else:
                trials.append(event)
                session.print(_tuning_row(event))
        before, after = tuned.before, tuned.after
        for key in ("threads", "batch_tokens", "kv_type"):
            if getattr(after.way.settings, key) != getattr(before.way.settings, key):
                changes[f"models.{key}"] = getattr(after.way.settings, key)
        if after.way.path != model.path:
            changes["models.target"] = (
                after.way.path.stem if dry_run else tuning.keep(tuned, model, session.library)
            )
    session.print()
    for name, trial in (("now", before), ("best", after)):
        session.print(_tuning_row(trial, f"{name}: {trial.way.name}"))
    session.print(f"Divergence up to {tuning.MOST_DIVERGENCE} nats is taken for the same answers.")
    chosen = ", ".join(f"{key} = {value}" for key, value in changes.items())
    if not changes:
        session.print("Nothing gains enough: all stays as it is.")
    elif dry_run:
        session.print(f"It would set {chosen}.")
    else:
        file = change(session.config_file, changes)
        session.print(f"{one_line(chosen)}: set in {one_line(str(file))}")
    session.print_json(
        {
            "model": model.name,
            "trials": [_trial_object(trial) for trial in trials],
            "before": _trial_object(before),
            "after": _trial_object(after),
            "changes": changes,
            "dry_run": dry_run,
        }
    )


_TUNING = "{:28} {:>9} {:>10} {:>11} {:>11}"


def _tuning_row(trial: Trial, name: str = "") -> str:
    return _TUNING.format(
        name or trial.way.name,
        f"{trial.read_tps:.0f}",
        f"{trial.write_tps:.0f}",
        f"{trial.divergence:.3f}",
        f"{trial.seconds:.1f} s",
    )


def _trial_object(trial: Trial) -> dict[str, Any]:
    settings = trial.way.settings
    return {
        "name": trial.way.name,
        "threads": settings.threads,
        "batch_tokens": settings.batch_tokens,
        "kv_type": settings.kv_type,
        "read_tps": round(trial.read_tps, 1),
        "write_tps": round(trial.write_tps, 1),
        "divergence": round(trial.divergence, 5),
        "seconds": round(trial.seconds, 3),
    }


def _roles(session: Session) -> dict[Path, str]:
    """The files of the configured models."""
    from assistant.errors import ModelMissing
    from assistant.models.finding import locate_target

    roles = {}
    for role, choice in (("draft", session.config.models.draft), ("target", session.config.models.target)):
        try:
            roles[locate_target(choice)] = role
        except ModelMissing:
            continue
    return roles


def _described(model: Shelved, roles: dict[Path, str]) -> list[str]:
    header = model.header
    if header is None or model.path is None:
        return [model.place, f"cannot be used: {model.reason}"]
    parts = [
        model.place,
        one_line(header.architecture),
        header.quantization,
        f"{header.parameters / 1e9:.2f} billion parameters",
        f"{header.bytes // 10**6:,} MB",
        f"context {header.trained_tokens:,}" if header.trained_tokens else "",
        one_line(header.licence) or "licence unknown",
        "" if header.chat_template else "no chat template",
        f"in use as the {roles[model.path]}" if model.path in roles else "",
    ]
    return [part for part in parts if part]


def _model_object(model: Shelved, roles: dict[Path, str]) -> dict[str, Any]:
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


def _choice(text: str) -> str:
    """What the configuration is to hold for a name or path given on the command line."""
    from assistant.errors import ModelMissing
    from assistant.models.finding import locate_target

    try:
        locate_target(text)
    except ModelMissing:
        path = Path(text).absolute()
        if not path.is_file():
            raise
        return str(path)
    return text


def _asking(session: Session, name: str, yes: bool) -> Callable[[GGUFHeader, str], bool]:
    def accepted(header: GGUFHeader, digest: str) -> bool:
        what = f"{name}: {header.architecture}, {header.quantization}, {header.licence or 'licence unknown'}"
        session.say(f"{one_line(what)}\nSHA-256 {digest}")
        if yes:
            return True
        session.err.print(visible(f"Is {digest} the digest its publisher names? Keep it? [y/N] "), end="")
        return sys.stdin.readline().strip().lower() in ("y", "yes")

    return accepted


def _stem(address: str) -> str:
    """The name for what an address gives."""
    from urllib.parse import unquote, urlsplit

    return unquote(urlsplit(address).path).rpartition("/")[2].removesuffix(".gguf")


def _advised(advice: Advice) -> str:
    offer = advice.offer
    parts = [
        f"{offer.parameters:g} billion parameters",
        offer.quantization,
        f"{offer.size_mb:,} MB",
        f"{offer.memory_mb:,} MB of memory",
        offer.licence,
        f"begins within {advice.wait_s:.0f} s, then {advice.rate:.0f} tokens/s" if offer.answers else "",
        f"draft {offer.draft}" if offer.draft else "",
    ]
    verdict = "fits" if advice.fits else "too heavy" if offer.answers else "drafts"
    return f"{verdict:9} {offer.name}  ({', '.join(part for part in parts if part)})"


def _advice_object(advice: Advice) -> dict[str, Any]:
    offer = advice.offer
    return {
        "name": offer.name,
        "url": offer.url,
        "quantization": offer.quantization,
        "parameters": offer.parameters,
        "size_mb": offer.size_mb,
        "memory_mb": offer.memory_mb,
        "licence": offer.licence,
        "draft": offer.draft or None,
        "fits": advice.fits,
        "wait_s": round(advice.wait_s, 1),
        "tokens_per_s": round(advice.rate, 1),
    }
