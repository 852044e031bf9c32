"""`python -m training`: makes the reader, or goes on making it; then exports and measures it."""

import argparse
import logging
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


def main() -> None:
    """Parses the options and trains."""
    parser = argparse.ArgumentParser(prog="python -m training", description="Makes the reader.")
    parser.add_argument("--data", type=Path, required=True, help="folder with the training sets")
    parser.add_argument("--work", type=Path, required=True, help="folder for checkpoints")
    parser.add_argument("--steps", type=int, default=20_000, help="batches to learn from, in all")
    parser.add_argument("--seed", type=int, default=13)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--batch", type=int, default=BATCH, help="sequences of a batch")
    parser.add_argument("--workers", type=int, default=0, help="processes that make the batches")
    parser.add_argument("--start", type=Path, help="checkpoint whose weights to start from")
    parser.add_argument(
        "--average",
        nargs=2,
        action="append",
        default=[],
        metavar=("FILE", "SHARE"),
        help="checkpoint of another training to average with, and what it counts for",
    )
    parser.add_argument("--export", action="store_true", help="export the last checkpoint as it is")
    options = parser.parse_args()
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
    average(network, [(Path(file), float(share)) for file, share in options.average])
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
