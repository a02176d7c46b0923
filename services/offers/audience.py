"""The shoppers of a campaign, as they were ranked for it: those whom the frequency cap and their consent leave."""

from datetime import datetime

from sqlalchemy import select

from recommender.db.engine import session_scope
from recommender.db.tables import Audience, Campaign
from recommender.offers.audiences import audience_size, read_audience
from services.core.circuit_breaker import Away
from services.core.errors import Problem
from services.offers.service import Offers
from services.schemas.offers import AudienceMember, AudienceResponse

AUDIENCE_REMEDY = "The retrain DAG ranks the shoppers of campaigns that are live then; `zhiyin offers` too."


def read_page(offers: Offers, campaign_id: str, limit: int, offset: int, now: datetime) -> AudienceResponse:
    """A page of the shoppers for a campaign, the likeliest first."""
    cap, since = offers.settings.offers_cap, now - offers.period
    try:
        with offers.shoppers.database.guard(), session_scope(offers.engine) as session:
            campaign = session.get(Campaign, campaign_id)
            if campaign is None or campaign.starts_at is None or campaign.ends_at is None:
                raise Problem("campaign_id", f"no campaign {campaign_id!r}", "Check the id, or import it.", 404)
            made = session.execute(
                select(Audience.model_version, Audience.as_of).where(Audience.campaign_id == campaign_id).limit(1)
            ).first()
            if made is None:
                raise Problem("campaign_id", f"no audience was ranked for {campaign_id!r}", AUDIENCE_REMEDY, 404)
            size = audience_size(session, campaign_id, cap, since, now)
            page = read_audience(session, campaign_id, cap, since, now, limit, offset)
    except Away:
        raise Problem("campaign_id", "the database is away", "Ask again in a moment.", 503) from None
    return AudienceResponse(
        campaign_id=campaign_id,
        kind=campaign.kind,
        starts_at=campaign.starts_at,
        ends_at=campaign.ends_at,
        live=campaign.starts_at <= now < campaign.ends_at,
        model_version=made.model_version,
        as_of=made.as_of,
        size=size,
        audience=[AudienceMember.model_validate(one, from_attributes=True) for one in page],
        next_offset=offset + limit if offset + limit < size else None,
    )
