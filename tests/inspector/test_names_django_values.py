"""What managers, querysets, relations and the configured backends of Django give."""

from __future__ import annotations

import pytest

from tests.inspector.names_support import follow

pytest.importorskip("django")

ROWS = {
    "Offer.objects.get(pk=1)": "Offer",
    "Offer.objects.first()": "Offer?",
    "Offer.objects.filter(price__gt=1).exclude(active=False).order_by('price').last()": "Offer?",
    "Offer.objects.all()[0]": "Offer",
    "Offer.objects.all()[1:3]": "OfferQuerySet[Offer]",
    "Offer.objects.all()[::2]": "list[Offer]",
    "Offer.objects.select_related('owner').prefetch_related('notes').distinct()": "OfferQuerySet[Offer]",
    "Offer.objects.create(title='a')": "Offer",
    "Offer.objects.get_or_create(title='a')": "tuple[Offer, bool]",
    "Offer.objects.update_or_create(title='a', defaults={})": "tuple[Offer, bool]",
    "Offer.objects.bulk_create([])": "list[Offer]",
    "Offer.objects.latest('made_at')": "Offer",
    "Offer.objects.in_bulk([1])": "dict[Offer]",
    "Offer.objects.iterator()": "generator[Offer]",
    "Offer.objects.count()": "int",
    "Offer.objects.filter(pk=1).delete()": "tuple[int, dict]",
    "Offer.objects.aget(pk=1)": "coroutine[Offer]",
    "await Offer.objects.filter(pk=1).afirst()": "Offer?",
    "Offer.objects.aiterator()": "async_generator[Offer]",
    "Offer.objects.filter(pk=1) | Offer.objects.filter(pk=2)": "OfferQuerySet[Offer]",
    "Offer.objects.union(Offer.objects.all())": "OfferQuerySet[Offer ...]",
    "Offer._default_manager.get()": "Offer",
    "Offer.objects.using('other').get()": "Offer",
    "Offer.objects.raw('select 1')": "unknown",
    "Offer.objects.no_such_method()": "unknown",
    "Dated.objects.all()": "unknown",
    "User.objects.create_user('a')": "User",
}
GIVEN = {
    "Offer.objects.annotate(total=Count('orders')).get()": "Offer +total",
    "Offer.objects.annotate(Count('orders'), Sum(F('price'))).get()": "Offer +orders__count +price__sum",
    "Offer.objects.annotate(**{'a': 1}).get()": "Offer ...",
    "Offer.objects.annotate(made).get()": "Offer ...",
    "Offer.objects.alias(total=Count('orders')).get()": "Offer",
    "Offer.objects.extra(select={'a': '1'}).get()": "Offer +a",
    "Offer.objects.extra(where=['1']).get()": "Offer",
    "Offer.objects.annotate(total=Count('orders')).create()": "Offer",
    "Offer.objects.prefetch_related(Prefetch('notes', to_attr='kept')).get()": "Offer +kept",
    "Offer.objects.prefetch_related(Prefetch('orders__offer', to_attr='kept')).get()": "Offer",
    "Offer.objects.prefetch_related(*names).get()": "Offer ...",
    "Offer.objects.prefetch_related(name).get()": "Offer ...",
}
PLAIN_ROWS = {
    "Offer.objects.values('title').first()": "dict?",
    "Offer.objects.values_list('title', 'shop__name', 'data').get()": "tuple[str, str, unknown]",
    "Offer.objects.values_list('title', flat=True)": "OfferQuerySet[str]",
    "Offer.objects.values_list('owner_id', flat=True)": "OfferQuerySet[int?]",
    "Offer.objects.values_list('owner', flat=True)": "OfferQuerySet[int?]",
    "Offer.objects.values_list('title', flat=flat)": "OfferQuerySet[str]",
    "Offer.objects.annotate(n=Count('orders')).values_list('n', flat=True)": "OfferQuerySet",
    "Offer.objects.values_list('title', named=True).get()": "unknown",
    "Offer.objects.values_list(name, flat=True).get()": "unknown",
    "Offer.objects.dates('made_at', 'day')": "OfferQuerySet[date]",
}
RELATIONS = {
    "offer.owner": "User?",
    "offer.shop": "Shop",
    "offer.shop.name": "str",
    "offer.shop.place_ptr": "Place",
    "offer.order": "Order",
    "offer.watchers.get()": "User",
    "offer.watchers.filter(pk=1)": "QuerySet[User]",
    "offer.orders.first()": "Order?",
    "offer.notes.get()": "Note",
    "offer.notes.get().about": "unknown",
    "offer.shop.offers.active().get()": "Offer",
    "offer.owner.watched.best()": "Offer?",
    "offer.owner.offer_set.first().owner_id": "int?",
    "offer.made_at": "datetime",
    "offer.ends": "date?",
    "offer.price": "Decimal",
    "offer.picture": "FieldFile",
    "offer.data": "unknown",
    "offer.id": "int",
    "offer.shop_id": "int",
    "offer.pk": "unknown",
    "Offer.objects.filter(owner__isnull=False).first().owner": "User",
    "Offer.objects.filter(owner__isnull=True).first().owner": "User?",
    "Offer.objects.filter(owner=None).first().owner": "User?",
    "Offer.objects.exclude(owner=None).first().owner": "User",
    "Offer.objects.exclude(owner=user).first().owner": "User?",
    "Offer.objects.get(owner_id=3).owner": "User",
    "Offer.objects.filter(Q(owner__name='a') | Q(pk=1)).get().owner": "User",
}
OWN_METHODS = {
    "Offer.objects.active().get()": "Offer",
    "Offer.objects.filter(pk=1).counted()": "OfferQuerySet[Offer +total]",
    "Offer.objects.best()": "Offer?",
    "Offer.objects.titles()": "unknown",
    "Offer.objects.abest()": "coroutine[Offer?]",
    "Offer.objects.make(title='a')": "Offer",
    "Offer.counted.all()": "OfferQuerySet[Offer +orders_made]",
    "Offer.counted.get_queryset().active().get()": "Offer +orders_made",
    "Offer.odd.all()": "QuerySet[Offer ...]",
    "Offer.bare.active()": "OfferQuerySet[Offer]",
    "Offer.objects.model": "class Offer",
}
FUNCTIONS = {
    "get_object_or_404(Offer, pk=1)": "Offer",
    "get_object_or_404(Offer.counted, pk=1)": "Offer +orders_made",
    "get_object_or_404(Offer.objects.annotate(a=F('pk')), pk=1)": "Offer +a",
    "get_object_or_404(klass, pk=1)": "unknown",
    "get_list_or_404(Offer)": "list[Offer]",
    "aget_object_or_404(Offer)": "coroutine[Offer]",
    "get_user_model()": "class User",
    "apps.get_model('shop.Offer')": "class Offer",
    "apps.get_model('shop', model_name='offer')": "class Offer",
    "apps.get_model('shop', name)": "unknown",
    "OfferForm().instance": "Offer",
    "OfferForm().save()": "Offer",
    "SavingForm().save()": "unknown",
}
CONFIGURED = {
    "cache": "LocMemCache",
    "caches['files']": "FileBasedCache",
    "caches['other']": "unknown",
    "caches[name]": "unknown",
    "default_storage": "FileSystemStorage",
    "storages['staticfiles']": "StaticFilesStorage",
    "get_connection()": "EmailBackend",
    "get_connection('django.core.mail.backends.console.EmailBackend')": "EmailBackend",
    "get_connection(path)": "unknown",
}
EXPECTED = {**ROWS, **GIVEN, **PLAIN_ROWS, **RELATIONS, **OWN_METHODS, **FUNCTIONS, **CONFIGURED}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What all expressions give, from one interpreter."""
    return follow(tmp_path_factory.mktemp("shop"), EXPECTED, given={"offer": "Offer.objects.get(pk=1)"})


@pytest.mark.parametrize("expression", EXPECTED)
def test_what_an_expression_gives(expression: str, told: dict[str, str]) -> None:
    """Each of them is followed over the real models, and no query is made."""
    assert told[expression] == EXPECTED[expression]
