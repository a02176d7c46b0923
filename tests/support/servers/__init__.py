"""Real servers of the tests, each on a free loopback port: databases, Airflow, a browser, a shop's own systems."""
