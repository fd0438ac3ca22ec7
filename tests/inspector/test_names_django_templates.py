"""The variables of templates whose class the view says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.inspector.names_support import inspect

pytest.importorskip("django")

VIEWS = """\
    from django.shortcuts import render
    from django.views.generic import DetailView, ListView
    from shop.models import Offer, Shop


    def one(request):
        offer = Offer.objects.get(pk=1)
        return render(request, "one.html", {"offer": offer, "offers": Offer.objects.all(), "name": "x"})


    def two(request):
        return render(request, "set.html", {"offer": Offer(), "shop": Shop.objects.first(), **{}})


    def three(request):
        context = {"offer": Offer()}
        context["shop"] = Shop()
        return render(request, "set.html", context=context)


    def four(request, more):
        context = {"offer": Offer(), "shop": Shop(), "place": Shop()}
        context.update(offer=Shop(), **more)
        render(request, "four.html", context)
        context = {"offer": Offer(), "shop": Shop(), "place": Shop()}
        context.update({"offer": None, "place": Offer()})
        if more:
            context["shop"] = 1
        return render(request, "four.html", context)


    class OfferDetail(DetailView):
        model = Offer
        context_object_name = "thing"


    class OfferList(ListView):
        model = Offer

        def get_queryset(self):
            return super().get_queryset().filter(active=True)


    class ShopList(ListView):
        template_name = "shops.html"
        context_object_name = "shops"

        def get_queryset(self):
            return Shop.objects.annotate(total=1)


    class OwnDetail(DetailView):
        model = Offer
        template_name = "own.html"

        def get_context_data(self, **kwargs):
            return {**super().get_context_data(**kwargs), "object": 1}
    """
CASES = {
    "one.html": [
        ("{{ offer.titel }}", "titel title"),
        (
            "{{ offer.title }} {{ offer.pk }} {{ offer.get_price_display }} {{ other.x }}",
            "get_price_display price",
        ),
        ("{{ offer.owner.first_nam }}", "first_nam first_name"),
        ("{% for one in offers %}{{ one.pric }}{% empty %}{{ one.x }}{% endfor %}", "pric price"),
        ("{% for one in offer.orders.all %}{{ one.offr }}{% endfor %}", "offr offer"),
        ("{% with a=offer.shop %}{{ a.nmae }}{% endwith %}", "nmae name"),
        ("{{ offer.titel|upper }}", "titel title"),
        ("{{ offer.titel|default:'-' }}", ""),
        ("{% if offer.titel %}{{ offer.titel }}{% endif %}", ""),
        ("{% if not offer.titel or name %}{% else %}{{ offer.titel.x }}{% endif %}", ""),
        ("{{ offer.title.x }} {{ offer.data.x }} {{ name.x }} {{ offers.0.x }} {{ offers.x }}", ""),
        ("{{ offer.active_orders }}", "active_orders active"),
        ("{% include 'part.html' with offer=offer %}", ""),
    ],
    "set.html": [("{% cycle 'a' 'b' as offer %}{{ offer.titel }} {{ shop.nam }}", "nam name")],
    "four.html": [("{{ offer.titel }} {{ shop.nam }}", ""), ("{{ place.nam }}", "nam ")],
    "shop/offer_detail.html": [
        ("{{ object.titel }}", "titel title"),
        ("{{ thing.titel }}", "titel title"),
        ("{{ offer.titel }}", ""),
    ],
    "shop/offer_list.html": [
        ("{% for one in object_list %}{{ one.titel }}{% endfor %}", "titel title"),
        ("{% for one in offer_list %}{{ one.titel }}{% endfor %}", "titel title"),
    ],
    "shops.html": [
        ("{% for one in shops %}{{ one.total }}{{ one.totla }}{% endfor %}", "totla total"),
    ],
    "own.html": [("{{ object.titel }}", ""), ("{{ offer.titel }}", "titel title")],
}


def test_what_a_template_asks_of_known_objects(tmp_path: Path) -> None:
    """Each line of each template, the one at which it is read, and the nearest name."""
    files = {"shop/views.py": VIEWS, "shop/code.py": "from shop import views\n"}
    files["shop/templates/part.html"] = "{{ offer.titel }}"
    expected = set()
    for name, lines in CASES.items():
        files[f"shop/templates/{name}"] = "\n".join(text for text, _ in lines)
        expected |= {
            (f"shop/templates/{name}", number, *missing.split(" "))
            for number, (_, missing) in enumerate(lines, 1)
            if missing
        }
    names = inspect(tmp_path, files)
    found = [one for cls in names.classes for one in cls.unresolved]
    assert {one.how for one in found} == {"template variable"}
    assert not any(one.certain for one in found)
    assert {(one.location.file, one.location.line, one.missing, one.near) for one in found} == expected
