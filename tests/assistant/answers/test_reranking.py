"""Rerankers: a cross-encoder that the user provides, and the language model that answers."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from assistant.answers.reranking import LIKELIHOOD, CrossEncoderReranker, LikelihoodReranker
from assistant.answers.retrieval import Retriever
from assistant.config import Config, ModelSettings
from assistant.dialogue import Passage
from assistant.engine.scripted import ScriptedEngine
from assistant.errors import ModelMissing
from assistant.library.owner import Owner
from assistant.models.finding import find_reranker
from ingest.catalogue import Catalogue
from ingest.chunking import chunks
from ingest.embedding import HashingEmbedder
from ingest.opening import Stamp
from ingest.vectors.exact import ExactVectors
from policies.errors import ModelNotAsPinned, PolicyRefusal
from tests.parsing import parse_bytes
from tests.passages import LEASE, TRIP, passage
from tests.running import KEY


class LongestFirst:
    """Prefers long passages."""

    def scores(self, query: str, passages: Sequence[Passage]) -> list[float]:
        """The length of each passage."""
        return [float(len(passage.text)) for passage in passages]


class CountingEngine(ScriptedEngine):
    """Counts the texts whose likelihood it computes."""

    likelihoods = 0

    def likelihood(self, given: Sequence[int], text: Sequence[int]) -> float:
        """The likelihood of the scripted engine."""
        self.likelihoods += 1
        return super().likelihood(given, text)


def test_results_come_in_the_order_of_the_reranker(tmp_path: Path) -> None:
    catalogue = Catalogue(tmp_path / "catalogue.db", KEY)
    embedder = HashingEmbedder()
    texts = ["The rent is due.", "The rent is due on the third day of every month, it says.", "The rent."]
    for number, text in enumerate(texts):
        document = parse_bytes(f"/notes/{number}.txt", text.encode())
        pieces = list(chunks(document, embedder.count))
        catalogue.store(document, pieces, digest=document.id, stamp=Stamp(len(text), 1))
    plain = Retriever(catalogue, ExactVectors(), embedder).search("rent due", 3)
    search = Retriever(catalogue, ExactVectors(), embedder, LongestFirst()).search("rent due", 2)
    assert [passage.text for passage in search.passages] == [texts[1], texts[0]]
    assert [passage.rank for passage in search.passages] == [1, 2]
    scores = {passage.text: passage.score for passage in plain.passages}
    assert all(passage.score == scores[passage.text] for passage in search.passages)
    catalogue.close()


def test_the_model_prefers_the_text_after_which_the_question_is_likely() -> None:
    engine = ScriptedEngine("")
    scores = LikelihoodReranker(lambda: engine).scores("the deposit", [passage("zzz zzz"), passage(LEASE)])
    assert scores[1] > scores[0]


def test_an_empty_query_keeps_the_order() -> None:
    passages = [passage("zzz zzz"), passage(LEASE, rank=2)]
    assert LikelihoodReranker(lambda: ScriptedEngine("")).scores("", passages) == [1.0, 0.5]


def test_the_configuration_selects_the_likelihood_reranker(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    notes.mkdir()
    (notes / "lease.md").write_text(LEASE, encoding="utf-8")
    (notes / "trip.md").write_text(TRIP, encoding="utf-8")
    config = Config(models=ModelSettings(reranker=LIKELIHOOD))
    engine = CountingEngine("")
    with Owner(tmp_path / "library", config, embedder=HashingEmbedder(), engine=engine) as owner:
        for _ in owner.add(notes):
            pass
        search = owner.search("How much is the monthly rent?", 2)
    assert engine.likelihoods == 2, "each passage is scored by the engine"
    assert [passage.title for passage in search.passages] == ["lease", "trip"]


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A very small, untrained cross-encoder, saved by sentence-transformers."""
    import torch
    from sentence_transformers import CrossEncoder
    from tokenizers import BertWordPieceTokenizer
    from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("bert")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "rent", "due", "the", "is"]
    word_pieces = BertWordPieceTokenizer(dict(zip(words, range(len(words)), strict=True)))
    names = {f"{name}_token": f"[{name.upper()}]" for name in ("pad", "unk", "cls", "sep")}
    tokenizer = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=word_pieces._tokenizer, **names
    )
    tokenizer.save_pretrained(folder)
    settings = BertConfig(
        vocab_size=len(words),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
    )
    settings.num_labels = 1
    # Large weights, so that different texts get clearly different scores.
    settings.initializer_range = 0.5
    torch.manual_seed(0)
    BertForSequenceClassification(settings).save_pretrained(folder)
    saved = tmp_path_factory.mktemp("encoder") / "model"
    CrossEncoder(str(folder), device="cpu", local_files_only=True).save_pretrained(str(saved))
    return saved


@pytest.mark.model
def test_a_cross_encoder_is_pinned_and_refused_after_a_change(encoder: Path, tmp_path: Path) -> None:
    library = tmp_path / "library"
    library.mkdir()
    model = find_reranker(str(encoder), library=library)
    passages = [passage(text) for text in ("the rent is due", "due", "the rent is due")]
    scores = CrossEncoderReranker(model.path).scores("rent", passages)
    assert len(scores) == 3
    assert scores[0] == pytest.approx(scores[2], abs=1e-5)
    assert scores[0] != pytest.approx(scores[1], abs=1e-3)
    weights = next(encoder.rglob("*.safetensors"))
    before = weights.read_bytes()
    try:
        weights.write_bytes(before[:-1] + bytes([before[-1] ^ 1]))
        with pytest.raises(ModelNotAsPinned):
            find_reranker(str(encoder), library=library)
    finally:
        weights.write_bytes(before)


@pytest.mark.model
def test_a_folder_without_a_model_or_with_code_is_refused(encoder: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match=r"config\.json"):
        find_reranker(str(tmp_path), library=None)
    with pytest.raises(ModelMissing, match="no model named 'some-name'") as refused:
        find_reranker("some-name", library=None)
    assert "absolute path" in refused.value.remedy
    code = encoder / "modeling.py"
    code.write_text("raise SystemExit")
    try:
        with pytest.raises(PolicyRefusal, match="could run code"):
            find_reranker(str(encoder), library=None)
    finally:
        code.unlink()
