"""Makes the reader: a small model that reads a question and a passage together (`assistant.answers.reader`).

The reader starts from the weights of the bundled embedder, all-MiniLM-L6-v2: six layers that have read a
billion pairs of texts already. Its word embeddings stay as they are, so what is shipped is only what changed.
It learns three things at once, because they need the same reading:

- does this passage answer this question, and where (SQuAD 2.0; Rajpurkar, Jia and Liang 2018, "Know What You
  Don't Know", ACL);
- does this passage support, contradict or not address this claim (natural language inference);
- which of two passages is nearer to a question (ranking), which is learned as a weaker form of the first.

Public sets of questions are about encyclopaedia articles. What people keep is letters, leases and tables full
of names, years and amounts, in which a question finds its words and not its answer. Such near-misses are made
here by rule (`nearmisses`), and so are private-looking records (`records`). No document of any user is read.

One command makes the reader and goes on where it was cut off:

    python -m training --data DIR --work DIR

Nothing imports this package, and it is not shipped.
"""
