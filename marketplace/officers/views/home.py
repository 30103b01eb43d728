"""The desk's first page: what waits, the oldest first."""

from flask import render_template
from flask_login import current_user

from marketplace.database import utcnow, vietnam_day
from marketplace.i18n import gettext as _
from marketplace.officers import labels, queries
from marketplace.officers.views import bp
from marketplace.sellers import queries as sellers
from marketplace.sellers.policies import officer_areas
from marketplace.web.access import role


@bp.get("/quan-ly")
@role("officer")
def home():
    """Piles with their size, and the registrations waiting longest."""
    areas, today = officer_areas(current_user), vietnam_day(utcnow())
    oldest = sellers.for_officers(areas=areas, state="submitted")
    return render_template(
        "officers/home.html", waiting=queries.waiting(areas=areas, day=today), oldest=oldest.rows[:8], today=today,
        vietnam_day=vietnam_day, area_words=_area_words(areas),
    )


def _area_words(areas: queries.Areas) -> str:
    return _("toàn thành phố") if areas is None else ", ".join(str(labels.AREAS[area]) for area in sorted(areas))
