"""The reader's network: the six layers of MiniLM, and three heads on them.

A question and a passage are read as one sequence, so that every word of one sees every word of the other
(Nogueira and Cho 2019, "Passage Re-ranking with BERT"). The first position says whether the passage answers
and, through a head of its own, what it makes of a claim; each position of the passage says how likely the
answer starts or ends there. A question without an answer starts and ends at the first position (Devlin et al.
2019, "BERT", section 4.3).
"""

from pathlib import Path

from torch import Tensor, nn
from transformers import BertModel

CLASSES = 3
"""Supported, contradicted, unaddressed."""

DROPOUT = 0.1
"""Share of what a layer passes on that is left out in training."""


class ReaderNetwork(nn.Module):
    """From token ids to the scores of a question or a claim."""

    def __init__(self, folder: Path) -> None:
        """
        folder: the weights to start from, in the layout of transformers.
        """
        super().__init__()
        self.encoder = BertModel.from_pretrained(folder, add_pooling_layer=False, attn_implementation="eager")
        width = self.encoder.config.hidden_size
        self.answer_head = _head(width, 1)
        self.span_head = nn.Linear(width, 2)
        self.claim_head = _head(width, CLASSES)
        for module in self.encoder.modules():
            if isinstance(module, nn.Dropout):
                module.p = DROPOUT
        for parameter in self.encoder.embeddings.word_embeddings.parameters():
            parameter.requires_grad = False
        for parameter in self.encoder.embeddings.position_embeddings.parameters():
            parameter.requires_grad = False

    def forward(self, ids: Tensor, types: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The same as `read`, from token ids, shape (sequences, length)."""
        return self.read(self.encoder.embeddings.word_embeddings(ids), types, mask)

    def read(self, embedded: Tensor, types: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The scores of some sequences.

        embedded: the word embeddings of their tokens, shape (sequences, length, width).
        types, mask: shape (sequences, length), as for BERT.
        Returns the answer logits, shape (sequences,); the logits of starts and ends, before anything is
        masked, shape (sequences, length, 2); and the logits of the classes of a claim, shape (sequences, 3).
        """
        hidden = self.encoder(
            inputs_embeds=embedded, token_type_ids=types, attention_mask=mask
        ).last_hidden_state
        first = hidden[:, 0]
        return self.answer_head(first).squeeze(-1), self.span_head(hidden), self.claim_head(first)

    def changed(self) -> dict[str, Tensor]:
        """The weights that are trained, by name; the others are those of the embedder."""
        trained = {name for name, parameter in self.named_parameters() if parameter.requires_grad}
        return {name: tensor for name, tensor in self.state_dict().items() if name in trained}


def _head(width: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(width, width), nn.Tanh(), nn.Linear(width, outputs))
