"""The options that sending a task takes: those of the installed Celery, kombu and AMQP, and what brokers add.

Whatever else stands among them goes into the message's properties, where nobody looks at it.
"""

from __future__ import annotations

import functools
import importlib
import inspect

PLACES = (
    ("celery.app.task", "Task.apply_async"),
    ("celery.app.task", "Task.apply"),
    ("celery.app.base", "Celery.send_task"),
    ("celery.app.amqp", "AMQP.as_task_v2"),
    ("kombu.messaging", "Producer.publish"),
)
"""The functions that take them one after the other."""
NO_OPTIONS = {"self", "name", "body", "args", "kwargs"}
FURTHER = {
    # celery.app.amqp's send_task_message, which is a closure
    *("queue", "exchange_type", "event_dispatcher", "serializer", "routing_key", "exchange"),
    # what a signature holds, and canvas sets
    *("immutable", "subtask_type", "chord_size", "group_id", "ignore_result", "interval", "propagate"),
    # AMQP 0.9.1, the properties of the class "basic"
    *("content_type", "content_encoding", "delivery_mode", "priority", "correlation_id", "reply_to"),
    *("expiration", "message_id", "timestamp", "type", "user_id", "app_id", "cluster_id"),
    # brokers' own: Amazon SQS, Google Pub/Sub
    *("MessageGroupId", "MessageDeduplicationId", "DelaySeconds", "message_attributes", "ordering_key"),
}


@functools.cache
def names() -> frozenset[str]:
    """The options of ``apply_async`` and its like, ``args`` and ``kwargs`` left out."""
    found = set(FURTHER)
    for module, path in PLACES:
        owner, name = path.split(".")
        function = getattr(getattr(importlib.import_module(module), owner), name)
        parameters = inspect.signature(inspect.unwrap(function)).parameters.values()
        found |= {one.name for one in parameters if one.kind is not one.VAR_KEYWORD}
    return frozenset(found - NO_OPTIONS)
