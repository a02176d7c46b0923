"""The settings that say where other tools run, and how they are spoken to over HTTP."""

from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, SecretStr, field_validator

from recommender.home import Home


class ConnectionSettings(Home):
    """Airflow, which the service asks, and MLflow, which trainings are told to. Nothing is opened."""

    airflow_host: str = Field("127.0.0.1", description="Address Airflow's API server binds.")
    airflow_port: int = Field(8080, ge=1, le=65535, description="Port of Airflow's API server and UI.")
    airflow_password: SecretStr | None = Field(
        None,
        description="Password of airflow_user. In `make demo` that of its admin, made at random when unset.",
    )
    airflow_url: str = Field(
        "",
        description="Base address of the Airflow that the service asks for the DAGs' health and answers; none is asked "
        "when empty.",
    )
    airflow_user: str = Field("admin", max_length=128, description="Who the service is at airflow_url.")
    airflow_token: SecretStr | None = Field(
        None, description="Bearer token for airflow_url, where it gives none for a name and a password."
    )

    mlflow_tracking_uri: str = Field(
        "",
        validation_alias=AliasChoices("ZHIYIN_MLFLOW_TRACKING_URI", "mlflow_tracking_uri"),
        description="MLflow server that each training is logged to; none when empty. MLFLOW_TRACKING_URI counts, too.",
    )
    mlflow_tracking_token: SecretStr | None = Field(
        None,
        validation_alias=AliasChoices("ZHIYIN_MLFLOW_TRACKING_TOKEN", "mlflow_tracking_token"),
        description="Bearer token for that server, where it asks for one. MLFLOW_TRACKING_TOKEN counts, too.",
    )
    mlflow_experiment: str = Field(
        "zhiyin", min_length=1, max_length=256, description="MLflow's experiment that holds the trainings."
    )

    @field_validator("airflow_url")
    @classmethod
    def _check_airflow_url(cls, value: str) -> str:
        if value and (urlsplit(value).scheme not in ("http", "https") or not urlsplit(value).hostname):
            raise ValueError("give an address that begins with https:// or http://")
        return value.rstrip("/")
