"""What SQL would do, as far as it can be told for sure: each statement becomes one Deed or more.

Nothing is left out: what cannot be read is a Deed of its own, and counts as one that destroys.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError


class Act(StrEnum):
    """What is done."""

    READ = "read"
    CREATE = "create"
    REPLACE = "replace"
    INDEX = "index"
    ENABLE = "enable"
    ADD_COLUMNS = "add_columns"
    DROP_COLUMNS = "drop_columns"
    ALTER = "alter"
    INSERT = "insert"
    UPSERT = "upsert"
    UPDATE = "update"
    UPDATE_ALL = "update_all"
    DELETE = "delete"
    DELETE_ALL = "delete_all"
    MERGE = "merge"
    DROP = "drop"
    CALL = "call"
    OTHER = "other"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """One thing that SQL would do. `names` are as they stand in it."""

    act: Act
    thing: str = ""
    """What `names` are: table, view, schema …; for OTHER the statement's first word."""
    names: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    cascade: bool = False
    """Whatever depends on it goes too."""
    harmless: bool = False
    """It destroys nothing that is there."""


LONGEST: Final = 20_000
"""Longer SQL is not read: it would keep everybody waiting."""
_HARMLESS: Final = frozenset({Act.READ, Act.CREATE, Act.INDEX, Act.ENABLE, Act.ADD_COLUMNS, Act.INSERT})
_KINDS: Final = frozenset({"TABLE", "VIEW", "SCHEMA", "SEQUENCE", "TYPE"})
"""What can be created without anything else changing; a function or a trigger is code that runs later."""
_EXTENSION: Final = re.compile(
    r'extension\s+(?:if\s+not\s+exists\s+)?"?([a-z_][\w-]*)"?(?:\s+with)?(?:\s+schema\s+"?\w+"?)?(?:\s+cascade)?',
    re.IGNORECASE,
)
_SHOWS: Final = re.compile(
    r"\s*(?:show\s+[\w .]+|explain\s+(?!.*\banaly[sz]e\b).*)\s*;?\s*", re.IGNORECASE | re.DOTALL
)
_SIDE_EFFECTS: Final = re.compile(
    r"pg_(?:terminate|cancel)_backend|pg_(?:try_)?advisory.*|pg_(?:reload|rotate|switch|promote|create|drop"
    r"|logical|replication|notify|read|write|ls|stat_(?:file|reset)|start|stop|backup|log|export|import).*"
    r"|set_config|setval|nextval|lo_.*|dblink.*|query_to_xml.*|txid_current|pg_current_xact_id"
    r"|http.*|net_.*",
    re.IGNORECASE,
)
"""Functions that do more than read, some of which a read-only session lets pass."""
_WRITING: Final = (exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.Drop, exp.Create, exp.Command)
_NAMED: Final = (exp.Grant, exp.Revoke, exp.Copy, exp.Comment, exp.Set, exp.Rollback)


def deeds(sql: str) -> tuple[Deed, ...]:
    """Tell what a text of SQL would do, statement by statement."""
    if len(sql) > LONGEST:
        return (Deed(act=Act.UNREADABLE),)
    try:
        parsed = [tree for tree in sqlglot.parse(sql, dialect="postgres") if tree is not None]
    except (SqlglotError, RecursionError, ValueError):
        return (Deed(act=Act.UNREADABLE),)
    done = [deed for tree in parsed for deed in _deeds(tree)]
    if not done or "/*!" in sql or sql.rstrip("; \t\r\n").count(";") >= max(len(parsed), 1):
        # A semicolon that is none to this parser may be one to the database, and MySQL runs such comments.
        done.append(Deed(act=Act.UNREADABLE))
    return tuple(done)


def _deeds(tree: exp.Expr) -> Iterator[Deed]:
    """The deed of a statement, and those that are hidden inside of it."""
    if isinstance(tree, exp.Transaction | exp.Commit | exp.Semicolon):
        return
    yield from _outer(tree)
    for node in tree.walk():
        if isinstance(node, _WRITING) and node is not tree and not isinstance(node.parent, exp.Alter):
            yield from _outer(node)
        elif isinstance(node, exp.Func) and _SIDE_EFFECTS.fullmatch(_function(node)):
            yield Deed(act=Act.CALL, names=(_function(node),))


def _outer(tree: exp.Expr) -> tuple[Deed, ...]:
    if isinstance(tree, exp.Query):
        return (_selected(tree),)
    tell = next((tell for kind, tell in _TOLD.items() if isinstance(tree, kind)), None)
    return tell(tree) if tell is not None else (_other(tree),)


def _made(act: Act, tree: exp.Expr | None = None, /, **rest: Any) -> Deed:
    if tree is not None:
        rest.setdefault("names", _names(tree))
    rest.setdefault("harmless", act in _HARMLESS)
    return Deed(act=act, **rest)


