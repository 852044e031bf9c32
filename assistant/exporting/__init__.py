"""Answers, conversations and summaries as one file that can be kept, printed and given to others."""
