"""Answers a shell's TAB: from the line so far to what may stand in place of its last word.

The scripts of `scripts` ask by the environment, see `answer`.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from xaitool.cli.tab.offers import Offer, offer
from xaitool.cli.tab.scripts import SCRIPTS
from xaitool.options import option_fields

# Ends a line, so that its last word is the one that is being typed, also where that is empty.
_CURSOR = "\0"

Context = Any
"""Typer's, of a command or a group; its parameters are Typer's too."""


def answer(environment: Mapping[str, str], program: Any) -> list[str]:
    """What a shell's script reads.

    Args:
        environment: ``_XAITOOL_COMPLETE``: the shell, ``bash``, ``zsh`` or ``fish``;
            ``_XAITOOL_LINE``: the command line up to the cursor; ``_XAITOOL_BREAKS``: the
            characters at which the shell parts a word, of bash its ``COMP_WORDBREAKS``.
        program: Typer's group of all commands.

    Returns:
        Four lines: which paths are offered, see `offers.Offer`; the beginning of the word which
        stays as it is; the rest, which paths have to begin with; and how many characters the shell
        holds for another word. Then a line a value: for bash what replaces the word as bash sees
        it, for the others value, tab and description.
    """
    words, word, quoted = split_line(environment.get("_XAITOOL_LINE", ""))
    found = offered(program, words[1:], word)
    cut = 0 if quoted else _length_before(word, environment.get("_XAITOOL_BREAKS", ""))
    rest = word.removeprefix(found.prefix)
    values = {
        value: " ".join(about.split())
        for value, about in found.values.items()
        if value.startswith(rest)
    }
    header = [found.paths, found.prefix, rest, str(cut)]
    if environment.get("_XAITOOL_COMPLETE") == "bash":
        return [*header, *(f"{found.prefix}{value}"[cut:] for value in values)]
    return [*header, *(f"{value}\t{about}" for value, about in values.items())]


def split_line(line: str) -> tuple[list[str], str, bool]:
    """The words before the cursor, the one at it without its quotes, and whether a quote is open.

    Args:
        line: The command line up to the cursor.
    """
    lexer = shlex.shlex(line + _CURSOR, posix=True)
    lexer.whitespace_split, lexer.commenters = True, ""
    words, quoted = [], False
    try:
        words += list(lexer)
    except ValueError:
        words, quoted = _before_open_quote(line), True
    return words[:-1], words[-1].removesuffix(_CURSOR), quoted


def _before_open_quote(line: str) -> list[str]:
    """The words of a line whose last quote is not closed."""
    for quote in "'\"":
        try:
            return shlex.split(line + _CURSOR + quote)
        except ValueError:
            continue
    return [line]


def _length_before(word: str, breaks: str) -> int:
    """Where the last part of a word begins for a shell that parts words at these characters."""
    return max((index + 1 for index, one in enumerate(word) if one in breaks), default=0)


def offered(program: Any, words: Sequence[str], word: str) -> Offer:
    """What may stand in place of a word.

    Args:
        program: Typer's group of all commands.
        words: Those before it, without the program's name.
        word: Its beginning; what is offered need not begin with it.
    """
    context, rest = _command(program, words)
    if context is None:
        return Offer()
    if hasattr(context.command, "list_commands"):
        if words and words[-1] == "--show-completion":
            return Offer(dict.fromkeys(SCRIPTS, ""))
        return Offer(_flags(context)) if word.startswith("-") else Offer(_commands(context))
    parameters = {flag: one for one in _parameters(context) for flag in one.opts}
    flag, equals, value = word.partition("=")
    if equals and _takes_value(parameters.get(flag)):
        found = _value_of(parameters[flag], value, _parsed(context, rest))
        return found.after(f"{flag}=")
    if rest and _takes_value(parameters.get(rest[-1])):
        # Without its value the flag would end the parsing.
        return _value_of(parameters[rest[-1]], word, _parsed(context, rest[:-1]))
    if word.startswith("-") and "--" not in rest:
        return Offer(_flags(_parsed(context, rest)))
    for parameter in _parameters(context):
        if parameter.param_type_name == "argument" and parameter.nargs == -1:
            return _value_of(parameter, word, _parsed(context, rest))
    return Offer()


def _command(program: Any, words: Sequence[str]) -> tuple[Context | None, Sequence[str]]:
    """The command or group that a line has got to, and the words after its name."""
    name, command = "xaitool", program
    while True:
        context = command.make_context(name, [], resilient_parsing=True)
        at = next((at for at, word in enumerate(words) if not word.startswith("-")), None)
        if not hasattr(context.command, "list_commands") or at is None:
            return context, words
        name, words = words[at], words[at + 1 :]
        command = context.command.get_command(context, name)
        if command is None:
            return None, words


def _parsed(context: Context, words: Sequence[str]) -> Context:
    """The context of a command's line; what is wrong in it is left out."""
    parsed: Context = context.command.make_context(
        context.info_name, list(words), resilient_parsing=True
    )
    return parsed


def _parameters(context: Context) -> list[Any]:
    return [one for one in context.command.get_params(context) if not getattr(one, "hidden", False)]


def _takes_value(parameter: Any) -> bool:
    return (
        parameter is not None
        and parameter.param_type_name == "option"
        and not (parameter.is_flag or parameter.count)
    )


def _value_of(parameter: Any, word: str, context: Context) -> Offer:
    if parameter.name == "config":
        return Offer(paths="toml json")
    config_class = context.command.callback.config_class
    for field in option_fields(config_class):
        if field.name == parameter.name:
            return offer(field, config_class, word, lambda name: _given(context, name))
    return Offer()


def _given(context: Context, name: str) -> tuple[str, ...]:
    value, source = context.params.get(name), context.get_parameter_source(name)
    if value is None or source is None or source.name == "DEFAULT":
        return ()
    return tuple(map(str, value)) if isinstance(value, list | tuple) else (str(value),)


def _flags(context: Context) -> dict[str, str]:
    """Each flag that may still be given, to the first sentence of its help."""
    return {
        flag: _first_sentence(parameter.help or "")
        for parameter in _parameters(context)
        if parameter.param_type_name == "option"
        if parameter.multiple or not _is_typed(context, parameter.name)
        for flag in (*parameter.opts, *parameter.secondary_opts)
    }


def _is_typed(context: Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _first_sentence(text: str) -> str:
    return text.partition(". ")[0].rstrip(".")


def _commands(context: Context) -> dict[str, str]:
    return {name: one.summary.rstrip(".") for name, one in context.command.lazy.items()}
