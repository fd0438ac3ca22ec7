"""A provider as the public catalogue shows it."""

from __future__ import annotations

from directory.models import Provider


def catalogue_entry(provider: Provider) -> dict[str, object]:
    """The fields of the catalogue."""
    return {
        "name": provider.company_name,
        "city": provider.city,
        "website": provider.website_url,
        "owner": provider.user_id,
    }


def entries() -> list[dict[str, object]]:
    """All providers that are open for business, the newest first."""
    found = Provider.objects.filter(active=True).order_by("-created")
    return [catalogue_entry(provider) for provider in found]
