"""Commands about models: models ls, add, use, verify, rm, recommend, tune.

`models pull`, the only one with a network, is in `assistant.cli.pull`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.command import command
from assistant.cli.exits import Exit, UsageError
from assistant.cli.helping import WholeSentences
from assistant.cli.pull import pull
from assistant.cli.render.models import (
    advice_object,
    model_object,
    print_advice,
    print_models,
    print_trial,
    print_trial_header,
    print_verification,
    trial_object,
)
from assistant.cli.session import Role, Session
from policies.errors import ModelNotAsPinned
from policies.hygiene import one_line

if TYPE_CHECKING:
    from assistant.models.tuning import Trial


def register(app: typer.Typer) -> None:
    """Adds these commands to `app`."""
    models = typer.Typer(
        cls=WholeSentences, help="List, choose, check and download language models.", no_args_is_help=True
    )
    for function in (ls, add, use, verify, rm, recommend, tune):
        command(models, role=Role.ALONE)(function)
    command(models, role=Role.ONLINE)(pull)
    app.add_typer(models, name="models")


def ls(session: Session) -> None:
    """List the language models on this machine.

    Models of Ollama, LM Studio and Hugging Face are found too.

    Examples:
        carrel models ls
    """
    from assistant.models import shelf

    roles = _roles(session)
    models = list(shelf.list_models())
    print_models(session.output, models, roles)
    session.output.print_json({"models": [model_object(model, roles) for model in models]})


def add(
    session: Session,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A GGUF file.")],
) -> None:
    """Copy a GGUF file into the models folder.

    The file is first loaded in a separate process, to see whether it works.

    Examples:
        carrel models add ~/Downloads/model.gguf
    """
    from assistant.models import shelf

    copy = shelf.add(file.absolute())
    session.output.print(f"Added {one_line(copy.stem)} to {one_line(str(copy.parent))}")
    session.output.note(f"To use it, run: carrel models use {one_line(copy.stem)}")
    session.output.print_json({"name": copy.stem, "path": str(copy), "bytes": copy.stat().st_size})


def use(
    session: Session,
    name: Annotated[
        str,
        typer.Argument(metavar="NAME", help="A name from `carrel models ls`, or the path of a GGUF file."),
    ],
    draft: Annotated[
        str,
        typer.Option(
            "--draft",
            metavar="NAME",
            help="A smaller model of the same family that drafts for it, which makes answers faster.",
        ),
    ] = "",
) -> None:
    """Choose the model that answers.

    The choice is saved in the configuration. Without --draft, no draft model is used.

    Examples:
        carrel models use qwen2.5-coder-1.5b-instruct-q4_k_m
        carrel models use NAME --draft SMALLER
    """
    from assistant.config import change
    from assistant.engine.gguf import read_header
    from assistant.errors import EngineError
    from assistant.models.finding import LOCAL, find_target
    from assistant.models.probing import try_loading

    choices = [_configured_name(choice) for choice in (name, draft) if choice]
    models = [find_target(choice, library=session.library, remember=False) for choice in choices]
    if len({read_header(model.path).vocabulary for model in models}) > 1:
        raise EngineError(
            f"{draft} cannot draft for {name}, because their vocabularies differ.",
            remedy="Choose a smaller model of the same family, or leave out --draft.",
        )
    for model in models:
        if model.source == LOCAL:
            try_loading(model.path, model.sha256)
    target, draft_choice = choices[0], choices[1] if draft else ""
    file = change(session.config_file, {"models.target": target, "models.draft": draft_choice})
    draft_note = f" with {one_line(draft_choice)} as its draft model" if draft_choice else ""
    session.output.print(
        f"{one_line(target)} answers from now on{draft_note} (saved in {one_line(str(file))})"
    )
    session.output.print_json({"target": target, "draft": draft_choice, "config": str(file)})


def verify(
    session: Session,
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="Verify only this model. Default: all.")
    ] = None,
) -> Exit:
    """Check that no model file has changed since it was pinned.

    Reads every file in full and compares its SHA-256.

    Examples:
        carrel models verify
    """
    from assistant.errors import ModelMissing
    from assistant.models import finding

    pins = finding.all_pins(session.library)
    if name is not None:
        pins = [pin for pin in pins if name in (pin.name, Path(pin.name).stem)]
        if not pins:
            raise UsageError(
                f"No model {name} is pinned.", remedy="A model is pinned when it is used for the first time."
            )
    results: list[dict[str, str]] = []
    with session.output.progress("models") as show_progress:
        for done, pin in enumerate(pins):
            show_progress(done, len(pins), pin.name)
            state, reason = "as pinned", ""
            try:
                finding.verify(pin)
            except ModelNotAsPinned as error:
                state, reason = "changed", f"{error.message} {error.remedy}"
            except ModelMissing as error:
                state, reason = "not installed", f"{error.message} {error.remedy}"
            results.append({"name": pin.name, "kind": pin.kind, "state": state, "reason": reason})
    print_verification(session.output, results)
    session.output.print_json({"models": results})
    # Without a name, a bundled model that is not installed is not a failure: the installed files are intact.
    failures = ("changed",) if name is None else ("changed", "not installed")
    return Exit.MODEL if any(result["state"] in failures for result in results) else Exit.DONE


def rm(
    session: Session,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A name from `carrel models ls`.")],
) -> None:
    """Delete a model from the models folder.

    Files in other folders are never touched.

    Examples:
        carrel models rm qwen2.5-coder-0.5b-instruct-q4_k_m
    """
    from assistant.config import models_folder
    from assistant.models import finding, shelf

    role = _roles(session).get(models_folder() / f"{name}.gguf")
    if name == session.config.models.embedder:
        role = "embedder"
    if role is not None:
        raise UsageError(
            f"{name} is in use: it is the configured {role}.",
            remedy=f"Choose another in the configuration (`models.{role}`) first.",
        )
    file = shelf.remove(name)
    finding.forget(file, session.library)
    session.output.print(f"Deleted {one_line(name)}")
    session.output.print_json({"name": name, "path": str(file)})


def recommend(session: Session) -> None:
    """List models to download, with the best for this machine first.

    Examples:
        carrel models recommend
    """
    from assistant.engine.devices import physical_cores
    from assistant.models import recommending

    memory_bytes, cores = recommending.memory_bytes(), physical_cores()
    advice = recommending.advise(recommending.catalogue(), memory_bytes=memory_bytes, cores=cores)
    print_advice(session.output, advice, memory_bytes=memory_bytes, cores=cores)
    session.output.print_json(advice_object(advice, memory_bytes=memory_bytes, cores=cores))


def tune(
    session: Session,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Measure only; leave the configuration as it is.")
    ] = False,
) -> None:
    """Find the fastest settings for the chosen model, and save them.

    Measuring takes some minutes.

    Examples:
        carrel models tune --dry-run
        carrel models tune
    """
    import tempfile

    from assistant.config import cache_folder, change
    from assistant.models import tuning
    from assistant.models.finding import find_target

    output = session.output
    models = session.config.models
    model = find_target(models.target, library=session.library, remember=False)
    model_name = Path(model.name).name.removesuffix(".gguf")
    tuning.offered_before()
    cache_folder().mkdir(parents=True, exist_ok=True, mode=0o700)
    trials: list[Trial] = []
    changes: dict[str, str | int] = {}
    print_trial_header(output)
    with tempfile.TemporaryDirectory(dir=cache_folder()) as folder:
        for event in tuning.tune(model.path, model_name, models.context(), Path(folder)):
            if isinstance(event, tuning.TuningResult):
                result = event
            else:
                trials.append(event)
                print_trial(output, event)
        before, after = result.before, result.after
        for key in ("threads", "batch_tokens", "kv_type"):
            if getattr(after.variant.settings, key) != getattr(before.variant.settings, key):
                changes[f"models.{key}"] = getattr(after.variant.settings, key)
        if after.variant.path != model.path:
            changes["models.target"] = (
                after.variant.path.stem if dry_run else tuning.keep(result, model, session.library)
            )
    output.print()
    print_trial(output, before, f"before: {before.variant.name}")
    print_trial(output, after, f"best: {after.variant.name}")
    output.print(f"A divergence of up to {tuning.MOST_DIVERGENCE} nats counts as the same answers.")
    settings = one_line(", ".join(f"{key} = {value}" for key, value in changes.items()))
    if not changes:
        output.print("No other setting is enough faster to be worth a change.")
    elif dry_run:
        output.print(f"Without --dry-run, this would be set: {settings}")
    else:
        file = change(session.config_file, changes)
        output.print(f"Set {settings} in {one_line(str(file))}")
    output.print_json(
        {
            "model": model.name,
            "trials": [trial_object(trial) for trial in trials],
            "before": trial_object(before),
            "after": trial_object(after),
            "changes": changes,
            "dry_run": dry_run,
        }
    )


def _roles(session: Session) -> dict[Path, str]:
    """The role of each configured model, `target` or `draft`, by its file. Missing models are left out."""
    from assistant.errors import ModelMissing
    from assistant.models.finding import locate_target

    roles = {}
    for role, choice in (("draft", session.config.models.draft), ("target", session.config.models.target)):
        try:
            roles[locate_target(choice)] = role
        except ModelMissing:
            continue
    return roles


def _configured_name(choice: str) -> str:
    """What the configuration should say for a name or path from the command line.

    Names stay as they are; the path of a file becomes absolute. Raises `ModelMissing`.
    """
    from assistant.errors import ModelMissing
    from assistant.models.finding import locate_target

    try:
        locate_target(choice)
    except ModelMissing as error:
        path = Path(choice).absolute()
        if not path.is_file():
            raise ModelMissing(
                f"There is no model {choice}.",
                remedy="Give a name from `carrel models ls`, or the path of a GGUF file.",
            ) from error
        return str(path)
    return choice
