"""PRD332 over a small Django project: the wrong field names of an incident, each at its line."""

from __future__ import annotations

from pytest_prodready.findings import Outcome
from tests.django_project import Judge, found, line

MODELS = """\
    from django.contrib.auth.models import User
    from django.db import models

    class Notification(models.Model):
        user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notifications")
        timestamp = models.DateTimeField(auto_now_add=True)
        read = models.BooleanField(default=False)
        message = models.TextField()
    """
VIEWS = """\
    from django.contrib.auth.decorators import login_required
    from django.db.models import Count, Q
    from django.http import JsonResponse
    from django.shortcuts import get_object_or_404, redirect
    from api.models import Notification

    @login_required
    def orders(request):
        recent = Notification.objects.filter(user=request.user, timestamp__gte=request.GET["since"])
        unread = recent.filter(Q(read=False) | Q(user__username="root")).order_by("-timestamp")
        busy = Notification.objects.values("user").annotate(total=Count("pk")).filter(total__gt=9)
        return JsonResponse({"unread": unread.count(), "busy": list(busy)})

    def cart(request):
        one = get_object_or_404(Notification, pk=1, read=False)
        one.read = True
        one.save(update_fields=["read"])
        return redirect("orders")
    """
WRONG = [
    ("timestamp__gte=", "created_at__gte=", "timestamp__gte"),
    ("Q(read=False)", "Q(is_read=False)", "read"),
    ("user__username=", "user__usernmae=", "user__username"),
    ('"-timestamp"', '"-created_at"', "-timestamp"),
    ("total__gt=9", "totals__gt=9", "total__gt"),
    ("pk=1, read=", "pk=1, raed=", "read"),
    ('["read"]', '["is_read"]', "read"),
]
"""What is right, what is written for it, and the name that is nearest to that."""
NOTIFICATION = "api.models.Notification"


def test_healthy(portal: Judge) -> None:
    """Nothing is found, and the model was asked."""
    run = portal({"api/models.py": MODELS, "api/views.py": VIEWS}, codes="PRD332")
    assert found(run) == []
    assert NOTIFICATION in run.subjects(Outcome.PASSED)


def test_names_that_no_field_has(portal: Judge) -> None:
    """The line in the view, the model, and the nearest name that it has."""
    views = VIEWS
    for right, wrong, _ in WRONG:
        assert views.count(right) == 1
        views = views.replace(right, wrong)
    run = portal({"api/models.py": MODELS, "api/views.py": views}, codes="PRD332")
    assert found(run) == sorted(
        ("PRD332", "error", NOTIFICATION, line("api/views.py", wrong)) for _, wrong, _ in WRONG
    )
    assert {one.remedy for one in run.findings} == {
        f"Write {nearest}, the nearest name there is." for _, _, nearest in WRONG
    }
    message = f"filter asks {NOTIFICATION} for created_at__gte, and created_at is neither a field of "
    assert any(one.message.startswith(message) for one in run.findings)
