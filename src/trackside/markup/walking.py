"""markdown-it's walk over inline Markdown, much faster: each sign asks only the rules that it can begin."""

import re
from collections.abc import Mapping, Sequence

from markdown_it.parser_inline import ParserInline, RuleFuncInlineType
from markdown_it.rules_inline import StateInline

SIGN = re.compile(r"\n|\\|`|\$|\*|_|~|\[|\]|<|&|!(?=\[)|:(?=//)")
"""What may be more than text. The rest goes over without a look at each character."""


class InlineWalk(ParserInline):
    """Takes the place of a parser's own walk, which asks all its rules at each of two dozen characters."""

    def __init__(self, rules: Mapping[str, Sequence[RuleFuncInlineType]]) -> None:
        """`rules` are those for each sign, in their order; a sign without any is text."""
        super().__init__()
        self._rules = rules

    def tokenize(self, state: StateInline) -> None:
        src, end, deepest = state.src, state.posMax, state.md.options["maxNesting"]
        rules = self._rules
        while (position := state.pos) < end:
            if state.level < deepest:
                found = SIGN.search(src, position, end)
                at = found.start() if found else end
                if at > position:
                    state.append_pending(src[position:at])
                    state.pos = position = at
                    if found is None:
                        break
                for rule in rules.get(src[position], ()):
                    if rule(state, False):
                        break
                else:
                    state.append_pending(src[position])
                    state.pos = position + 1
            else:
                state.append_pending(src[position])
                state.pos = position + 1
        if state.pending:
            state.pushPending()

    def skipToken(self, state: StateInline) -> None:  # noqa: N802 -- markdown-it's name
        position = state.pos
        if (known := state.cache.get(position)) is not None:
            state.pos = known
            return
        if state.level >= state.md.options["maxNesting"]:
            state.pos = state.posMax + 1  # as there: no label ends within
        else:
            found = SIGN.search(state.src, position, state.posMax)
            at = found.start() if found else state.posMax
            if at > position:
                state.pos = at
            else:
                # As in markdown-it: it bounds how deep links look into each other.
                state.level += 1
                is_taken = any(rule(state, True) for rule in self._rules.get(state.src[position], ()))
                state.level -= 1
                if not is_taken:
                    state.pos = position + 1
        state.cache[position] = state.pos
