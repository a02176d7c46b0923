"""Values of events in another currency than the shop's own: converted by its rates, or refused with the remedy."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from recommender.store.rating_scale import RATED
from recommender.utils.currencies import convert, read_currency
from services.core.errors import Problem
from services.schemas.events import NewEvent


@dataclass(frozen=True, slots=True)
class OwnCurrency:
    """The shop's own currency ("": unset) and what one of another is worth in it."""

    code: str = ""
    rates: Mapping[str, float] = field(default_factory=dict)

    def read(self, event: NewEvent, where: str, of_items: tuple[str, ...]) -> NewEvent:
        """The event with its value in the shop's currency; a `Problem` (422) below `where` where no rate is known.

        Where the setting names no currency, it is the one of all items' prices (`of_items`), if they have only one.
        """
        if event.currency is None or event.value is None or event.event_type in RATED:
            return event
        own = self.code or (of_items[0] if len(of_items) == 1 else "")
        code = read_currency(event.currency, own)
        if code == own:
            return event
        if not own:
            remedy = "Name the shop's own in ZHIYIN_CURRENCY, or leave the currency out where all values are in one."
            raise Problem(f"{where}.currency", f"{code!r}, and the shop's own is not known", remedy)
        value = convert(event.value, code, self.rates)
        if value is None:
            remedy = f"Set a rate in ZHIYIN_CURRENCY_RATES, or send the value in {own}."
            raise Problem(f"{where}.currency", f"no rate of {code!r} is known", remedy)
        return event.model_copy(update={"value": value, "currency": own})
