"""What a training tells an MLflow server, where one is set."""
