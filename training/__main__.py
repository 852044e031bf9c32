"""`python -m training`: makes the reader, or goes on making it; then exports and measures it."""

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer

from assistant.answers.reader import OnnxReader
from assistant.config import ModelSettings
from assistant.models.finding import find_embedder
from training.batches import BATCH, Batches, Sources
from training.export import export, fitted
from training.learning import LATER_RATES, RATES, Trainer, average, weights
from training.measuring import articles, held_out, measure, signals
from training.network import ReaderNetwork
from training.papers import Papers


def options_of(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Parses the command line; ends the process if it is invalid.

    arguments: the command line; None for that of this process.
    """
    parser = argparse.ArgumentParser(prog="python -m training", description="Makes the reader.")
    parser.add_argument("--data", type=Path, required=True, help="folder with the training sets")
    parser.add_argument("--work", type=Path, required=True, help="folder for checkpoints")
    parser.add_argument(
        "--steps", type=int, default=20_000, help="batches to learn from, those before a restart included"
    )
    parser.add_argument("--seed", type=int, default=13, help="seed of everything random")
    parser.add_argument("--threads", type=int, default=2, help="threads of the processor to compute with")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="what to train on")
    parser.add_argument("--batch", type=int, default=BATCH, help="sequences of a batch")
    parser.add_argument("--workers", type=int, default=0, help="processes that make the batches")
    parser.add_argument("--start", type=Path, help="checkpoint whose weights to start from")
    parser.add_argument(
        "--average",
        nargs=2,
        action="append",
        default=[],
        metavar=("FILE", "SHARE"),
        help="mix in the weights of the checkpoint FILE of another training. SHARE, such as 0.4, is its part"
        " of the mean; this training has what is left of 1. May be given several times",
    )
    parser.add_argument(
        "--export", action="store_true", help="do not train: export and measure the last checkpoint"
    )
    options = parser.parse_args(arguments)
    shares = [_share(parser, share) for _, share in options.average]
    if sum(shares) > 1 + 1e-9:
        parser.error(
            f"the shares of --average add up to {sum(shares):g}; they may not exceed 1, because this training"
            " has what is left"
        )
    options.average = [(Path(file), share) for (file, _), share in zip(options.average, shares, strict=True)]
    return options


def _share(parser: argparse.ArgumentParser, text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = 0.0
    if not 0 < share <= 1:
        parser.error(f"the SHARE of --average must be a number above 0 and at most 1, not {text}")
    return share


def main() -> None:
    """Parses the options and trains."""
    options = options_of()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    options.work.mkdir(parents=True, exist_ok=True)
    folder = find_embedder(ModelSettings().embedder, library=None).path
    network = ReaderNetwork(folder)
    if options.start:
        network.load_state_dict(weights(options.start), strict=False)
    trainer = Trainer(network, options.work, options.device, LATER_RATES if options.start else RATES)
    done = trainer.resume()
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    if not options.export:
        batches = Batches(Sources(options.data, options.seed), tokenizer, options.seed, options.batch)
        trainer.run(batches.after(done, options.workers), options.steps)
    network.cpu().eval()
    average(network, options.average)
    examples = [
        *articles(held_out(options.data, options.seed, choosing=True)),
        *Papers(held_out=True).as_written(),
    ]
    calibration = fitted(*signals(network, tokenizer, examples))
    shipped = export(network, options.work, calibration)
    for name, figure in measure(OnnxReader(shipped, folder), options.data, options.seed).items():
        print(f"{name}: {figure:.3f}")


if __name__ == "__main__":
    main()
