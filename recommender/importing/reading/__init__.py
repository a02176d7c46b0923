"""Files as batches of rows: CSV, JSON, XML and Parquet, in any encoding; no field is known here."""
