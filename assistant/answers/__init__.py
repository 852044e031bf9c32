"""How an answer is made: from a question and the chunks of a library to a checked answer.

Nothing in here knows a process, a socket or a lock.
"""