def _selected(tree: exp.Query) -> Deed:
    into = tree.args.get("into")
    if into is not None:
        return _made(Act.CREATE, into, thing="table")
    unknown = next(tree.find_all(exp.Anonymous), None)
    tables = dict.fromkeys(name for table in tree.find_all(exp.Table) for name in _names(table))
    aliases = {cte.alias for cte in tree.find_all(exp.CTE)}
    named = tuple(name for name in tables if name not in aliases)
    # A function that we do not know may do anything where no read-only session stops it.
    return _made(Act.READ, names=named, harmless=unknown is None)


def _created(tree: exp.Create) -> tuple[Deed, ...]:
    kind, schema = str(tree.args.get("kind") or "").upper(), tree.this
    if kind == "INDEX" and isinstance(schema, exp.Index):
        return (_made(Act.INDEX, schema.args.get("table")),)
    if kind not in _KINDS:
        return (_made(Act.OTHER, thing=f"create {kind.lower()}"),)
    if tree.args.get("replace"):
        return (_made(Act.REPLACE, schema, thing=kind.lower()),)
    columns = tuple(column.name for column in schema.find_all(exp.ColumnDef)) if kind == "TABLE" else ()
    return (_made(Act.CREATE, schema, thing=kind.lower(), columns=columns),)


def _dropped(tree: exp.Drop) -> tuple[Deed, ...]:
    things = tree.args.get("tables") or [tree.this]
    names = tuple(name for thing in things if thing is not None for name in _names(thing))
    kind = str(tree.args.get("kind") or "thing").lower()
    return (_made(Act.DROP, thing=kind, names=names, cascade=bool(tree.args.get("cascade"))),)


def _altered(tree: exp.Alter) -> tuple[Deed, ...]:
    actions = tree.args.get("actions") or []
    added = tuple(action.name for action in actions if isinstance(action, exp.ColumnDef))
    gone = tuple(
        name
        for action in actions
        if isinstance(action, exp.Drop) and action.args.get("kind") == "COLUMN"
        for column in (action.args.get("tables") or [action.this])
        if (name := column.name)
    )
    found = []
    if added:
        found.append(_made(Act.ADD_COLUMNS, tree.this, columns=added))
    if gone:
        found.append(_made(Act.DROP_COLUMNS, tree.this, columns=gone))
    if len(actions) != len(added) + len(gone) or not actions:
        found.append(_made(Act.ALTER, tree.this, thing=str(tree.args.get("kind") or "thing").lower()))
    return tuple(found)


def _inserted(tree: exp.Insert) -> tuple[Deed, ...]:
    conflict = tree.args.get("conflict")
    changes = conflict is not None and bool(conflict.args.get("expressions"))
    return (_made(Act.UPSERT if changes else Act.INSERT, tree.this),)


def _updated(tree: exp.Update) -> tuple[Deed, ...]:
    return (_made(Act.UPDATE if tree.args.get("where") else Act.UPDATE_ALL, tree.this),)


def _deleted(tree: exp.Delete) -> tuple[Deed, ...]:
    return (_made(Act.DELETE if tree.args.get("where") else Act.DELETE_ALL, tree.this),)


def _emptied(tree: exp.TruncateTable) -> tuple[Deed, ...]:
    names = tuple(name for table in tree.expressions for name in _names(table))
    return (_made(Act.DELETE_ALL, names=names, cascade=tree.sql().upper().endswith("CASCADE")),)


def _commanded(tree: exp.Command) -> tuple[Deed, ...]:
    word, rest = str(tree.this).lower(), str(tree.expression).strip("' ")
    extension = _EXTENSION.fullmatch(rest.strip()) if word == "create" else None
    if extension is not None:
        return (_made(Act.ENABLE, names=(extension[1],)),)
    if _SHOWS.fullmatch(f"{word} {rest}"):
        return (_made(Act.READ),)
    return (_other(tree),)


def _other(tree: exp.Expr) -> Deed:
    if isinstance(tree, exp.Command):
        return _made(Act.OTHER, thing=str(tree.this).lower())
    if isinstance(tree, _NAMED):
        return _made(Act.OTHER, thing=type(tree).__name__.lower())
    return _made(Act.UNREADABLE)


_TOLD: Final[Mapping[type[exp.Expr], Callable[[Any], tuple[Deed, ...]]]] = {
    exp.Create: _created,
    exp.Drop: _dropped,
    exp.Alter: _altered,
    exp.Insert: _inserted,
    exp.Update: _updated,
    exp.Delete: _deleted,
    exp.TruncateTable: _emptied,
    exp.Merge: lambda tree: (_made(Act.MERGE, tree.this),),
    exp.Command: _commanded,
}


def _names(tree: exp.Expr) -> tuple[str, ...]:
    """The table (or schema) that is meant; of another schema than public with its schema before a dot."""
    table = tree if isinstance(tree, exp.Table | exp.Column) else tree.find(exp.Table) or exp.Table()
    schema, name = table.text("db").replace(".", " "), table.name.replace(".", " ")
    parts = [schema, name] if schema not in ("", "public") else [name or schema]
    whole = ".".join(part for part in parts if part)
    return (whole,) if whole else ()


def _function(node: exp.Func) -> str:
    return str(node.name if isinstance(node, exp.Anonymous) else node.sql_name()).lower()
