"""Airflow as the service asks it: its public REST API, how the DAGs are, and the question that waits for a person."""
