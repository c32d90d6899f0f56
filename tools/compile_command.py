"""tools/compile_command.py: what is said to the compiler about a unit, for other tools to say again."""

import shlex


def compiler_words(command):
    """The compiler and its options, without what names the source, the object and what it depends on."""
    kept, skip = [], False
    for word in shlex.split(command):
        if skip:
            skip = False
        elif word in ("-MT", "-MF", "-o", "-c"):
            skip = True
        elif word != "-MD" and not word.endswith("ccache"):
            kept.append(word)
    return kept
