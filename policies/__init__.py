"""What is allowed: the rules every other package keeps, each a module applied at one chokepoint.

Depends on the standard library alone.
"""
