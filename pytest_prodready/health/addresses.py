"""The addresses of dependencies in environment variables: which there are, and how to point them elsewhere.

Addresses hold logins: they stay in the environment that they are read from and written to. What leaves this
module is a :class:`.Control`, with names of variables alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from urllib.parse import SplitResult, urlsplit

from pytest_prodready.facts import Control, InspectedEntry, Location, Service
from pytest_prodready.wording import listed

DEAD_HOST = "127.0.0.1"
MOST = 12
"""Variables that are found; more hold the addresses of something else, most likely."""
_KINDS = {
    **dict.fromkeys(("postgres", "postgresql", "postgis", "psql", "pgsql"), ("database", 5432)),
    **dict.fromkeys(("mysql", "mysql2", "mariadb"), ("database", 3306)),
    **dict.fromkeys(("mssql", "oracle", "mongodb", "cockroachdb"), ("database", 0)),
    **dict.fromkeys(("redis", "rediss", "valkey", "valkeys"), ("redis", 6379)),
    **dict.fromkeys(("amqp", "pyamqp", "amqps"), ("broker", 5672)),
    **dict.fromkeys(("memcached", "memcache", "pymemcache"), ("cache", 11211)),
}
"""Scheme of an address → what it is to the application, and its usual port."""
_PRODUCTS = (
    (re.compile(r"POSTGRES|(?:^|_)PG|MYSQL|MARIADB|(?:^|_)DB|DATABASE"), "database"),
    (re.compile(r"REDIS|VALKEY"), "redis"),
    (re.compile(r"RABBIT|AMQP"), "broker"),
    (re.compile(r"MEMCACHE"), "cache"),
)
"""Words in the name of a variable that holds a host alone."""
_HOST_NAME = re.compile(r"(?i)^(?:.*_)?(?:PG|[A-Z0-9]+_?)(HOSTNAME|HOST|SERVER)$")
_HOST = re.compile(r"[A-Za-z0-9_.-]+")
_PAIR = re.compile(r"([A-Za-z0-9_.-]+):(\d{1,5})")
_SAME = ("localhost", "::1", "0.0.0.0")  # noqa: S104 - a name of this machine; nothing is bound to it


class NoAddressError(ValueError):
    """A variable holds nothing that could be pointed elsewhere; ``str()`` says why."""


@dataclass(frozen=True)
class Address:
    """Where a dependency is, by its first host."""

    kind: str
    host: str
    port: int
    port_variable: str = ""
    """For a variable that holds a host alone: the one that holds the port."""

    @property
    def place(self) -> tuple[str, int]:
        """The same for every way to write it."""
        return (DEAD_HOST if self.host.lower() in _SAME else self.host.lower(), self.port)


def read(name: str, environ: Mapping[str, str], known: Iterable[str] = ()) -> Address:
    """The address that a variable holds.

    Args:
        name: the variable.
        environ: of the application.
        known: further variables that the application reads, whether they are set or not.

    Raises:
        NoAddressError: it holds none.
    """
    value = environ.get(name, "").strip()
    if not value:
        raise NoAddressError(f"{name} is not set")
    if "://" in value:
        return _of_url(name, value)
    if pair := _PAIR.fullmatch(value.split(",")[0].strip()):
        return Address(_by_name(name), pair[1], int(pair[2]))
    if not _HOST.fullmatch(value):
        raise NoAddressError(f"{name} holds no address that could be pointed elsewhere")
    port_variable = _port_variable(name)
    if not port_variable or (port_variable not in environ and port_variable not in known):
        raise NoAddressError(f"{name} holds a host, and no variable beside it holds the port")
    written = environ.get(port_variable, "")
    kind = _by_name(name)
    usual = next((port for other, port in _KINDS.values() if other == kind), 0)
    return Address(kind, value, int(written) if written.isdigit() else usual, port_variable)


def _of_url(name: str, value: str) -> Address:
    parts = _parts(value.partition(";")[0].strip())
    if parts is None or not (parts.hostname or "").strip():
        raise NoAddressError(f"{name} holds an address without a host that could be pointed elsewhere")
    if re.search(r"(?i)(?:^|&)(?:host|hostaddr|port|unix_socket|service)=", parts.query):
        raise NoAddressError(f"the address in {name} names its host in its query")
    scheme = re.split(r"[+.]", parts.scheme.lower())[0]
    kind, usual = _KINDS.get(scheme, ("", 0))
    host, _, port = parts.netloc.rpartition("@")[2].split(",")[0].partition(":")
    if parts.netloc.rpartition("@")[2].startswith("["):
        host, port = str(parts.hostname), ""
    return Address(kind, host, int(port) if port.isdigit() else usual)


def _parts(url: str) -> SplitResult | None:
    try:
        return urlsplit(url)
    except ValueError:
        return None


def _by_name(name: str) -> str:
    return next((kind for pattern, kind in _PRODUCTS if pattern.search(name.upper())), "")


def _port_variable(name: str) -> str:
    """``DB_PORT`` of ``DB_HOST``; empty where the name does not say that it is a host's."""
    found = _HOST_NAME.match(name)
    return name[: found.start(1)] + ("port" if found[1].islower() else "PORT") if found else ""


