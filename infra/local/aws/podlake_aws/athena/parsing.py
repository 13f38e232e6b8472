"""From the text of a statement to a tree, with errors where and as Athena reports them.

sqlglot reads more than Trino does. What only other engines know is refused here, so that a statement that works
on one machine works on AWS too.
"""

from __future__ import annotations

import itertools
import re

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, TokenError
from sqlglot.tokens import Token, TokenType

from .failures import QueryFailure, unsupported
from .functions import ELSEWHERE, KEYWORDS, KNOWN

READS = ("SELECT", "WITH", "VALUES", "(")
STATEMENTS = READS + ("SHOW", "DESCRIBE", "DESC", "EXPLAIN", "CREATE", "DROP")
WRITES = ("INSERT", "UPDATE", "DELETE", "MERGE", "ALTER", "MSCK", "UNLOAD", "OPTIMIZE", "VACUUM", "TRUNCATE", "ANALYZE")
WRITES += ("PREPARE", "EXECUTE", "DEALLOCATE", "GRANT", "REVOKE", "CALL", "USE", "REFRESH", "TABLE")
_FOREIGN_NODES = {
    exp.Qualify: "QUALIFY",
    exp.ILike: "ILIKE",
    exp.Pivot: "PIVOT",
    exp.Copy: "COPY",
    exp.Into: "INTO",
    exp.Glob: "GLOB",
    exp.SimilarTo: "SIMILAR",
}


