"""What a model that thinks aloud is given to begin its reply with, by its chat template."""

from pathlib import Path

import pytest

from assistant.engine.llama import LlamaEngine, Weights
from assistant.engine.settings import ContextSettings
from assistant.engine.thinking import reply_beginning
from tests.running import bundled_model

TURNS = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
CHOICE = (
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}"
    "{% if not enable_thinking %}{{ '<think>\\n\\n</think>\\n\\n' }}{% endif %}{% endif %}"
)


@pytest.mark.parametrize(
    ("template", "begins"),
    [
        (TURNS + CHOICE, "<think>\n\n</think>\n\n"),
        (
            TURNS + '{% if add_generation_prompt %}{{ "<|bot|><think></think>" }}{% endif %}',
            "<think></think>",
        ),
        (
            "{% if add_generation_prompt %}<|bot|>{{ '</think>' if not enable_thinking else '<think>' }}",
            "<think></think>",
        ),
        (
            "{% if add_generation_prompt %}{{ '<|bot|><think>\\n' }}{% if quick %}{{ '</think>' }}",
            "<think></think>",
        ),
        ("{% if add_generation_prompt %}{{ '<|bot|><think>\\n' }}{% endif %}", "<think>\n\n</think>\n\n"),
        (
            "{{ '<|start|>assistant<|channel|>final<|message|>' + m.content }}"
            "{% if add_generation_prompt %}<|start|>assistant{% endif %}",
            "<|channel|>final<|message|>",
        ),
        # Thoughts of earlier turns are removed, and none are written.
        (
            "{{ m.content.split('</think>')[-1] }}{% if add_generation_prompt %}{{ 'assistant' }}{% endif %}",
            "",
        ),
        (TURNS + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}", ""),
        ("{{ m.content.split('</think>')[-1] }}", ""),
        ("{{ messages }}", ""),
        ("", ""),
    ],
)
def test_a_reply_begins_after_the_thoughts(template: str, begins: str) -> None:
    assert reply_beginning(template) == begins


@pytest.mark.model
def test_the_prompt_of_a_model_that_thinks_aloud_ends_after_its_thoughts(tmp_path: Path) -> None:
    data = bundled_model().read_bytes()
    start = data.index(b"{% for message in messages %}")
    end = data.index(b"{% endif %}", data.index(b"add_generation_prompt", start)) + len(b"{% endif %}")
    # Of the same length, because the places of the weights are counted from the beginning of the file.
    template = (TURNS + CHOICE).encode("ascii")
    assert len(template) <= end - start
    file = tmp_path / "thinking.gguf"
    file.write_bytes(data[:start] + template.ljust(end - start) + data[end:])
    engine = LlamaEngine(Weights(file, "thinking"), ContextSettings(tokens=256))
    rendered = engine.render([("user", "When?")])
    engine.close()
    assert rendered is not None
    assert rendered.endswith("<|im_start|>assistant\n<think>\n\n</think>\n\n")
