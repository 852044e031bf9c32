"""The programming languages, by the names of their files."""

import os.path

BY_NAME = {
    "makefile": "Make",
    "dockerfile": "Docker",
    "rakefile": "Ruby",
    "gemfile": "Ruby",
    "jenkinsfile": "Groovy",
}
"""Languages of files without a suffix, by name in lower case."""

LANGUAGES = {
    suffix: name
    for name, suffixes in {
        "Python": "py pyi",
        "C": "c h",
        "C++": "cc cpp cxx hpp hh",
        "C#": "cs",
        "Java": "java",
        "Kotlin": "kt kts",
        "Scala": "scala",
        "Groovy": "groovy gradle",
        "Go": "go",
        "Rust": "rs",
        "Swift": "swift",
        "Objective-C": "m mm",
        "JavaScript": "js mjs cjs jsx",
        "TypeScript": "ts tsx",
        "Vue": "vue",
        "Svelte": "svelte",
        "CSS": "css scss sass less",
        "Ruby": "rb",
        "PHP": "php",
        "Perl": "pl pm",
        "Lua": "lua",
        "R": "r",
        "Julia": "jl",
        "Haskell": "hs",
        "OCaml": "ml mli",
        "F#": "fs fsx",
        "Elixir": "ex exs",
        "Erlang": "erl",
        "Clojure": "clj cljs",
        "Lisp": "lisp el scm",
        "Dart": "dart",
        "Zig": "zig",
        "Nim": "nim",
        "Shell": "sh bash zsh fish",
        "PowerShell": "ps1",
        "Batch": "bat cmd",
        "SQL": "sql",
        "GraphQL": "graphql",
        "Protocol Buffers": "proto",
        "Make": "mk",
        "CMake": "cmake",
        "Terraform": "tf",
        "Nix": "nix",
        "Solidity": "sol",
        "Fortran": "f f90 f95",
        "Pascal": "pas",
        "Ada": "ada",
        "Visual Basic": "vb",
    }.items()
    for suffix in suffixes.split()
}
"""Names of programming languages by the suffix of their files."""


def language_of(path: str) -> str:
    """The programming language of the file at `path`; empty if its name tells none."""
    name = os.path.basename(path).lower()
    return LANGUAGES.get(os.path.splitext(name)[1].removeprefix(".")) or BY_NAME.get(name, "")
