"""The settings that say how long what is kept, for those who run the platform."""

from pydantic import Field

from recommender.home import Home


class RetentionSettings(Home):
    """Days and numbers after which something goes; 0 days keep it for ever."""

    keep_models: int = Field(
        3,
        ge=1,
        le=1000,
        description="Models that are kept of those in service before the present one, each with its Bento; older "
        "ones' files are removed.",
    )
    keep_recommendations_days: int = Field(
        400, ge=0, le=36_500, description="Days that an answer is kept after it was shown; 0: for ever."
    )
    keep_profiles_days: int = Field(
        90, ge=0, le=36_500, description="Days that a version of a profile is kept after a newer one; 0: for ever."
    )
    keep_visits_days: int = Field(
        90, ge=0, le=36_500, description="Days that a visit stays its shopper's after they signed in; 0: for ever."
    )
    keep_reports_days: int = Field(
        400, ge=0, le=36_500, description="Days that the files of a drift or sales report are kept; 0: for ever."
    )
    keep_logs_days: int = Field(
        90, ge=0, le=36_500, description="Days that a file of logs below home is kept after its last line; 0: for ever."
    )
