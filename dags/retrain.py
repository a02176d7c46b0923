"""### retrain: a new model, if it is due and better

Embeds the catalogue (unchanged texts cost nothing), trains on the events before `until`, and lets the gate compare the
new model with the one in service on the same held-out days. A model that passes is packaged and promoted, and every
shopper's profile is built anew with it. One that does not pass is rejected: the steps after the gate are then skipped,
and the model in service stays. A shop that has too little to learn from yet skips from training on; until a model
passes, the service answers from counts, the catalogue and its texts.

Started by new features, it trains only when the model in service is older, in days of data, than `min_days_between`.
It ends by announcing which model is in service, so that the drift check follows in either case.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import Param, TriggerRule, dag, get_current_context, task

from dags.loop import (
    CPU_HEAVY,
    DEFAULTS,
    FEATURES,
    MODEL,
    PROFILES,
    announce,
    checked,
    day_param,
    days,
    finish_work,
    interval,
    is_woken,
    jsonable,
    midnight,
    params,
    refuse,
    tell,
)

ANY_DAY = datetime(2000, 1, 1, tzinfo=UTC)


@dag(
    dag_id="retrain",
    schedule=[FEATURES],
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=["zhiyin", "model", "bentoml"],
    doc_md=__doc__,
    params={
        "until": day_param(
            "Until", "Train on what happened before this day (UTC). Empty: `unseen_days` before the data's end."
        ),
        "unseen_days": Param(
            7,
            type="integer",
            minimum=0,
            maximum=90,
            title="Unseen days",
            description_md="Days at the data's end that the model does not see, when `until` is empty: the drift check "
            "compares them with what the model knows.",
            section="Interval",
        ),
        "days": Param(
            365,
            type="integer",
            minimum=7,
            maximum=3650,
            title="Days",
            description_md="Length of the training interval, counted back from `until`.",
            section="Interval",
        ),
        "test_days": Param(
            14,
            type="integer",
            minimum=1,
            maximum=90,
            title="Test days",
            description_md="The last days of the training interval, held out to measure the model and for the gate.",
            section="Interval",
        ),
        "minutes": Param(
            0,
            type="number",
            minimum=0,
            maximum=1440,
            title="Minutes",
            description_md="What examples and ranker may take of one core, about; more examples are better. 0: as the "
            "setting `ZHIYIN_TRAIN_MINUTES` says.",
            section="Model",
        ),
        "ranker_windows": Param(
            0,
            type="integer",
            minimum=0,
            maximum=52,
            title="Windows of examples",
            description_md="Windows, as long as the test days, that the ranker learns from; each begins half a window "
            "before the next. 0: as many as the minutes allow.",
            section="Model",
        ),
        "finetune_steps": Param(
            0,
            type="integer",
            minimum=0,
            maximum=100_000,
            title="Fine-tuning steps",
            description_md="Steps of fine-tuning the encoder (LoRA) on what the same shoppers came for within a week, "
            "before the test days. 0: none. A hundred take a minute or two on two cores, and the catalogue is then "
            "read anew.",
            section="Model",
        ),
        "incremental": Param(
            False,
            type="boolean",
            title="Go on from the model in service",
            description_md="Starts from its weights and learns from what is new and some of what was, with about a "
            "sixth of the work. Without a model in service, training starts from nothing.",
            section="When",
        ),
        "min_days_between": Param(
            7,
            type="integer",
            minimum=0,
            maximum=365,
            title="Least days between models",
            description_md="Days of data that must have come since the model in service was trained. Counts only for "
            "runs that new features started; a run by hand always trains.",
            section="When",
        ),
    },
)
def retrain() -> None:
    """From a plan to a model in service; where steps are skipped, what is in service is announced all the same."""

    @task
    def plan() -> dict[str, Any]:
        return _planned(params())

    @task.short_circuit(ignore_downstream_trigger_rules=False)
    def is_due(planned: dict[str, Any]) -> bool:
        print(planned["why"])
        return bool(planned["due"])

    @task(pool=CPU_HEAVY)
    def embed() -> dict[str, Any]:
        from training.encoders.embed_catalog import embed_catalogue

        return jsonable(embed_catalogue())

    @task(pool=CPU_HEAVY)
    def train(planned: dict[str, Any]) -> str:
        from airflow.sdk.exceptions import AirflowSkipException

        from training.fit.trainer import NotEnoughData
        from training.pipeline import TrainParams
        from training.pipeline import train as train_model
        from training.release.too_little_data import outcome_of

        try:
            return train_model(TrainParams(**planned["train"]))
        except NotEnoughData as lack:
            raise AirflowSkipException(outcome_of(lack)) from lack

    @task.short_circuit(ignore_downstream_trigger_rules=False, pool=CPU_HEAVY)
    def gate(model_version: str) -> bool:
        from training.release.gate import gate as judge

        verdict = judge(model_version)
        print(verdict)
        return bool(verdict["passed"])

    @task(pool=CPU_HEAVY)
    def package(model_version: str) -> str:
        from training.release.package import package as build_bento

        return build_bento(model_version)

    @task
    def promote(model_version: str) -> None:
        from training.release.gate import promote as put_in_service

        put_in_service(model_version)

    @task(pool=CPU_HEAVY, outlets=[PROFILES])
    def refresh_all(planned: dict[str, Any], model_version: str) -> dict[str, Any]:
        from training.profiles import refresh_profiles

        counts = jsonable(refresh_profiles(datetime.fromisoformat(planned["until"]), None, "retrain"))
        tell(PROFILES, {"start": planned["start"], "end": planned["until"], "model_version": model_version})
        return counts

    @task(pool=CPU_HEAVY)
    def learn_offers() -> dict[str, Any]:
        from training.offers import learn_offers as learn

        return jsonable(learn())

    @task(outlets=[MODEL], trigger_rule=TriggerRule.NONE_FAILED)
    def announce_model(planned: dict[str, Any]) -> dict[str, Any]:
        extra = _in_service(planned)
        announce(MODEL, extra, planned["number"])
        return extra

    planned = plan()
    due, embedded = is_due(planned), embed()
    version = train(planned)
    passed, refreshed = gate(version), refresh_all(planned, version)
    promoted = promote(version)
    due >> embedded >> version >> passed >> package(version) >> promoted >> refreshed
    promoted >> learn_offers()
    refreshed >> announce_model(planned)


_LENGTHS = ("days", "test_days", "ranker_windows", "minutes", "finetune_steps")


def _planned(form: dict[str, Any]) -> dict[str, Any]:
    """The training interval and whether a new model is due; refuses, by field, what cannot be trained on."""
    from recommender.settings import get_settings
    from training.config import TrainParams

    lengths = {name: form[name] for name in _LENGTHS}
    lengths["minutes"] = lengths["minutes"] or get_settings().train_minutes
    checked(TrainParams, until=ANY_DAY, **lengths)  # the lengths alone, before any data is looked at
    chosen, by_hand = interval(own=bool(form["until"])), not is_woken()
    until = midnight(form["until"], "until") if form["until"] else days(chosen)[1] - timedelta(days=form["unseen_days"])
    if by_hand or _version_in_service():  # a young shop's texts are embedded all the same, and training says the rest
        _check_data(until, form)
    due, why = (True, "started by hand") if by_hand else _due(until, form["min_days_between"])
    plan = {name: chosen[name] for name in ("start", "end", "number")} | {"until": until.isoformat()}
    warm_start = _version_in_service() if form["incremental"] else ""
    return {**plan, "train": {"until": until.isoformat(), **lengths, "warm_start": warm_start}, "due": due, "why": why}


def _version_in_service() -> str:
    from recommender.db.engine import session_scope
    from recommender.store.queries import promoted_model

    with session_scope() as session:
        model = promoted_model(session)
    return model.model_version if model is not None else ""


def _check_data(until: datetime, form: dict[str, Any]) -> None:
    from recommender.db.engine import session_scope
    from recommender.store.intervals import recorded_stretch

    with session_scope() as session:
        stretch = recorded_stretch(session)
    if stretch is None:
        refuse("events", "there are none yet; run `ingest` first")
    first_possible = stretch.start + timedelta(days=form["test_days"])
    if until <= first_possible:
        refuse("until", f"{until:%Y-%m-%d} leaves no events to train on; choose a day after {first_possible:%Y-%m-%d}")


def _due(until: datetime, min_days_between: int) -> tuple[bool, str]:
    from recommender.db.engine import session_scope
    from recommender.settings import get_settings
    from recommender.store.queries import promoted_model

    with session_scope() as session:
        model = promoted_model(session)
    if model is None:
        return True, "no model is in service yet"
    trained_until = datetime.fromisoformat(model.manifest["until"])
    age = (until - trained_until).days
    why = (
        f"{model.model_version} was trained on data until {trained_until:%Y-%m-%d}, {age} days before {until:%Y-%m-%d}"
    )
    if 0 < get_settings().retrain_erased <= model.erased_shoppers:
        return True, f"{why}; it had learned from {model.erased_shoppers} shoppers who are erased since"
    return age >= min_days_between, f"{why}; a new one is due after {min_days_between}"


def _in_service(planned: dict[str, Any]) -> dict[str, Any]:
    """What the MODEL event says; skips when no model is in service, since nothing can then be checked or refreshed."""
    from airflow.sdk.exceptions import AirflowSkipException

    from recommender.db.engine import session_scope
    from recommender.store.queries import promoted_model

    with session_scope() as session:
        model = promoted_model(session)
    if model is None:
        finish_work(planned["number"])
        raise AirflowSkipException("no model is in service: the gate rejected the first one, see the models table")
    trained = get_current_context()["ti"].xcom_pull(task_ids="train")
    outcome = "not due" if trained is None else "promoted" if trained == model.model_version else "rejected"
    return {
        "start": planned["start"],
        "end": planned["end"],
        "model_version": model.model_version,
        "outcome": outcome,
    }


retrain()
