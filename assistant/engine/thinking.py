"""Models that think aloud before they answer, and how they are made to answer at once.

Such a model writes its thoughts before the answer, between marks. Carrel answers from passages in a sentence
or two: thoughts would take minutes on a processor, and would be taken for the answer. The chat templates of
most of these models contain the beginning of a reply without thoughts, usually an empty pair of marks.
llama.cpp recognises the kind of a template and leaves this beginning out. So it is looked up in the text of
the template and put at the end of the prompt, and the model goes on as if it had already thought.

The template is searched and never executed.
"""

import re

OPENING, CLOSING = "<think>", "</think>"
"""The marks around thoughts that most models use."""

FINAL_CHANNEL = "<|channel|>final<|message|>"
"""The beginning of an answer where thoughts have a channel of their own, as in gpt-oss."""

_LITERAL = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"")
"""A string in a template."""


def reply_beginning(template: str) -> str:
    """The beginning of a reply after which no thoughts follow; empty for a model that does not think aloud.

    template: the text of a chat template, in the language of Jinja.
    """
    _, found, beginning = template.rpartition("add_generation_prompt")
    strings = _LITERAL.findall(beginning) if found else []
    literals: list[str] = [(one or other).replace("\\n", "\n") for one, other in strings]
    for literal in literals:
        if CLOSING in literal:
            before, _, after = literal.partition(CLOSING)
            _, _, empty = before.partition(OPENING)
            return f"{OPENING}{empty}{CLOSING}{after}"
    if any(OPENING in literal for literal in literals):
        return f"{OPENING}\n\n{CLOSING}\n\n"
    return FINAL_CHANNEL if FINAL_CHANNEL in template else ""
