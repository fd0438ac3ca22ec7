"""A server of the gate's own, for targets that have none: the application, its lifespan, nothing around it.

It runs in the target's interpreter as any other server would, and takes one request for each connection.
"""