def position(sql: str, offset: int) -> tuple[int, int]:
    """Line and column, both from 1, of a character."""
    before = sql[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1


def place(sql: str, node: exp.Expr | None) -> tuple[int, int] | None:
    """Where an expression begins: the first of its identifiers that the tokenizer has marked."""
    if node is None:
        return None
    starts = [part.meta["start"] for part in node.walk() if part.meta.get("start") is not None]
    return position(sql, min(starts)) if starts else None


def first_word(sql: str) -> tuple[str, int]:
    """The statement's first word in capitals, and its offset; comments are skipped."""
    found = re.match(r"(?:\s+|--[^\n]*(?:\n|$)|/\*.*?\*/)*(\w+|.)?", sql, re.DOTALL)
    word = found.group(1) if found else None
    return (word.upper(), found.start(1)) if word else ("", len(sql))


def mismatched(sql: str, offset: int, found: str) -> QueryFailure:
    return QueryFailure("SYNTAX_ERROR", f"mismatched input '{found}'", position(sql, offset))


def check_statement(sql: str) -> str:
    """The first word of a statement that Athena would begin to read; raises for all others."""
    word, offset = first_word(sql)
    if word in WRITES:
        raise unsupported(f"{word} is not done by the local Athena: it reads tables, and creates and drops views")
    if word not in STATEMENTS:
        found = sql[offset : offset + len(word)] or "<EOF>"
        expecting = "', '".join(sorted((*STATEMENTS, *WRITES)))
        at = position(sql, offset)
        raise QueryFailure("SYNTAX_ERROR", f"mismatched input '{found}'. Expecting: '{expecting}', <query>", at)
    return word


def parse(sql: str) -> exp.Expr:
    """One statement as a tree; raises QueryFailure."""
    try:
        sql = _respell(sql)
        tokens = [t for t in sqlglot.tokenize(sql, read="athena") if t.token_type != TokenType.HIVE_TOKEN_STREAM]
        trees = [tree for tree in sqlglot.parse(sql, read="athena") if tree is not None]
    except ParseError as error:
        raise _syntax_error(sql, error) from error
    except TokenError as error:
        raise QueryFailure("SYNTAX_ERROR", f"mismatched input: {str(error).splitlines()[0]}", (1, 1)) from error
    if len(trees) != 1:
        raise QueryFailure("SYNTAX_ERROR", "Only one sql statement is allowed.", (1, 1))
    _refuse_foreign(sql, tokens, trees[0])
    _check_functions(sql, tokens, trees[0])
    return trees[0]


def _respell(sql: str) -> str:
    """What sqlglot 30.30 misreads, written so that it does not. Raises TokenError.

    It takes `1e0+2` for one number, and DECIMAL '1.50', which is a decimal(3,2), for CAST('1.50' AS decimal(38,0)).
    """
    tokens = sqlglot.tokenize(sql, read="athena")
    for before, token in reversed(list(itertools.pairwise(tokens))):
        start, text = token.start, token.text
        if token.token_type == TokenType.NUMBER:
            text = re.sub(r"([eE][+-]?\d+)([+-])", r"\1 \2", text)
        elif token.token_type == TokenType.STRING and before.text.upper() == "DECIMAL":
            number = re.fullmatch(r"[+-]?0*(\d*)(?:\.(\d*))?", text)
            whole, fraction = (number.group(1), number.group(2) or "") if number else ("", "")
            start = before.start
            quoted = text.replace("'", "''")
            text = f"CAST('{quoted}' AS decimal({max(1, len(whole) + len(fraction))},{len(fraction)}))"
        else:
            continue
        sql = sql[:start] + text + sql[token.end + 1 :]
    return sql


def fill_parameters(sql: str, parameters: list[str]) -> str:
    """ExecutionParameters stand for the question marks in order, each a literal as SQL writes it."""
    try:
        marks = [t for t in sqlglot.tokenize(sql, read="athena") if t.token_type == TokenType.PLACEHOLDER]
    except TokenError:
        marks = []  # the parser says what is wrong
    if len(marks) != len(parameters):
        message = f"Incorrect number of parameters: expected {len(marks)} but found {len(parameters)}"
        raise QueryFailure("INVALID_PARAMETER_USAGE", message, (1, 1))
    for mark, text in reversed(list(zip(marks, parameters, strict=True))):
        values = parse(f"SELECT {text}").selects
        if len(values) != 1 or values[0].find(exp.Column, exp.Query, exp.Alias):
            raise QueryFailure("INVALID_PARAMETER_USAGE", f"The execution parameter {text} is no literal")
        sql = f"{sql[: mark.start]}({text}){sql[mark.end + 1 :]}"
    return sql


def _syntax_error(sql: str, error: ParseError) -> QueryFailure:
    first = error.errors[0] if error.errors else {}
    text, line = first.get("highlight") or "", first.get("line") or 1
    column = max(1, (first.get("col") or 1) - len(text) + 1)
    at_end = not (first.get("end_context") or "").strip() and "Expecting" in (first.get("description") or "")
    return QueryFailure("SYNTAX_ERROR", f"mismatched input '{'<EOF>' if at_end else text}'", (line, column))


def _refuse_foreign(sql: str, tokens: list[Token], tree: exp.Expr) -> None:
    for token in tokens:
        if token.token_type in (TokenType.DCOLON, TokenType.COLON_EQ):
            raise mismatched(sql, token.start, token.text)
    for kind, word in _FOREIGN_NODES.items():
        if tree.find(kind):
            token = next((t for t in tokens if t.text.upper() == word), tokens[0])
            raise mismatched(sql, token.start, token.text)
    for table in tree.find_all(exp.Table):
        # Other engines read a file where a string stands for a table; Trino's grammar has no such thing.
        start = table.this.meta.get("start")
        if start is not None and sql[start] == "'":
            raise mismatched(sql, start, f"'{table.name}'")
    for star in tree.find_all(exp.Star):
        if any(star.args.values()):
            raise mismatched(sql, tokens[0].start, "*")


def _check_functions(sql: str, tokens: list[Token], tree: exp.Expr) -> None:
    """Every name before a parenthesis must be a function of Trino, whatever sqlglot makes of it."""
    named = {alias.name.lower() for alias in tree.find_all(exp.TableAlias) if alias.columns}
    if isinstance(tree, exp.Create):
        named.add(tree.this.name.lower())
    for token, following in itertools.pairwise(tokens):
        name = token.text.lower()
        if following.token_type != TokenType.L_PAREN or not re.fullmatch(r"[a-z_]\w*", name):
            continue
        if token.token_type in (TokenType.STRING, TokenType.NUMBER) or name in named or name in KEYWORDS:
            continue
        at = position(sql, token.start)
        if name in ELSEWHERE:
            raise unsupported(f"Function '{name}' is Athena's, but the local Athena does not have it", at)
        if name not in KNOWN:
            raise QueryFailure("FUNCTION_NOT_FOUND", f"Function '{name}' not registered", at)
