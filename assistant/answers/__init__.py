"""How an answer is made: a question and a library's chunks in, a checked answer out. Knows no process,
socket or lock."""