def pointed(name: str, environ: Mapping[str, str], port: int) -> dict[str, str]:
    """The variables to set so that ``name`` means ``port`` of the loopback interface; all else is kept."""
    value = environ[name].strip()
    if "://" in value:
        return {name: ";".join(_url_pointed(one.strip(), port) for one in value.split(";"))}
    if _PAIR.fullmatch(value.split(",")[0].strip()):
        return {name: ",".join(f"{DEAD_HOST}:{port}" for _ in value.split(","))}
    return {name: DEAD_HOST, _port_variable(name): str(port)}


def _url_pointed(url: str, port: int) -> str:
    scheme, _, rest = url.partition("://")
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    login, at, _ = authority.rpartition("@")
    # a name that is looked up for its servers cannot have a port
    scheme = scheme.removesuffix("+srv")
    return f"{scheme}://{login}{at}{DEAD_HOST}:{port}{rest[len(authority) :]}"


def plan(
    declared: Iterable[str],
    web: InspectedEntry | None,
    environ: Mapping[str, str],
    location: Location | None = None,
) -> tuple[Control, ...]:
    """What to try: each declared dependency, else each that is found; one for all names of an address.

    Found are variables that hold the address of a database, Redis, a broker or memcached, and that the
    application was seen to read while it was loaded, or whose address its configuration was seen to hold.

    Args:
        declared: the variables that the settings name; none of them with a ``location`` means none at all.
        web: the web application as it was loaded.
        environ: of the application.
        location: of the setting.
    """
    known = _read_by(web)
    wanted = tuple(declared)
    skipped: list[Control] = []
    by_place: dict[tuple[str, int], list[str]] = {}
    for name in wanted or (islice(_found(web, known, environ), MOST) if location is None else ()):
        try:
            by_place.setdefault(read(name, environ, known).place, []).append(name)
        except NoAddressError as reason:
            skipped.append(Control(name, declared=True, skipped=str(reason), location=location))
    return (
        *(_control(names, bool(wanted), known, environ, location) for names in by_place.values()),
        *skipped,
    )


def _control(
    names: list[str],
    declared: bool,
    known: Mapping[str, Location | None],
    environ: Mapping[str, str],
    location: Location | None,
) -> Control:
    address = read(names[0], environ, known)
    others = [other for other in _holding(address, environ, known) if other not in names]
    return Control(
        listed(names) if declared else names[0],
        address.kind,
        declared,
        (*names, *others),
        location=location if declared else known.get(names[0]),
    )


def _read_by(web: InspectedEntry | None) -> dict[str, Location | None]:
    """The variables that the application reads by name, each with a line that does."""
    if web is None:
        return {}
    fields = {name: one.location for one in web.settings_fields for name in one.variables}
    return fields | {read.name: read.location for read in web.environment_reads}


def _found(
    web: InspectedEntry | None, known: Mapping[str, Location | None], environ: Mapping[str, str]
) -> Iterator[str]:
    held = web.services if web is not None else ()
    for name in dict.fromkeys([*known, *sorted(environ)]):
        try:
            address = read(name, environ, known)
        except NoAddressError:
            continue
        if name in known:
            # without a variable for the port, the host alone would be another service's
            seen = not address.port_variable or address.port_variable in known
        else:
            seen = any(_sets(name, address, one) for one in held)
        if address.kind and seen:
            yield name


def _sets(name: str, address: Address, service: Service) -> bool:
    """Whether a field that holds the address is named as the variable that would set it."""
    field = service.setting.rpartition(".")[2].upper()
    return field in name.upper() and Address("", service.host, service.port).place == address.place


def _holding(address: Address, environ: Mapping[str, str], known: Iterable[str]) -> Iterator[str]:
    """Every variable that holds an address of this place."""
    known = tuple(known)
    for name in sorted(environ):
        try:
            other = read(name, environ, known)
        except NoAddressError:
            continue
        if other.kind == address.kind and other.place == address.place:
            yield name
