"""One step of an inspection: its facts are sent as soon as it has them, its mistakes as well."""

TYPE_CHECKING = False  # typing's own would load the typing module
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .bootstrap import Events


def step(name: str, gather: "Callable[[], object]", events: "Events") -> object:
    events.send("step", name)
    try:
        facts = gather()
    except BaseException as error:  # an application's object may raise anything when it is looked at
        import traceback

        events.send("problem", name, f"{type(error).__name__}: {error}", traceback.format_exc(limit=-8))
        return None
    events.send("facts", name, facts)
    return facts


def inspector(module: str) -> "Any":
    """One of the inspector's own modules, imported when a step needs it."""
    return __import__(f"{__package__}.{module}", fromlist=["*"])
