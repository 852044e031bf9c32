"""What is allowed: the rules that every other package keeps. Each is a module, applied at one chokepoint.

Depends on the standard library only.
"""
